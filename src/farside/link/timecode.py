"""The time that bundles carry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from farside.geometry import t_to_utc

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def bp_time(t: float) -> int:
    """BP time in ms of a TDB time ``t`` (s past J2000): RFC 9171 section 4.2.6.

    It counts from 2000-01-01T00:00:00 UTC without leap seconds: like every implementation known, Unix time less
    946,684,800 s. A leap second has the numbers of the second after it.
    """
    minute, second = t_to_utc(t, 3).removesuffix("Z").rsplit(":", 1)
    stamp = datetime.fromisoformat(minute).replace(tzinfo=UTC) + timedelta(milliseconds=round(float(second) * 1000))
    return (stamp - _EPOCH) // timedelta(milliseconds=1)
