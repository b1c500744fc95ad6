from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.geometry import t_to_utc, utc_to_t
from farside.twin.when import When


@given(st.integers(0, 10_000), st.sampled_from([("s", 1), ("min", 60), ("h", 3600), ("d", 86400)]))
def test_offsets_count_from_the_event_in_their_unit(number, unit):
    name, seconds = unit
    when = When.parse(f"touchdown+{number}{name}")
    assert when.resolve({"touchdown": 1000.0}) == 1000.0 + number * seconds


@given(st.integers(0, 86399))
def test_absolute_times_resolve_without_events(second):
    utc = t_to_utc(utc_to_t("2019-01-03T00:00:00Z") + second)
    assert When.parse(utc).resolve({}) == pytest.approx(utc_to_t(utc), abs=1e-3)


@pytest.mark.parametrize(
    "text", ["", "soon", "touchdown+4", "touchdown+4weeks", "landing+4h", "touchdown-4h", "2019-13-03T00:00:00Z"]
)
def test_other_words_are_refused(text):
    with pytest.raises(ValueError, match="touchdown"):
        When.parse(text)
