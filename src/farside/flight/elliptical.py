"""Elliptical relay orbits about the Moon, and those that the Earth's pull leaves as they are: frozen orbits.

A long ellipse is turned and squeezed by the Earth. Averaged over a revolution and over a month, and with the Moon's
oblateness, its perilune moves along the orbit by (Kozai 1962, Astron. J. 67, 591; Ely 2005, J. Astronaut. Sci. 53, 301;
Vallado 2013, section 9.6)::

    third body   3 k/(8 n sqrt(1 - e^2)) [5 cos^2 i - 1 + e^2 + 5 (1 - e^2 - cos^2 i) cos 2w]
    oblateness   3 n J2 (R/p)^2/4 (5 cos^2 i - 1)

with k = GM_earth/(a_moon^3 (1 - e_moon^2)^(3/2)). At argument of perilune w = 90 or 270 degrees the eccentricity rests;
where both rates cancel, w rests as well. Without oblateness this is e^2 = 1 - 5/3 cos^2 i. At 90 degrees perilune is in
the north, and the relay dwells over the south.

Elements here are in the plane of the Earth's orbit about the Moon (EARTH_PLANE): z along the orbit's angular momentum
at that time, x where the ICRF x axis falls on the plane. The Moon's equator is tilted by 6.7 degrees against it.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput
from farside.flight.gravity import GravityField, moon_gravity
from farside.flight.near_moon import MOON_KM, NearMoon
from farside.flight.perturbed import Spacecraft
from farside.flight.relay import RelayOrbit
from farside.geometry import r1, r3, utc_to_t
from farside.sky import GM_EARTH, GM_MOON, Segment, position, velocity

Array = NDArray[np.float64]

_DAY_S = 86_400.0
_MOON_ORBIT_KM, _MOON_ECCENTRICITY = 384_400.0, 0.0549  # mean, of the Moon about the Earth
HILL_KM = _MOON_ORBIT_KM * (GM_MOON / (3.0 * GM_EARTH)) ** (1.0 / 3.0)
"""Radius of the Moon's Hill sphere: farther out the Earth takes a satellite away."""

_TERMS = 24
_PIECES_AT_ONCE = 4096
_PER_REVOLUTION = 24
_SETTLING_DAYS = 2 * 365.25  # two turns of the node of a 24 h orbit, most of one of a 12 h orbit
_SETTLING_STEPS = 2
_SETTLING_TOLERANCE = 1e-10


@dataclass(frozen=True)
class Ellipse:
    """An ellipse about the Moon: heights over 1737.4 km, angles in EARTH_PLANE (see the module's text).

    Raises BadInput for a perilune under the surface, an apolune below it or beyond the Hill sphere, and angles that
    cannot be.
    """

    perilune_km: float
    apolune_km: float
    inclination_deg: float
    perilune_argument_deg: float = 90.0
    node_deg: float = 0.0
    mean_anomaly_deg: float = 0.0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not math.isfinite(value):
                raise BadInput("orbit", name, value, "a number")
        if self.perilune_km < 0.0:
            raise BadInput("orbit", "perilune_km", self.perilune_km, "0 or more: a height over the Moon's surface")
        highest = HILL_KM - MOON_KM
        if not self.perilune_km <= self.apolune_km <= highest:
            expected = f"perilune ({self.perilune_km:g}) to {highest:.0f}, the edge of the Moon's Hill sphere"
            raise BadInput("orbit", "apolune_km", self.apolune_km, expected)
        if not 0.0 <= self.inclination_deg <= 180.0:
            raise BadInput("orbit", "inclination_deg", self.inclination_deg, "0 to 180")

    @property
    def semi_major_axis_km(self) -> float:
        """Half of its length, km."""
        return 0.5 * (self.perilune_km + self.apolune_km) + MOON_KM

    @property
    def eccentricity(self) -> float:
        """Half of the difference of the heights over the semi-major axis."""
        return 0.5 * (self.apolune_km - self.perilune_km) / self.semi_major_axis_km

    def shaped(self, semi_major_axis_km: float, eccentricity: float) -> Ellipse:
        """The same with other size and shape."""
        perilune, apolune = (semi_major_axis_km * (1.0 + sign * eccentricity) - MOON_KM for sign in (-1.0, 1.0))
        return replace(self, perilune_km=perilune, apolune_km=apolune)


class Elements(NamedTuple):
    """Elements of many ellipses in EARTH_PLANE, each (n,); angles run on past 360 degrees."""

    t: Array
    semi_major_axis_km: Array
    eccentricity: Array
    inclination_deg: Array
    node_deg: Array
    perilune_argument_deg: Array


def elliptical_orbit(
    start_utc: str,
    days: float,
    *,
    perilune_km: float,
    apolune_km: float,
    inclination_deg: float,
    perilune_argument_deg: float = 90.0,
    node_deg: float = 0.0,
    mean_anomaly_deg: float = 0.0,
    field: GravityField | None = None,
    spacecraft: Spacecraft | None = None,
) -> RelayOrbit:
    """The path of a relay that is on this ellipse at ``start_utc``, under gravity field, Earth, Sun and sunlight.

    Heights in km over 1737.4 km, angles in EARTH_PLANE; they are those of the moment (osculating) and change by a few
    per cent within a month. field: None takes the Moon's to degree 6 (`moon_gravity`). spacecraft: None takes
    Queqiao-2. The path of a 24 h orbit is stored to 0.1 mm (13 MB a year). Raises BadInput for an ellipse that cannot
    be (see `Ellipse`), no days, times outside 1900 to 2050, and a path that meets the Moon, with the date.
    """
    ellipse = Ellipse(perilune_km, apolune_km, inclination_deg, perilune_argument_deg, node_deg, mean_anomaly_deg)
    if not 0.0 < days < math.inf:
        raise BadInput("orbit", "days", days, "a number above 0")
    start, field = utc_to_t(start_utc), field or moon_gravity()
    motion = NearMoon(field, spacecraft or queqiao_2(), start, start + days * _DAY_S)
    return _as_series(motion, _state(ellipse, start, field.gm), _piece_s(ellipse.semi_major_axis_km, field))


def frozen(
    semi_major_axis_km: float,
    eccentricity: float,
    dwell: str = "south",
    *,
    start_utc: str | None = None,
    node_deg: float = 0.0,
    mean_anomaly_deg: float = 0.0,
    field: GravityField | None = None,
    spacecraft: Spacecraft | None = None,
) -> Ellipse:
    """A frozen orbit that dwells over the Moon's "south" or "north": its inclination, and how to begin it.

    Without ``start_utc`` the ellipse is the mean one of the averaged theory (prograde; its mirror image, 180 degrees
    less the inclination, is frozen, too). With it, the ellipse to be on at that time: eccentricity, inclination and
    argument of perilune are moved, by least squares over two years of the whole motion, until the orbit's mean
    eccentricity vector stays nearest to the frozen one; semi-major axis, node and anomaly stay as asked. It takes 3 s
    for a 24 h orbit. What is left is forced: the mean argument of perilune of Queqiao-2's size stays within 3.0, 3.5
    and 4.5 degrees of 90 for 1, 3 and 10 years, its eccentricity between 0.74 and 0.79, 0.73 and 0.79, 0.73 and 0.80
    (benchmarks/elliptical.py), which moves perilune by 250 km up and down.
    Raises BadInput for an ellipse that cannot be, another ``dwell``, and one that in these two years meets the Moon.
    """
    if dwell not in ("south", "north"):
        raise BadInput("frozen", "dwell", dwell, "south or north")
    if not 0.0 <= eccentricity < 1.0:
        raise BadInput("frozen", "eccentricity", eccentricity, "0 to below 1")
    field = field or moon_gravity()
    argument = 90.0 if dwell == "south" else 270.0
    mean = Ellipse(0.0, 0.0, 0.0, argument, node_deg, mean_anomaly_deg).shaped(semi_major_axis_km, eccentricity)
    mean = replace(mean, inclination_deg=_frozen_inclination_deg(semi_major_axis_km, eccentricity, field))
    if start_utc is None:
        return mean
    return _settled(mean, utc_to_t(start_utc), field, spacecraft or queqiao_2())


def mean_elements(orbit: RelayOrbit, gm: float = GM_MOON) -> Elements:
    """Elements of an orbit averaged over each of its revolutions; t is the middle of each (TDB s past J2000).

    gm: of the Moon, km3/s2.
    """
    r, v = orbit.position(orbit.start), orbit.velocity(orbit.start)
    axis = 1.0 / (2.0 / np.linalg.norm(r) - v @ v / gm)
    times = _sampled(orbit.start, orbit.stop, float(axis), gm)
    return _averaged(_elements(times, orbit.position(times), orbit.velocity(times), gm))


@cache
def _published() -> dict[str, Any]:
    with (Path(__file__).parent / "elliptical.yaml").open(encoding="utf-8") as file:
        known: dict[str, Any] = yaml.safe_load(file)
    return known


def published_ellipse(name: str) -> Ellipse:
    """A relay orbit by name: "queqiao-2", "queqiao-2-frozen", "queqiao-2-12h", "lunar-pathfinder" (elliptical.yaml).

    Dwells over the south, node 0. An inclination that is not published is the frozen one. Raises BadInput.
    """
    orbits = _published()["orbits"]
    if name not in orbits:
        raise BadInput("orbit", "name", name, f"one of {', '.join(orbits)}")
    known = {key: float(entry["value"]) for key, entry in orbits[name].items()}
    ellipse = Ellipse(known["perilune_km"], known["apolune_km"], known.get("inclination_deg", 0.0))
    return ellipse if "inclination_deg" in known else frozen(ellipse.semi_major_axis_km, ellipse.eccentricity)


def queqiao_2() -> Spacecraft:
    """Queqiao-2 as sunlight meets it."""
    return Spacecraft(**{key: float(entry["value"]) for key, entry in _published()["spacecraft"].items()})


def earth_plane(t: ArrayLike) -> Array:
    """Rotations (*t.shape, 3, 3) from ICRF to EARTH_PLANE, at times t (TDB s past J2000)."""
    z = np.cross(position("earth", t), velocity("earth", t))
    z /= np.linalg.norm(z, axis=-1, keepdims=True)
    x = np.array([1.0, 0.0, 0.0]) - z[..., :1] * z
    x /= np.linalg.norm(x, axis=-1, keepdims=True)
    return np.stack([x, np.cross(z, x), z], -2)


def _frozen_inclination_deg(axis: float, e: float, field: GravityField) -> float:
    """Where the two rates of the module's text cancel at an argument of 90 or 270 degrees.

    Both are linear in cos^2 i there: third body 3 k/(4 n sqrt(1 - e^2)) [5 cos^2 i - 3 (1 - e^2)].
    """
    n = math.sqrt(field.gm / axis**3)
    k = GM_EARTH / (_MOON_ORBIT_KM**3 * (1.0 - _MOON_ECCENTRICITY**2) ** 1.5)
    j2 = -math.sqrt(5.0) * field.c[2, 0] if field.degree >= 2 else 0.0
    third = k / (n * math.sqrt(1.0 - e * e))
    flat = n * j2 * (field.radius / (axis * (1.0 - e * e))) ** 2
    squared = (3.0 * (1.0 - e * e) * third + flat) / (5.0 * (third + flat))
    return math.degrees(math.acos(math.sqrt(squared)))


def _settled(mean: Ellipse, start: float, field: GravityField, spacecraft: Spacecraft) -> Ellipse:
    """The ellipse to be on at start whose mean eccentricity vector stays nearest to that of ``mean``."""
    motion = NearMoon(field, spacecraft, start, start + _SETTLING_DAYS * _DAY_S, 0.0, _SETTLING_TOLERANCE)
    after = _sampled(0.0, motion.stop - start, mean.semi_major_axis_km, field.gm)
    goal = mean.eccentricity * _direction(mean.perilune_argument_deg)

    def begun(x: Array) -> Ellipse:
        turned = replace(mean, inclination_deg=float(x[1]), perilune_argument_deg=float(x[2]))
        return turned.shaped(mean.semi_major_axis_km, float(x[0]))

    def flown(x: Array) -> Elements:
        states = motion.sample(_state(begun(x), start, field.gm), after)
        return _elements(start + after, states[:, :3], states[:, 3:], field.gm)

    def away(x: Array) -> Array:
        means = _averaged(flown(x))
        vector = means.eccentricity[:, None] * _direction(means.perilune_argument_deg)
        return (vector - goal).ravel()

    x = np.array([mean.eccentricity, mean.inclination_deg, mean.perilune_argument_deg])
    step = np.diag([1e-3, 0.05, 0.05])
    for _ in range(_SETTLING_STEPS):
        here = away(x)
        slopes = np.stack([(away(x + d) - here) / d.sum() for d in step], 1)
        x = x - np.linalg.lstsq(slopes, here, rcond=None)[0]
    settled = flown(x)
    lowest = float(np.min(settled.semi_major_axis_km * (1.0 - settled.eccentricity))) - MOON_KM
    if lowest < 0.0:
        expected = f"less: with a mean perilune of {mean.perilune_km:.0f} km the path comes down to {lowest:.0f} km"
        raise BadInput("frozen", "eccentricity", mean.eccentricity, f"{expected} within two years")
    return begun(x)


def _direction(degrees: ArrayLike) -> Array:
    angle = np.radians(degrees)
    return np.stack([np.cos(angle), np.sin(angle)], -1)


def _state(ellipse: Ellipse, t: float, gm: float) -> Array:
    """Position and velocity (6,) on an ellipse at time t: km, km/s, Moon-centred ICRF."""
    a, e = ellipse.semi_major_axis_km, ellipse.eccentricity
    mean = math.remainder(math.radians(ellipse.mean_anomaly_deg), 2.0 * math.pi)
    # Newton from the far side converges for every eccentricity (Charles and Tatum 1998, Celest. Mech. 69, 357)
    anomaly = math.copysign(math.pi, mean) if mean else 0.0
    for _ in range(60):
        anomaly -= (anomaly - e * math.sin(anomaly) - mean) / (1.0 - e * math.cos(anomaly))
    short = math.sqrt(1.0 - e * e)
    speed = math.sqrt(gm / a) / (1.0 - e * math.cos(anomaly))
    r = a * np.array([math.cos(anomaly) - e, short * math.sin(anomaly), 0.0])
    v = speed * np.array([-math.sin(anomaly), short * math.cos(anomaly), 0.0])
    node, tilt, argument = np.radians([ellipse.node_deg, ellipse.inclination_deg, ellipse.perilune_argument_deg])
    turn: Array = earth_plane(t).T @ r3(-node) @ r1(-tilt) @ r3(-argument)
    return np.concatenate([turn @ r, turn @ v], dtype=np.float64)


def _elements(t: Array, r: Array, v: Array, gm: float) -> Elements:
    """Osculating elements at times t (n,) of positions and velocities (n, 3), Moon-centred ICRF."""
    turn = earth_plane(t)
    r, v = np.einsum("nij,nj->ni", turn, r), np.einsum("nij,nj->ni", turn, v)
    distance = np.linalg.norm(r, axis=1)
    h = np.cross(r, v)
    along = h / np.linalg.norm(h, axis=1, keepdims=True)
    to_perilune = np.cross(v, h) / gm - r / distance[:, None]
    node = np.arctan2(h[:, 0], -h[:, 1])
    ascending = np.stack([np.cos(node), np.sin(node), np.zeros_like(node)], 1)
    x, y = (np.sum(to_perilune * axis, 1) for axis in (ascending, np.cross(along, ascending)))
    return Elements(
        t,
        1.0 / (2.0 / distance - np.sum(v * v, 1) / gm),
        np.linalg.norm(to_perilune, axis=1),
        np.degrees(np.arccos(np.clip(along[:, 2], -1.0, 1.0))),
        np.degrees(np.unwrap(node)),
        np.degrees(np.unwrap(np.arctan2(y, x))),
    )


def _sampled(start: float, stop: float, axis: float, gm: float) -> Array:
    """Times that divide each whole revolution from start to stop evenly. Raises BadInput where there is none."""
    period = 2.0 * math.pi * math.sqrt(axis**3 / gm)
    revolutions = int((stop - start) / period)
    if revolutions < 1:
        raise BadInput("orbit", "days", (stop - start) / _DAY_S, f"a revolution ({period / _DAY_S:.2f} days) or more")
    return np.asarray(start + period / _PER_REVOLUTION * np.arange(revolutions * _PER_REVOLUTION), np.float64)


def _averaged(elements: Elements) -> Elements:
    """Means over each revolution of elements at ``_sampled`` times; arguments of perilune from 0 to 360 on."""
    means = Elements(*(x.reshape(-1, _PER_REVOLUTION).mean(1) for x in elements))
    turns = np.floor(means.perilune_argument_deg[0] / 360.0)
    return means._replace(perilune_argument_deg=means.perilune_argument_deg - 360.0 * turns)


def _piece_s(axis: float, field: GravityField) -> float:
    """Length of the pieces that 24 Chebyshev terms follow, for any ellipse of this size above the surface.

    The worst one touches it. Its motion is singular at perilune at a complex time, given by Kepler's equation where
    1 - e cos E = 0; with half a piece of 0.7 of that each term is 3.2 times smaller than the one before. And half a
    piece must hold no more than 12 radians of the field's finest waves.
    """
    e = 1.0 - MOON_KM / axis
    singular = (math.acosh(1.0 / e) - math.sqrt(1.0 - e * e)) * math.sqrt(axis**3 / field.gm)
    finest = 12.0 / max(field.degree, 1) / math.sqrt(field.gm * (1.0 + e) / MOON_KM**3)
    return 2.0 * min(0.7 * singular, finest)


def _as_series(motion: NearMoon, state: Array, piece_s: float) -> RelayOrbit:
    """Chebyshev series on equal pieces of about ``piece_s``."""
    count = math.ceil((motion.stop - motion.start) / piece_s)
    length = (motion.stop - motion.start) / count
    middles = motion.start + (np.arange(count) + 0.5) * length
    x = -np.cos(np.pi * (np.arange(_TERMS) + 0.5) / _TERMS)
    to_series = np.linalg.inv(chebyshev.chebvander(x, _TERMS - 1))
    records = np.empty((count, 2 + 3 * _TERMS))
    records[:, 0], records[:, 1] = middles, 0.5 * length
    begin = 0.0
    for first in range(0, count, _PIECES_AT_ONCE):
        some = slice(first, first + _PIECES_AT_ONCE)
        inside = ((middles[some] - motion.start)[:, None] + 0.5 * length * x).ravel()
        end = max(float(inside[-1]), min(first + _PIECES_AT_ONCE, count) * length)
        states = motion.sample(state, np.concatenate([[begin], inside, [end]]))
        path = states[1:-1, :3].reshape(-1, _TERMS, 3)
        records[some, 2:] = np.einsum("kn,gnj->gjk", to_series, path).reshape(len(path), -1)
        begin, state = end, states[-1]
    return RelayOrbit(Segment(motion.start, motion.stop, motion.start, length, records))
