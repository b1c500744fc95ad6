"""Where the ends of a link stand to each other: distance, angles beside the antennas' axes, the Moon in the beam.

relay
/  |  \\          the dish looks at the site, the spiral beside it along the same axis
/   |   \\
      site   Moon   station
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.geometry import MOON_RADIUS_M
from farside.link.radio.radio import Link, Terminal
from farside.sky import Motion, body_motion

Array = NDArray[np.float64]
Values = Array | float


class Sight(NamedTuple):
    """Distance in km; degrees between each antenna's aim and the other end; the Moon's centre beside the receiver's
    aim, and its radius (0 where the receiver stands on it). Arrays of one shape, or numbers.
    """

    distance_km: Values
    sender_off_deg: Values = 0.0
    receiver_off_deg: Values = 0.0
    moon_off_deg: Values = 90.0
    moon_radius_deg: Values = 0.0


def sight(link: Link, places: Mapping[str, Motion], t: ArrayLike) -> Sight:
    """The sight along a link at times t (TDB s past J2000), shape (n,).

    places: motions about the Moon's centre by where terminals stand: site, relay, station; those the link needs.
    Geometric: light time and aberration (0.006 deg) matter to no beam here.
    """
    times = np.asarray(t, float)
    here, there = (places[end.at](times) for end in (link.sender, link.receiver))
    way = there - here

    def axis(end: Terminal, at: Array, to_partner: Array) -> Array:
        if end.aim == "partner":
            return to_partner
        if end.aim == "moon":
            return -at
        return (body_motion("earth") if end.aim == "earth" else places["site"])(times) - at

    looks = axis(link.receiver, there, -way)
    distance = np.linalg.norm(way, axis=1)
    off = _angle(axis(link.sender, here, way), way), _angle(looks, -way)
    if link.receiver.at == "site":
        return Sight(distance, *off)
    radius = np.degrees(np.arcsin(MOON_RADIUS_M * 1e-3 / np.linalg.norm(there, axis=1)))
    return Sight(distance, *off, _angle(looks, -there), radius)


def _angle(a: Array, b: Array) -> Array:
    """Degrees between vectors (n, 3)."""
    if a is b:
        return np.zeros(len(a))
    cosine = np.einsum("ni,ni->n", a, b) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))
    return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
