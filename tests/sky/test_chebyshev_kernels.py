"""The compiled evaluation of kernel segments against readable NumPy, long doubles, and itself."""

import numpy as np
import pytest
from sky_oracle import Long, needs_long_double, state

from farside import sky
from farside.geometry import utc_to_t
from farside.sky.chebyshev import Segment

TIMES = np.random.default_rng(3).uniform(utc_to_t("1901-01-01"), utc_to_t("2050-01-01"), 2000)
BODIES = ("sun", "earth-moon barycentre", "earth", "moon")


def clenshaw(segment, t):
    """Values and rates (n, 3) in plain NumPy, term by term in the kernel's order."""
    index = np.clip(np.floor((t - segment.init) / segment.length).astype(int), 0, len(segment.records) - 1)
    record = segment.records[index]
    x = ((t - record[:, 0]) / record[:, 1])[:, None]
    c = record[:, 2:].reshape(len(t), 3, -1)
    b1 = b2 = d1 = d2 = np.zeros((len(t), 3))
    for k in range(c.shape[2] - 1, 0, -1):
        d1, d2 = 2.0 * b1 + (2.0 * x * d1 - d2), d1
        b1, b2 = c[:, :, k] + (2.0 * x * b1 - b2), b1
    return c[:, :, 0] + (x * b1 - b2), (b1 + (x * d1 - d2)) / record[:, 1:2]


@pytest.mark.parametrize("body", BODIES)
def test_compiled_series_are_those_of_readable_numpy_to_the_bit(body):
    segment = sky.segment(body)
    value, rate = clenshaw(segment, TIMES)
    np.testing.assert_array_equal(segment.value(TIMES), value)
    np.testing.assert_array_equal(segment.state(TIMES), (value, rate))
    np.testing.assert_array_equal(segment.rate(TIMES), rate)


@needs_long_double
@pytest.mark.parametrize("body", BODIES)
def test_two_parts_of_a_time_are_never_rounded_to_one(body):
    segment = sky.segment(body)
    after = np.random.default_rng(5).uniform(-510.0, 510.0, len(TIMES))
    exact = state(segment, TIMES.astype(Long) + after.astype(Long))[0]
    kept = np.abs(segment.value(TIMES, after) - exact).max()
    rounded = np.abs(segment.value(TIMES + after) - exact).max()
    assert kept < 5e-8  # km: the last bit of an astronomical unit is 3e-8
    if body == "earth-moon barycentre":
        assert rounded > 2e-6  # 30 km/s for half of the last bit of the time


def test_a_time_on_an_edge_belongs_to_the_later_granule_and_both_agree():
    segment = sky.segment("moon")
    edge = segment.init + 50_000 * segment.length
    records = np.array(segment.records[49_999:50_001])
    pair = Segment(edge - segment.length, edge + segment.length, edge - segment.length, segment.length, records)
    np.testing.assert_array_equal(pair.value(np.array([edge])), segment.value(np.array([edge])))
    spoilt = records.copy()
    spoilt[0] = np.nan
    later = Segment(pair.start, pair.stop, pair.init, pair.length, spoilt)
    assert np.isfinite(later.value(np.array([edge]))).all()
    np.testing.assert_allclose(pair.value(np.array([edge - 1e-6])), pair.value(np.array([edge])), atol=3e-6)


def test_a_segment_keeps_its_records_from_being_written():
    records = np.zeros((2, 8))
    records[:, 1] = 1.0
    segment = Segment(0.0, 4.0, 0.0, 2.0, records)
    with pytest.raises(ValueError, match="read-only"):
        segment.records[0, 0] = 1.0
