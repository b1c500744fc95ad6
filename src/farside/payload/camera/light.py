"""The Sun as the kernels take it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DISC = 16
"""Points that stand for the solar disc."""


class Light(NamedTuple):
    """What the kernels know of the Sun and of what it falls on.

    sun: (3,) unit direction to its centre. disc: (DISC, 3) unit directions spread over its disc. across, up: (3,) unit
    vectors that span the plane seen from the Sun. radius: tangent of the disc's. clear: (levels,) see ``hit_ground``.
    flux: (bands,) E / pi at the site, W m-2 sr-1 um-1. soil: (bands, 6) w, b, c, bs0, hs and tan(roughness).
    bounce: (bands,) radiosity of lit level ground over E. paint: (materials, bands) Lambert albedo. crumple:
    (materials,) spread of foil facets, radians. pattern: (2, 2) band of even and odd lines and samples.
    """

    sun: Array
    disc: Array
    across: Array
    up: Array
    radius: float
    clear: Array
    flux: Array
    soil: Array
    bounce: Array
    paint: Array
    crumple: Array
    pattern: NDArray[np.int64]


def sun_plane(sun: Array) -> tuple[Array, Array]:
    """Two unit vectors (3,) across the direction to the Sun and each other; the first is level."""
    across = np.cross(sun, [0.0, 0.0, 1.0] if abs(sun[2]) < 0.9 else [1.0, 0.0, 0.0])
    across /= np.linalg.norm(across)
    return across, np.cross(across, sun)


def sun_disc(sun: Array, angular_radius: float) -> Array:
    """Unit directions (DISC, 3) spread evenly over the solar disc, each with its opposite.

    A spiral (after Vogel 1979) whose turn was chosen for the least error of the disc's share above a straight edge in
    any direction: 0.036 rms, 0.11 at most.
    """
    half = DISC // 2
    k = np.arange(half)
    radius, angle = np.sqrt((k + 0.7) / (half + 0.4)), k * 1.27502
    spiral = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    points = np.stack([spiral, -spiral], axis=1).reshape(DISC, 2)
    d = sun + np.tan(angular_radius) * (points @ np.stack(sun_plane(sun)))
    return d / np.linalg.norm(d, axis=1, keepdims=True)
