"""Relays one may ask for by name, with numbers changed: candidates for a site.

    halo                     as candidates.yaml has it
    halo:z=15000:phase=0.5   another amplitude, half a revolution on

Halo orbits take ``z`` (amplitude, km) and ``phase`` (revolutions from the far apex).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from farside.errors import BadInput
from farside.flight.family import halo_orbit
from farside.flight.relay import RelayOrbit, halo_covering, solve_halo
from farside.geometry import t_to_utc

_SOURCE = "relay"
_DAY_S = 86_400.0
_BEFORE_S = 3600.0
_MONTH_DAYS = 27.321661  # sidereal: 2 pi of a halo orbit's own units of time
_HALO = {"z": float, "phase": float}


@dataclass(frozen=True)
class Candidate:
    """A relay that might be: its name as written, what it is, and how to make its orbit.

    revolution_s: about; None where nobody knows (a file). make: an orbit from an hour before to an hour after two
    times, TDB s past J2000 (a file's own span). depends_on: all the orbit depends on besides; None for a file.
    """

    name: str
    title: str
    revolution_s: float | None
    make: Callable[[float, float], RelayOrbit]
    depends_on: tuple[object, ...] | None


@cache
def named() -> dict[str, dict[str, Any]]:
    """The entries of candidates.yaml by name."""
    with (Path(__file__).parent / "candidates.yaml").open(encoding="utf-8") as file:
        return dict(yaml.safe_load(file))


def candidate(words: str) -> Candidate:
    """The relay that words mean (see above). Raises BadInput: no such relay, no such number of it, out of range."""
    name, *given = words.split(":")
    if name not in named():
        expected = f"one of {', '.join(named())}, numbers of it changed as in halo:z=15000"
        raise BadInput(_SOURCE, "compare", words, expected)
    entry = named()[name]
    return _halo(words, entry["title"], entry["halo"], _given(words, given, _HALO))


def _halo(words: str, title: str, own: Mapping[str, float], given: Mapping[str, Any]) -> Candidate:
    orbit = halo_orbit(z_amplitude_km=given.get("z", own["z"]))
    days = orbit.period / (2.0 * math.pi) * _MONTH_DAYS
    told = f"southern halo orbit about L2, {orbit.z_amplitude_km:,.0f} km, {days:.2f} days" if given else title

    def make(t0: float, t1: float) -> RelayOrbit:
        if words == "halo":  # the orbit that windows and missions are planned with
            return solve_halo(*halo_covering(t0, t1))
        revolutions = math.ceil((t1 - t0 + 2.0 * _BEFORE_S) / (days * _DAY_S)) + 1
        return solve_halo(t_to_utc(t0 - _BEFORE_S), revolutions, orbit.z_amplitude_km, given.get("phase", 0.0))

    return Candidate(words, told, days * _DAY_S, make, (words,))


def _given(words: str, given: list[str], known: Mapping[str, Callable[[str], Any]]) -> dict[str, Any]:
    """What is written after a name. Raises BadInput for what is not key=value with a key and a value that may be."""
    values: dict[str, Any] = {}
    for part in given:
        key, _, value = part.partition("=")
        try:
            values[key] = known[key](value)
        except (KeyError, ValueError):
            expected = f"numbers written as {words.split(':')[0]}:key=value, key one of {', '.join(known)}"
            raise BadInput(_SOURCE, "compare", words, expected) from None
    return values
