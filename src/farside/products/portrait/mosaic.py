"""A portrait: a few overlapping frames of something near as one picture, as a wide camera would have taken it.

The eye of a mast camera moves when the mast turns, so frames fit together only where the distance is right: every ray
ends on the plane that the vehicle stands on or on an upright wall at the distance of what is portrayed, whichever is
nearer::

      eye o--_                 | wall, as far away as the portrayed
          |   --__             |
      ____|______ -x____________|   plane z = 0 of the vehicle's frame
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import Pinhole, euler_to_rotation
from farside.instruments import pinhole
from farside.products.portrait.light import Light, colour_light
from farside.products.provenance import provenance, source

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

MARGIN_PX = 2
"""Pixels left out at each edge of a frame, where demosaicking had no neighbours."""
FAR_M = 1e6
UPRIGHT = np.array([0.0, 0.0, 1.0])
ROWS = 256
"""Rows composed at a time."""
WIDEST_DEG = 120.0
"""A flat picture cannot show more."""


def portrait(frames: Sequence[xr.Dataset], distance_m: float = FAR_M, up: Array = UPRIGHT) -> xr.Dataset:
    """Frames of one camera as one rectilinear picture at the camera's own resolution.

    frames: level 2 with their pointings. distance_m: of what is portrayed, from the eye, level. up: (3,) direction of
    the picture's vertical in the vehicle's frame.

    Returns a Dataset with ``image`` (line, sample, band; uint16, times ``scale`` = acali DN / ms, DN as a share of full
    scale) and ``weight`` (line, sample; uint8, 255 = middle of a frame, 1: all were burnt out there, 0: nothing).
    Attributes give the picture's own camera: ``rotation`` (3, 3 row by row, camera x right, y up, z backwards, to the
    vehicle's frame), ``eye_m``, ``focal_px``, ``principal_px`` (column and row from 0). Raises BadInput for no frames,
    frames of different cameras, or pointings farther apart than a flat picture can show.
    """
    import xarray as xr

    if not frames:
        raise BadInput("portrait", "frames", 0, "at least one frame")
    cameras = {pinhole(f) for f in frames}
    vehicles = {str(f.attrs.get("reference_frame")) for f in frames}
    if len(cameras) > 1 or len(vehicles) > 1:
        raise BadInput("portrait", "frames", sorted(cameras, key=repr), "frames of one camera and one binning")
    (camera,) = cameras
    rotations = [euler_to_rotation(*f.attrs["camera_rotation_deg"]) for f in frames]
    centres = np.array([f.attrs["camera_position_m"] for f in frames])
    eye = centres.mean(axis=0)
    axes = _level_axes(rotations, up)
    canvas, principal = _canvas(camera, rotations, axes)
    image, weight, scale = _compose(frames, camera, rotations, centres - eye, eye, axes, canvas, principal, distance_m)
    first = frames[0].attrs
    attrs: dict[str, Any] = {
        "title": "portrait",
        "product_id": _product_id(frames),
        "instrument": first["instrument"],
        "mode": first["mode"],
        "level": "3",
        "sequence_id": first["sequence_id"],
        "start_utc": min(f.attrs["start_utc"] for f in frames),
        "stop_utc": max(f.attrs["stop_utc"] for f in frames),
        "projection": "rectilinear",
        "reference_frame": first["reference_frame"],
        "rotation": axes.ravel().tolist(),
        "eye_m": eye.tolist(),
        "focal_px": 1.0 / camera.pixel_rad,
        "principal_px": list(principal),
        "distance_m": distance_m,
        "frames": len(frames),
        "provenance": provenance(
            "portrait",
            [source(f) for f in frames],
            surface="plane and wall",
            distance_m=distance_m,
            margin_px=MARGIN_PX,
        ),
    }
    return xr.Dataset(
        {
            "image": (("line", "sample", "band"), image, {"scale": scale, "units": "acali DN / ms"}),
            "weight": (("line", "sample"), weight, {"units": "1/255"}),
        },
        attrs=attrs,
    )


def _level_axes(rotations: Sequence[Array], up: Array) -> Array:
    """Axes (columns: right, up, backwards) of a camera that looks where these look on average, without roll."""
    look = -np.mean([r[:, 2] for r in rotations], axis=0)
    look /= np.linalg.norm(look)
    right = np.cross(look, up)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(right, look), -look], axis=1)


def _canvas(camera: Pinhole, rotations: Sequence[Array], axes: Array) -> tuple[tuple[int, int], tuple[float, float]]:
    """Lines and samples of the picture that holds all frames, and column and row of its optical axis."""
    i, j = np.meshgrid(np.linspace(1, camera.width, 9), np.linspace(1, camera.height, 9))
    d = np.concatenate([(camera.rays(i, j) @ (axes.T @ r).T).reshape(-1, 3) for r in rotations])
    if d[:, 2].max() > -np.cos(np.radians(WIDEST_DEG / 2.0)):
        raise BadInput("portrait", "pointings", len(rotations), f"frames within {WIDEST_DEG:g} degrees")
    u, v = d[:, 0] / -d[:, 2] / camera.pixel_rad, d[:, 1] / d[:, 2] / camera.pixel_rad
    left, top = np.floor(u.min()), np.floor(v.min())
    return (int(np.ceil(v.max()) - top) + 1, int(np.ceil(u.max()) - left) + 1), (float(-left), float(-top))


def _compose(
    frames: Sequence[xr.Dataset],
    camera: Pinhole,
    rotations: Sequence[Array],
    offsets: Array,
    eye: Array,
    axes: Array,
    canvas: tuple[int, int],
    principal: tuple[float, float],
    distance_m: float,
) -> tuple[NDArray[np.uint16], NDArray[np.uint8], float]:
    """Weighted mean of the frames, largest weight, and what one step of the mean stands for."""
    import cv2

    lights = [colour_light(f) for f in frames]
    edge = _edge_weight(camera)
    total: Light = np.zeros((*canvas, 3), np.float32)
    weights: Light = np.zeros(canvas, np.float32)
    best: Light = np.zeros(canvas, np.float32)
    x = (np.arange(canvas[1]) - principal[0]) * camera.pixel_rad
    for top in range(0, canvas[0], ROWS):
        rows = slice(top, min(top + ROWS, canvas[0]))
        y = (principal[1] - np.arange(canvas[0])[rows]) * camera.pixel_rad
        d = np.stack(np.broadcast_arrays(x, y[:, None], -1.0), axis=-1) @ axes.T
        with np.errstate(divide="ignore"):
            along = np.minimum(distance_m / np.hypot(d[..., 0], d[..., 1]), eye[2] / np.maximum(-d[..., 2], 1e-9))
        for (light, burnt), rotation, offset in zip(lights, rotations, offsets, strict=True):
            i, j = camera.project((d * along[..., None] - offset) @ rotation)
            x0, y0 = ((np.nan_to_num(p, nan=-9.0) - 1.0).astype(np.float32) for p in (i, j))
            shown = cv2.remap(light, x0, y0, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            lost = cv2.remap(burnt.astype(np.float32), x0, y0, cv2.INTER_LINEAR, borderValue=0.0)
            w = cv2.remap(edge, x0, y0, cv2.INTER_LINEAR, borderValue=0.0)
            w = np.where((lost > 0.0) & (w > 0.0), np.float32(1.0 / 255.0), w) ** 2
            total[rows] += w[..., None] * shown
            weights[rows] += w
            best[rows] = np.maximum(best[rows], w)
    total /= np.maximum(weights, np.float32(1e-12))[..., None]
    scale = float(max(total.max(), 1e-12)) / 65535.0
    image = np.rint(total / np.float32(scale)).clip(0, 65535).astype(np.uint16)
    return image, np.ceil(np.sqrt(best) * np.float32(255)).clip(0, 255).astype(np.uint8), scale


def _edge_weight(camera: Pinhole) -> Light:
    """1 in the middle of a frame, falling to 0 at its margin."""

    def ramp(n: int) -> Light:
        k = np.minimum(np.arange(n), np.arange(n)[::-1]) - (MARGIN_PX - 1)
        return np.clip(k / (n / 2.0), 0.0, 1.0).astype(np.float32)

    return np.minimum(ramp(camera.height)[:, None], ramp(camera.width))


def _product_id(frames: Sequence[xr.Dataset]) -> str:
    """Name of the product: that of its first frame without index, with the time of the first and of the last."""
    start, stop = (re.sub(r"\D", "", f(frame.attrs["start_utc"] for frame in frames))[:14] for f in (min, max))
    a = frames[0].attrs
    camera = str(a["instrument"]).upper()
    return f"CE4_GRAS_{camera}-PORTRAIT_SCI_N_{start}_{stop}_{a['sequence_id']}_A"
