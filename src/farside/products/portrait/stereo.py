"""Depth from a pair of frames: rectified by their labels, matched, refined, with an error for every pixel.

    Z = B f / d,  sigma_Z = Z^2 sigma_d / (B f)

B: distance of the eyes, f: focal length in pixels, d: disparity in pixels. Semi-global matching (Hirschmueller 2008)
finds the disparity, least squares over a small window (Lucas & Kanade 1981) refine it, and the scatter that they leave
is sigma_d. What is seen differently from the right eye, is too dark, or stays too uncertain has no depth.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import Pinhole, euler_to_rotation, utc_to_t
from farside.instruments import pinhole
from farside.products.demosaic import edge_aware
from farside.products.portrait.light import Light, colour_light
from farside.products.provenance import provenance, source

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

NEAREST_M = 3.0
"""Nothing nearer is looked for."""
MATCHED_PX = 1200
"""Pictures wider than this are matched at a fraction of their size, and refined at full size."""
WINDOW_PX = 9
"""Side of the window that a disparity is refined over."""
PASSES = 4
SAME_PX = 1.0
"""From both eyes a disparity must be the same to so many pixels."""
WORST_PX = 0.6
"""Disparities less certain than this are left out."""
DARK = 25.0
"""Brightness (of 255, see ``_looks``) below which there is nothing but noise."""
FLOOR_PX = 0.35
"""What the mosaic of colours and resampling cost in any case, pixels: measured on pairs whose depth is known."""
EDGE_PX = 3.0
"""Where disparities differ by more within a window, one surface ends in it and the match is of neither."""
CORRELATED = 2.0
"""Neighbouring samples share the lens's blur and the demosaicking: so many stand for one independent sample an axis."""
APART_S = 60.0
"""Eyes exposed further apart in time do not make a pair: shadows move."""


@dataclass(frozen=True)
class Rectified:
    """Both eyes' light as two equal cameras side by side would see it.

    left, right: (line, sample, band). camera: theirs. rotation: (3, 3) their axes (x along the baseline, y up, z
    backwards) in the vehicle's frame. centre: (3,) left eye, same frame, m. baseline_m.
    outside: (line, sample), what either frame does not show.
    """

    left: Light
    right: Light
    camera: Pinhole
    rotation: Array
    centre: Array
    baseline_m: float
    outside: NDArray[np.bool_]


def rectify(left: xr.Dataset, right: xr.Dataset) -> Rectified:
    """Turn the frames of both eyes, by the orientations in their labels, so that rows are epipolar lines."""
    import cv2

    camera = pinhole(left)
    if camera != pinhole(right) or left.attrs["reference_frame"] != right.attrs["reference_frame"]:
        raise BadInput("stereo", "frames", str(right.attrs.get("product_id")), "two frames of equal cameras and frame")
    apart = abs(utc_to_t(left.attrs["start_utc"]) - utc_to_t(right.attrs["start_utc"]))
    if apart > APART_S:
        raise BadInput("stereo", "start_utc", f"{apart:.0f} s apart", f"frames of one pair, within {APART_S:.0f} s")
    turns = [euler_to_rotation(*f.attrs["camera_rotation_deg"]) for f in (left, right)]
    centres = [np.array(f.attrs["camera_position_m"]) for f in (left, right)]
    base = centres[1] - centres[0]
    baseline = float(np.linalg.norm(base))
    x = base / baseline
    z = turns[0][:, 2] + turns[1][:, 2]
    z -= x * (x @ z)
    z /= np.linalg.norm(z)
    axes = np.stack([x, np.cross(z, x), z], axis=1)
    flat = Pinhole(camera.width, camera.height, camera.focal_mm, camera.pixel_um)
    i, j = np.meshgrid(np.arange(flat.width) + 1.0, np.arange(flat.height) + 1.0)
    rays = flat.rays(i, j) @ axes.T
    lights, outside = [], np.zeros(i.shape, bool)
    for frame, turn in zip((left, right), turns, strict=True):
        column, row = (p.astype(np.float32) for p in camera.project(rays @ turn))
        light, _ = colour_light(frame, edge_aware)
        turned = cv2.remap(light, column - 1, row - 1, cv2.INTER_CUBIC, borderValue=(0.0, 0.0, 0.0))
        lights.append(np.asarray(turned, np.float32))
        outside |= ~((column >= 1) & (column <= camera.width) & (row >= 1) & (row <= camera.height))
    return Rectified(lights[0], lights[1], flat, axes, centres[0], baseline, outside)


def depth_map(left: xr.Dataset, right: xr.Dataset) -> xr.Dataset:
    """Depth of what both eyes of a pair see, as a product of level 3.

    Returns a Dataset on (line, sample) of the rectified left eye: ``depth`` along its axis and ``sigma``, one standard
    deviation, m (float32, NaN where unknown). Attributes: the rectified camera (``rotation``, ``centre_m``,
    ``focal_px``, ``principal_px`` from 0), the left eye's own ``left_rotation_deg``, ``baseline_m``, ``coverage``.
    """
    import xarray as xr

    pair = rectify(left, right)
    disparity, sigma_px = match(pair)
    scale = pair.baseline_m / pair.camera.pixel_rad
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = (scale / disparity).astype(np.float32)
        sigma = (depth**2 * sigma_px / scale).astype(np.float32)
    a = left.attrs
    column, row = pair.camera.principal_pixel
    stamps = [re.sub(r"\D", "", f.attrs["start_utc"])[:14] for f in (right, left)]
    name = f"CE4_GRAS_PCAM-DEPTH-{int(a['index']):03d}_SCI_N_{min(stamps)}_{max(stamps)}_{a['sequence_id']}_A"
    attrs: dict[str, Any] = {
        "title": "depth map",
        "product_id": name,
        "instrument": a["instrument"],
        "level": "3",
        "sequence_id": a["sequence_id"],
        "index": int(a["index"]),
        "start_utc": min(left.attrs["start_utc"], right.attrs["start_utc"]),
        "stop_utc": max(left.attrs["stop_utc"], right.attrs["stop_utc"]),
        "projection": "rectilinear",
        "reference_frame": a["reference_frame"],
        "rotation": pair.rotation.ravel().tolist(),
        "left_rotation_deg": list(a["camera_rotation_deg"]),
        "centre_m": pair.centre.tolist(),
        "baseline_m": pair.baseline_m,
        "focal_px": 1.0 / pair.camera.pixel_rad,
        "principal_px": [column - 1.0, row - 1.0],
        "coverage": float(np.isfinite(depth).mean()),
        "provenance": provenance(
            "stereo", [source(left), source(right)], window_px=WINDOW_PX, nearest_m=NEAREST_M, worst_px=WORST_PX
        ),
    }
    dims = ("line", "sample")
    return xr.Dataset({"depth": (dims, depth, {"units": "m"}), "sigma": (dims, sigma, {"units": "m"})}, attrs=attrs)


def match(pair: Rectified) -> tuple[Light, Light]:
    """Disparity and its standard deviation in pixels, (line, sample) of the left eye, NaN where there is none."""
    left, right = _looks(pair)
    most = pair.baseline_m / pair.camera.pixel_rad / NEAREST_M
    here, there = _search(left, right, most), _search(left[:, ::-1], right[:, ::-1], most, swapped=True)[:, ::-1]
    disparity, sigma = _refine(left, right, here)
    columns = np.arange(left.shape[1]) - np.nan_to_num(disparity)
    rows = np.arange(left.shape[0])[:, None]
    opposite = there[rows, np.rint(columns).astype(int).clip(0, left.shape[1] - 1)]
    known = (np.abs(opposite - disparity) < SAME_PX) & (_range(disparity) < EDGE_PX) & (sigma < WORST_PX)
    known &= (disparity > 0.0) & (left > DARK) & ~pair.outside
    return np.where(known, disparity, np.float32(np.nan)), np.where(known, sigma, np.float32(np.nan))


def _range(disparity: Light) -> Light:
    """Largest less smallest disparity in the window about each pixel; unknown ones do not count."""
    import cv2

    kernel, unknown = np.ones((WINDOW_PX, WINDOW_PX), np.uint8), np.isnan(disparity)
    most = np.asarray(cv2.dilate(np.where(unknown, np.float32(-1e6), disparity), kernel), np.float32)
    least = np.asarray(cv2.erode(np.where(unknown, np.float32(1e6), disparity), kernel), np.float32)
    return most - least


def _looks(pair: Rectified) -> tuple[Light, Light]:
    """Both eyes' brightness, 0 to 255, with the dark lifted as the eye does it: noise is then about even."""
    grey = [np.sqrt(np.maximum(light.mean(axis=2), 0.0)) for light in (pair.left, pair.right)]
    top = max(float(np.percentile(grey[0], 99.5)), 1e-9)
    return grey[0] * np.float32(255.0 / top), grey[1] * np.float32(255.0 / top)


def _search(left: Light, right: Light, most: float, swapped: bool = False) -> Light:
    """Disparity to about a pixel by semi-global matching, NaN where there is none.

    swapped: of the right eye's pixels; both pictures are then mirrored.
    """
    import cv2

    lines, samples = left.shape
    part = min(1.0, MATCHED_PX / samples)
    size = (round(samples * part), round(lines * part))
    small = [cv2.resize(p, size, interpolation=cv2.INTER_AREA).clip(0, 255).astype(np.uint8) for p in (left, right)]
    count = int(np.ceil(most * part / 16.0)) * 16
    matcher = cv2.StereoSGBM.create(
        minDisparity=0, numDisparities=count, blockSize=5, P1=8 * 25, P2=32 * 25, uniquenessRatio=5,
        speckleWindowSize=100, speckleRange=2, mode=cv2.STEREO_SGBM_MODE_SGBM_3WAY,
    )  # fmt: skip
    # room to the left, or the matcher leaves out a strip as wide as its search
    padded = [cv2.copyMakeBorder(p, 0, 0, count, 0, cv2.BORDER_REPLICATE) for p in small[:: -1 if swapped else 1]]
    found = matcher.compute(*padded)[:, count:].astype(np.float32) / np.float32(16.0)
    found[found < 0.0] = np.nan
    wide = size[0] / samples
    return cv2.resize(found, (samples, lines), interpolation=cv2.INTER_NEAREST) / np.float32(wide)


def _refine(left: Light, right: Light, disparity: Light) -> tuple[Light, Light]:
    """Disparity moved to the least squares of the two looks over a window, and its standard deviation.

    The looks may differ by a constant inside the window; what else they differ by is taken as noise.
    """
    import cv2

    def mean(p: Light) -> Light:
        return np.asarray(cv2.boxFilter(p, cv2.CV_32F, (WINDOW_PX, WINDOW_PX)), np.float32)

    rows, columns = np.mgrid[0 : left.shape[0], 0 : left.shape[1]].astype(np.float32)
    d = np.nan_to_num(disparity)
    spread = np.ones_like(d)
    for _ in range(PASSES):
        moved = np.asarray(cv2.remap(right, columns - d, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))
        slope = np.asarray(cv2.Sobel(moved + left, cv2.CV_32F, 1, 0, ksize=1, scale=0.25), np.float32)
        rest = moved - left
        slopes, rests = mean(slope), mean(rest)
        power = np.maximum(mean(slope * slope) - slopes**2, np.float32(1e-6))
        step = (mean(slope * rest) - slopes * rests) / power
        noise = np.maximum(mean(rest * rest) - rests**2 - step**2 * power, 0.0)
        spread = noise / power
        d = d + np.clip(step, -0.5, 0.5)
    samples = (WINDOW_PX / CORRELATED) ** 2
    sigma = np.sqrt(spread / np.float32(samples) + np.float32(FLOOR_PX**2))
    far = np.abs(d - disparity) > 2.0 * max(1.0, left.shape[1] / MATCHED_PX)
    return np.where(np.isnan(disparity) | far, np.float32(np.nan), d), sigma
