"""The Sun as the kernels take it, and how much of its disc a point sees.

Behind a straight edge the share is right to 0.5 %, behind corners to 2 %; bars and gaps narrower than the disc may
be 20 % off. Most points see all of it or nothing: sixteen probes say so, twelve on the limb and four inside. Where
they disagree, the disc is cut into columns that run from the dark side to the lit one (the direction between the
means of the dark and of the lit probes); along each, the places where light turns to shadow are found by halving,
and what lies between them is summed up in closed form (physics.disc)::

           lit        columns cross the edge of what covers the Sun
        . | | | .     at a large angle, so that few of them are enough;
       / | | | | \\    bodies smaller than the probes' distances (a
      |--+-+-+-+--|   quarter of the disc) may be overlooked
       \\ | | | | /
        ' dark  '
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.payload.camera.ground import hit_ground
from farside.payload.camera.instances import hit_instances
from farside.payload.camera.kernel import INLINE
from farside.physics import column_above

Array = NDArray[np.float64]

PROBES = 16
LIMB_PROBES = 12
LIMB, INNER = 0.99, 0.45
"""Radii that the probes stand at, solar radii: beyond a straight edge between two of them on the limb is 0.3 % of the
light."""
COLUMNS = 8
NODES = np.array([-0.97, -0.33, 0.33, 0.97])
"""Where each column is looked at first, in its half lengths; changes in between are found by halving."""
HALVINGS = 6
ROUNDING = 1e-9
"""A share of the Sun that is so close to none, or to all of it, is that."""
FAR_M = 4e6


class Light(NamedTuple):
    """What the kernels know of the Sun and of what it falls on.

    sun: (3,) unit direction to its centre. across, up: (3,) unit vectors that span the plane seen from the Sun. radius:
    tangent of the disc's. probes: (PROBES, 2) places on the disc, solar radii along across and up. columns:
    (COLUMNS, 2) place and width of each. law: (bands, 6) limb darkening, over the light of the whole disc. clear:
    (levels,) see ``hit_ground``. flux: (bands,) E / pi at the site, W m-2 sr-1 um-1. soil: (bands, halves, 7) w, b,
    c, bs0, hs, tan(roughness) and share of the band's sunlight in its halves. bounce: (bands,) radiosity of lit
    level ground over E. paint: (materials, bands) Lambert albedo. gloss: (materials, bands) reflectance of the coat
    at normal incidence. finish: (materials, 2) spread of foil facets, radians, and roughness of the coat. pattern:
    (2, 2) band of even and odd lines and samples.
    """

    sun: Array
    across: Array
    up: Array
    radius: float
    probes: Array
    columns: Array
    law: Array
    clear: Array
    flux: Array
    soil: Array
    bounce: Array
    paint: Array
    gloss: Array
    finish: Array
    pattern: NDArray[np.int64]


def sun_plane(sun: Array) -> tuple[Array, Array]:
    """Two unit vectors (3,) across the direction to the Sun and each other; the first is level."""
    across = np.cross(sun, [0.0, 0.0, 1.0] if abs(sun[2]) < 0.9 else [1.0, 0.0, 0.0])
    across /= np.linalg.norm(across)
    return across, np.cross(across, sun)


def probes() -> Array:
    """Places (PROBES, 2) on the disc, solar radii, in an order in which followers lie far apart."""
    inside = PROBES - LIMB_PROBES
    turn = np.concatenate([np.arange(LIMB_PROBES) / LIMB_PROBES, (np.arange(inside) + 0.5) / inside]) * 2 * np.pi
    radius = np.where(np.arange(PROBES) < LIMB_PROBES, LIMB, INNER)
    points = radius[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])
    return points[np.arange(PROBES) * 5 % PROBES]


def columns(law: Array) -> tuple[Array, Array]:
    """Places and widths (COLUMNS, 2) of columns (Gauss and Legendre's), and laws (bands, 6) over the whole disc's
    light.
    """
    x, width = np.polynomial.legendre.leggauss(COLUMNS)
    half = np.sqrt(1.0 - x * x)
    whole = [sum(dx * column_above(-1.0, c, one)[0] for dx, c in zip(width, half, strict=True)) for one in law]
    return np.column_stack([x, width]), law / np.array(whole)[:, None]


@njit(**INLINE)
def shadowed(ground, bodies, light, bits, finest, stack, x, y, z, a, b):  # type: ignore[no-untyped-def]
    """How far what stands between (x, y, z) and a place of the solar disc is away, -1 for nothing: it is lit.

    a, b: solar radii across and up. Of several bodies any one counts.
    """
    shapes, rocks, others = bodies
    s, u, v = light.sun, light.across, light.up
    a *= light.radius
    b *= light.radius
    dx = s[0] + a * u[0] + b * v[0]
    dy = s[1] + a * u[1] + b * v[1]
    dz = s[2] + a * u[2] + b * v[2]
    if bits & 2:
        t, found, _ = hit_instances(shapes, others, stack, x, y, z, dx, dy, dz, FAR_M, True)
        if found >= 0:
            return t
    if bits & 1:
        t, found, _ = hit_instances(shapes, rocks, stack, x, y, z, dx, dy, dz, FAR_M, True)
        if found >= 0:
            return t
    t, _ = hit_ground(ground, finest, light.clear, x, y, z, dx, dy, dz, FAR_M)
    return t


@njit(**INLINE)
def sun_share(ground, bodies, light, bits, finest, stack, x, y, z, band, only):  # type: ignore[no-untyped-def]
    """Share of the Sun's light in a band that reaches (x, y, z), and how far away is what covers the rest (-1:
    nothing).

    With ``only`` >= 0 that probe alone decides, 0 or 1. One loop around one ray, whatever it is for: the ray's code
    stands in the kernel once.
    """
    k = max(only, 0)
    column, node, halvings = -1, 0, 0
    lit_probes = 0
    gx, gy = 0.0, 0.0
    half, start, low, high = 0.0, 0.0, 0.0, 0.0
    state = False
    share, away = 0.0, -1.0
    law = light.law[band]
    while True:
        if column < 0:
            a, b = light.probes[k, 0], light.probes[k, 1]
        else:
            place = light.columns[column, 0]
            at = 0.5 * (low + high) if halvings > 0 else NODES[node]
            a = place * gy + at * half * gx
            b = -place * gx + at * half * gy
        t = shadowed(ground, bodies, light, bits, finest, stack, x, y, z, a, b)
        lit = t < 0.0
        away = max(away, t)
        if only >= 0:
            return (1.0 if lit else 0.0), away
        if column < 0:
            lit_probes += lit
            gx += a if lit else -a
            gy += b if lit else -b
            k += 1
            if k < PROBES:
                continue
            if lit_probes == 0:
                return 0.0, away
            if lit_probes == PROBES:
                return 1.0, away
            q = math.sqrt(gx * gx + gy * gy)
            if q > 1e-6:
                gx /= q
                gy /= q
            else:
                gx, gy = 0.0, 1.0
        else:
            if halvings > 0:
                # the change lies between low, still as before, and high
                if lit == state:
                    low = at
                else:
                    high = at
                halvings -= 1
                if halvings > 0:
                    continue
                edge = 0.5 * (low + high)
                if state:
                    above = column_above(start, half, law)[0]
                    share += light.columns[column, 1] * (above - column_above(edge, half, law)[0])
                start = edge
                state = not state
                node += 1
            elif node == 0:
                state, start = lit, -1.0
                node = 1
            elif lit == state:
                node += 1
            else:
                low, high, halvings = NODES[node - 1], NODES[node], HALVINGS
                continue
            if node < NODES.size:
                continue
            if state:
                share += light.columns[column, 1] * column_above(start, half, law)[0]
        column += 1
        if column == COLUMNS:
            # all or nothing is exactly that, however the columns' sum was rounded: whether a penumbra grows hangs on it
            return (0.0 if share < ROUNDING else (1.0 if share > 1.0 - ROUNDING else share)), away
        half = math.sqrt(1.0 - light.columns[column, 0] ** 2)
        node, halvings = 0, 0
