"""A 360-degree panorama at the camera's own resolution, in one resampling.

Frames are placed by their labels and by each other (``pointing``). The camera swings on an arm, so near ground would
not line up if frames were only rotated: the mosaic is what an eye in the middle of the camera's places sees, of ground
whose distance is the plane's through the lander's footpads, corrected by what frames show of it::

        E    C_k         v = d - (C_k - E) r(d)
         \\   |           d: unit direction from the eye E; r: one over the distance of what lies there
       d  \\  | v        v: from the camera C_k to the same point, up to a common factor
      _____\\ |_____
            point
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import Equirectangular
from farside.instruments import pinhole
from farside.products.panorama.gains import Gains, balance, radius2
from farside.products.panorama.placing import Placing
from farside.products.panorama.pointing import MOST_FOCAL, Pointing, point
from farside.products.panorama.warp import MARGIN_PX, bounds, pixels
from farside.products.provenance import provenance, source
from farside.work import Pool

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Light = NDArray[np.float32]

ROWS = 256
"""Rows composed at a time."""
SATURATED_WEIGHT = 1e-3


@dataclass(frozen=True)
class _Frame:
    """One frame in the map: number in the placing, counts (line, sample, 3), where any is saturated (None: nowhere),
    light of a count, rows and columns.
    """

    k: int
    dn: NDArray[np.uint8]
    saturated: NDArray[np.uint8] | None
    gain: Light
    rows: tuple[int, int]
    columns: tuple[int, int]


def panorama(
    frames: Sequence[xr.Dataset],
    attitude: Array | None = None,
    az_left_deg: float = 180.0,
    pool: Pool | None = None,
) -> xr.Dataset:
    """Mosaic of level-2 frames, equirectangular, azimuth clockwise.

    attitude: rotation (3, 3) from the lander frame to east, north, up; without it azimuth counts from the lander's +y
    axis and elevation from its x-y plane, and ``azimuth_from`` says so. az_left_deg: azimuth of the left edge.

    Returns a Dataset with ``image`` (line, sample, band; uint16, times attribute ``scale`` = acali DN / ms,
    proportional to radiance), ``frame`` (line, sample; place of the heaviest input in ``frames``, -1 for none) and
    ``weight`` (line, sample; uint8, 255 = middle of a frame). Attributes tell how the frames were placed: ``pointing``
    ("ties" or "labels"), ``pair_residual_px`` (median of the ties' misfit), ``pointing_sigma_deg`` (of the whole, over
    all axes), ``label_sigma_deg`` (error of the labels as found, each axis), ``moved_deg`` and ``ties`` of each frame.
    Frames without pointing in the lander frame, and those that none of their neighbours knows, are left out and listed
    in ``refused``. Raises BadInput when none is left, when they come from different cameras, or when their focal length
    cannot be the label's.
    """
    import cv2
    import xarray as xr

    turn = np.eye(3) if attitude is None else np.asarray(attitude, float)
    aimed = [n for n, f in enumerate(frames) if f.attrs.get("reference_frame") == "LANDER_COORDINATE_SYSTEM"]
    if not aimed:
        raise BadInput("panorama", "frames", len(frames), "at least one frame with its pointing in the lander frame")
    cameras = {pinhole(frames[n]) for n in aimed}
    if len(cameras) > 1:
        raise BadInput("panorama", "frames", sorted(cameras, key=repr), "frames of one camera and one binning")
    (camera,) = cameras

    pointing = point([frames[n] for n in aimed], camera, pool)
    if abs(pointing.adjusted.focal - 1.0) > MOST_FOCAL:
        said = f"{camera.focal_mm:.3f} mm in the labels, {camera.focal_mm * pointing.adjusted.focal:.3f} by the frames"
        raise BadInput("panorama", "focal_length", said, "labels of the camera that took the frames")
    placing = pointing.placing
    gains = Gains.told(len(aimed))
    if pointing.by == "ties":
        gains = balance([frames[n] for n in aimed], pointing.ties, camera, pool)
    grid = placing.grid(az_left_deg, turn)
    pieces = [_place(frames[n], k, placing, grid, turn) for k, n in enumerate(aimed) if not pointing.lost[k]]
    scale = max(float(p.gain.max() / gains.gain[p.k]) for p in pieces) * 255.0 / 65535.0

    image = np.zeros((grid.height, grid.width, 3), np.uint16)
    index = np.full((grid.height, grid.width), -1, np.int16)
    weight = np.zeros((grid.height, grid.width), np.uint8)
    numbers = np.array([aimed[p.k] for p in pieces], np.int16)

    def compose(top: int) -> None:
        rows = slice(top, min(top + ROWS, grid.height))
        light, best, place = _compose(pieces, placing, gains, grid, rows, turn)
        # rounds, and keeps to the range
        image[rows] = cv2.multiply(light, 1.0 / scale, dtype=cv2.CV_16U)  # type: ignore[call-overload]
        weight[rows] = np.ceil(best * np.float32(255)).clip(0, 255)
        index[rows] = np.where(place >= 0, numbers[place], np.int16(-1))

    run: Callable[..., Any] = pool.map if pool else map
    for _ in run(compose, range(0, grid.height, ROWS)):
        pass
    used = [frames[n] for n in numbers]
    first, last = used[0].attrs, used[-1].attrs
    attrs = {
        "title": "360-degree panorama",
        "product_id": _product_id(used),
        "instrument": first["instrument"],
        "level": "3",
        "sequence_id": first["sequence_id"],
        "start_utc": min(f.attrs["start_utc"] for f in used),
        "stop_utc": max(f.attrs["stop_utc"] for f in used),
        "projection": "equirectangular",
        "scale_deg": grid.scale_deg,
        "az_left_deg": grid.az_left_deg,
        "el_top_deg": grid.el_top_deg,
        "azimuth_from": "lander +y" if attitude is None else "north",
        "lander_attitude": turn.ravel().tolist(),
        "eye_m": placing.eye.tolist(),
        "lander_lon_deg": last["lander_lon_deg"],
        "lander_lat_deg": last["lander_lat_deg"],
        "frames": len(used),
        "refused": [str(f.attrs.get("product_id")) for n, f in enumerate(frames) if n not in set(numbers.tolist())],
        "coverage": float(np.count_nonzero(weight) / weight.size),
        **_told(pointing, gains, len(used)),
        "provenance": provenance(
            "panorama", [source(f) for f in used], surface="footpad plane and ties", margin_px=MARGIN_PX,
            pointing=pointing.by, az_left_deg=az_left_deg,
        ),
    }  # fmt: skip
    dims = ("line", "sample")
    return xr.Dataset(
        {
            "image": ((*dims, "band"), image, {"scale": scale, "units": "acali DN / ms"}),
            "frame": (dims, index, {"units": "1"}),
            "weight": (dims, weight, {"units": "1/255"}),
        },
        attrs=attrs,
    )


def _told(pointing: Pointing, gains: Gains, used: int) -> dict[str, Any]:
    """How the frames were placed, as attributes."""
    return {
        "pointing": pointing.by,
        "pair_residual_px": pointing.pair_residual_px,
        "pointing_sigma_deg": float(pointing.label_sigma_deg * np.sqrt(3.0 / max(used, 1))),
        "label_sigma_deg": pointing.label_sigma_deg,
        "moved_deg": np.round(pointing.moved_deg, 5).tolist(),
        "ties": pointing.count.tolist(),
        "focal_ratio": pointing.adjusted.focal,
        "gains": np.round(gains.gain, 5).tolist(),
        "vignetting": [round(v, 6) for v in gains.vignetting],
    }


def grid_of(mosaic: xr.Dataset) -> Equirectangular:
    """The map projection of a panorama."""
    a = mosaic.attrs
    height, width = mosaic["image"].shape[:2]
    return Equirectangular(width, height, a["scale_deg"], a["az_left_deg"], a["el_top_deg"])


def _place(frame: xr.Dataset, k: int, placing: Placing, grid: Equirectangular, turn: Array) -> _Frame:
    a = frame.attrs
    gain = (np.array(a.get("acali", [1.0])) / a["exposure_ms"]).astype(np.float32)
    dn = frame["dn"].to_numpy()
    if dn.ndim == 2:
        dn = np.repeat(dn[..., None], 3, axis=2)
    return _Frame(k, dn, _saturated(dn), gain, *bounds(placing, k, grid, turn))


def _saturated(dn: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Where any band is at its end, or a neighbour's is."""
    import cv2

    brightest = cv2.max(cv2.max(*cv2.split(dn)[:2]), dn[..., 2])
    end = cv2.dilate(cv2.inRange(brightest, 255, 255), np.ones((3, 3), np.uint8))  # type: ignore[call-overload]
    return np.asarray(end) if end.any() else None


def _compose(
    pieces: list[_Frame], placing: Placing, gains: Gains, grid: Equirectangular, rows: slice, turn: Array
) -> tuple[Light, Light, NDArray[np.int16]]:
    """Weighted mean of all frames in some rows of the map, largest weight, and which piece had it (-1: none)."""
    shape = (rows.stop - rows.start, grid.width)
    light, total = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
    best, place = np.zeros(shape, np.float32), np.full(shape, -1, np.int16)
    for n, piece in enumerate(pieces):
        top, bottom = max(piece.rows[0], rows.start), min(piece.rows[1], rows.stop)
        if top >= bottom:
            continue
        value, w = _resample(piece, placing, gains, grid, (top, bottom), turn)
        value *= w[..., None]
        lines = slice(top - rows.start, bottom - rows.start)
        for into, out in _wrapped(piece.columns, grid.width):
            weight = w[:, out]
            light[lines, into] += value[:, out]
            total[lines, into] += weight
            first = weight > best[lines, into]
            np.copyto(best[lines, into], weight, where=first)
            np.copyto(place[lines, into], np.int16(n), where=first)
    light /= np.maximum(total, np.float32(1e-12))[..., None]
    return light, best, place


def _resample(
    piece: _Frame, placing: Placing, gains: Gains, grid: Equirectangular, rows: tuple[int, int], turn: Array
) -> tuple[Light, Light]:
    """A frame's light and weight in map rows and the piece's columns, shapes (rows, columns, 3) and (rows, columns)."""
    import cv2

    i, j = pixels(placing, piece.k, grid, rows, piece.columns, turn)
    camera = placing.camera
    lines = slice(int(np.clip(j.min() - 4, 0, camera.height - 1)), int(np.clip(j.max() + 4, 1, camera.height)))
    dn = piece.dn[lines]
    x, y = i - np.float32(1), j - np.float32(1 + lines.start)
    value: Light = cv2.remap(dn.astype(np.float32), x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[assignment]
    np.multiply(np.maximum(value, np.float32(0), out=value), piece.gain, out=value)
    value *= gains.light(piece.k, radius2(camera, i, j).astype(np.float32).clip(0.0, 1.0))[..., None]
    from_edge = np.minimum(
        np.minimum(i - (MARGIN_PX + 1), (camera.width - MARGIN_PX) - i),
        np.minimum(j - (MARGIN_PX + 1), (camera.height - MARGIN_PX) - j),
    ) * np.float32(2.0 / min(camera.width, camera.height))
    weight: Light = np.square(np.maximum(from_edge, np.float32(0)))
    if piece.saturated is not None:
        hit = cv2.remap(piece.saturated[lines], x, y, cv2.INTER_NEAREST)
        weight[hit > 0] *= np.float32(SATURATED_WEIGHT)
    return value, weight


def _wrapped(columns: tuple[int, int], width: int) -> list[tuple[slice, slice]]:
    """Pieces of a range of columns, that may run over either end of the map: (slice of the map, slice of the range)."""
    out = []
    start, stop = columns
    at = start
    while at < stop:
        first = at % width
        n = min(stop - at, width - first)
        out.append((slice(first, first + n), slice(at - start, at - start + n)))
        at += n
    return out


def _product_id(frames: list[xr.Dataset]) -> str:
    """Name of the mosaic: the first frame's, without index, from its time to the last one's."""
    first = str(frames[0].attrs["product_id"]).split("_")
    stops = sorted(str(f.attrs["product_id"]).split("_")[-3] for f in frames)
    starts = sorted(str(f.attrs["product_id"]).split("_")[-4] for f in frames)
    camera = first[-7].rsplit("-", 1)[0]
    return "_".join([*first[:-7], f"{camera}-PANO", "SCI", "N", starts[0], stops[-1], *first[-2:]])
