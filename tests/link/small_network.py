"""A small Queqiao network: lander 10, relay 20, stations 30 and 31, centre 40."""

from __future__ import annotations

import math

from farside.geometry import utc_to_t
from farside.link import Bundle, Contact, Eid, Priority
from farside.link.bundle import PAYLOAD, Block, Primary
from farside.link.journey import Journey

T0 = utc_to_t("2019-01-03T02:10:00Z")
RELAY_S, EARTH_S, GROUND_S = 0.2, 1.5, 0.05


def light_time(sender: int, receiver: int, t: float) -> float:
    """Surface to relay 0.2 s, relay to Earth 1.5 s, ground lines 0.05 s."""
    pair = {sender, receiver}
    return RELAY_S if pair == {10, 20} else EARTH_S if 20 in pair else GROUND_S


def both_ways(a: int, b: int, start: float, end: float, forth_bps: float, back_bps: float) -> list[Contact]:
    return [Contact(a, b, start, end, forth_bps), Contact(b, a, start, end, back_bps)]


def contacts(passes: list[tuple[int, float, float]], surface: tuple[float, float] = (0.0, math.inf)) -> list[Contact]:
    """Published rates; ``passes``: (station, start, end) of the relay's contacts with Earth."""
    plan = both_ways(10, 20, *surface, 555_000, 125)
    for station in (30, 31):
        plan += both_ways(station, 40, 0.0, math.inf, 1e7, 1e6)
    for station, start, end in passes:
        plan += both_ways(20, station, start, end, 2e6, 1000)
    return plan


def example() -> Bundle:
    """A small bundle of this package, as its source makes it."""
    primary = Primary(Eid(40, 1), Eid(10, 1), 599_797_560_000, 7, 86_400_000)
    return Bundle(primary, (*Journey(priority=Priority.EXPEDITED).blocks(), Block(PAYLOAD, 1, b"farside")))
