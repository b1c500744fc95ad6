"""BP time."""

from __future__ import annotations

import pytest

from farside.geometry import utc_to_t
from farside.link import bp_time


@pytest.mark.parametrize(
    ("utc", "ms"),
    [
        ("2000-01-01T00:00:00Z", 0),
        ("2019-01-03T02:26:00Z", 599_797_560_000),
        ("2019-01-03T02:26:00.125Z", 599_797_560_125),
        ("2016-12-31T23:59:59Z", 536_543_999_000),
        ("2017-01-01T00:00:00Z", 536_544_000_000),
    ],
)
def test_bp_time_counts_as_unix_time_does(utc, ms):
    assert bp_time(utc_to_t(utc)) == ms


def test_a_leap_second_shares_its_number_with_the_next_second():
    assert bp_time(utc_to_t("2016-12-31T23:59:60Z")) == bp_time(utc_to_t("2017-01-01T00:00:00Z"))
