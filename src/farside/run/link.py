"""The radio of a site, planned: windows from flight, margins and rates from the link budget."""

from __future__ import annotations

from pathlib import Path

from farside.errors import BadInput
from farside.flight import Course, Span, Station, candidate, relay_course, site_course, station_course
from farside.flight.almanac import Place
from farside.flight.coverage import BEYOND_S, Service, service
from farside.geometry import Site
from farside.link.radio import Link, Radio, rate_pieces, read_radio
from farside.link.radio import radio as chang_e_4
from farside.run.kept import kept_candidate
from farside.run.plan import halo_for, mission_of, place_for, span_of
from farside.run.progress import Progress, Silence
from farside.run.radio import LinkPlan, Way
from farside.sky import earth_rotation
from farside.twin import Mission, OrbitFile, take_turns

SURFACE = ("lander", "rover")
_LONGEST_DAYS = 3653.0


def link_plan(
    site: Site | Place | str | Path,
    start: str,
    stop: str,
    *,
    relay: Path | str | None = None,
    radio: Radio | Path | str | None = None,
    progress: Progress | None = None,
) -> LinkPlan:
    """Budgets, margins, rates and contacts of a site's radio from start to stop (UTC).

    site: as for ``windows``; its least elevation and its stations are used, its horizon is level. relay: as for
    ``relay`` ("elfo", "halo:z=15000", the path of an ephemeris); None: the mission's, or a halo orbit of Queqiao's
    kind. radio: a radio, or the path of a file that says what differs from Chang'e 4's; None: the mission's, or
    Chang'e 4's.

        farside.link_plan("chang-e-4", "2019-01-03", "2019-02-03").save(Path("link"))

    Raises BadInput, before any work starts: what ``windows`` refuses, a span of more than ten years, a site without
    stations, a relay that means nothing or does not cover the span.
    """
    progress = progress or Silence()
    mission = mission_of(site)
    if not isinstance(radio, Radio):
        radio = read_radio(radio) if radio is not None else chang_e_4(mission.link.radio if mission else None)
    relay = None if relay is None else str(relay)
    place, (t0, t1) = place_for(site), relay_span("link", start, stop)
    if not place.stations:
        raise BadInput("link", "stations", "none", "a site with at least one Earth station")
    if relay is None:
        name = _own_relay(mission)
        orbit = halo_for(site, t0 - BEYOND_S, t1 + BEYOND_S, progress)
    else:
        one = candidate(relay)
        name, orbit = one.title, kept_candidate(one, t0, t1, progress)
    progress.say("finding contacts")
    p = place.position
    ground = Site(p.lat_deg, p.lon_deg % 360.0, p.height_m or 0.0)
    stations = [Station(s.name, s.lat_deg, s.lon_deg, s.height_m, s.min_elevation_deg) for s in place.stations]
    seen = service(relay or "relay", orbit, ground, stations, t0, t1, mask_deg=place.min_elevation_deg)
    progress.say("choosing rates")
    ways = ways_of(radio, ground, seen, stations)
    if not ways:
        raise BadInput("link", "span", f"{start} to {stop}", "a span in which the relay is in view of site or station")
    return LinkPlan(place.title, name, t0, t1, radio, tuple(ways), _beside(radio, ways))


def relay_span(source: str, start: str, stop: str) -> tuple[float, float]:
    """From and to (UTC) as TDB s past J2000, at most ten years, in which stations are known. source: who was asked.

    Raises BadInput.
    """
    t0, t1 = span_of(source, start, stop)
    if (days := (t1 - t0) / 86_400.0) > _LONGEST_DAYS:
        raise BadInput(source, "span", f"{days:.2f} days", f"ten years, {_LONGEST_DAYS:.0f} days, at most")
    for field, utc, t in (("from", start, t0 - BEYOND_S), ("to", stop, t1 + BEYOND_S)):
        try:
            earth_rotation(t)
        except BadInput as error:
            raise BadInput(source, field, utc, error.expected) from None
    return t0, t1


def _own_relay(mission: Mission | None) -> str:
    """What the relay is where none is asked for."""
    own = mission.relay.orbit if mission else None
    return f"from {Path(own.file).name}" if isinstance(own, OrbitFile) else "halo orbit of Queqiao's kind"


def ways_of(radio: Radio, ground: Site, seen: Service, stations: list[Station]) -> list[Way]:
    """All directions of a site's radio through one relay: when they are in view, and the rates that hold."""
    courses = {"site": site_course(ground), "relay": relay_course(seen.orbit)}
    return [*_surface(radio, courses, seen), *_earth(radio, courses, seen, stations)]


def _surface(radio: Radio, courses: dict[str, Course], seen: Service) -> list[Way]:
    """Lander and rover with the relay, there and back."""
    ends = [(a, b) for vehicle in SURFACE for a, b in ((vehicle, "relay"), ("relay", vehicle))]
    return [_way(radio.link(f"{a}-{b}"), (a, b), courses, seen.site) for a, b in ends if seen.site]


def _earth(radio: Radio, courses: dict[str, Course], seen: Service, stations: list[Station]) -> list[Way]:
    """The relay with the stations, one at a time."""
    turns = take_turns({k: seen.stations[station.name.lower()] for k, station in enumerate(stations)})
    ways = []
    for k, station in enumerate(stations):
        views = tuple((start, end) for number, start, end in turns if number == k)
        there = courses | {"station": station_course(station)}
        for hop, ends in (("relay-earth", ("relay", station.name)), ("earth-relay", (station.name, "relay"))):
            if views:
                ways.append(_way(radio.link(hop, station.name), ends, there, views))
    return ways


def _beside(radio: Radio, ways: list[Way]) -> tuple[Way, ...]:
    """The other hops between the relay and the first station that has a turn: telemetry, and the X band as backup."""
    like: dict[tuple[str, ...], Way] = {(way.link.sender.at, way.link.receiver.at): way for way in reversed(ways)}
    found = []
    for hop in radio.hops.keys() - {way.link.name for way in ways}:
        way = like.get(tuple(radio.terminals[end].at for end in (radio.hops[hop].sender, radio.hops[hop].receiver)))
        if way:
            link = radio.link(hop, next((end for end in way.ends if end not in (*SURFACE, "relay")), ""))
            found.append(Way(hop, way.ends, link, way.courses, way.views, ()))
    return tuple(sorted(found, key=lambda way: list(radio.hops).index(way.link.name)))


def _way(link: Link, ends: tuple[str, str], courses: dict[str, Course], views: tuple[Span, ...]) -> Way:
    places = {name: course.position for name, course in courses.items()}
    pieces = tuple(piece for start, end in views for piece in rate_pieces(link, places, start, end))
    return Way(f"{ends[0]}-{ends[1]}".lower(), ends, link, courses, views, pieces)
