"""Sunlight that the Earth sends to the Moon: present wherever the Earth stands in the sky, and nowhere else."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numpy.typing import ArrayLike, NDArray

from farside.geometry import Site, azel
from farside.physics import SOLAR_CONSTANT_W_M2, even_disc
from farside.sky.apparent import earth_direction
from farside.sky.daylight import Skyline, _above, flat_skyline
from farside.sky.ephemeris import AU_KM, EARTH_RADIUS_KM, position

Array = NDArray[np.float64]


@cache
def _spec() -> dict[str, Any]:
    return yaml.safe_load((files("farside.sky") / "earthshine.yaml").read_text(encoding="utf-8"))


def earth_phase(alpha: ArrayLike) -> Array:
    """Light of the Earth at phase angles (radians, 0 is full) over that of the full Earth, same shape.

    The phase law of a Lambert sphere to a power that gives the Earth's phase integral (see earthshine.yaml).
    """
    angle = np.asarray(alpha, float)
    lambert = (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / np.pi
    return np.maximum(lambert, 0.0) ** _spec()["phase_power"]


def earthshine(site: Site, t: ArrayLike, skyline: Skyline = flat_skyline) -> Array:
    """Sunlight from the Earth on level ground at a site, W m-2, shape of t.

    S A (R/D)^2 F(phase) / d^2 on a plane that faces the Earth, times the share of the Earth's disc above the skyline
    (evenly bright, which its crescent is not) and the sine of that part's elevation. Zero where the disc is below the
    skyline: on most of the far side always, near the limb as librations have it. The Earth's weather changes it by up
    to 30 % in a day (Glenar et al. 2019); the Earth's own heat (0.07 W m-2 at any phase) is not in it.
    """
    times = np.asarray(t, float)
    flat = times.ravel()
    azimuth, elevation = azel(earth_direction(site, flat))
    moon, sun = position("moon", flat, "earth"), position("sun", flat, "earth")
    near, far = np.linalg.norm(moon, axis=-1), np.linalg.norm(sun, axis=-1)
    phase = np.arctan2(np.linalg.norm(np.cross(moon, sun), axis=-1), np.sum(moon * sun, axis=-1))
    facing = SOLAR_CONSTANT_W_M2 * (AU_KM / far) ** 2 * _spec()["geometric_albedo"] * (EARTH_RADIUS_KM / near) ** 2
    radius = np.arcsin(EARTH_RADIUS_KM / near)
    share, middle = _above(skyline, azimuth, elevation, radius, even_disc())
    slant = np.maximum(np.sin(elevation + middle * radius), 0.0)
    return (facing * earth_phase(phase) * share * slant).reshape(times.shape)
