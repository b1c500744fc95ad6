"""The analytic IAU 2009 orientation of the Moon (Archinal et al. 2011): as published, and how far it is off."""

import numpy as np
import pytest
import spiceypy

from farside import sky
from farside.geometry import MOON_RADIUS_M, utc_to_t
from farside.sky.iau_moon import iau_moon


@pytest.fixture
def text_pck():
    """SPICE's own evaluation of the published series, from the pool instead of a text kernel."""
    series = iau_moon()
    per_day, per_century = 86400.0, 36525.0 * 86400.0
    angles = np.degrees(np.stack([series.start, series.rate * per_century], axis=1))
    phi, theta, psi = np.degrees(series.poly).T
    pool = {
        "BODY3_NUT_PREC_ANGLES": angles.ravel(),
        "BODY301_POLE_RA": [phi[0] - 90.0, phi[1] * per_century, 0.0],
        "BODY301_POLE_DEC": [90.0 - theta[0], -theta[1] * per_century, 0.0],
        "BODY301_PM": [psi[0], psi[1] * per_day, psi[2] * per_day**2],
        "BODY301_NUT_PREC_RA": np.degrees(series.a),
        "BODY301_NUT_PREC_DEC": np.degrees(series.b),
        "BODY301_NUT_PREC_PM": np.degrees(series.c),
    }
    for name, values in pool.items():
        spiceypy.pdpool(name, np.asarray(values, float))
    yield
    for name in pool:
        spiceypy.dvpool(name)


def metres_between(a, b):
    """How far two rotations (n, 3, 3) are apart on the surface."""
    between = a @ np.swapaxes(b, 1, 2)
    off_axis = np.stack(
        [between[:, 2, 1] - between[:, 1, 2], between[:, 0, 2] - between[:, 2, 0], between[:, 1, 0] - between[:, 0, 1]]
    )
    return np.linalg.norm(off_axis, axis=0) / 2.0 * MOON_RADIUS_M


def test_the_series_are_evaluated_as_spice_evaluates_them(spice, text_pck):
    t = np.random.default_rng(6).uniform(utc_to_t("1560-01-01"), utc_to_t("2640-01-01"), 500)
    oracle = np.array([spiceypy.pxform("J2000", "IAU_MOON", x) for x in t])
    # 160,000 days of 13 degrees: the last bit of the meridian is 5e-10 degrees, or 1e-11 rad, and SPICE adds in degrees
    np.testing.assert_allclose(sky.moon_rotation(t, "IAU_MOON"), oracle, rtol=0, atol=6e-11)


def test_numbers_at_j2000_are_the_published_sums():
    series = iau_moon()
    np.testing.assert_allclose(np.degrees(series.poly[0]), [90 + 269.9949, 90 - 66.5392, 38.3213])
    first, third = np.radians([125.045, 260.008])
    assert np.degrees(series.start[[0, 2]]) == pytest.approx([125.045, 260.008])
    assert np.degrees(series.rate[2]) * 86400 == pytest.approx(13.0120009)
    biggest = -3.8787 * np.sin(first) + 0.0700 * np.sin(third)
    found = np.degrees(iau_moon().value(np.zeros(1))[0, 0]) - 359.9949
    assert found == pytest.approx(biggest, abs=0.15)  # the other terms together


@pytest.mark.parametrize(
    ("start", "stop", "most", "mean"),
    [("2000-01-01T12:00", "2040-01-01", 154.7, 72.5), ("2018-12-01", "2022-12-01", 127, 61)],
)
def test_integrated_and_analytic_orientation_differ_by_the_published_metres(start, stop, most, mean):
    t = np.linspace(utc_to_t(start), utc_to_t(stop), 60000)
    metres = metres_between(sky.moon_rotation(t, "IAU_MOON"), sky.moon_rotation(t))
    assert metres.max() == pytest.approx(most, abs=0.5)
    assert metres.mean() == pytest.approx(mean, abs=0.5)
    if most == 154.7:
        assert np.sqrt((metres**2).mean()) == pytest.approx(77.0, abs=0.5)


def test_the_analytic_orientation_holds_over_the_whole_century():
    t = np.linspace(utc_to_t("1900-01-02"), utc_to_t("2050-12-30"), 60000)
    assert metres_between(sky.moon_rotation(t, "IAU_MOON"), sky.moon_rotation(t)).max() == pytest.approx(162, abs=1)
