"""A 360-degree panorama from the pointing in the frames' labels, in one resampling.

Every frame is placed by its label's exterior orientation. The camera swings on an arm, so near ground would not line
up if frames were only rotated: pixels below the horizon are taken to lie on the plane through the lander's footpads,
those above it at infinity, and the mosaic is what an eye in the middle of the camera's positions sees of them::

        E    C_k         v = d - (C_k - E) max(0, -d_z) / E_z
         \\   |           d: direction from the eye E, v: from the camera C_k, both to the same point of the
       d  \\  | v        plane z = 0 (lander frame, origin between the footpads), up to a common factor
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
from farside.geometry import Equirectangular, Pinhole, azel, direction, euler_to_rotation
from farside.instruments import pinhole
from farside.products.provenance import provenance, source
from farside.work import Pool

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Light = NDArray[np.float32]

MARGIN_PX = 2
"""Pixels left out at each edge of a frame, where demosaicking had no neighbours (real 2C frames show it)."""
STEP = 4
"""Projection is computed at every 4th pixel and interpolated. Measured for TCAM binned 2x2 and 8x8: at most 0.05 px off
beside the lander's horizon, where the surface bends, and below 0.002 px elsewhere."""
ROWS = 256
"""Rows composed at a time."""
SATURATED_WEIGHT = 1e-3


@dataclass(frozen=True)
class _Frame:
    """One placed frame: rotation lander <- camera, centre relative to the eye (lander frame, m), rows and columns."""

    dn: NDArray[np.uint8]
    gain: Light
    camera: Pinhole
    rotation: Array
    offset: Array
    rows: tuple[int, int]
    columns: tuple[int, int]


def panorama(
    frames: Sequence[xr.Dataset],
    attitude: Array | None = None,
    az_left_deg: float = 180.0,
    pool: Pool | None = None,
) -> xr.Dataset:
    """Mosaic of level-2 frames at the camera's own resolution, equirectangular, azimuth clockwise.

    attitude: rotation (3, 3) from the lander frame to east, north, up; without it azimuth counts from the lander's +y
    axis and elevation from its x-y plane, and ``azimuth_from`` says so. az_left_deg: azimuth of the left edge.

    Returns a Dataset with ``image`` (line, sample, band; uint16, times attribute ``scale`` = acali DN / ms,
    proportional to radiance), ``frame`` (line, sample; place of the heaviest input in ``frames``, -1 for none) and
    ``weight`` (line, sample; uint8, 255 = middle of a frame). Frames without pointing in the lander frame are left out
    and listed in ``refused``. Raises BadInput when none is left, or when they come from different cameras.
    """
    import xarray as xr

    turn = np.eye(3) if attitude is None else np.asarray(attitude, float)
    placed = [(n, f) for n, f in enumerate(frames) if f.attrs.get("reference_frame") == "LANDER_COORDINATE_SYSTEM"]
    if not placed:
        raise BadInput("panorama", "frames", len(frames), "at least one frame with its pointing in the lander frame")
    cameras = {pinhole(f) for _, f in placed}
    if len(cameras) > 1:
        raise BadInput("panorama", "frames", sorted(cameras, key=repr), "frames of one camera and one binning")
    (camera,) = cameras

    eye = np.mean([f.attrs["camera_position_m"] for _, f in placed], axis=0)
    width = round(2.0 * np.pi / camera.pixel_rad)
    footprints = [_footprint(f, camera, eye, turn) for _, f in placed]
    grid = Equirectangular.around(
        width,
        float(np.degrees(max(el.max() for _, el in footprints))),
        float(np.degrees(min(el.min() for _, el in footprints))),
        az_left_deg,
    )
    pieces = [_place(f, camera, eye, grid, foot) for (_, f), foot in zip(placed, footprints, strict=True)]
    scale = max(float(p.gain.max()) for p in pieces) * 255.0 / 65535.0

    image = np.zeros((grid.height, width, 3), np.uint16)
    index = np.full((grid.height, width), -1, np.int16)
    weight = np.zeros((grid.height, width), np.uint8)
    numbers = np.array([n for n, _ in placed], np.int16)

    def compose(top: int) -> None:
        rows = slice(top, min(top + ROWS, grid.height))
        light, best, place = _compose(pieces, grid, rows, eye, turn)
        image[rows] = np.rint(light / np.float32(scale)).clip(0, 65535)
        weight[rows] = np.ceil(best * np.float32(255)).clip(0, 255)
        index[rows] = np.where(place >= 0, numbers[place], np.int16(-1))

    run: Callable[..., Any] = pool.map if pool else map
    for _ in run(compose, range(0, grid.height, ROWS)):
        pass
    first, last = frames[placed[0][0]].attrs, frames[placed[-1][0]].attrs
    attrs = {
        "title": "360-degree panorama",
        "product_id": _product_id([f for _, f in placed]),
        "instrument": first["instrument"],
        "level": "3",
        "sequence_id": first["sequence_id"],
        "start_utc": min(f.attrs["start_utc"] for _, f in placed),
        "stop_utc": max(f.attrs["stop_utc"] for _, f in placed),
        "projection": "equirectangular",
        "scale_deg": grid.scale_deg,
        "az_left_deg": grid.az_left_deg,
        "el_top_deg": grid.el_top_deg,
        "azimuth_from": "lander +y" if attitude is None else "north",
        "lander_attitude": turn.ravel().tolist(),
        "eye_m": eye.tolist(),
        "lander_lon_deg": last["lander_lon_deg"],
        "lander_lat_deg": last["lander_lat_deg"],
        "frames": len(placed),
        "refused": [str(f.attrs.get("product_id")) for n, f in enumerate(frames) if n not in set(numbers.tolist())],
        "coverage": float(np.count_nonzero(weight) / weight.size),
        "provenance": provenance(
            "panorama", [source(f) for _, f in placed], surface="footpad plane", margin_px=MARGIN_PX,
            pointing="labels", az_left_deg=az_left_deg,
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


def grid_of(mosaic: xr.Dataset) -> Equirectangular:
    """The map projection of a panorama."""
    a = mosaic.attrs
    height, width = mosaic["image"].shape[:2]
    return Equirectangular(width, height, a["scale_deg"], a["az_left_deg"], a["el_top_deg"])


def _footprint(frame: xr.Dataset, camera: Pinhole, eye: Array, turn: Array) -> tuple[Array, Array]:
    """Azimuth and elevation (radians) of a frame's border as the eye sees it; azimuth unwrapped about the middle."""
    i, j = np.arange(0.5, camera.width + 1, 8.0), np.arange(0.5, camera.height + 1, 8.0)
    edge_i = np.concatenate([i, i, np.full_like(j, 0.5), np.full_like(j, camera.width + 0.5), [camera.width / 2]])
    edge_j = np.concatenate([np.full_like(i, 0.5), np.full_like(i, camera.height + 0.5), j, j, [camera.height / 2]])
    r = camera.rays(edge_i, edge_j) @ _rotation(frame).T
    centre = np.array(frame.attrs["camera_position_m"])
    d = r + (centre - eye) * (np.maximum(0.0, -r[:, 2:]) / centre[2])
    az, el = azel(d @ turn.T)
    return az[-1] + np.remainder(az - az[-1] + np.pi, 2.0 * np.pi) - np.pi, el


def _place(frame: xr.Dataset, camera: Pinhole, eye: Array, grid: Equirectangular, foot: tuple[Array, Array]) -> _Frame:
    az, el = foot
    a = frame.attrs
    columns = (np.degrees(az) - grid.az_left_deg) / grid.scale_deg
    rows = (grid.el_top_deg - np.degrees(el)) / grid.scale_deg
    return _Frame(
        frame["dn"].to_numpy(),
        (np.array(a.get("acali", [1.0])) / a["exposure_ms"]).astype(np.float32),
        camera,
        _rotation(frame),
        np.array(a["camera_position_m"]) - eye,
        (max(0, int(np.floor(rows.min())) - 1), min(grid.height, int(np.ceil(rows.max())) + 1)),
        (int(np.floor(columns.min())) - 1, int(np.ceil(columns.max())) + 1),
    )


def _compose(
    pieces: list[_Frame], grid: Equirectangular, rows: slice, eye: Array, turn: Array
) -> tuple[Light, Light, NDArray[np.int16]]:
    """Weighted mean of all frames in some rows of the map, largest weight, and which frame had it (-1: none)."""
    shape = (rows.stop - rows.start, grid.width)
    light, total = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
    best, place = np.zeros(shape, np.float32), np.full(shape, -1, np.int16)
    for k, piece in enumerate(pieces):
        top, bottom = max(piece.rows[0], rows.start), min(piece.rows[1], rows.stop)
        if top >= bottom:
            continue
        value, w = _resample(piece, grid, (top, bottom), eye, turn)
        value *= w[..., None]
        lines = slice(top - rows.start, bottom - rows.start)
        for into, out in _wrapped(piece.columns, grid.width):
            weight = w[:, out]
            light[lines, into] += value[:, out]
            total[lines, into] += weight
            first = weight > best[lines, into]
            np.copyto(best[lines, into], weight, where=first)
            np.copyto(place[lines, into], np.int16(k), where=first)
    light /= np.maximum(total, np.float32(1e-12))[..., None]
    return light, best, place


def _resample(
    piece: _Frame, grid: Equirectangular, rows: tuple[int, int], eye: Array, turn: Array
) -> tuple[Light, Light]:
    """A frame's light and weight in map rows and the piece's columns, shapes (rows, columns, 3) and (rows, columns)."""
    import cv2

    i, j = _pixels(piece, grid, rows, eye, turn)
    camera = piece.camera
    lines = slice(int(np.clip(j.min() - 4, 0, camera.height - 1)), int(np.clip(j.max() + 4, 1, camera.height)))
    dn = piece.dn[lines] if piece.dn.ndim == 3 else np.repeat(piece.dn[lines, :, None], 3, axis=2)
    x, y = i - np.float32(1), j - np.float32(1 + lines.start)
    value: Light = cv2.remap(dn.astype(np.float32), x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[assignment]
    np.multiply(np.maximum(value, np.float32(0), out=value), piece.gain, out=value)
    from_edge = np.minimum(
        np.minimum(i - (MARGIN_PX + 1), (camera.width - MARGIN_PX) - i),
        np.minimum(j - (MARGIN_PX + 1), (camera.height - MARGIN_PX) - j),
    ) * np.float32(2.0 / min(camera.width, camera.height))
    weight: Light = np.square(np.maximum(from_edge, np.float32(0)))
    saturated = cv2.dilate(cv2.inRange(dn.max(axis=2), 255, 255), np.ones((3, 3), np.uint8))  # type: ignore[call-overload]
    if saturated.any():
        hit = cv2.remap(saturated, x, y, cv2.INTER_NEAREST)
        weight[hit > 0] *= np.float32(SATURATED_WEIGHT)
    return value, weight


def _pixels(
    piece: _Frame, grid: Equirectangular, rows: tuple[int, int], eye: Array, turn: Array
) -> tuple[Light, Light]:
    """Sample and line (from 1) of the frame at every pixel of the map's rows and the piece's columns."""
    import cv2

    height, width = rows[1] - rows[0], piece.columns[1] - piece.columns[0]
    ny, nx = -(-height // STEP) + 2, -(-width // STEP) + 2
    # cv2.resize puts coarse sample k at fine position STEP k + (STEP - 1)/2; one more sample lies beyond each end
    half = (STEP - 1) / 2
    az, el = grid.azel(
        piece.columns[0] + STEP * (np.arange(nx) - 1) + half, rows[0] + STEP * (np.arange(ny) - 1) + half
    )
    d = direction(az[None, :], el[:, None]) @ turn
    v = d - piece.offset * (np.maximum(0.0, -d[..., 2:]) / eye[2])
    i, j = piece.camera.project(v @ piece.rotation)
    fine = [cv2.resize(np.nan_to_num(c, nan=-1e6).astype(np.float32), (nx * STEP, ny * STEP)) for c in (i, j)]
    return tuple(f[STEP : STEP + height, STEP : STEP + width] for f in fine)  # type: ignore[return-value]


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


def _rotation(frame: xr.Dataset) -> Array:
    return euler_to_rotation(*frame.attrs["camera_rotation_deg"])


def _product_id(frames: list[xr.Dataset]) -> str:
    """Name of the mosaic: the first frame's, without index, from its time to the last one's."""
    first = str(frames[0].attrs["product_id"]).split("_")
    stops = sorted(str(f.attrs["product_id"]).split("_")[-3] for f in frames)
    starts = sorted(str(f.attrs["product_id"]).split("_")[-4] for f in frames)
    camera = first[-7].rsplit("-", 1)[0]
    return "_".join([*first[:-7], f"{camera}-PANO", "SCI", "N", starts[0], stops[-1], *first[-2:]])
