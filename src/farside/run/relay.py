"""Relays compared for a site: orbits by name, what each gives the site and a region, in words, numbers and charts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from farside.errors import BadInput
from farside.flight import Candidate, RelayOrbit, Station, candidate
from farside.flight.almanac import Place, place_from
from farside.flight.coverage import CELL_DEG, Service, coverage_map, region, service, track_step
from farside.flight.stationkeeping import Upkeep, maintain, usual_strategy
from farside.geometry import Site
from farside.link.radio import radio, volume_per_day
from farside.run.comparison import Compared, RelayComparison
from farside.run.kept import Terrain, ground_of, is_file, kept_candidate, kept_horizon, terrain_files
from farside.run.link import relay_span, ways_of
from farside.run.plan import SEED, place_for
from farside.run.progress import Progress, Silence

MOST = 6
"""Relays, or groups of them, side by side."""
_DAY_S = 86_400.0


def relay(
    site: Site | Place | str | Path,
    start: str,
    stop: str,
    *,
    compare: Path | str | Sequence[Path | str] = ("halo",),
    region_of: str = "far-side",
    cell_deg: float = CELL_DEG,
    mask_deg: float | None = None,
    terrain: Terrain = None,
    seed: int | None = None,
    keeping_trials: int = 0,
    progress: Progress | None = None,
) -> RelayComparison:
    """What relays would give a site and a region from start to stop (UTC).

    site: as for ``windows``. compare: relays as ``farside.flight.candidates`` writes them ("halo", "nrho",
    "halo:z=15000", the path of an OEM or SPK file); several joined by + serve together. region_of, cell_deg: of the
    coverage map, as ``farside.flight.coverage.region`` writes it. mask_deg: least elevation at the site and in the
    region; None takes the site's. terrain, seed: as for ``windows``. keeping_trials: so often stationkeeping is flown
    along each halo orbit, which takes most of the time; 0: not at all.

        farside.relay(farside.Site(-75.0, 132.4), "2027-01-01", "2028-01-01", compare=["halo", "elfo"]).save("out")

    Raises BadInput, before any work starts: what ``windows`` refuses, relays or regions that mean nothing, a span
    shorter than a revolution of a relay or, for a file, outside it.
    """
    progress = progress or Silence()
    place, (t0, t1) = place_for(site), relay_span("relay", start, stop)
    if mask_deg is not None:
        place = place_from("relay", {**place.model_dump(), "min_elevation_deg": mask_deg})
    area = region(region_of, cell_deg)
    asked = [str(words) for words in ([compare] if isinstance(compare, Path | str) else compare)]
    groups = [[candidate(words) for words in _apart(together)] for together in asked]
    _check(asked, groups, t0, t1)
    seed = SEED if seed is None else seed
    horizon = kept_horizon(place, terrain, seed, progress)
    relays = {one.name: one for group in groups for one in group}
    orbits = {name: kept_candidate(one, t0, t1, progress) for name, one in relays.items()}
    p = place.position
    ground = Site(p.lat_deg, p.lon_deg % 360.0, horizon.site.height_m if p.height_m is None else p.height_m)
    stations = [Station(s.name, s.lat_deg, s.lon_deg, s.height_m, s.min_elevation_deg) for s in place.stations]
    mask, step = place.min_elevation_deg, track_step(list(orbits.values()))
    seen: dict[str, Service] = {}
    for name, orbit in orbits.items():
        progress.count("following relays", len(seen) + 1, len(orbits), "")
        seen[name] = service(name, orbit, ground, stations, t0, t1, mask_deg=mask, horizon=horizon, step_s=step)
    data = {name: _bytes_a_day(one, ground, stations) for name, one in seen.items()}
    kept = {name: _kept(one, orbits[name], t0, t1, keeping_trials, progress) for name, one in relays.items()}
    progress.say(f"mapping {area.name}")
    compared = [
        Compared(
            words,
            tuple(one.title for one in group),
            tuple(seen[one.name] for one in group),
            coverage_map([orbits[one.name] for one in group], area, t0, t1, mask),
            tuple(data[one.name] for one in group),
            tuple(kept[one.name] for one in group),
        )
        for words, group in zip(asked, groups, strict=True)
    ]
    told = ground_of(terrain_files(terrain), seed)
    return RelayComparison(place, ground, told, t0, t1, tuple(compared))


def _check(compare: Sequence[str], groups: Sequence[Sequence[Candidate]], t0: float, t1: float) -> None:
    twice = any(len({one.name for one in group}) < len(group) for group in groups)
    if not 1 <= len(groups) <= MOST or len(set(compare)) < len(compare) or twice:
        raise BadInput("relay", "compare", ",".join(compare), f"1 to {MOST} relays, each once")
    for one in (one for group in groups for one in group):
        if one.revolution_s is not None and t1 - t0 < one.revolution_s:
            days = one.revolution_s / _DAY_S
            expected = f"at least one revolution of {one.name}, {days:.2f} days"
            raise BadInput("relay", "span", f"{(t1 - t0) / _DAY_S:.2f} days", expected)
        if one.depends_on is None:
            one.make(t0, t1)  # a file says at once whether it covers the span


def _apart(together: str) -> list[str]:
    """Relays written with + between them; a file may have one in its name."""
    return [together] if is_file(Path(together)) else [words.strip() for words in together.split("+")]


def _bytes_a_day(seen: Service, ground: Site, stations: list[Station]) -> dict[str, float]:
    """What the radio of Chang'e 4 and Queqiao would carry by each way, octets a day, at the rates that hold."""
    ways = ways_of(radio(), ground, seen, stations)
    days = (seen.stop - seen.start) / _DAY_S
    carried = {way.name: float(volume_per_day(way.pieces, seen.start, seen.stop).sum()) / days for way in ways}
    home = sum(carried.get(f"relay-{station.name.lower()}", 0.0) for station in stations)
    return {"lander": carried.get("lander-relay", 0.0), "rover": carried.get("rover-relay", 0.0), "earth": home}


def _kept(one: Candidate, orbit: RelayOrbit, t0: float, t1: float, trials: int, progress: Progress) -> Upkeep | None:
    """Stationkeeping along an orbit for as long as the span, as far as the orbit lasts beyond what it looks ahead."""
    if not trials or not one.unstable or one.revolution_s is None:
        return None
    progress.say(f"keeping {one.name} on its orbit, {trials} times")
    strategy = usual_strategy(orbit)
    length = orbit.stop - orbit.start - 1.05 * strategy.ahead * one.revolution_s
    days = min(t1 - t0, length) / _DAY_S
    return maintain(orbit, strategy, days=days, trials=trials)
