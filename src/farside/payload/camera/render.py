"""From a camera's pixels to radiance: primary rays, shadow rays to the Sun's disc, shading, and a second look at edges.

Every pixel gets one ray through its centre and one shadow ray to one of sixteen points of the solar disc, a different
point in each pixel of every 4 x 4 tile. Where neighbours disagree (another body, a jump in range or in shading, one
sees its point of the Sun and the other does not) the pixel is done again with four rays, each in a row and a column of
its own, so that an edge along either is passed in four steps, and spread so that they pass as much of the contrast of
the finest pattern as the pixel and the lens's point spread together. Where a wide penumbra makes them disagree, the
share of the Sun is found (light.sun_share), and from there on to the neighbours as far as the penumbra goes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.payload.camera.bvh import STACK
from farside.payload.camera.cull import TILE
from farside.payload.camera.fill import Fill, around, fill_cell
from farside.payload.camera.ground import Ground
from farside.payload.camera.instances import Instances, Shapes
from farside.payload.camera.kernel import INLINE, KERNEL
from farside.payload.camera.light import PROBES, Light, sun_share
from farside.payload.camera.shade import diffuse, gloss
from farside.payload.camera.surface import SKY, meet, pixel_ray, shadowers

Array = NDArray[np.float64]
Floats = NDArray[np.float32]
Masks = tuple[NDArray[np.uint8], Floats, Array]
Bodies = tuple[Shapes, Instances, Instances]

CONTRAST = 0.08
RANGE_JUMP = 1.15
SMOOTH = 0.2
"""Two opposite corners of a pixel that differ less in their share of the Sun stand for all four."""
SOFT_PX, WIDE_PX = 0.5, 8.0
"""Penumbrae narrower than so many pixels are done like any edge; in wider ones than the second the centre tells all."""
SUNLIT, DARK, SOFT, QUEUED = 1, 2, 4, 8
"""What is known of a pixel's Sun: seen; not seen, and by something so far away that the penumbra is wide; whether its
penumbra has been looked at or waits for it."""
UNKNOWN = -1.0
STRIP = 16
"""Lines of a strip."""


class Camera(NamedTuple):
    """A camera in the site frame.

    centre: (3,). rotation: camera to site (3, 3). intrinsics: (3,) focal length, column and row of the optical axis,
    pixels from 0. spread: of the four rays of a refined pixel, pixels (see ``ray_of``). ways: (lines + 1,
    samples + 1, 3) directions in the camera frame of the pixels' corners; of size 0: a pinhole.
    """

    centre: Array
    rotation: Array
    intrinsics: Array
    spread: float
    ways: Array


class Look(NamedTuple):
    """What the first look saw, (lines, samples) each.

    distance: infinite distances are FAR_M. shading: cosine of incidence times albedo. body: id. sun: see SUNLIT.
    """

    distance: Floats
    shading: Floats
    body: NDArray[np.uint16]
    sun: NDArray[np.uint8]


def first_look(lines: int, samples: int) -> Look:
    """Room for a first look."""
    shape = lines, samples
    return Look(
        np.empty(shape, np.float32), np.empty(shape, np.float32), np.empty(shape, np.uint16), np.empty(shape, np.uint8)
    )


def render(
    ground: Ground, bodies: Bodies, light: Light, camera: Camera, finest: int, masks: Masks, fill: Fill, seen: Look,
    refine: bool, out: Floats,
) -> float:  # fmt: skip
    """Fill ``out`` (lines, samples) with radiance, W m-2 sr-1 um-1, each pixel in its band of the pattern.

    masks: screen mask, shadow masks and the latter's grids (see cull). refine: whether to take the second look. Returns
    the share of pixels that were refined.
    """
    queue, stack = np.empty(out.size if refine else 0, np.int32), np.empty(STACK, np.int32)
    return _render(ground, bodies, light, camera, finest, masks, stack, fill, seen, queue, out)


@njit(**KERNEL)
def _render(ground, bodies, light, camera, finest, masks, stack, fill, seen, queue, out):  # type: ignore[no-untyped-def]
    """First look at all pixels, second look at all, then at those that the penumbrae have grown into.

    What the penumbrae reach does not depend on the order: every pixel of one hands its four neighbours on.
    """
    lines, samples = out.shape
    for ci in range(fill.distance.shape[0]):
        for cj in range(fill.distance.shape[1]):
            fill_cell(ground, bodies, light, camera, finest, masks, stack, fill, ci, cj)
    refined, waiting = 0, 0
    turn = 0
    while turn < (2 if queue.size else 1) * out.size + waiting:
        look, at = min(turn // out.size, 2), turn % out.size
        # down the columns of one strip after the other: neighbours' rays pass the same posts, still in the cache
        i = at // (STRIP * samples) * STRIP
        high = min(STRIP, lines - i)
        at -= i * samples
        i, j = i + at % high, at // high
        if look == 2:
            at = queue[turn - 2 * out.size]
            i, j = at // samples, at % samples
        done, grows = pixel(ground, bodies, light, camera, finest, masks, stack, fill, seen, out, look, i, j)
        refined += done
        if grows:
            for q in range(4):
                a = i + (q == 0) - (q == 1)
                b = j + (q == 2) - (q == 3)
                if 0 <= a < lines and 0 <= b < samples and not seen.sun[a, b] & QUEUED and seen.sun[a, b]:
                    seen.sun[a, b] |= QUEUED
                    queue[waiting] = a * samples + b
                    waiting += 1
        turn += 1
    return refined / out.size


@njit(**INLINE)
def pixel(  # type: ignore[no-untyped-def]
    ground, bodies, light, camera, finest, masks, stack, fill, seen, out, look, i, j
):
    """First (0) or second look (1, 2) at a pixel: whether it was done again, and whether it lies in a penumbra.

    One loop around one ray: through the centre at the first look and where a penumbra is to be found, through four
    places around it where neighbours differ or the penumbra is hardly wider than a pixel.
    """
    if look == 1 and seen.sun[i, j] & QUEUED:
        return 0, False
    at_edge, disagrees, soft = False, False, look == 2
    if look >= 1:
        at_edge, disagrees, wide = edge(seen, i, j)
        soft |= wide
        if not (at_edge or disagrees or soft):
            return 0, False
        if soft:
            seen.sun[i, j] |= QUEUED
    screen, shadow, grid = masks
    band = light.pattern[i & 1, j & 1]
    s = light.sun
    # in a tile of 4 x 4 pixels sixteen different points of the Sun; neighbours' lie far apart on the disc
    first = 4 * (i & 3) + 7 * (j & 3)
    total, before, grows = 0.0, 0.0, False
    k, rays = (-1, 0) if look == 0 or soft else (0, 4)
    while k < rays:
        column, row = ray_of(camera.spread, i, j, k)
        lines, samples = out.shape
        bits = int(screen[min(int(row + 0.5), lines - 1) // TILE, min(int(column + 0.5), samples - 1) // TILE])
        dx, dy, dz = pixel_ray(camera, column, row)
        t, body, _, material, albedo, x, y, z, nx, ny, nz = meet(
            ground, bodies, light, bits, finest, stack,
            camera.centre[0], camera.centre[1], camera.centre[2], dx, dy, dz,
        )  # fmt: skip
        share, mu0, away, sent = UNKNOWN, 0.0, -1.0, 0.0
        if body != SKY:
            mu0 = nx * s[0] + ny * s[1] + nz * s[2]
            mu = -(nx * dx + ny * dy + nz * dz)
            cos_g = -(s[0] * dx + s[1] * dy + s[2] * dz)
            sunlight = 0.0
            if mu0 > 0.0:
                only = -1 if soft else (first + max(k, 0)) % PROBES
                bits = shadowers(light, shadow, grid, x, y, z)
                share, away = sun_share(ground, bodies, light, bits, finest, stack, x, y, z, band, only)
                sunlight = share
            fallen = around(light, fill, column, row, band, t, nx, ny, nz)
            sent = diffuse(light, band, material, albedo, mu0, mu, cos_g, sunlight, fallen)
            sent += gloss(light, band, material, mu0, mu, cos_g, sunlight)
        # of the penumbra, in pixels; on a slope it may look narrower
        width = 2.0 * light.radius * away * camera.intrinsics[0] / (max(mu0, 1e-3) * t)
        if look == 0:
            seen.distance[i, j] = t
            seen.body[i, j] = body
            seen.shading[i, j] = max(mu0, 0.0) * (albedo if material < 0 else light.paint[material, band])
            seen.sun[i, j] = (
                SUNLIT if share > 0.0 else ((DARK | SOFT if width > SOFT_PX else DARK) if share == 0.0 else 0)
            )
        elif k < 0:
            grows = 0.0 < share < 1.0
            if grows and not at_edge and width > WIDE_PX:
                pass
            elif grows or at_edge or disagrees:
                rays, sent = 4, 0.0
            else:
                return 0, False
        total += sent
        k += 1
        if k == 2 and soft and not at_edge and abs(share - before) < SMOOTH:
            rays = 2
        before = share
    out[i, j] = light.flux[band] * total / max(rays, 1)
    return min(look, 1), grows


@njit(**INLINE)
def ray_of(spread, i, j, k):  # type: ignore[no-untyped-def]
    """Column and row of the k-th of a pixel's four rays, or of its centre's (k < 0): the corners of a square that is
    turned so that each has a row and a column of its own, three times spread or once from the centre; opposite ones
    follow each other.
    """
    if k < 0:
        return float(j), float(i)
    side = spread if k & 1 else -spread
    return (j + side, i + 3.0 * side) if k < 2 else (j + 3.0 * side, i - side)


@njit(**INLINE)
def edge(seen, i, j):  # type: ignore[no-untyped-def]
    """Whether a pixel differs from one of its four neighbours in body, or clearly in range or shading; whether one of
    them sees its point of the Sun and the other does not; and whether that is a wide penumbra's doing.
    """
    lines, samples = seen.body.shape
    jumps, disagrees, soft = False, False, False
    own = seen.sun[i, j]
    for q in range(4):
        a = i + (q == 0) - (q == 1)
        b = j + (q == 2) - (q == 3)
        if a < 0 or a >= lines or b < 0 or b >= samples:
            continue
        if (own | seen.sun[a, b]) & 3 == SUNLIT | DARK:
            disagrees = True
            soft |= (own | seen.sun[a, b]) & SOFT != 0
        if seen.body[a, b] != seen.body[i, j]:
            jumps = True
        elif seen.body[i, j] != SKY:
            near = min(seen.distance[a, b], seen.distance[i, j])
            jumps |= max(seen.distance[a, b], seen.distance[i, j]) > RANGE_JUMP * near
            jumps |= abs(seen.shading[a, b] - seen.shading[i, j]) > CONTRAST
    return jumps, disagrees, soft
