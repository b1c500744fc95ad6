"""What each pixel truly sees: for scoring, never for products.

Everything is along the ray through a pixel's centre, before the lens spreads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.payload.camera.bvh import STACK
from farside.payload.camera.cull import TILE
from farside.payload.camera.device import CPU, device
from farside.payload.camera.fill import around, cells, fill_cell
from farside.payload.camera.kernel import INLINE, KERNEL
from farside.payload.camera.light import sun_share
from farside.payload.camera.scene import Frame, Scene
from farside.payload.camera.shade import diffuse, gloss
from farside.payload.camera.surface import SKY, meet, pixel_ray, shadowers
from farside.payload.camera.view import View

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

PIXEL = ("line", "sample")
POINT = (*PIXEL, "axis")


def truth_planes(scene: Scene, view: View) -> xr.Dataset:
    """Geometry of what each pixel sees. Raises BadInput for a camera below the ground.

    Variables on (line, sample): range_m (infinite: sky) and depth_m along the optical axis; body, an index into
    attrs["bodies"]; number, which of that body's (attrs["links"] names the parts of vehicles; rocks are counted; -1:
    none); albedo, the factor on the soil's; and on (line, sample, axis) xyz_m and normal in the site frame, east north
    up (NaN for sky).
    """
    import xarray as xr

    frame = scene.frame(view)
    distance, albedo = np.empty(frame.shape), np.empty(frame.shape, np.float32)
    body, number = np.empty(frame.shape, np.uint16), np.empty(frame.shape, np.int32)
    normal = np.empty((*frame.shape, 3))
    trace(scene, frame, distance, body, number, albedo, normal)
    camera, rays = frame.camera, _rays(view)
    with np.errstate(invalid="ignore"):
        xyz = np.where(np.isfinite(distance)[..., None], camera.centre + distance[..., None] * rays, np.nan)
        depth = distance * -(rays @ camera.rotation[:, 2])
    normal[body == SKY] = np.nan
    return xr.Dataset(
        {
            "range_m": (PIXEL, distance, {"units": "m"}),
            "depth_m": (PIXEL, depth, {"units": "m"}),
            "body": (PIXEL, body),
            "number": (PIXEL, number),
            "albedo": (PIXEL, albedo, {"units": "1"}),
            "xyz_m": (POINT, xyz, {"units": "m", "frame": "site east-north-up"}),
            "normal": (POINT, normal, {"units": "1", "frame": "site east-north-up"}),
        },
        attrs={
            "bodies": ["sky", "ground", *scene.names],
            "links": {name: list(links) for name, links in scene.links.items()},
            "finest_post_m": float(scene.ground.posts[frame.finest]),
        },
    )


def light_planes(scene: Scene, view: View, bounce: bool = True) -> xr.Dataset:
    """Light of what each pixel sees. Raises BadInput for a camera below the ground.

    Variables on (line, sample): incidence_deg, emission_deg and phase_deg (NaN: sky; the phase is the angle between the
    directions to Sun and camera); sun, the share of the Sun's light that arrives in the first band; and radiance on
    (band, line, sample), W m-2 sr-1 um-1, in all bands.
    """
    import xarray as xr

    frame, instrument = scene.frame(view), view.numbers()
    bands = frame.light.flux.size
    fill = cells(*frame.shape, bands, bounce)
    cosines, share = np.empty((*frame.shape, 3)), np.empty(frame.shape, np.float32)
    light = np.empty((bands, *frame.shape), np.float32)
    told = scene.ground, frame.bodies, frame.light, frame.camera, frame.finest
    if device() != CPU:
        from farside.payload.camera import cuda

        cuda.lights(*told, frame.masks, fill, cosines, share, light)
    else:
        _light(*told, frame.masks, np.empty(STACK, np.int32), fill, cosines, share, light)
    angles = np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))
    names = ("incidence_deg", "emission_deg", "phase_deg")
    return xr.Dataset(
        {
            **{name: (PIXEL, angles[..., k], {"units": "deg"}) for k, name in enumerate(names)},
            "sun": (PIXEL, share, {"units": "1"}),
            "radiance": (("band", *PIXEL), light, {"units": "W m-2 sr-1 um-1"}),
        },
        coords={"band": [band.name for band in instrument.bands]},
    )


def flow(scene: Scene, view: View, following: View) -> xr.Dataset:
    """Where what each pixel of ``view`` shows is in the ``following`` one of the same camera: pixels right and down.

    Variables sample_px and line_px on (line, sample): displacement, NaN for sky and what the following view cannot
    image. Bodies are taken to stand still in the site frame.
    """
    import xarray as xr

    xyz = truth_planes(scene, view)["xyz_m"].to_numpy()
    pose, model = following.camera(), following.numbers().camera(following.binning)
    i, j = model.project((xyz - pose.p) @ pose.r)
    lines, samples = xyz.shape[:2]
    return xr.Dataset(
        {
            "sample_px": (PIXEL, i - (np.arange(samples) + 1.0), {"units": "pixel"}),
            "line_px": (PIXEL, j - (np.arange(lines) + 1.0)[:, None], {"units": "pixel"}),
        }
    )


def _rays(view: View) -> Array:
    """Unit directions (line, sample, 3) in the site frame through the pixels' centres."""
    model = view.numbers().camera(view.binning)
    i, j = np.meshgrid(np.arange(model.width) + 1.0, np.arange(model.height) + 1.0)
    rays: Array = model.rays(i, j) @ view.camera().r.T
    return rays


def trace(
    scene: Scene, frame: Frame, distance: Array, body: NDArray[np.uint16], number: NDArray[np.int32],
    albedo: NDArray[np.float32], normal: Array,
) -> None:  # fmt: skip
    """Fill the planes (lines, samples) with what each pixel's centre ray meets; see ``truth_planes``."""
    told = scene.ground, frame.bodies, frame.light, frame.camera, frame.finest
    planes = distance, body, number, albedo, normal
    if device() != CPU:
        from farside.payload.camera import cuda

        cuda.trace(*told, frame.masks, *planes)
    else:
        _trace(*told, frame.masks, np.empty(STACK, np.int32), *planes)


@njit(**KERNEL)
def _trace(  # type: ignore[no-untyped-def]
    ground, bodies, light, camera, finest, masks, stack, distance, body, number, albedo, normal
):
    for i in range(distance.shape[0]):
        for j in range(distance.shape[1]):
            trace_pixel(
                ground, bodies, light, camera, finest, masks, stack, distance, body, number, albedo, normal, i, j
            )


@njit(**INLINE)
def trace_pixel(  # type: ignore[no-untyped-def]
    ground, bodies, light, camera, finest, masks, stack, distance, body, number, albedo, normal, i, j
):
    """Fill the planes at pixel (i, j); see ``truth_planes``."""
    c = camera.centre
    dx, dy, dz = pixel_ray(camera, float(j), float(i))
    bits = int(masks[0][i // TILE, j // TILE])
    t, what, which, _, factor, _, _, _, nx, ny, nz = meet(
        ground, bodies, light, bits, finest, stack, c[0], c[1], c[2], dx, dy, dz
    )
    distance[i, j] = t if what != SKY else np.inf
    body[i, j] = what
    number[i, j] = which
    albedo[i, j] = factor
    normal[i, j, 0] = nx
    normal[i, j, 1] = ny
    normal[i, j, 2] = nz


@njit(**KERNEL)
def _light(  # type: ignore[no-untyped-def]
    ground, bodies, light, camera, finest, masks, stack, fill, cosines, share, out
):
    for ci in range(fill.distance.shape[0]):
        for cj in range(fill.distance.shape[1]):
            fill_cell(ground, bodies, light, camera, finest, masks, stack, fill, ci, cj)
    for i in range(share.shape[0]):
        for j in range(share.shape[1]):
            light_pixel(ground, bodies, light, camera, finest, masks, stack, fill, cosines, share, out, i, j)


@njit(**INLINE)
def light_pixel(  # type: ignore[no-untyped-def]
    ground, bodies, light, camera, finest, masks, stack, fill, cosines, share, out, i, j
):
    """Fill at pixel (i, j) the cosines of incidence, emission and phase, the share of the Sun, and radiance by band."""
    screen, shadow, grid = masks
    c, s = camera.centre, light.sun
    dx, dy, dz = pixel_ray(camera, float(j), float(i))
    bits = int(screen[i // TILE, j // TILE])
    t, body, _, material, albedo, x, y, z, nx, ny, nz = meet(
        ground, bodies, light, bits, finest, stack, c[0], c[1], c[2], dx, dy, dz
    )
    if body == SKY:
        share[i, j] = 0.0
        for k in range(3):
            cosines[i, j, k] = np.nan
        for band in range(out.shape[0]):
            out[band, i, j] = 0.0
        return
    mu0 = nx * s[0] + ny * s[1] + nz * s[2]
    mu = -(nx * dx + ny * dy + nz * dz)
    cos_g = -(s[0] * dx + s[1] * dy + s[2] * dz)
    cosines[i, j, 0] = mu0
    cosines[i, j, 1] = mu
    cosines[i, j, 2] = cos_g
    seen = 0.0
    if mu0 > 0.0:
        bits = shadowers(light, shadow, grid, x, y, z)
        seen, _ = sun_share(ground, bodies, light, bits, finest, stack, x, y, z, 0, -1)
    share[i, j] = seen
    for band in range(out.shape[0]):
        fallen = around(light, fill, float(j), float(i), band, t, nx, ny, nz)
        factor = diffuse(light, band, material, albedo, mu0, mu, cos_g, seen, fallen)
        factor += gloss(light, band, material, mu0, mu, cos_g, seen)
        out[band, i, j] = light.flux[band] * factor
