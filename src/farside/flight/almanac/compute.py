"""From a place and a span to its almanac: what is asked of which view, and in which words it is answered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from farside import sky
from farside.flight import views
from farside.flight.almanac.almanac import Almanac, Event, Lane
from farside.flight.almanac.place import Place
from farside.flight.almanac.rules import Course, Vehicle
from farside.flight.almanac.uncertainty import Doubt, at_station, numbers, of_limb, seconds
from farside.flight.contacts import Station
from farside.flight.relay import RelayOrbit
from farside.flight.views import STEP, View
from farside.flight.windows import Question, Span, ask, overlap, union
from farside.geometry import Site, azel, utc_to_t
from farside.moon import Horizon

Array = NDArray[np.float64]
Found = tuple[list[Lane], list[Event]]
Where = Callable[[Array, Array], tuple[Array, Array]]
"""Times (n,) and rows of the view to azimuths and elevations (n,), radians."""

GROUPS = ("sun", "earth", "relay", "stations", "eclipses", "vehicles")
"""What can be asked for."""

_LUNATION_S = 30.0 * 86_400.0
_AROUND_S = 30.0  # for the rate at an event
_SAMPLE_S = 10_800.0  # of extremes: a direction is off by 0.003 deg at most between samples
_STATION_STEP = np.radians(45.0)
_MOON_EARTH_KM = 384_400.0  # mean, for errors only


@dataclass(frozen=True)
class Topic:
    """What is so or not, in words, and how well its times are known.

    value: rows to the angle that passes a limit at the event, rad; doubt: times and azimuths (n,) to its 1 sigma, rad.
    """

    key: str
    title: str
    begins: str
    ends: str
    value: Callable[[Array], Array]
    doubt: Callable[[Array, Array], Array]


def almanac(
    place: Place,
    horizon: Horizon,
    orbit: RelayOrbit | None,
    start: float,
    stop: float,
    groups: Collection[str] = GROUPS,
    surveyed: bool = False,
    ground: str = "built-in ground",
) -> Almanac:
    """All windows and events at a place from start to stop (TDB s past J2000).

    orbit: of the relay, reaching a minute beyond both ends, or None. groups: of GROUPS. surveyed: the horizon is of a
    published elevation file; ground: its name. Raises BadInput at times without ephemeris or orientation.
    """
    error_m = place.position.error_m
    doubt = Doubt(horizon, surveyed, numbers()["position_m"] if error_m is None else error_m)
    height = horizon.site.height_m if place.position.height_m is None else place.position.height_m
    site = Site(place.position.lat_deg, place.position.lon_deg % 360.0, height)
    found: list[Found] = []
    every = np.linspace(0.0, 2.0 * np.pi, len(horizon.elevation), endpoint=False)
    facts = {"skyline.sigma_deg": float(np.median(np.degrees(doubt.skyline(every))))}
    if "sun" in groups:
        found.append(_sun(site, doubt, start, stop))
    if "earth" in groups:
        found.append(_earth(site, doubt, start, stop, facts))
    if orbit is not None:
        antennas = [antenna.station for antenna in place.stations]
        if "relay" in groups:
            found.append(_relay(site, doubt, orbit, place.min_elevation_deg, start, stop, facts))
        if "stations" in groups:
            found += [_station(orbit, antenna, start, stop) for antenna in antennas]
        if "relay" in groups and "stations" in groups and antennas:
            found.append(([_way_home([lane for lanes, _ in found for lane in lanes])], []))
        if "eclipses" in groups:
            found.append(_eclipses_at_relay(orbit, start, stop))
    if "eclipses" in groups:
        found.append(_eclipses_at_site(site, doubt, start, stop))
    if "vehicles" in groups and place.vehicles:
        found.append(_vehicles(site, doubt, place.vehicles, start, stop))
    lanes = tuple(lane for some, _ in found for lane in some)
    events = tuple(sorted((event for _, some in found for event in some), key=lambda event: event.t))
    relay = "none" if orbit is None else "a halo orbit of Queqiao's kind; where on it the real one was is assumed"
    if doubt.invented:
        ground += ", not the real one here: give elevation files"
    return Almanac(place, site, horizon, ground, relay, start, stop, lanes, events, facts)


# At the site --------------------------------------------------------------------------------------------------------


def _sun(site: Site, doubt: Doubt, start: float, stop: float) -> Found:
    view, horizon = views.sun_from(site, start, stop), doubt.horizon
    limb, centre, level = views.disc_over(view, horizon), views.over(view, horizon), views.above(view, 0.0)
    skyline = _of_skyline(doubt)
    topics = [
        Topic(
            "sun.limb", "Sun over the terrain, upper limb",
            "Sun's upper limb rises over the terrain", "Sun's upper limb sets behind the terrain",
            limb.of, skyline,
        ),
        Topic(
            "sun.centre", "Sun over the terrain, centre",
            "Sun's centre rises over the terrain", "Sun's centre sets behind the terrain",
            centre.of, skyline,
        ),
        Topic(
            "sun.level", "Sun over a level horizon, centre",
            "Sun's centre rises over a level horizon", "Sun's centre sets below a level horizon",
            _elevation, _always(doubt.place),
        ),
    ]  # fmt: skip
    return _answer(view, topics, [limb, centre, level], start, stop, STEP / view.turn, _at_site)


def _earth(site: Site, doubt: Doubt, start: float, stop: float, facts: dict[str, float]) -> Found:
    view = views.earth_from(site)
    over = views.over(view, doubt.horizon)
    topic = Topic(
        "earth", "Earth over the terrain, centre", "Earth's centre rises over the terrain",
        "Earth's centre sets behind the terrain", over.of, _of_skyline(doubt),
    )  # fmt: skip
    facts["earth.highest_deg"] = float(np.degrees(_elevation(view(_samples(start, stop)))).max())
    return _answer(view, [topic], [over], start, stop, STEP / view.turn, _at_site)


def _relay(
    site: Site, doubt: Doubt, orbit: RelayOrbit, least_deg: float, start: float, stop: float, facts: dict[str, float]
) -> Found:
    view, least = views.relay_from(orbit, site), float(np.radians(least_deg))
    question = views.in_view(view, doubt.horizon, least)
    topic = Topic(
        "relay", f"Relay over the terrain and {least_deg:g} deg", "relay comes into view of the site",
        "relay leaves the view of the site", question.of, _of_skyline(doubt),
    )  # fmt: skip
    elevation = np.degrees(_elevation(view(_samples(start, stop))))
    facts["relay.lowest_deg"], facts["relay.highest_deg"] = float(elevation.min()), float(elevation.max())
    return _answer(view, [topic], [question], start, stop, STEP / view.turn, _at_site)


def _vehicles(site: Site, doubt: Doubt, vehicles: Sequence[Vehicle], start: float, stop: float) -> Found:
    # whether one is awake at the start was decided since the last night
    before = max(start - _LUNATION_S, min(start, utc_to_t("1900-01-01T01:00:00")))
    view = views.sun_from(site, before, stop)
    angles = sorted({angle for vehicle in vehicles for angle in vehicle.angles})
    questions = [views.morning(view), *(views.above(view, np.radians(angle)) for angle in angles)]
    morning, *answers = ask(view, questions, before, stop, STEP / view.turn)
    noon = morning.ends
    course = Course(noon, np.degrees(_elevation(view(noon))), dict(zip(angles, answers, strict=True)), stop)
    lanes, changes = [], []
    for vehicle in vehicles:
        error = _always(float(np.hypot(np.radians(vehicle.error_deg), doubt.place)))
        for habit in vehicle.habits(course):
            spans = overlap(habit.spans, [(start, stop)])
            key, name = f"vehicle.{vehicle.name}.{habit.key}", vehicle.name
            ends = f"{name} {habit.ends}" if habit.ends else ""
            topic = Topic(key, habit.title, f"{name} {habit.begins}", ends, _elevation, error)
            lanes.append(Lane(key, f"{name} {habit.title}", tuple(spans)))
            edges = np.array(spans).reshape(-1, 2)
            ended = edges[edges[:, 1] < stop, 1] if ends else np.empty(0)
            changes.append((topic, edges[edges[:, 0] > start, 0], ended))
    return lanes, _events(view, changes, _at_site)


def _eclipses_at_site(site: Site, doubt: Doubt, start: float, stop: float) -> Found:
    observer = sky.site_motion(site)
    view = views.sun_behind(observer, ("earth",), views.EARTH_TURN)
    topic = Topic(
        "eclipse.site.earth", "Earth before the Sun at the site", "Earth begins to cover the Sun at the site",
        "Sun whole again at the site", lambda rows: rows[:, 0], _always(of_limb("earth", _MOON_EARTH_KM)),
    )  # fmt: skip

    def where(t: Array, rows: Array) -> tuple[Array, Array]:
        return azel(sky.sun_direction(site, t))

    def note(span: Span) -> str:
        sun = sky.sun_direction(site, np.linspace(*span, 9))
        if (doubt.horizon.clearance(sun) < 0.0).all():
            return "while the Sun is down"
        return _dimmed(observer, "earth", span)

    lanes, events = _answer(view, [topic], [views.positive(view, 0)], start, stop, STEP / view.turn, where)
    return lanes, _noted(lanes, events, note)


# At the relay and the stations --------------------------------------------------------------------------------------


def _eclipses_at_relay(orbit: RelayOrbit, start: float, stop: float) -> Found:
    nearest, farthest, speed = orbit.extremes
    bodies = ("earth", "moon")
    away = {"earth": _MOON_EARTH_KM + farthest, "moon": farthest}
    view = views.sun_behind(orbit.position, bodies, max(speed / nearest, views.EARTH_TURN))
    topics = [
        Topic(
            f"eclipse.relay.{body}", f"{body.capitalize()} before the Sun at the relay",
            f"{body.capitalize()} begins to cover the Sun at the relay", "Sun whole again at the relay",
            itemgetter((slice(None), k)), _always(of_limb(body, away[body])),
        )
        for k, body in enumerate(bodies)
    ]  # fmt: skip
    questions = [views.positive(view, k) for k in range(len(bodies))]
    lanes, events = _answer(view, topics, questions, start, stop, STEP / view.turn, _nowhere)

    def note(body: str) -> Callable[[Span], str]:
        return lambda span: _dimmed(orbit.position, body, span)

    noted = []
    for lane, body in zip(lanes, bodies, strict=True):
        noted += _noted([lane], [event for event in events if event.lane == lane.key], note(body))
    return lanes, noted


def _station(orbit: RelayOrbit, station: Station, start: float, stop: float) -> Found:
    view = views.relay_from_station(orbit, station)
    key = station.name.lower()
    topics = [
        Topic(
            f"station.{key}", f"{station.name} sees the relay over {station.min_elevation_deg:g} deg",
            f"{station.name} begins to see the relay", f"{station.name} loses the relay",
            lambda rows: np.arcsin(rows[:, 0]), lambda t, az: at_station(t),
        ),
        Topic(
            f"hidden.{key}", f"Moon hides the relay from {station.name}",
            f"Moon hides the relay from {station.name}", f"relay appears from behind the Moon for {station.name}",
            lambda rows: rows[:, 1], _always(of_limb("moon", _MOON_EARTH_KM)),
        ),
    ]  # fmt: skip
    least = float(np.radians(station.min_elevation_deg))
    questions = [views.passes(view, least), views.behind_moon(view.turn - views.EARTH_SPIN)]

    def where(t: Array, rows: Array) -> tuple[Array, Array]:
        return views.station_azimuth(orbit, station, t), np.arcsin(rows[:, 0])

    return _answer(view, topics, questions, start, stop, _STATION_STEP / view.turn, where)


def _way_home(lanes: Iterable[Lane]) -> Lane:
    """When site, relay and any station are in line of sight, one after the other."""
    by_key = {lane.key: lane.spans for lane in lanes}
    stations = union(*(spans for key, spans in by_key.items() if key.startswith("station.")))
    return Lane("home", "Site, relay and a station in contact", tuple(overlap(by_key["relay"], stations)))


# From answers to events ---------------------------------------------------------------------------------------------


def _answer(
    view: View, topics: Sequence[Topic], questions: Sequence[Question], start: float, stop: float, step: float,
    where: Where,
) -> Found:  # fmt: skip
    answers = ask(view, questions, start, stop, step)
    lanes = [Lane(topic.key, topic.title, tuple(answer.spans)) for topic, answer in zip(topics, answers, strict=True)]
    changes = [(topic, answer.begins, answer.ends) for topic, answer in zip(topics, answers, strict=True)]
    return lanes, _events(view, changes, where)


def _events(view: View, changes: Sequence[tuple[Topic, Array, Array]], where: Where) -> list[Event]:
    """Events of topics at the times they begin and end; the view is looked at once for all of them."""
    times = np.concatenate([part for _, begins, ends in changes for part in (begins, ends)])
    if not len(times):
        return []
    before, rows, after = np.split(view(np.concatenate([times - _AROUND_S, times, times + _AROUND_S])), 3)
    az, el = where(times, rows)
    out, first = [], 0
    for topic, begins, ends in changes:
        mine = slice(first, first + len(begins) + len(ends))
        first = mine.stop
        rate = (topic.value(after[mine]) - topic.value(before[mine])) / (2.0 * _AROUND_S)
        sigma = seconds(topic.doubt(times[mine], az[mine]), rate)
        words = [topic.begins] * len(begins) + [topic.ends] * len(ends)
        columns = (times[mine], np.degrees(az[mine]), np.degrees(el[mine]), sigma)
        for what, t, a, e, s in zip(words, *(column.tolist() for column in columns), strict=True):
            out.append(Event(t, topic.key, what, a if a == a else None, e if e == e else None, s))
    return out


def _noted(lanes: Sequence[Lane], events: Sequence[Event], note: Callable[[Span], str]) -> list[Event]:
    """The events with a note about the span they open or close."""
    notes = {edge: note(span) for lane in lanes for span in lane.spans for edge in span}
    return [replace(event, note=notes[event.t]) for event in events]


def _dimmed(observer: sky.Motion, by: str, span: Span) -> str:
    least = float(sky.sunlight_past(by, observer, np.linspace(*span, 65)).min())
    return (
        "no sunlight at its middle" if least == 0.0 else f"{100.0 * (1.0 - least):.0f} % of the sunlight gone at most"
    )


def _at_site(t: Array, rows: Array) -> tuple[Array, Array]:
    return azel(rows[:, :3])


def _nowhere(t: Array, rows: Array) -> tuple[Array, Array]:
    return np.full(len(t), np.nan), np.full(len(t), np.nan)


def _elevation(rows: Array) -> Array:
    return np.arcsin(np.clip(rows[:, 2], -1.0, 1.0))


def _of_skyline(doubt: Doubt) -> Callable[[Array, Array], Array]:
    return lambda t, az: doubt.skyline(az)


def _always(angle: float) -> Callable[[Array, Array], Array]:
    return lambda t, az: np.full(len(t), angle)


def _samples(start: float, stop: float) -> Array:
    return np.linspace(start, stop, max(2, int(np.ceil((stop - start) / _SAMPLE_S)) + 1))
