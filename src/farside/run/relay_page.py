"""What the page of a relay's orbit shows: relays that were compared for a site, or the relay of a mission."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside import sky
from farside.control import OrbitLane, OrbitScene, OrbitSite, RelayPath
from farside.flight import Station
from farside.flight.coverage import BEYOND_S, Service, Track, service
from farside.flight.windows import Span
from farside.geometry import t_to_utc
from farside.twin import World

if TYPE_CHECKING:
    from farside.run.comparison import RelayComparison

Array = NDArray[np.float64]

_TURN = 0.25  # rad of a relay about the Moon between samples: the page draws a cubic through them
_STEP_S = (60.0, 3600.0)
_MOST = 20_000  # samples
_SHOWN_S = 30 * 86_400.0  # of a mission's relay: two revolutions of a halo orbit


def relay_scene(found: RelayComparison) -> OrbitScene:
    """Compared relays: as much of the span as a page holds at the pace of the fastest one."""
    told = {s.name: (s, title) for one in found.compared for s, title in zip(one.services, one.titles, strict=True)}
    site = OrbitSite("the site", found.site.lat_deg, found.site.lon_deg, found.place.min_elevation_deg)
    return _scene(f"Relays for {found.place.title}", told, site, found.start, found.stop)


def mission_scene(world: World) -> OrbitScene:
    """The relay of a mission as planned: the span of the mission, and on to a month where the orbit goes on."""
    mission, orbit = world.mission, world.orbit
    relay, site = mission.relay, mission.site
    stop = min(max(mission.span.end, mission.span.start + _SHOWN_S), orbit.stop - BEYOND_S)
    stations = [Station(s.name, s.lat_deg, s.lon_deg, s.height_m, s.min_elevation_deg) for s in mission.stations]
    given = service(relay.name, orbit, world.site, stations, mission.span.start, stop, mask_deg=relay.min_elevation_deg)
    place = OrbitSite(site.name, site.lat_deg, site.lon_deg, relay.min_elevation_deg)
    told = {relay.name: (given, "the relay's orbit as planned")}
    return _scene(f"The relay of {mission.title}", told, place, mission.span.start, stop)


def revolution(track: Track) -> float:
    """Mean time between passes nearest to the Moon, s; the whole track where there are not two of them."""
    r = track.moon_km
    nearest = track.t[1:-1][(r[1:-1] <= r[:-2]) & (r[1:-1] < r[2:])]
    return float(np.ptp(nearest) / (len(nearest) - 1)) if len(nearest) > 1 else float(np.ptp(track.t))


def _scene(
    title: str, told: Mapping[str, tuple[Service, str]], site: OrbitSite, start: float, stop: float
) -> OrbitScene:
    turn = max(speed / nearest for nearest, _, speed in (s.orbit.extremes for s, _ in told.values()))
    step = float(np.clip(_TURN / turn, *_STEP_S))
    t = np.arange(start, min(stop, start + _MOST * step), step)
    sun = sky.position("sun", t)
    return OrbitScene(
        title=title,
        text=f"Shown: {np.ptp(t) / 86_400.0:.0f} days from {t_to_utc(start, 0)[:10]}.",
        start_utc=t_to_utc(start, 0),
        step_s=step,
        earth_km=sky.position("earth", t),
        sun=sun / np.linalg.norm(sun, axis=1, keepdims=True),
        moon_rotation=sky.moon_rotation(t),
        relays=[
            RelayPath(name, f"{words[:1].upper()}{words[1:]}.", s.orbit.position(t), revolution(s.track), _lanes(s, t))
            for name, (s, words) in told.items()
        ],
        site=site,
    )


def _lanes(s: Service, t: Array) -> list[OrbitLane]:
    lanes = [OrbitLane("seen by the site", _within(s.site, t)), OrbitLane("site to a station", _within(s.home, t))]
    for body, words in (("moon", "Moon before the Sun"), ("earth", "Earth before the Sun")):
        lanes.append(OrbitLane(words, _within(s.eclipses[body], t), shadow=True))
    return lanes


def _within(spans: Sequence[Span], t: Array) -> list[tuple[float, float]]:
    """Spans as seconds from the first sample, cut to what is shown."""
    return [(max(a, t[0]) - t[0], min(b, t[-1]) - t[0]) for a, b in spans if b > t[0] and a < t[-1]]
