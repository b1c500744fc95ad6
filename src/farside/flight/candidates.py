"""Relays one may ask for by name, with numbers changed, or as files: candidates for a site.

    halo                     as candidates.yaml has it
    halo:z=15000:phase=0.5   another amplitude, half a revolution on
    elfo:anomaly=180         elsewhere on the orbit when the span begins
    relay.oem, relay.bsp     somebody's ephemeris
    relay.bsp:target=-301    one of several spacecraft in it

Halo orbits take ``point`` (L1, L2), ``branch`` (southern, northern), one of ``z``, ``period``, ``jacobi``, ``perilune``
(km from the Moon's centre), ``which`` (where several members have it) and ``phase`` (revolutions from the far apex).
Ellipses take ``perilune``, ``apolune`` (km of height), ``inclination``, ``argument``, ``node`` and ``anomaly``
(degrees, in the plane of the Earth's orbit about the Moon); without inclination and argument they are frozen ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from farside.errors import BadInput
from farside.flight.coverage import check_covers
from farside.flight.elliptical import Ellipse, elliptical_orbit, frozen, published_ellipse
from farside.flight.family import halo_orbit
from farside.flight.halo import Halo
from farside.flight.orbit_files import read_orbit
from farside.flight.quasi_halo import ephemeris_orbit, period_s
from farside.flight.relay import RelayOrbit, halo_covering, solve_halo
from farside.geometry import t_to_utc
from farside.sky import GM_MOON

_SOURCE = "relay"
_DAY_S = 86_400.0
_BEFORE_S = 3600.0
_AHEAD, _TRIES = 3, 3  # revolutions past the end: stationkeeping looks as far
_FILES = (".oem", ".bsp")
_SELECTORS = {"z": "z_amplitude_km", "period": "period_days", "jacobi": "jacobi", "perilune": "perilune_km"}
_HALO = {"point": str, "branch": str, **dict.fromkeys(_SELECTORS, float), "which": int, "phase": float}
_FIELDS = {
    "perilune": "perilune_km",
    "apolune": "apolune_km",
    "inclination": "inclination_deg",
    "argument": "perilune_argument_deg",
    "node": "node_deg",
    "anomaly": "mean_anomaly_deg",
}
_ELLIPSE = dict.fromkeys(_FIELDS, float)
_FILE = {"target": str}


@dataclass(frozen=True)
class Candidate:
    """A relay that might be: its name as written, what it is, and how to make its orbit.

    revolution_s: about; None where nobody knows (a file). make: an orbit from an hour before to an hour after two
    times, TDB s past J2000, or longer (a file's own span). depends_on: all the orbit depends on besides; None for a
    file. unstable: whether it stays only by stationkeeping; not known of files.
    """

    name: str
    title: str
    revolution_s: float | None
    make: Callable[[float, float], RelayOrbit]
    depends_on: tuple[object, ...] | None
    unstable: bool = False


@cache
def named() -> dict[str, dict[str, Any]]:
    """The entries of candidates.yaml by name."""
    with (Path(__file__).parent / "candidates.yaml").open(encoding="utf-8") as file:
        return dict(yaml.safe_load(file))


def candidate(words: str) -> Candidate:
    """The relay that words mean (see above). Raises BadInput: no such relay, no such number of it, out of range."""
    name, *given = words.split(":")
    if Path(words).suffix.lower() in _FILES:
        return _file(words, words, None)
    if Path(name).suffix.lower() in _FILES:
        return _file(words, name, _given(words, given, _FILE).get("target"))
    if name not in named():
        expected = f"one of {', '.join(named())}, numbers of it changed as in halo:z=15000, or an .oem or .bsp file"
        raise BadInput(_SOURCE, "", words, expected)
    entry = named()[name]
    if "ellipse" in entry:
        return _elliptical(words, entry["title"], published_ellipse(entry["ellipse"]), _given(words, given, _ELLIPSE))
    return _halo(words, entry["title"], entry["halo"], _given(words, given, _HALO))


def _file(words: str, path: str, target: str | None) -> Candidate:
    orbit = read_orbit(path, target)

    def make(t0: float, t1: float) -> RelayOrbit:
        check_covers(words, orbit, t0, t1)
        return orbit

    title = f"{target} from {Path(path).name}" if target else f"from {Path(path).name}"
    return Candidate(words, title, None, make, None)


def _halo(words: str, title: str, own: Mapping[str, float], given: Mapping[str, Any]) -> Candidate:
    asked = {key: value for key, value in given.items() if key in _SELECTORS} or own
    member: dict[str, Any] = {_SELECTORS[key]: value for key, value in asked.items()}
    orbit = halo_orbit(**member, **{key: given[key] for key in ("point", "branch", "which") if key in given})
    revolution_s = period_s(orbit)
    branch = "southern" if orbit.z0 < 0.0 else "northern"
    told = f"{branch} halo orbit about {orbit.point}, {orbit.z_amplitude_km:,.0f} km, {revolution_s / _DAY_S:.2f} days"

    def make(t0: float, t1: float) -> RelayOrbit:
        if words == "halo":  # the orbit that windows and missions are planned with
            return solve_halo(*halo_covering(t0, t1))
        begin, least = t_to_utc(t0 - _BEFORE_S), math.ceil((t1 - t0 + 2.0 * _BEFORE_S) / revolution_s) + _AHEAD
        return _joined(orbit, begin, least, given.get("phase", 0.0))

    return Candidate(words, told if given else title, revolution_s, make, (words,), unstable=True)


def _joined(orbit: Halo, begin: str, least: int, phase: float) -> RelayOrbit:
    """The orbit in the real sky, as many revolutions more than ``least`` as its arcs want in order to join."""
    for more in range(_TRIES):
        try:
            return ephemeris_orbit(orbit, begin, least + more, phase=phase)
        except BadInput:
            if more == _TRIES - 1:
                raise
    raise AssertionError


def _elliptical(words: str, title: str, published: Ellipse, given: Mapping[str, float]) -> Candidate:
    ellipse = replace(published, **{_FIELDS[key]: value for key, value in given.items()})
    axis = ellipse.semi_major_axis_km
    free = bool(given.keys() & {"inclination", "argument"})
    told = f"ellipse of {ellipse.perilune_km:,.0f} by {ellipse.apolune_km:,.0f} km{'' if free else ', frozen'}"
    revolution_s = 2.0 * math.pi * math.sqrt(axis**3 / GM_MOON)

    def make(t0: float, t1: float) -> RelayOrbit:
        begin = t_to_utc(t0 - _BEFORE_S)
        begun = ellipse
        if not free:
            begun = frozen(axis, ellipse.eccentricity, start_utc=begin, node_deg=ellipse.node_deg)
            begun = replace(begun, mean_anomaly_deg=ellipse.mean_anomaly_deg)
        return elliptical_orbit(begin, (t1 - t0 + 2.0 * _BEFORE_S) / _DAY_S, **asdict(begun))

    return Candidate(words, told if given else title, revolution_s, make, (words,))


def _given(words: str, given: list[str], known: Mapping[str, Callable[[str], Any]]) -> dict[str, Any]:
    """What is written after a name. Raises BadInput for what is not key=value with a key and a value that may be."""
    values: dict[str, Any] = {}
    for part in given:
        key, _, value = part.partition("=")
        try:
            if key in values:
                raise ValueError
            values[key] = known[key](value)
            if isinstance(values[key], float) and not math.isfinite(values[key]):
                raise ValueError
        except (KeyError, ValueError):
            expected = f"numbers written as {words.split(':')[0]}:key=value, key one of {', '.join(known)}, each once"
            raise BadInput(_SOURCE, "", words, expected) from None
    return values
