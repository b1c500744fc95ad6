"""The charts of relays compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.flight import doppler_hz, relay_course, site_course, station_course, within
from farside.flight.charts import comparison, eclipses, maps, orbits, tracks, upkeep
from farside.flight.coverage import Service
from farside.link.radio import radio

if TYPE_CHECKING:
    from farside.run.comparison import RelayComparison

Rows = dict[str, list[tuple[str, Any]]]


def charts(c: RelayComparison) -> Iterator[tuple[str, Any]]:
    """Names of charts and figures, one after the other."""
    services = {s.name: s for one in c.compared for s in one.services}
    relays = {name: s.orbit for name, s in services.items()}
    t, place, mask = next(iter(services.values())).track.t, c.place.title, c.place.min_elevation_deg
    for frame in ("rotating", "inertial"):
        yield f"orbit-{frame}", orbits(relays, c.start, c.stop, frame)
    distances = {
        "site": lambda s: s.track.site_km * 1e-3,
        "Moon": lambda s: s.track.moon_km * 1e-3,
        "Earth": lambda s: s.track.earth_km * 1e-3,
    }
    yield (
        "distance",
        tracks(f"Distance of the relay from {place}, Moon and Earth", "1000 km", t, _each(services, distances)),
    )
    elevation = _each(services, {"": lambda s: np.degrees(s.track.elevation)})
    yield "elevation", tracks(f"Elevation at {place}", "deg", t, elevation, [(mask, f"least, {mask:g} deg")])
    angle = _each(services, {"": lambda s: np.degrees(s.track.angle)})
    yield "angle", tracks("Angle between site and Earth at the relay", "deg", t, angle)
    lights = {"site": lambda s: s.track.site_s, "Earth": lambda s: s.track.earth_s}
    yield "light-time", tracks("Light time from the relay, one way", "s", t, _each(services, lights))
    yield "doppler", tracks("Doppler of the carrier, one way, while in view", "kHz", t, _doppler(c, services))
    yield "eclipses", eclipses({name: s.eclipses for name, s in services.items()}, c.start, c.stop)
    yield "coverage", maps({one.name: one.coverage for one in c.compared}, c.site)
    yield "comparison", comparison([one.name for one in c.compared], _bars([one.facts for one in c.compared]))
    keeping = {s.name: kept for one in c.compared for s, kept in zip(one.services, one.upkeep, strict=True) if kept}
    for name, stem in file_names(services).items():
        if name in keeping:
            yield f"stationkeeping-{stem}", upkeep(keeping[name], f"Stationkeeping, {name}")


def file_names(relays: Iterable[str]) -> dict[str, str]:
    """Parts of files' names by relays' names; of those that would be the same all but the first have a number."""
    stems: dict[str, str] = {}
    for name in relays:
        plain = re.sub(r"[^A-Za-z0-9.]+", "-", Path(name).name).strip("-")
        numbered = (f"{plain}-{k}" for k in count(2))
        taken = {stem.lower() for stem in stems.values()}  # some disks know no capitals
        stems[name] = next(stem for stem in chain([plain], numbered) if stem.lower() not in taken)
    return stems


def _each(services: Mapping[str, Service], of: Mapping[str, Callable[[Service], Any]]) -> Rows:
    """Rows of a chart: each quantity of each relay."""
    return {
        f"{name}, {what}" if what else name: [("", quantity(s))]
        for name, s in services.items()
        for what, quantity in of.items()
    }


def _doppler(c: RelayComparison, services: Mapping[str, Service]) -> Rows:
    """Of the lander's carrier at each relay, and of the relay's at the first station."""
    rows: Rows = {}
    for name, s in services.items():
        relay, t = relay_course(s.orbit), s.track.t
        ways = [("from the lander", "lander-relay", site_course(c.site), relay, s.site)]
        for antenna in c.place.stations[:1]:
            heard = s.stations[antenna.name.lower()]
            ways.append((f"at {antenna.name}", "relay-earth", relay, station_course(antenna.station), heard))
        for words, hop, sender, receiver, spans in ways:
            carrier_ghz = radio().link(hop).hop.frequency_ghz
            shift, seen = np.full(len(t), np.nan), within(t, spans)
            shift[seen] = doppler_hz(sender, receiver, t[seen], carrier_ghz * 1e9) * 1e-3
            rows[f"{name}, {words}\n{carrier_ghz:g} GHz"] = [("", shift)]
    return rows


def _bars(relays: Sequence[dict[str, Any]]) -> dict[str, list[float]]:
    """Bars of facts, by what they are."""
    of: dict[str, Callable[[dict[str, Any]], float]] = {
        "in view of the site, % of the time": lambda f: 100.0 * f["site"]["share"],
        "site to a station, % of the time": lambda f: 100.0 * f["home"]["share"],
        "region in view, % of the time": lambda f: 100.0 * f["region"]["mean_share"],
        "longest gap at the site, h": lambda f: f["site"]["longest_gap_h"],
        "eclipses by Moon and Earth, h": lambda f: sum(tally["total_h"] for tally in f["eclipses"].values()),
        "farthest from the site in view, 1000 km": lambda f: (f["site_km"]["highest"] or np.nan) * 1e-3,
    }
    return {words: [number(facts) for facts in relays] for words, number in of.items()}
