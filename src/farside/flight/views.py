"""What is looked at, from where: directions as functions of time, how fast they can turn, and questions about them.

    site:     Sun, Earth, relay      rows east, north, up (the Sun's with its semi-diameter)
    station:  relay                  rows sine of the elevation, angle clear of the Moon's disc
    relay:    Sun                    rows how far Earth and Moon reach over it

Directions are apparent (light time and aberration). The speed at which they turn is an upper bound: with it the search
of ``windows`` knows what cannot happen between two samples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside import sky
from farside.flight.contacts import Station
from farside.flight.relay import RelayOrbit
from farside.flight.windows import Question
from farside.geometry import MOON_RADIUS_M, Site
from farside.moon import Horizon

Array = NDArray[np.float64]

MOON_SPIN = 2.662e-6
"""rad/s, one turn in 27.32 days."""
EARTH_SPIN = 7.2921e-5
EARTH_TURN = 3.2e-6
"""rad/s, of the Earth seen from the Moon against the stars, at perigee."""
_SUN_TURN = 2.1e-7  # of the Sun against the stars, at perihelion
_MOON_KM_S, _PERIGEE_KM = 1.11, 356_000.0
_EARTH_KM_S = 0.47  # of a station about the Earth's axis
_SEMI_POST_S = 43_200.0
STEP = np.radians(15.0)
"""The first grid of questions at the site: one sample for each turn by so much."""


@dataclass(frozen=True)
class View:
    """Rows (n, columns) at times (n,), TDB s past J2000.

    turn: rad/s, as fast as the direction can turn; bend: 1/s2, as large as its second derivative can be.
    """

    rows: Callable[[Array], Array]
    turn: float
    bend: float

    def __call__(self, t: Array) -> Array:
        """Rows at times t (n,)."""
        return self.rows(t)


def sun_from(site: Site, t0: float, t1: float) -> View:
    """The Sun from a site: east, north, up, and its semi-diameter (rad), between t0 and t1."""
    from scipy.interpolate import CubicSpline

    # follows the Moon's monthly and the Earth's yearly course: half-day posts are good to 1e-10 rad
    posts = np.linspace(t0, t1, max(4, int(np.ceil((t1 - t0) / _SEMI_POST_S)) + 1))
    reach, _ = sky.received_from(sky.body_motion("sun"), sky.site_motion(site)(posts), posts)
    semi = CubicSpline(posts - t0, np.arcsin(sky.SUN_RADIUS_KM / np.linalg.norm(reach, axis=-1)))
    return _steady(lambda t: np.column_stack([sky.sun_direction(site, t), semi(t - t0)]), MOON_SPIN + _SUN_TURN)


def earth_from(site: Site) -> View:
    """The Earth's centre from a site: east, north, up."""
    return _steady(lambda t: sky.earth_direction(site, t), MOON_SPIN + EARTH_TURN)


def relay_from(orbit: RelayOrbit, site: Site) -> View:
    """The relay from a site: east, north, up."""
    nearest, _, speed = orbit.extremes
    turn = MOON_SPIN + speed / (nearest - MOON_RADIUS_M * 1e-3)
    return _steady(lambda t: sky.direction_to(orbit.position, site, t), turn)


def relay_from_station(orbit: RelayOrbit, station: Station) -> View:
    """The relay from an Earth station: sine of its elevation, and how far it is clear of the Moon's disc (rad)."""
    place = station.lat_deg, station.lon_deg, station.height_m
    _, farthest, speed = orbit.extremes
    # at half the rate of the sum each: what the station's own way about the axis adds is in the spin's square
    turn = EARTH_SPIN + (_MOON_KM_S + speed + _EARTH_KM_S) / (_PERIGEE_KM - farthest)

    def rows(t: Array) -> Array:
        up = np.sin(sky.station_elevation(orbit.position, *place, t))
        return np.column_stack([up, _clear_of_moon(orbit, sky.station_position(*place, t), t)])

    return View(rows, turn, turn**2 + EARTH_SPIN * _EARTH_KM_S / (_PERIGEE_KM - farthest))


def relay_from_earth(orbit: RelayOrbit) -> View:
    """The relay from the Earth's centre: how far it is clear of the Moon's disc (rad)."""
    _, farthest, speed = orbit.extremes
    turn = (_MOON_KM_S + speed) / (_PERIGEE_KM - farthest)
    return _steady(lambda t: _clear_of_moon(orbit, sky.position("earth", t), t)[:, None], turn)


def sun_behind(observer: sky.Motion, bodies: Sequence[str], turn: float) -> View:
    """How far bodies ("earth", "moon") reach over the Sun's disc for an observer, rad: positive while they cover some.

    turn: rad/s, as fast as any of them can turn about the observer.
    """

    def rows(t: Array) -> Array:
        return np.column_stack([sky.solar_eclipse_depth(body, observer, t) for body in bodies])

    return _steady(rows, turn + _SUN_TURN)


def station_azimuth(orbit: RelayOrbit, station: Station, t: Array) -> Array:
    """Azimuth (n,) of the relay at an Earth station, rad, good to an arcminute: without aberration."""
    lat, lon = np.radians([station.lat_deg, station.lon_deg])
    north = np.array([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)])
    east = np.array([-np.sin(lon), np.cos(lon), 0.0])
    relay, _ = sky.received_from(orbit.position, station.motion(t), t)
    fixed = np.einsum("nij,nj->ni", sky.earth_rotation(t), relay)
    return np.arctan2(fixed @ east, fixed @ north) % (2.0 * np.pi)


def _steady(rows: Callable[[Array], Array], turn: float) -> View:
    # the square of the turn, and as much again for its own change
    return View(rows, turn, 2.0 * turn**2)


def _clear_of_moon(orbit: RelayOrbit, observer: Array, t: Array) -> Array:
    """Angle (n,) between the relay and the Moon's limb for observers (n, 3), rad; negative: behind the Moon.

    In front of the Moon nothing hides it, and the angle is that between the two with the sign turned.
    """
    relay, _ = sky.received_from(orbit.position, observer, t)
    moon, _ = sky.received_from(lambda s: np.zeros((len(s), 3)), observer, t)
    relay_km, moon_km = np.linalg.norm(relay, axis=-1), np.linalg.norm(moon, axis=-1)
    apart = np.arctan2(np.linalg.norm(np.cross(relay, moon), axis=-1), np.sum(relay * moon, axis=-1))
    radius = MOON_RADIUS_M * 1e-3
    clear = apart - np.arcsin(radius / moon_km)
    return np.where(relay_km < np.sqrt(moon_km**2 - radius**2), np.abs(clear), clear)


# Questions ---------------------------------------------------------------------------------------------------------


def above(view: View, elevation: float) -> Question:
    """Is a direction (east, north, up) higher than ``elevation``, radians? Values: difference of the sines."""
    limit = float(np.sin(elevation))
    return Question(lambda rows: rows[:, 2] - limit, bend=view.bend)


def morning(view: View) -> Question:
    """Does a direction (east, north, up) lie in the east? It ends at noon. Values: its east part."""
    return Question(lambda rows: rows[:, 0], bend=view.bend)


def over(view: View, horizon: Horizon) -> Question:
    """Is a direction (east, north, up) over the skyline? Values: radians."""
    return Question(lambda rows: horizon.clearance(rows[:, :3]), rate=_rate(view, horizon))


def in_view(view: View, horizon: Horizon, least: float) -> Question:
    """Is a direction (east, north, up) over the skyline and an elevation ``least``, radians? Values: radians."""
    skyline = over(view, horizon)

    def clear(rows: Array) -> Array:
        elevation = np.arcsin(np.clip(rows[:, 2], -1.0, 1.0))
        return np.minimum(skyline.of(rows), elevation - least)

    return Question(clear, skyline.rate)


def disc_over(view: View, horizon: Horizon) -> Question:
    """Is any of the Sun's disc (east, north, up, semi-diameter) over the skyline? Values: radians."""
    return Question(lambda rows: horizon.disc_clearance(rows[:, :3], rows[:, 3]), rate=_rate(view, horizon))


def passes(view: View, elevation: float) -> Question:
    """Is a relay (columns of ``relay_from_station``) over ``elevation``, radians? Values: difference of the sines."""
    limit = float(np.sin(elevation))
    return Question(lambda rows: rows[:, 0] - limit, bend=view.bend)


def behind_moon(turn: float) -> Question:
    """Is a relay (last column of ``relay_from_station`` or ``relay_from_earth``) behind the Moon? Values: radians.

    turn: rad/s, as fast as the relay can move about the Moon's disc; the Earth's spin turns both alike.
    """
    return Question(lambda rows: -rows[:, -1], rate=turn)


def positive(view: View, column: int) -> Question:
    """Is an angle, a column of the view, positive? It changes as the view turns, a tenth faster for discs that grow."""
    return Question(lambda rows: rows[:, column], rate=1.1 * view.turn)


def _rate(view: View, horizon: Horizon) -> float:
    """As fast as the height over a skyline can change, rad/s: up, and along its steepest slope.

    A change happens at the skyline, so between two samples around it the direction stays below the skyline's top and
    the turn of one step, and its azimuth is faster than it by the cosine of that at most.
    """
    top = min(float(horizon.elevation.max()) + STEP, 0.9 * np.pi / 2.0)
    return view.turn * (1.0 + horizon.steepest / np.cos(top))
