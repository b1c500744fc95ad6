"""Who sees whom: the relay from the site, the relay from the Earth, and how long a signal takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import ArrayLike, NDArray

from farside import sky
from farside.errors import BadInput
from farside.flight.relay import RelayOrbit
from farside.geometry import Site, time_text

Array = NDArray[np.float64]
OfTime = Callable[[Array], Array]

_POST_S = 600.0  # of light-time tables; cubic between posts is good to a nanosecond, the Earth's spin included


@dataclass(frozen=True)
class Station:
    """An antenna on the Earth: geodetic place and the lowest elevation it works at."""

    name: str
    lat_deg: float
    lon_deg: float
    height_m: float
    min_elevation_deg: float

    def motion(self, t: Array) -> Array:
        """Position from the Moon's centre, km, ICRF axes, shape (n, 3)."""
        return sky.station_position(self.lat_deg, self.lon_deg, self.height_m, t)


@cache
def stations() -> dict[str, Station]:
    """The stations of relay.yaml by name: Jiamusi, Kashi and Neuquen, which served Queqiao."""
    names = ("lat_deg", "lon_deg", "height_m", "min_elevation_deg")
    with (Path(__file__).parent / "relay.yaml").open(encoding="utf-8") as file:
        entries = yaml.safe_load(file)["stations"]
    return {name: Station(name, *(float(entry[key]) for key in names)) for name, entry in entries.items()}


def relay_elevation(orbit: RelayOrbit, site: Site) -> OfTime:
    """Apparent elevation of the relay above a lunar site's level horizon, radians, as a function of time."""
    return lambda t: np.arcsin(np.clip(sky.direction_to(orbit.position, site, t)[..., 2], -1.0, 1.0))


def station_elevation(orbit: RelayOrbit, station: Station) -> OfTime:
    """Apparent elevation of the relay at an Earth station, radians, as a function of time; no refraction."""
    return lambda t: sky.station_elevation(orbit.position, station.lat_deg, station.lon_deg, station.height_m, t)


class LightTime:
    """One-way light time between two motions as a table: seconds, for a signal that leaves at t.

    Raises BadInput outside the span it was made for. Calling it costs microseconds, also for a single time.
    """

    def __init__(self, transmitter: sky.Motion, receiver: sky.Motion, t0: float, t1: float) -> None:
        from scipy.interpolate import CubicSpline

        posts = np.linspace(t0, t1, max(4, int(np.ceil((t1 - t0) / _POST_S)) + 1))
        self._span = (t0, t1)
        self._spline = CubicSpline(posts - t0, sky.light_time(transmitter, receiver, posts))

    def __call__(self, t: ArrayLike) -> Array:
        """Light time, shape of t."""
        t0, t1 = self._span
        times = np.asarray(t, float)
        if not (np.all(times >= t0) and np.all(times <= t1)):
            raise BadInput("light time", "time", str(t), f"a time from {time_text(t0)} to {time_text(t1)}")
        return self._spline(times - t0)


def site_relay_s(orbit: RelayOrbit, site: Site, t0: float, t1: float) -> LightTime:
    """Light time from a lunar site to the relay for signals sent between t0 and t1 (the way back: within 40 us)."""
    return LightTime(sky.site_motion(site), orbit.position, t0, t1)


def relay_station_s(orbit: RelayOrbit, station: Station, t0: float, t1: float) -> LightTime:
    """Light time from the relay to an Earth station for signals sent between t0 and t1."""
    return LightTime(orbit.position, station.motion, t0, t1)
