"""Windows of a mission or a site: the horizon and the relay's orbit, kept between runs, and the almanac from both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from farside.errors import BadInput
from farside.flight import RelayOrbit, halo_covering, solve_halo
from farside.flight import stations as relay_stations
from farside.flight.almanac import (
    GROUPS,
    RELAYS,
    Almanac,
    Place,
    almanac,
    builtin_sites,
    chang_e_4_vehicles,
    load_site,
    place_from,
)
from farside.geometry import Site, time_text, utc_to_t
from farside.run.kept import Terrain, ground_of, is_file, kept_horizon, kept_orbit, terrain_files
from farside.run.progress import Progress, Silence
from farside.sky import check_epoch, earth_rotation
from farside.twin import Mission, OrbitFile, builtin, load_mission

SEED = 20190103
"""Of the built-in ground where no mission gives one: the Moon of chang-e-4."""
_BEYOND_S = 120.0
"""Events are looked at from both sides."""


def windows(
    site: Site | Place | str | Path,
    start: str,
    stop: str,
    *,
    sun: bool = True,
    earth: bool = True,
    relay: str | None = None,
    stations: bool = True,
    eclipses: bool = True,
    vehicles: bool = True,
    terrain: Terrain = None,
    seed: int | None = None,
    eye_m: float | None = None,
    progress: Progress | None = None,
) -> Almanac:
    """When Sun, Earth and relay are in view of a site, when stations see the relay, eclipses, and vehicles' days.

    site: a mission or site by name, the path of a mission or site file, a Place, or a Site (a height of 0 is taken for
    the ground's). start, stop: UTC. relay: "queqiao" (a halo orbit of its kind) or "none"; None takes the site's own.
    terrain: elevation files; seed: of the ground where there is none. eye_m: height of camera and antenna above the
    ground. Horizon and orbit are kept in the user's cache.

        farside.windows(farside.Site(-45.4446, 177.5991), "2019-01-03", "2020-01-03", sun=True, relay="queqiao")

    Raises BadInput, before any work starts: unknown site or relay, times outside the kernels or in the wrong order,
    files that cannot be used.
    """
    progress = progress or Silence()
    mission = mission_of(site)
    place = place_for(site)
    if eye_m is not None:
        place = place_from("windows", {**place.model_dump(), "eye_m": eye_m})
    if relay is not None and relay not in RELAYS:
        raise BadInput("windows", "relay", relay, f"one of {', '.join(RELAYS)}")
    relay = relay or place.relay
    t0, t1 = span_of("windows", start, stop)
    asked = dict(zip(GROUPS, (sun, earth, True, stations, eclipses, vehicles), strict=True))
    orbit_of = _orbit(mission, t0, t1, stations) if relay != "none" else None
    if seed is None:
        seed = mission.seed if mission else SEED
    horizon = kept_horizon(place, terrain, seed, progress)
    orbit = _kept(orbit_of, progress) if orbit_of else None
    progress.say("finding windows")
    files = terrain_files(terrain)
    groups = [group for group, wanted in asked.items() if wanted]
    return almanac(place, horizon, orbit, t0, t1, groups, surveyed=bool(files), ground=ground_of(files, seed))


def place_of(mission: Mission) -> Place:
    """The site of a mission with its relay, stations and vehicles."""
    spec = mission.site
    fields = ("name", "lat_deg", "lon_deg", "height_m", "min_elevation_deg")
    return Place.model_validate(
        {
            "site": mission.mission,
            "title": mission.title,
            "position": {
                "lat_deg": spec.lat_deg,
                "lon_deg": spec.lon_deg,
                "height_m": spec.elevation_m,
                "frame": spec.map_frame,
                "source": "the mission file",
            },
            "relay": "queqiao",
            "min_elevation_deg": mission.relay.min_elevation_deg,
            "stations": [{name: getattr(station, name) for name in fields} for station in mission.stations],
            "vehicles": chang_e_4_vehicles(),
        }
    )


def place_named(name: str | Path) -> Place:
    """The site of a mission or site file, by name or path. Raises BadInput."""
    mission = mission_of(name)
    return place_of(mission) if mission else load_site(builtin_sites().get(str(name), Path(name)))


def sites() -> dict[str, Place]:
    """The missions and sites that come with farside, by name."""
    known = {name: place_of(load_mission(name)) for name in builtin()}
    return {**known, **{name: load_site(path) for name, path in builtin_sites().items()}}


def mission_of(site: Any) -> Mission | None:
    """The mission that a name or path means, or None."""
    if not isinstance(site, str | Path) or str(site) in builtin_sites():
        return None
    if str(site) in builtin():
        return load_mission(site)
    path = Path(site)
    if not is_file(path):
        known = ", ".join([*builtin(), *builtin_sites()])
        raise BadInput(
            "windows", "site", str(site), f"one of {known}, the path of a mission or site file, or --lat, --lon"
        )
    return None if _says_site(path) else load_mission(path)


def _says_site(path: Path) -> bool:
    """Whether a file is a site file: it has a position and is no mission."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return True  # whoever loads it says what is wrong
    return not any(line.startswith("mission:") for line in lines)


def place_for(site: Site | Place | str | Path) -> Place:
    """The place that is meant by a name, the path of a mission or site file, a Place, or a Site. Raises BadInput."""
    if isinstance(site, str | Path):
        return place_named(site)
    if isinstance(site, Place):
        return site
    position = {"lat_deg": site.lat_deg, "lon_deg": site.lon_deg, "height_m": site.height_m or None}
    title = f"{abs(site.lat_deg):g} {'S' if site.lat_deg < 0 else 'N'} {site.lon_deg % 360.0:g} E"
    spec = {"site": "place", "title": title, "position": position, "stations": list(relay_stations())}
    return place_from("windows", spec)


def span_of(source: str, start: str, stop: str) -> tuple[float, float]:
    """From and to (UTC) as TDB s past J2000. source: who was asked. Raises BadInput."""
    times = []
    for field, utc in (("from", start), ("to", stop)):
        try:
            t = utc_to_t(utc)
            check_epoch([t - _BEYOND_S, t + _BEYOND_S])
        except BadInput as error:
            raise BadInput(source, field, utc, error.expected) from None
        times.append(t)
    if times[1] <= times[0]:
        raise BadInput(source, "to", stop, f"a time after {start}")
    return times[0], times[1]


def halo_for(site: Site | Place | str | Path, t0: float, t1: float, progress: Progress) -> RelayOrbit:
    """A halo orbit of Queqiao's kind from t0 to t1 (TDB s past J2000): the mission's own where it covers them.

    Raises BadInput for times at which relay or stations are not known.
    """
    return _kept(_orbit(mission_of(site), t0, t1, stations=True), progress)


def _orbit(mission: Mission | None, t0: float, t1: float, stations: bool) -> OrbitFile | tuple[str, int, float | None]:
    """The orbit that covers a span: the mission's file, or epoch, revolutions and amplitude of a halo orbit.

    The mission's own halo where it covers the span. Raises BadInput where the mission's file does not.
    """
    if stations:  # the Earth's orientation is known for fewer years than the Moon's
        for field, t in (("from", t0 - _BEYOND_S), ("to", t1 + _BEYOND_S)):
            try:
                earth_rotation(t)
            except BadInput as error:
                expected = f"{error.expected}; or ask without stations"
                raise BadInput("windows", field, time_text(t), expected) from None
    if mission is None:
        return *halo_covering(t0, t1), None
    spec = mission.relay.orbit
    first, last = spec.span
    covered = first + _BEYOND_S <= t0 and t1 + _BEYOND_S <= last
    if isinstance(spec, OrbitFile):
        if not covered:
            expected = f"times two minutes inside those of the orbit, {time_text(first)} to {time_text(last)}"
            raise BadInput(spec.file, "span", f"{time_text(t0)} to {time_text(t1)}", expected)
        return spec
    if covered:
        return spec.epoch_utc, spec.revolutions, spec.z_amplitude_km
    return *halo_covering(t0, t1), spec.z_amplitude_km


def _kept(orbit: OrbitFile | tuple[str, int, float | None], progress: Progress) -> RelayOrbit:
    if isinstance(orbit, OrbitFile):
        return orbit.read()

    def make() -> RelayOrbit:
        progress.say("solving the relay's halo orbit")
        return solve_halo(*orbit)

    return kept_orbit(make, *orbit)
