"""From a camera's pixels to radiance: primary rays, shadow rays to the Sun's disc, shading, and a second look at edges.

Every pixel gets one ray through its centre and one shadow ray to one of sixteen points of the solar disc, a different
point in each pixel of every 4 x 4 tile. Where neighbours disagree (another body, a jump in range or in shading, one
sees its point of the Sun and the other does not) the pixel is done again with four rays, in penumbrae with four points
of the disc each. The four rays are spread so that their second moment is that of the pixel convolved with the lens's
point spread.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.payload.camera.bvh import STACK, hit_mesh
from farside.payload.camera.cull import TILE
from farside.payload.camera.foil import crumple
from farside.payload.camera.ground import Ground, ground_albedo, ground_normal, hit_ground
from farside.payload.camera.kernel import INLINE, KERNEL
from farside.payload.camera.light import DISC, Light
from farside.physics import radf

Array = NDArray[np.float64]
Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Masks = tuple[NDArray[np.uint8], NDArray[np.uint8], Array]

SKY, GROUND = 0, 1
"""Body ids of what is not a mesh."""
REGOLITH = -1
"""Material of triangles that reflect like the ground (rocks)."""
FAR_M = 4e6
SKYLINE = 0.05
"""Share of the sky of a level element that lit relief fills with light; assumed (cameras.md: fill is of order 1 %)."""
CONTRAST = 0.08
RANGE_JUMP = 1.15
SUNLIT, DARK = 1, 2
UNKNOWN = -1.0


class Meshes(NamedTuple):
    """All bodies of a frame: their trees end to end, and where each stands.

    boxes .. corners: as in bvh.Bvh. normals: (triangles, 3) outward. material: (triangles,) row of the reflectance
    table or REGOLITH. Per body, (bodies,): roots first node, bases first triangle, ends one past its last triangle, ids
    what it is called in the picture (from 2). rotations: (bodies, 3, 3) local to site. positions: (bodies, 3) metres.
    """

    boxes: Floats
    link: Ints
    held: Ints
    corners: Floats
    normals: Floats
    material: Ints
    roots: NDArray[np.int64]
    bases: NDArray[np.int64]
    ends: NDArray[np.int64]
    ids: NDArray[np.int64]
    rotations: Array
    positions: Array


class Camera(NamedTuple):
    """Pinhole in the site frame: centre (3,), rotation camera to site (3, 3), focal length and axis in pixels from 0.

    intrinsics: (3,) focal length, column and row of the optical axis. spread: offset of the four rays of a refined
    pixel from its centre, pixels.
    """

    centre: Array
    rotation: Array
    intrinsics: Array
    spread: float


@njit(**INLINE)
def _first_hit(ground, meshes, bits, finest, clear, stack, ox, oy, oz, dx, dy, dz):  # type: ignore[no-untyped-def]
    """Distance, body (number, or -1: ground, -2: sky) and level or triangle of what the ray meets first."""
    reach, index = hit_ground(ground, finest, clear, ox, oy, oz, dx, dy, dz, FAR_M)
    body = -1
    if reach < 0.0:
        reach, body = FAR_M, -2
    for b in range(meshes.roots.size):
        if bits >> b & 1:
            t, triangle = _in_body(meshes, b, stack, ox, oy, oz, dx, dy, dz, reach, False)
            if triangle >= 0:
                reach, body, index = t, b, triangle
    return reach, body, index


@njit(**INLINE)
def _in_body(meshes, b, stack, ox, oy, oz, dx, dy, dz, reach, any_hit):  # type: ignore[no-untyped-def]
    r = meshes.rotations
    px = ox - meshes.positions[b, 0]
    py = oy - meshes.positions[b, 1]
    pz = oz - meshes.positions[b, 2]
    return hit_mesh(
        meshes, meshes.roots[b], meshes.bases[b], stack,
        r[b, 0, 0] * px + r[b, 1, 0] * py + r[b, 2, 0] * pz,
        r[b, 0, 1] * px + r[b, 1, 1] * py + r[b, 2, 1] * pz,
        r[b, 0, 2] * px + r[b, 1, 2] * py + r[b, 2, 2] * pz,
        r[b, 0, 0] * dx + r[b, 1, 0] * dy + r[b, 2, 0] * dz,
        r[b, 0, 1] * dx + r[b, 1, 1] * dy + r[b, 2, 1] * dz,
        r[b, 0, 2] * dx + r[b, 1, 2] * dy + r[b, 2, 2] * dz,
        reach, any_hit,
    )  # fmt: skip


@njit(**INLINE)
def _lit(ground, meshes, light, bits, finest, stack, x, y, z, point):  # type: ignore[no-untyped-def]
    """Whether nothing stands between (x, y, z) and one point of the solar disc."""
    d = light.disc
    dx, dy, dz = d[point, 0], d[point, 1], d[point, 2]
    for b in range(meshes.roots.size):
        if bits >> b & 1:
            _, triangle = _in_body(meshes, b, stack, x, y, z, dx, dy, dz, FAR_M, True)
            if triangle >= 0:
                return False
    t, _ = hit_ground(ground, finest, light.clear, x, y, z, dx, dy, dz, FAR_M)
    return t < 0.0


@njit(**INLINE)
def _shadowers(light, shadow, grid, x, y, z):  # type: ignore[no-untyped-def]
    """Bits of the bodies that may stand between a point and the Sun."""
    a, b = light.across, light.up
    u = (a[0] * x + a[1] * y + a[2] * z - grid[0]) * grid[2]
    v = (b[0] * x + b[1] * y + b[2] * z - grid[1]) * grid[3]
    if u < 0.0 or v < 0.0 or u >= shadow.shape[1] or v >= shadow.shape[0]:
        return 0
    return int(shadow[int(v), int(u)])


@njit(**INLINE)
def _ray(camera, column, row):  # type: ignore[no-untyped-def]
    """Unit direction in the site frame through a pixel position counted from 0."""
    x = (column - camera.intrinsics[1]) / camera.intrinsics[0]
    y = (camera.intrinsics[2] - row) / camera.intrinsics[0]
    q = 1.0 / math.sqrt(x * x + y * y + 1.0)
    r = camera.rotation
    return (
        (r[0, 0] * x + r[0, 1] * y - r[0, 2]) * q,
        (r[1, 0] * x + r[1, 1] * y - r[1, 2]) * q,
        (r[2, 0] * x + r[2, 1] * y - r[2, 2]) * q,
    )


@njit(**INLINE)
def _look(  # type: ignore[no-untyped-def]
    ground, meshes, light, camera, finest, clear, masks, stack, column, row, band, first, points
):
    """One ray: radiance, distance, body id, shading (cosine of incidence times albedo), share of the points seen.

    That share is UNKNOWN where the surface faces away from the Sun. first, points: the points of the solar disc to
    try, first, first + 16 / points, ...
    """
    screen, shadow, grid = masks
    bits = int(screen[int(row + 0.5) // TILE, int(column + 0.5) // TILE])
    ox, oy, oz = camera.centre[0], camera.centre[1], camera.centre[2]
    dx, dy, dz = _ray(camera, column, row)
    t, b, index = _first_hit(ground, meshes, bits, finest, clear, stack, ox, oy, oz, dx, dy, dz)
    if b == -2:
        return 0.0, t, SKY, 0.0, UNKNOWN
    x, y, z = ox + t * dx, oy + t * dy, oz + t * dz
    material = REGOLITH
    albedo = 1.0
    if b == -1:
        body = GROUND
        nx, ny, nz = ground_normal(ground, index, x, y)
        albedo = ground_albedo(ground, index, x, y)
        # shadow rays start above the facet by more than rounding and by less than anything the grid can show
        z += 1e-3 * ground.posts[index]
    else:
        body = meshes.ids[b]
        r = meshes.rotations
        p = meshes.positions
        lx = float(meshes.normals[index, 0])
        ly = float(meshes.normals[index, 1])
        lz = float(meshes.normals[index, 2])
        material = meshes.material[index]
        if material != REGOLITH and light.crumple[material] > 0.0:
            px, py, pz = x - p[b, 0], y - p[b, 1], z - p[b, 2]
            lx, ly, lz = crumple(
                r[b, 0, 0] * px + r[b, 1, 0] * py + r[b, 2, 0] * pz,
                r[b, 0, 1] * px + r[b, 1, 1] * py + r[b, 2, 1] * pz,
                r[b, 0, 2] * px + r[b, 1, 2] * py + r[b, 2, 2] * pz,
                lx, ly, lz, light.crumple[material],
            )  # fmt: skip
        nx = r[b, 0, 0] * lx + r[b, 0, 1] * ly + r[b, 0, 2] * lz
        ny = r[b, 1, 0] * lx + r[b, 1, 1] * ly + r[b, 1, 2] * lz
        nz = r[b, 2, 0] * lx + r[b, 2, 1] * ly + r[b, 2, 2] * lz
        if nx * dx + ny * dy + nz * dz > 0.0:
            nx, ny, nz = -nx, -ny, -nz
        lift = 3e-4 + 1e-6 * t
        x += lift * nx
        y += lift * ny
        z += lift * nz
    s = light.sun
    mu0 = nx * s[0] + ny * s[1] + nz * s[2]
    seen = 0.0
    if mu0 > 0.0:
        bits = _shadowers(light, shadow, grid, x, y, z)
        for k in range(points):
            if _lit(ground, meshes, light, bits, finest, stack, x, y, z, (first + k * (DISC // points)) % DISC):
                seen += 1.0 / points
    # light from the sunlit ground: what a tilted element sees of the plain, and of the relief around a level one
    fill = light.bounce[band] * (0.5 * (1.0 - nz) + SKYLINE)
    if material == REGOLITH:
        w = min(light.soil[band, 0] * albedo, 0.95)
        gamma = math.sqrt(1.0 - w)
        factor = fill * (1.0 - gamma) / (1.0 + gamma)
        if seen > 0.0:
            # a smoothed normal may point away from an eye that does see the facet
            mu = max(-(nx * dx + ny * dy + nz * dz), 1e-3)
            cos_g = -(s[0] * dx + s[1] * dy + s[2] * dz)
            soil = light.soil
            factor += seen * radf(
                mu0, mu, cos_g, w, soil[band, 1], soil[band, 2], soil[band, 3], soil[band, 4], soil[band, 5]
            )
    else:
        albedo = light.paint[material, band]
        factor = albedo * (fill + seen * max(mu0, 0.0))
    return light.flux[band] * factor, t, body, max(mu0, 0.0) * albedo, seen if mu0 > 0.0 else UNKNOWN


def render(
    ground: Ground, meshes: Meshes, light: Light, camera: Camera, finest: int, masks: Masks, out: Floats
) -> float:
    """Fill ``out`` (lines, samples) with radiance, W m-2 sr-1 um-1, each pixel in its band of the pattern.

    masks: screen mask, shadow mask and the latter's grid (see cull). Returns the share of pixels that were refined.
    """
    first = (np.empty_like(out), np.empty_like(out), np.empty(out.shape, np.uint8), np.empty(out.shape, np.uint8))
    unknown = np.full(len(ground.posts), np.inf)
    return _render(ground, meshes, light, camera, finest, unknown, masks, np.empty(STACK, np.int32), first, out)


@njit(**KERNEL)
def _render(ground, meshes, light, camera, finest, clear, masks, stack, first_look, out):  # type: ignore[no-untyped-def]
    distance, shading, bodies, sun_seen = first_look
    lines, samples = out.shape
    refined = 0
    for look in range(2):
        if look == 1:
            _spread_rows(sun_seen)
            _spread_columns(sun_seen)
        for i in range(lines):
            for j in range(samples):
                rays, points, spread = 1, 1, 0.0
                if look == 1:
                    penumbra = sun_seen[i, j] == SUNLIT | DARK
                    if not (penumbra or _edge(bodies, distance, shading, i, j)):
                        continue
                    refined += 1
                    rays, spread = 4, camera.spread
                    points = 4 if penumbra else 1
                # in a tile of 4 x 4 pixels sixteen different points of the Sun; neighbours' lie far apart on the disc
                first = 4 * (i & 3) + 7 * (j & 3)
                total = 0.0
                for k in range(rays):
                    radiance, t, body, shade, seen = _look(
                        ground, meshes, light, camera, finest, clear, masks, stack,
                        j + (spread if k & 1 else -spread), i + (spread if k & 2 else -spread),
                        light.pattern[i & 1, j & 1], first + k, points,
                    )  # fmt: skip
                    total += radiance
                out[i, j] = total / rays
                if look == 0:
                    distance[i, j] = t
                    bodies[i, j] = body
                    shading[i, j] = shade
                    sun_seen[i, j] = SUNLIT if seen > 0.0 else (DARK if seen == 0.0 else 0)
    return refined / (lines * samples)


@njit(**KERNEL)
def _spread_rows(flags):  # type: ignore[no-untyped-def]
    """Replace the flags by their union over five pixels of a line; both ways, a window with all points of the Sun."""
    lines, samples = flags.shape
    for i in range(lines):
        a, b = 0, 0
        for j in range(samples):
            own = flags[i, j]
            f = a | b | own
            for q in range(j + 1, min(j + 3, samples)):
                f |= flags[i, q]
            flags[i, j] = f
            a, b = b, own


@njit(**KERNEL)
def _spread_columns(flags):  # type: ignore[no-untyped-def]
    """As ``_spread_rows``, over five pixels of a column."""
    _spread_rows(flags.T)


@njit(**INLINE)
def _edge(bodies, distance, shading, i, j):  # type: ignore[no-untyped-def]
    """Whether a pixel differs from one of its four neighbours in body, or clearly in range or shading."""
    lines, samples = bodies.shape
    for q in range(4):
        a = i + (q == 0) - (q == 1)
        b = j + (q == 2) - (q == 3)
        if a < 0 or a >= lines or b < 0 or b >= samples:
            continue
        if bodies[a, b] != bodies[i, j]:
            return True
        if bodies[i, j] == SKY:
            continue
        near = min(distance[a, b], distance[i, j])
        if max(distance[a, b], distance[i, j]) > RANGE_JUMP * near:
            return True
        if abs(shading[a, b] - shading[i, j]) > CONTRAST:
            return True
    return False


def planes(
    ground: Ground,
    meshes: Meshes,
    camera: Camera,
    finest: int,
    screen: NDArray[np.uint8],
    distance: Array,
    body: NDArray[np.uint8],
) -> None:
    """Fill distance (lines, samples) and body id of what each pixel's centre ray meets (infinite: sky)."""
    unknown = np.full(len(ground.posts), np.inf)
    _planes(ground, meshes, camera, finest, unknown, screen, np.empty(STACK, np.int32), distance, body)


@njit(**KERNEL)
def _planes(ground, meshes, camera, finest, clear, screen, stack, distance, body):  # type: ignore[no-untyped-def]
    for i in range(distance.shape[0]):
        for j in range(distance.shape[1]):
            dx, dy, dz = _ray(camera, float(j), float(i))
            t, b, _ = _first_hit(
                ground, meshes, int(screen[i // TILE, j // TILE]), finest, clear, stack,
                camera.centre[0], camera.centre[1], camera.centre[2], dx, dy, dz,
            )  # fmt: skip
            distance[i, j] = t if b != -2 else np.inf
            body[i, j] = SKY if b == -2 else (GROUND if b == -1 else meshes.ids[b])
