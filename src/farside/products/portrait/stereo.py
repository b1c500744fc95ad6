"""Depth from a pair of frames: rectified by their labels, matched, refined, with an error for every pixel.

    Z = B f / d,  sigma_Z = Z^2 sigma_d / (B f)

B: distance of the eyes, f: focal length in pixels, d: disparity in pixels. Semi-global matching (Hirschmueller 2008)
finds the disparity, least squares over a small window (Lucas & Kanade 1981) refine it, and the scatter that they leave
is sigma_d. What is seen differently from the right eye, is too dark, or stays too uncertain has no depth.

An error of the mast moves both eyes alike. One of the eyes against each other shows where a spot lies higher in one
than in the other; seen from the middle of the picture at slopes x, y it is, for small turns a about the axes,

    rows = f (a_x (1 + y^2) - a_y x y + a_z x)

It is measured, and taken out where it is more than its own error. a_y, their convergence, hardly shows in rows and is
left as labelled: a disparity is wrong by f a_y.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import Pinhole, euler_to_rotation, utc_to_t
from farside.instruments import MISSION, pinhole
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
SPREAD_PX = 4.0
"""Standard deviation of the bell that a disparity is refined over,"""
SHARED_PX = 3.0
"""and of that over which neighbours share a step."""
OWN_PX = 2.0
"""Standard deviation of the bell in which every pixel must have grain of its own."""
PASSES = 3
UNKNOWN = -1e4
"""A disparity that no neighbour resembles."""
SAME_PX = 1.0
"""From both eyes a disparity must be the same to so many pixels of those that were searched."""
WORST_PX = 0.6
"""Disparities less certain than this are left out."""
DARK = 25.0
"""Brightness (of 255, see ``looks``) below which there is nothing but noise."""
MOSAIC_GRAIN = 2.0
"""Pixels a side that share their noise after demosaicking."""
SCATTER = 2.3
"""Errors over what white noise would leave, and"""
FLOOR_PX, RELIEF = 0.06, 0.06
"""what a window costs in any case, in pixels searched, and for each pixel by which disparities in it differ: all
measured on pairs whose depth is known."""
EDGE_PX = 3.0
"""Where disparities differ by more within a window, one surface ends in it and the match is of neither."""
BLOCK_PX, FILLED, LEAST_BLOCKS = 24, 0.3, 20
"""Side of the squares that rows are compared in, the share of one that must be matched, and how many are needed."""
ROBUST = 8
"""Rounds of fitting in which what does not fit loses its say."""
ROUNDS = 3
"""Times that a pair is rectified at most."""
LEVEL_PX, CLEAR = 0.05, 4.0
"""Eyes are turned if that moves rows by more than this, and by so many errors."""
ALIKE = np.zeros(2)
APART_S = 60.0
"""Eyes exposed further apart in time do not make a pair: shadows move."""


@dataclass(frozen=True)
class Rectified:
    """Both eyes' light as two equal cameras side by side would see it.

    left, right: (line, sample, band). camera: theirs. rotation: (3, 3) their axes (x along the baseline, y up, z
    backwards) in the vehicle's frame. centre: (3,) left eye, same frame, m. baseline_m.
    outside: (line, sample) of the left and of the right eye, what its frame does not show. grain: pixels a side that
    share their noise: in a mosaic of colours neighbours lend each other theirs.
    """

    left: Light
    right: Light
    camera: Pinhole
    rotation: Array
    centre: Array
    baseline_m: float
    outside: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    grain: float


def rectify(left: xr.Dataset, right: xr.Dataset, between: Array = ALIKE) -> Rectified:
    """Turn the frames of both eyes, by the orientations in their labels, so that rows are epipolar lines.

    between: (2,) turn of the right eye beyond its label about x and z of the rectified camera, radians.
    """
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
    lights, outside = [], []
    beyond = np.cross(flat.rays(i, j), -np.array([between[0], 0.0, between[1]])) @ axes.T if np.any(between) else 0.0
    for frame, turn, seen in zip((left, right), turns, (rays, rays - beyond), strict=True):
        column, row = (p.astype(np.float32) for p in camera.project(seen @ turn))
        light, _ = colour_light(frame, edge_aware)
        turned = cv2.remap(light, column - 1, row - 1, cv2.INTER_CUBIC, borderValue=(0.0, 0.0, 0.0))
        lights.append(np.asarray(turned, np.float32))
        outside.append(~((column >= 1) & (column <= camera.width) & (row >= 1) & (row <= camera.height)))
    grain = MOSAIC_GRAIN if left.attrs["bayer"] else 1.0
    return Rectified(lights[0], lights[1], flat, axes, centres[0], baseline, (outside[0], outside[1]), grain)


def depth_map(left: xr.Dataset, right: xr.Dataset) -> xr.Dataset:
    """Depth of what both eyes of a pair see, as a product of level 3.

    Returns a Dataset on (line, sample[, band]) of the rectified left eye: ``depth`` along its axis and ``sigma``, one
    standard deviation, m (float32, NaN where unknown), and its ``image`` (uint16, times ``scale`` = acali DN / ms).
    Attributes: the rectified camera (``rotation``, ``centre_m``, ``focal_px``, ``principal_px`` from 0), the left eye's
    own ``left_rotation_deg``, ``baseline_m``, ``coverage``, ``eyes_deg``: by how much the eyes were found to be turned
    against each other about x and z beyond their labels, its error ``eyes_sigma_deg``, and ``rows_px``, RMS of what was
    left of it in rows.
    """
    import xarray as xr

    pair, disparity, sigma_px, between = matched(left, right)
    scale = pair.baseline_m / pair.camera.pixel_rad
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = (scale / disparity).astype(np.float32)
        sigma = (depth**2 * sigma_px / scale).astype(np.float32)
    a = left.attrs
    column, row = pair.camera.principal_pixel
    stamps = [re.sub(r"\D", "", f.attrs["start_utc"])[:14] for f in (right, left)]
    which = f"{int(a['index']):03d}_SCI_N_{min(stamps)}_{max(stamps)}_{a['sequence_id']}"
    name = f"{a.get('mission', MISSION)}_GRAS_PCAM-DEPTH-{which}_A"
    attrs: dict[str, Any] = {
        "title": "depth map",
        "product_id": name,
        "instrument": a["instrument"],
        "mode": a["mode"],
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
        "eyes_deg": np.degrees(between.turn).tolist(),
        "eyes_sigma_deg": np.degrees(between.sigma).tolist(),
        "rows_px": between.rows_px,
        "provenance": provenance(
            "stereo", [source(left), source(right)], spread_px=SPREAD_PX, nearest_m=NEAREST_M, worst_px=WORST_PX
        ),
    }
    dims = ("line", "sample", "band")
    step = float(max(pair.left.max(), 1e-12)) / 65535.0
    image = np.rint(pair.left / np.float32(step)).clip(0, 65535).astype(np.uint16)
    return xr.Dataset(
        {
            "depth": (dims[:2], depth, {"units": "m"}),
            "sigma": (dims[:2], sigma, {"units": "m"}),
            "image": (dims, image, {"scale": step, "units": "acali DN / ms"}),
        },
        attrs=attrs,
    )


def matched(left: xr.Dataset, right: xr.Dataset) -> tuple[Rectified, Light, Light, Between]:
    """A rectified pair, its disparity and sigma as ``match`` gives them, and how the eyes were turned by the labels."""
    turn = ALIKE
    for _ in range(ROUNDS):
        pair = rectify(left, right, turn)
        disparity, sigma = match(pair)
        between = _between(pair, disparity, turn)
        if not between.significant:
            break
        turn = between.turn
    return pair, disparity, sigma, between


@dataclass(frozen=True)
class Between:
    """How the right eye is turned against the left one beyond the labels.

    turn, sigma: (2,) about the rectified camera's x and z, radians, and its error. rows_px: RMS of the rows that it
    still makes in the pair as rectified. significant: whether these are more than their error and enough to matter.
    """

    turn: Array
    sigma: Array
    rows_px: float
    significant: bool


def _between(pair: Rectified, disparity: Light, before: Array) -> Between:
    """From what is left in rows once disparities are known: least squares in blocks, then over the picture.

    before: the turn that the pair was rectified with.
    """
    import cv2

    left, right = looks(pair)
    rows, columns = np.mgrid[0 : left.shape[0], 0 : left.shape[1]].astype(np.float32)
    known = np.isfinite(disparity)
    moved = np.asarray(cv2.remap(right, columns - np.nan_to_num(disparity), rows, cv2.INTER_CUBIC))
    slope = np.where(known, cv2.Sobel(moved + left, cv2.CV_32F, 0, 1, ksize=1, scale=0.25), 0.0)
    rest = np.where(known, left - moved, 0.0)
    size = (left.shape[1] // BLOCK_PX, left.shape[0] // BLOCK_PX)

    def blocks(p: Any) -> Array:
        whole = np.asarray(p, np.float32)[: size[1] * BLOCK_PX, : size[0] * BLOCK_PX]
        return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), float)

    full = blocks(known) > FILLED
    x0, y0 = (float(p) - 1.0 for p in pair.camera.principal_pixel)
    middle = np.mgrid[0 : size[1], 0 : size[0]] * float(BLOCK_PX) + (BLOCK_PX - 1) / 2.0
    x, y = (middle[1][full] - x0) * pair.camera.pixel_rad, (y0 - middle[0][full]) * pair.camera.pixel_rad
    if full.sum() < LEAST_BLOCKS:
        return Between(before, np.full(2, np.inf), 0.0, False)
    shift = (blocks(slope * rest) / np.maximum(blocks(slope * slope), 1e-9))[full]
    design = np.column_stack([1.0 + y**2, x]) / pair.camera.pixel_rad
    weight = np.ones(len(shift))
    for _ in range(ROBUST):
        normal = design.T @ (design * weight[:, None])
        turn = np.linalg.solve(normal, design.T @ (weight * shift))
        left_over = np.abs(shift - design @ turn)
        noise = max(1.4826 * float(np.median(left_over)), 1e-6)
        weight = np.minimum(1.0, 2.0 * noise / np.maximum(left_over, 1e-12))
    sigma = noise * np.sqrt(np.diag(np.linalg.inv(normal)))
    rows_px = float(np.sqrt(np.mean((design @ turn) ** 2)))
    return Between(before + turn, sigma, rows_px, rows_px > LEVEL_PX and bool((np.abs(turn) > CLEAR * sigma).any()))


def match(pair: Rectified) -> tuple[Light, Light]:
    """Disparity and its standard deviation in pixels, (line, sample) of the left eye, NaN where there is none."""
    import cv2

    left, right = looks(pair)
    most = pair.baseline_m / pair.camera.pixel_rad / NEAREST_M
    here, there = _search(left, right, most), _search(left[:, ::-1], right[:, ::-1], most, swapped=True)[:, ::-1]
    disparity, sigma = _refine(left, right, here, pair.grain)
    coarse = coarseness(left.shape[1])
    whole = [cv2.erode((~out).astype(np.uint8), _window(left), borderValue=0) > 0 for out in pair.outside]
    columns = np.rint(np.arange(left.shape[1]) - np.nan_to_num(disparity)).astype(int)
    rows, seen = np.arange(left.shape[0])[:, None], columns.clip(0, left.shape[1] - 1)
    relief = _range(disparity)
    sigma = np.hypot(sigma, np.float32(RELIEF) * relief)
    known = (np.abs(there[rows, seen] - disparity) < SAME_PX * coarse) & (relief < EDGE_PX * coarse)
    known &= (sigma < WORST_PX * coarse) & (disparity > 0.0) & (left > DARK)
    known &= whole[0] & whole[1][rows, seen] & (columns == seen)
    # strips narrower than the window are what an edge beside them lends its depth to
    known = cv2.morphologyEx(known.astype(np.uint8), cv2.MORPH_OPEN, _window(left)) > 0
    return np.where(known, disparity, np.float32(np.nan)), np.where(known, sigma, np.float32(np.nan))


def coarseness(samples: int) -> float:
    """Pixels a side of one that is searched, in pictures so wide."""
    return max(1.0, samples / MATCHED_PX)


def _window(picture: Light) -> NDArray[np.uint8]:
    """All that a disparity is refined over."""
    side = 2 * round(SPREAD_PX * coarseness(picture.shape[1])) + 1
    return np.ones((side, side), np.uint8)


def _range(disparity: Light) -> Light:
    """Largest less smallest disparity in the window about each pixel; unknown ones do not count."""
    import cv2

    kernel, unknown = _window(disparity), np.isnan(disparity)
    most = np.asarray(cv2.dilate(np.where(unknown, np.float32(-1e6), disparity), kernel), np.float32)
    least = np.asarray(cv2.erode(np.where(unknown, np.float32(1e6), disparity), kernel), np.float32)
    return most - least


def looks(pair: Rectified) -> tuple[Light, Light]:
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
    # steps of 1/16 and single pixels are smoothed, but not across edges; unknown ones stay out of it
    smooth = cv2.bilateralFilter(np.where(found < 0.0, np.float32(UNKNOWN), found), 15, 2.0, 6.0)
    smooth[found < 0.0] = np.nan
    wide = size[0] / samples
    return cv2.resize(smooth, (samples, lines), interpolation=cv2.INTER_NEAREST) / np.float32(wide)


def _refine(left: Light, right: Light, disparity: Light, grain: float) -> tuple[Light, Light]:
    """Disparity moved to the least squares of the two looks over a window, and its standard deviation.

    The looks may differ by a constant inside the window; what else they differ by is taken as noise. Steps are shared
    with neighbours, so that the ground's grain rather than each pixel's noise is followed.
    """
    import cv2

    coarse = coarseness(left.shape[1])

    def mean(p: Light, width: float) -> Light:
        return np.asarray(cv2.GaussianBlur(p, (0, 0), width * coarse), np.float32)

    def step_of(d: Light, width: float) -> tuple[Light, Light]:
        """Step to the least squares over a bell, and its standard deviation."""
        moved = np.asarray(cv2.remap(right, columns - d, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))
        slope = np.asarray(cv2.Sobel(moved + left, cv2.CV_32F, 1, 0, ksize=1, scale=0.25), np.float32)
        rest = moved - left
        slopes, rests = mean(slope, width), mean(rest, width)
        power = np.maximum(mean(slope * slope, width) - slopes**2, np.float32(1e-6))
        step = (mean(slope * rest, width) - slopes * rests) / power
        noise = np.maximum(mean(rest * rest, width) - rests**2 - step**2 * power, 0.0)
        samples = 4.0 * np.pi * (width * coarse) ** 2
        return step, np.sqrt(noise / power * np.float32((SCATTER * grain) ** 2 / samples))

    rows, columns = np.mgrid[0 : left.shape[0], 0 : left.shape[1]].astype(np.float32)
    d, sigma = np.nan_to_num(disparity), np.zeros_like(disparity)
    for _ in range(PASSES):
        step, sigma = step_of(d, SPREAD_PX)
        d = d + mean(np.clip(step, -1.0, 1.0), SHARED_PX)
    # beside an edge the bell sees its contrast; what has no grain of its own is not known by that
    own = step_of(d, OWN_PX)[1]
    sigma = np.where(own < 2.0 * WORST_PX * coarse, np.hypot(sigma, np.float32(FLOOR_PX * coarse)), np.float32(np.inf))
    far = np.abs(d - disparity) > 2.0 * coarse
    return np.where(np.isnan(disparity) | far, np.float32(np.nan), d), sigma
