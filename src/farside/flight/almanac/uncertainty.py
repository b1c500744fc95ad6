"""How far events may be off: the skyline, the place on the map, the Earth's turn; 1 sigma, as angles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import ArrayLike, NDArray

from farside import sky
from farside.geometry import MOON_RADIUS_M, Site
from farside.moon import Horizon

Array = NDArray[np.float64]

STATIO_TIANHE = Site(-45.4446, 177.5991)
"""Around the landing place of Chang'e 4 the built-in ground resembles the real one."""
_EARTH_RADIUS_M = 6.378e6


@cache
def numbers() -> dict[str, Any]:
    """The numbers of uncertainty.yaml."""
    with (Path(__file__).parent / "uncertainty.yaml").open(encoding="utf-8") as file:
        return yaml.safe_load(file)


@dataclass(frozen=True)
class Doubt:
    """What is uncertain about one site: surveyed tells a published elevation file from the built-in ground."""

    horizon: Horizon
    surveyed: bool
    position_m: float

    @property
    def invented(self) -> bool:
        """Whether the skyline is of ground that resembles no real one."""
        away = np.linalg.norm(self.horizon.site.up - STATIO_TIANHE.up) * MOON_RADIUS_M
        return not self.surveyed and bool(away > numbers()["skyline"]["made_up_m"])

    @property
    def place(self) -> float:
        """Tilt of the level horizon by the error of the coordinates, radians."""
        return self.position_m / MOON_RADIUS_M

    def skyline(self, az: ArrayLike) -> Array:
        """Of the skyline and of where one stands, radians, shape of az.

        A file's heights err by metres, which counts little far away and much near by, where its posts are too wide.
        """
        n = numbers()["skyline"]
        if self.surveyed:
            relief = np.minimum(n["surveyed_m"] / self.horizon.distance_at(az), np.radians(n["most_deg"]))
        else:
            relief = np.full(np.shape(az), np.radians(n["invented_deg" if self.invented else "made_up_deg"]))
        return np.sqrt(relief**2 + np.radians(n["march_deg"]) ** 2 + self.place**2)


def at_station(t: Array) -> Array:
    """Of an elevation at an Earth station, radians, shape of t: antenna, refraction, Earth's orientation."""
    n = numbers()["earth_station"]
    fixed = np.hypot(n["position_m"] / _EARTH_RADIUS_M, np.radians(n["refraction_deg"]))
    return np.hypot(fixed, sky.earth_orientation_error(t))


def of_limb(body: str, away_km: float) -> float:
    """Of the limb of "earth" (its air) or "moon" (its relief) seen from a distance, radians."""
    share, radius_m = {
        "earth": (numbers()["limb"]["earth_share"], _EARTH_RADIUS_M),
        "moon": (numbers()["limb"]["moon_share"], MOON_RADIUS_M),
    }[body]
    return float(share * radius_m / (away_km * 1e3))


def seconds(angle: Array, rate: Array) -> Array:
    """Seconds by which an event shifts for an error in angle, at rates (rad/s) of its approach; at most a day."""
    return np.minimum(angle / np.maximum(np.abs(rate), 1e-12), 86_400.0)
