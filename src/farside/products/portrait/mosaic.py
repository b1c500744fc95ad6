"""A portrait: a few overlapping frames of something near as one picture, as a wide camera would have taken it.

The eye of a mast camera moves when the mast turns, so frames fit together only where the distance is right: every ray
ends where both eyes of a pair have measured it, else on the plane that the vehicle stands on or on an upright wall at
the distance of what is portrayed, whichever is nearer::

      eye o--_                 | wall, as far away as the portrayed
          |   --__             |
      ____|______ -x____________|   plane z = 0 of the vehicle's frame

Frames are first adjusted to each other (see ``adjust``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import Pinhole, euler_to_rotation
from farside.instruments import MISSION, pinhole
from farside.products.panorama.gains import radius2
from farside.products.portrait.adjust import Adjusted, adjust
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
COARSE = 4
"""Measured distances are kept for squares of so many pixels a side."""
CARRIED = 24
"""Known distances hold for so many of these squares around them."""
WIDEST_DEG = 120.0
"""A flat picture cannot show more."""


def portrait(
    frames: Sequence[xr.Dataset],
    distance_m: float = FAR_M,
    up: Array = UPRIGHT,
    depths: Sequence[xr.Dataset] = (),
    like: xr.Dataset | None = None,
) -> xr.Dataset:
    """Frames of one camera as one rectilinear picture at the camera's own resolution.

    frames: level 2 with their pointings. distance_m: of what is portrayed, from the eye, level. up: (3,) direction of
    the picture's vertical in the vehicle's frame. depths: depth maps of the same station (``depth_map``). like: the
    portrait by the other eye, whose axes and size this one shall have.

    Returns a Dataset with ``image`` (line, sample, band; uint16, times ``scale`` = acali DN / ms, DN as a share of full
    scale) and ``weight`` (line, sample; uint8, 255 = middle of a frame, 1: all were burnt out there, 0: nothing).
    Attributes give the picture's own camera: ``rotation`` (3, 3 row by row, camera x right, y up, z backwards, to the
    vehicle's frame), ``eye_m``, ``focal_px``, ``principal_px`` (column and row from 0); and how the frames were
    adjusted: ``ties`` between them, ``tie_label_px`` and ``tie_px`` (median misfit across the parallax, as labelled and
    now; none without ties), ``moved_deg`` and ``gains`` of each frame, ``corner`` (share of light found lacking there),
    ``measured`` (share of the picture that is laid on measured distances), and ``like``, the product that lent its
    axes, if any. Raises BadInput for no frames, frames of different cameras, or pointings farther apart than a flat
    picture can show.
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
    lights = [colour_light(f) for f in frames]
    adjusted = adjust([light for light, _ in lights], camera, np.array(rotations), centres, partial(_reach, distance_m))
    if like is None:
        axes = _level_axes(list(adjusted.rotations), up)
        canvas, principal = _canvas(camera, list(adjusted.rotations), axes)
    else:
        axes, principal = np.array(like.attrs["rotation"]).reshape(3, 3), tuple(like.attrs["principal_px"])
        canvas = like["image"].shape[0], like["image"].shape[1]
    measured = _measured(depths, camera, eye, axes, canvas, principal)
    image, weight, scale = _compose(
        lights, camera, adjusted, centres - eye, eye, axes, canvas, principal, distance_m, measured
    )
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
        "ties": adjusted.ties,
        "moved_deg": _moved_deg(adjusted.rotations, rotations),
        "gains": adjusted.gains.round(5).tolist(),
        "corner": round(adjusted.corner, 5),
        "measured": float(np.isfinite(measured).mean()),
        "provenance": provenance(
            "portrait",
            [source(f) for f in [*frames, *depths]],
            surface="measured, plane and wall" if depths else "plane and wall",
            distance_m=distance_m,
            margin_px=MARGIN_PX,
        ),
    }
    if like is not None:
        attrs["like"] = like.attrs["product_id"]
    if np.isfinite(adjusted.after_px):
        attrs |= {"tie_label_px": adjusted.before_px, "tie_px": adjusted.after_px}
    return xr.Dataset(
        {
            "image": (("line", "sample", "band"), image, {"scale": scale, "units": "acali DN / ms"}),
            "weight": (("line", "sample"), weight, {"units": "1/255"}),
        },
        attrs=attrs,
    )


def fit_of(whole: xr.Dataset) -> str:
    """How well the frames of a portrait fit."""
    if "tie_px" not in whole.attrs:
        return "pointing as labelled"
    return f"frames fit to {whole.attrs['tie_px']:.2f} px (labels: {whole.attrs['tie_label_px']:.2f} px)"


def _reach(distance_m: float, at: Array, ray: Array) -> Array:
    """Distance (n,) along unit rays (n, 3) from points (n, 3) to the wall or the plane."""
    with np.errstate(divide="ignore"):
        return np.minimum(distance_m / np.hypot(ray[:, 0], ray[:, 1]), at[:, 2] / np.maximum(-ray[:, 2], 1e-9))


def _moved_deg(now: Array, labelled: Sequence[Array]) -> list[float]:
    """Angles between rotations and those of labels."""
    cos = (np.einsum("nij,nij->n", now, np.array(labelled)) - 1.0) / 2.0
    return np.degrees(np.arccos(cos.clip(-1.0, 1.0))).round(5).tolist()


def _measured(
    depths: Sequence[xr.Dataset],
    camera: Pinhole,
    eye: Array,
    axes: Array,
    canvas: tuple[int, int],
    principal: tuple[float, float],
) -> NDArray[np.float32]:
    """Measured distance along the picture's axis, m, one for COARSE x COARSE of its pixels, NaN where there is none.

    Of several the nearest is what is seen.
    """
    size = -(-canvas[0] // COARSE), -(-canvas[1] // COARSE)
    out = np.full(size, np.nan, np.float32)
    for depth in depths:
        a = depth.attrs
        step = max(1, COARSE // 2)
        z = depth["depth"].to_numpy()[::step, ::step]
        line, sample = np.nonzero(np.isfinite(z))
        far = z[line, sample].astype(float)
        x0, y0 = a["principal_px"]
        rays = np.column_stack([sample * step - x0, y0 - line * step, np.full(len(line), -a["focal_px"])])
        at = np.array(a["centre_m"]) + (far / a["focal_px"])[:, None] * (rays @ np.array(a["rotation"]).reshape(3, 3).T)
        v = (at - eye) @ axes
        ahead = v[:, 2] < 0.0
        v = v[ahead]
        column = np.rint((principal[0] - v[:, 0] / v[:, 2] / camera.pixel_rad) / COARSE).astype(int)
        row = np.rint((principal[1] + v[:, 1] / v[:, 2] / camera.pixel_rad) / COARSE).astype(int)
        inside = (row >= 0) & (row < size[0]) & (column >= 0) & (column < size[1])
        order = np.argsort(v[inside, 2], kind="stable")  # the nearest comes last, and stays
        row, column, distance = row[inside][order], column[inside][order], -v[inside, 2][order]
        new = np.full(size, np.nan, np.float32)
        new[row, column] = distance
        out = np.fmin(out, new)
    return _filled(out)


def _filled(distance: NDArray[np.float32]) -> NDArray[np.float32]:
    """Distances without single strays, and those of the nearest known ones carried on a little way.

    A picture whose surface jumped wherever matching failed would have torn edges.
    """
    import cv2

    unknown = np.isnan(distance)
    if unknown.all():
        return distance
    way, label = cv2.distanceTransformWithLabels(
        unknown.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_label = np.zeros(int(label.max()) + 1, np.float32)
    of_label[label[~unknown]] = distance[~unknown]
    filled = np.asarray(cv2.medianBlur(of_label[label], 5), np.float32)
    filled[way > CARRIED] = np.nan
    return filled


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
    lights: Sequence[tuple[Light, NDArray[np.bool_]]],
    camera: Pinhole,
    adjusted: Adjusted,
    offsets: Array,
    eye: Array,
    axes: Array,
    canvas: tuple[int, int],
    principal: tuple[float, float],
    distance_m: float,
    measured: NDArray[np.float32],
) -> tuple[NDArray[np.uint16], NDArray[np.uint8], float]:
    """Weighted mean of the frames, largest weight, and what one step of the mean stands for."""
    import cv2

    edge = _edge_weight(camera)
    j, i = np.mgrid[1 : camera.height + 1, 1 : camera.width + 1].astype(float)
    lens = (1.0 - adjusted.corner * radius2(camera, i, j)).astype(np.float32)[..., None]
    lights = [
        (light / (np.float32(gain) * lens), burnt) for (light, burnt), gain in zip(lights, adjusted.gains, strict=True)
    ]
    total: Light = np.zeros((*canvas, 3), np.float32)
    weights: Light = np.zeros(canvas, np.float32)
    best: Light = np.zeros(canvas, np.float32)
    x = (np.arange(canvas[1]) - principal[0]) * camera.pixel_rad
    columns = np.broadcast_to((np.arange(canvas[1]) / COARSE).astype(np.float32), (ROWS, canvas[1]))
    for top in range(0, canvas[0], ROWS):
        rows = slice(top, min(top + ROWS, canvas[0]))
        y = (principal[1] - np.arange(canvas[0])[rows]) * camera.pixel_rad
        d = np.stack(np.broadcast_arrays(x, y[:, None], -1.0), axis=-1) @ axes.T
        with np.errstate(divide="ignore"):
            along = np.minimum(distance_m / np.hypot(d[..., 0], d[..., 1]), eye[2] / np.maximum(-d[..., 2], 1e-9))
        lines = np.broadcast_to((np.arange(top, rows.stop) / COARSE).astype(np.float32)[:, None], along.shape)
        near = cv2.remap(measured, columns[: len(lines)], lines, cv2.INTER_NEAREST, borderValue=float("nan"))
        along = np.where(np.isfinite(near), near, along)
        for (light, burnt), rotation, offset in zip(lights, adjusted.rotations, offsets, strict=True):
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
    return f"{a.get('mission', MISSION)}_GRAS_{camera}-PORTRAIT_SCI_N_{start}_{stop}_{a['sequence_id']}_A"
