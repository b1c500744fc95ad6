"""What a ray meets: which body, where, how it is turned and what it is made of."""

from __future__ import annotations

import math

from numba import njit

from farside.payload.camera.cull import shadow_cell
from farside.payload.camera.foil import crumple
from farside.payload.camera.ground import ground_albedo, ground_normal, hit_ground
from farside.payload.camera.instances import hit_instances, turned_back
from farside.payload.camera.kernel import INLINE
from farside.payload.camera.light import FAR_M

SKY, GROUND = 0, 1
"""Body ids of what is not a mesh."""
REGOLITH = -1
"""Material of triangles that reflect like the ground (rocks)."""

LIFT_M, LIFT = 1e-6, 1e-7
"""Shadow rays start so far off the surface, metres and per metre of distance or of post: more than rounding, and
less than a thousandth of a penumbra's width a hundred metres from what throws it."""


@njit(**INLINE)
def meet(ground, bodies, light, bits, finest, stack, ox, oy, oz, dx, dy, dz):  # type: ignore[no-untyped-def]
    """First surface along a ray of unit direction.

    bits: which groups of bodies to look at. Returns distance, body, number (of that body's), material, albedo factor,
    point (3: where shadow rays start, a hair off the surface) and unit normal (3) towards the eye.
    """
    shapes, rocks, others = bodies
    t, level = hit_ground(ground, finest, ground.clear, ox, oy, oz, dx, dy, dz, FAR_M)
    body, instance, triangle = GROUND, -1, -1
    if t < 0.0:
        t, body = FAR_M, SKY
    if bits & 2:
        t, instance, triangle = hit_instances(shapes, others, stack, ox, oy, oz, dx, dy, dz, t, False)
    of_rocks = False
    if bits & 1:
        t, k, hit = hit_instances(shapes, rocks, stack, ox, oy, oz, dx, dy, dz, t, False)
        if k >= 0:
            instance, triangle, of_rocks = k, hit, True
    x, y, z = ox + t * dx, oy + t * dy, oz + t * dz
    if instance >= 0:
        if of_rocks:
            body, number = rocks.body[instance], rocks.number[instance]
            material, nx, ny, nz = _facet(shapes, rocks, light, instance, triangle, x, y, z, dx, dy, dz)
        else:
            body, number = others.body[instance], others.number[instance]
            material, nx, ny, nz = _facet(shapes, others, light, instance, triangle, x, y, z, dx, dy, dz)
        lift = LIFT_M + LIFT * t
        return t, int(body), int(number), int(material), 1.0, x + lift * nx, y + lift * ny, z + lift * nz, nx, ny, nz
    if body == SKY:
        return t, SKY, -1, REGOLITH, 0.0, x, y, z, 0.0, 0.0, 1.0
    nx, ny, nz = ground_normal(ground, level, x, y)
    albedo = ground_albedo(ground, level, x, y)
    return t, GROUND, -1, REGOLITH, albedo, x, y, z + LIFT_M + LIFT * ground.posts[level], nx, ny, nz


@njit(**INLINE)
def _facet(shapes, group, light, k, triangle, x, y, z, dx, dy, dz):  # type: ignore[no-untyped-def]
    """Material of a triangle of instance k, and its unit normal (site frame) towards an eye that looks along d.

    Foil is crumpled. A facet of it that faces away is hidden; the eye sees one that is tilted as much towards it.
    """
    lx = float(shapes.normals[triangle, 0])
    ly = float(shapes.normals[triangle, 1])
    lz = float(shapes.normals[triangle, 2])
    nx, ny, nz = turned_back(group.inverse, k, lx, ly, lz)
    if nx * dx + ny * dy + nz * dz > 0.0:
        lx, ly, lz, nx, ny, nz = -lx, -ly, -lz, -nx, -ny, -nz
    material = shapes.material[triangle]
    if material != REGOLITH and light.finish[material, 0] > 0.0:
        m, p = group.inverse, group.positions
        px, py, pz = x - p[k, 0], y - p[k, 1], z - p[k, 2]
        lx, ly, lz = crumple(
            m[k, 0, 0] * px + m[k, 0, 1] * py + m[k, 0, 2] * pz,
            m[k, 1, 0] * px + m[k, 1, 1] * py + m[k, 1, 2] * pz,
            m[k, 2, 0] * px + m[k, 2, 1] * py + m[k, 2, 2] * pz,
            lx, ly, lz, light.finish[material, 0],
        )  # fmt: skip
        nx, ny, nz = turned_back(group.inverse, k, lx, ly, lz)
        q = nx * dx + ny * dy + nz * dz
        if q > 0.0:
            nx, ny, nz = nx - 2.0 * q * dx, ny - 2.0 * q * dy, nz - 2.0 * q * dz
    return material, nx, ny, nz


@njit(**INLINE)
def shadowers(light, shadow, grid, x, y, z):  # type: ignore[no-untyped-def]
    """Bits of the groups of bodies that may stand between a point and the Sun."""
    a, b, s = light.across, light.up, light.sun
    p = a[0] * x + a[1] * y + a[2] * z
    q = b[0] * x + b[1] * y + b[2] * z
    towards = s[0] * x + s[1] * y + s[2] * z
    u, v = int(shadow_cell(grid, 0, p)), int(shadow_cell(grid, 1, q))
    bits = 0
    if 0 <= u < shadow.shape[2] and 0 <= v < shadow.shape[1]:
        for group in range(shadow.shape[0]):
            if towards < shadow[group, v, u]:
                bits |= 1 << group
    return bits


@njit(**INLINE)
def pixel_ray(camera, column, row):  # type: ignore[no-untyped-def]
    """Unit direction in the site frame through a pixel position counted from 0."""
    if camera.ways.shape[0] == 0:
        x = (column - camera.intrinsics[1]) / camera.intrinsics[0]
        y = (camera.intrinsics[2] - row) / camera.intrinsics[0]
        z = -1.0
    else:
        # pixel corners, half a pixel up and left of the centres; bilinear in between
        lines, samples = camera.ways.shape[0] - 1, camera.ways.shape[1] - 1
        u = min(max(column + 0.5, 0.0), float(samples))
        v = min(max(row + 0.5, 0.0), float(lines))
        j = min(int(u), samples - 1)
        i = min(int(v), lines - 1)
        u -= j
        v -= i
        w = camera.ways
        a, b, c, d = (1.0 - u) * (1.0 - v), u * (1.0 - v), (1.0 - u) * v, u * v
        x = a * w[i, j, 0] + b * w[i, j + 1, 0] + c * w[i + 1, j, 0] + d * w[i + 1, j + 1, 0]
        y = a * w[i, j, 1] + b * w[i, j + 1, 1] + c * w[i + 1, j, 1] + d * w[i + 1, j + 1, 1]
        z = a * w[i, j, 2] + b * w[i, j + 1, 2] + c * w[i + 1, j, 2] + d * w[i + 1, j + 1, 2]
    q = 1.0 / math.sqrt(x * x + y * y + z * z)
    r = camera.rotation
    return (
        (r[0, 0] * x + r[0, 1] * y + r[0, 2] * z) * q,
        (r[1, 0] * x + r[1, 1] * y + r[1, 2] * z) * q,
        (r[2, 0] * x + r[2, 1] * y + r[2, 2] * z) * q,
    )
