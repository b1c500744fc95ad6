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

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside import archive
from farside.errors import BadInput
from farside.geometry import Cylinder, Equirectangular, Overhead, PanoramaMap, Pinhole, utc_to_t
from farside.instruments import pinhole
from farside.products.panorama.blend import UNKNOWN
from farside.products.panorama.gains import Gains, balance
from farside.products.panorama.laid import Laid, Rows, Tally
from farside.products.panorama.pointing import MOST_FOCAL, Pointing, point
from farside.products.panorama.report import Measures, measures
from farside.products.panorama.roll import Roll
from farside.products.panorama.views import check_view, told, view
from farside.products.panorama.warp import MARGIN_PX
from farside.products.provenance import provenance
from farside.work import Pool, hand_back

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

NEEDED = ("camera_position_m", "camera_rotation_deg", "exposure_ms")
"""What labels have to give."""
STRANGE = "shows something else than its neighbours"
UNIT = "acali DN / ms"


def panorama(
    frames: Sequence[xr.Dataset],
    attitude: Array | None = None,
    az_left_deg: float = 180.0,
    pool: Pool | None = None,
    projection: str = "equirectangular",
    width: int | None = None,
) -> xr.Dataset:
    """Mosaic of level-2 frames, equirectangular unless another of PROJECTIONS is named; azimuth clockwise.

    attitude: rotation (3, 3) from the lander frame to east, north, up; without it azimuth counts from the lander's +y
    axis and elevation from its x-y plane, and ``azimuth_from`` says so. az_left_deg: azimuth of the left edge. width:
    pixels, if None the camera's own resolution.

    Returns a Dataset with

    * ``image`` (line, sample, band; uint16): times attribute ``scale`` = acali DN / ms, proportional to radiance;
    * ``frame`` (line, sample): place of the heaviest input in ``frames``, -1 for none; its time is that many-th of the
      attribute ``frame_seconds`` after ``start_utc``;
    * ``weight`` (line, sample; uint8): 255 = middle of a frame, 1 = every frame is saturated there, 0 = none saw it;
    * ``sigma`` (line, sample, band; uint16): times its ``scale`` the standard error of ``image`` by photons, reading
      and rounding (see ``blend``), in the same unit; 65535 where nothing is known, or only that it is bright.

    Attributes tell how the frames were placed: ``pointing`` ("ties" or "labels"), ``pair_residual_px`` (median of the
    ties' misfit), ``pointing_sigma_deg`` (of the whole, over all axes), ``relative_sigma_deg`` (of frames against each
    other), ``label_sigma_deg`` (error of the labels as found, each axis), ``moved_deg`` and ``ties`` of each frame;
    ``report`` says it in words, ``measures`` in JSON. Frames without pointing in the lander frame, those of another
    camera or binning than most, and those that none of their neighbours knows, are left out and listed in ``refused``.
    Raises BadInput for a projection or width that cannot be, when no frame is left, when no camera took most of them,
    or when their focal length cannot be the label's.
    """
    import xarray as xr

    plan = _plan(frames, attitude, az_left_deg, pool, projection, width)
    layers = {name: np.empty(layer.shape, layer.dtype) for name, layer in plan.layers.items()}

    def put(top: int, rows: Rows) -> None:
        for name, values in rows.items():
            layers[name][top : top + len(values)] = values

    attrs = plan.told(plan.laid.make(put, pool))
    dims = ("line", "sample", "band")
    return xr.Dataset(
        {name: (dims[: array.ndim], array, plan.layers[name].attrs) for name, array in layers.items()}, attrs=attrs
    )


def write_panorama(
    frames: Sequence[xr.Dataset],
    folder: Path,
    attitude: Array | None = None,
    az_left_deg: float = 180.0,
    pool: Pool | None = None,
    projection: str = "equirectangular",
    width: int | None = None,
    told: Mapping[str, Any] | None = None,
) -> Path:
    """Write the ``panorama`` of frames into a folder as ``archive.write_layers`` would; return the label's path.

    Neither the mosaic nor, where ``frames`` reads them when asked (``archive.Frames``), the frames are ever in memory
    as a whole. told: attributes that it shall have beside its own.
    """
    plan = _plan(frames, attitude, az_left_deg, pool, projection, width)
    tiff = folder / f"{plan.name}.tif"
    with archive.layer_rows(tiff, plan.layers) as out:
        tally = plan.laid.make(out.put, pool)
    hand_back()
    return archive.label_layers(tiff, plan.layers, plan.told(tally) | dict(told or {}))


@dataclass(frozen=True)
class _Plan:
    """A panorama before it is made. aimed, refused: numbers of frames in the placing, and of others, with why."""

    roll: Roll
    aimed: list[int]
    pointing: Pointing
    laid: Laid
    refused: Mapping[int, str]
    north: bool
    asked: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its product id."""
        projection = str(self.asked["projection"])
        return _product_id(
            [piece.frame for piece in self.laid.pieces], "" if projection == "equirectangular" else projection
        )

    @property
    def layers(self) -> dict[str, archive.Layer]:
        """What it consists of."""
        shape = self.laid.grid.height, self.laid.grid.width
        return {
            "image": archive.Layer((*shape, 3), "uint16", {"scale": self.laid.scale, "units": UNIT}),
            "frame": archive.Layer(shape, "int16", {"units": "1"}),
            "weight": archive.Layer(shape, "uint8", {"units": "1/255"}),
            "sigma": archive.Layer(
                (*shape, 3), "uint16", {"scale": self.laid.sigma_scale, "units": UNIT, "unknown": UNKNOWN}
            ),
        }

    def told(self, tally: Tally) -> dict[str, Any]:
        """Attributes of the panorama, made."""
        pieces, placing = self.laid.pieces, self.laid.placing
        used = [piece.frame for piece in pieces]
        first, last = used[0].attrs, used[-1].attrs
        start = min(f.attrs["start_utc"] for f in used)
        found = measures(self.roll, self.aimed, self.pointing, self.laid, tally, self.refused)
        asked = {key: value for key, value in self.asked.items() if value is not None}
        return {
            "title": "360-degree panorama",
            "product_id": self.name,
            "instrument": first["instrument"],
            "level": "3",
            "sequence_id": first["sequence_id"],
            "start_utc": start,
            "stop_utc": max(f.attrs["stop_utc"] for f in used),
            **told(self.laid.grid, float(placing.eye[2])),
            "azimuth_from": "north" if self.north else "lander +y",
            "lander_attitude": self.laid.turn.ravel().tolist(),
            "eye_m": placing.eye.tolist(),
            **{key: last[key] for key in ("lander_lon_deg", "lander_lat_deg") if key in last},
            "frames": len(used),
            "frame_index": [int(f.attrs["index"]) for f in used],
            "frame_rotation_deg": _rotation_deg(placing.rotations[[piece.k for piece in pieces]]),
            "frame_seconds": [round(utc_to_t(f.attrs["start_utc"]) - utc_to_t(start), 3) for f in self.roll],
            "refused": [str(self.roll[n].attrs.get("product_id")) for n in self.refused],
            "coverage": found.coverage,
            **self._placed(found),
            "report": found.text(),
            "measures": json.dumps(found.record(), sort_keys=True),
            "provenance": provenance(
                "panorama", [piece.source for piece in pieces], surface="footpad plane and ties", margin_px=MARGIN_PX,
                pointing=self.pointing.by, **asked,
            ),
        }  # fmt: skip

    def _placed(self, found: Measures) -> dict[str, Any]:
        """How the frames were placed."""
        pointing, gains = self.pointing, self.laid.gains
        return {
            "pointing": pointing.by,
            "pair_residual_px": pointing.pair_residual_px,
            "pointing_sigma_deg": found.absolute_sigma_deg,
            "relative_sigma_deg": found.relative_sigma_deg,
            "label_sigma_deg": pointing.label_sigma_deg,
            "moved_deg": np.round(pointing.moved_deg, 5).tolist(),
            "ties": pointing.count.tolist(),
            "focal_ratio": pointing.adjusted.focal,
            "gains": np.round(gains.gain, 5).tolist(),
            "vignetting": [round(v, 6) for v in gains.vignetting],
        }


def _plan(
    frames: Sequence[xr.Dataset], attitude: Array | None, az_left_deg: float, pool: Pool | None, projection: str,
    width: int | None,
) -> _Plan:  # fmt: skip
    """Everything but the mosaic itself."""
    check_view(projection, width)
    turn = np.eye(3) if attitude is None else np.asarray(attitude, float)
    roll = Roll(frames)
    refused = {n: why for n, f in enumerate(roll) if (why := _lacking(f.attrs))}
    aimed = [n for n in range(len(roll)) if n not in refused]
    if not aimed:
        raise BadInput("panorama", "frames", len(roll), "at least one frame with its pointing in the lander frame")
    camera, others = _camera({n: pinhole(roll[n]) for n in aimed})
    refused |= others
    aimed = [n for n in aimed if n not in others]
    check_view(projection, width, camera)
    looks = [roll[n] for n in aimed]
    pointing = point(looks, camera, pool)
    if abs(pointing.adjusted.focal - 1.0) > MOST_FOCAL:
        said = f"{camera.focal_mm:.3f} mm in the labels, {camera.focal_mm * pointing.adjusted.focal:.3f} by the frames"
        raise BadInput("panorama", "focal_length", said, "labels of the camera that took the frames")
    gains = Gains.told(len(aimed))
    if pointing.by == "ties":
        gains = balance(looks, pointing.ties, camera, pool)
    hand_back()
    grid = view(pointing.placing, projection, width, az_left_deg, turn)
    kept = {k: (n, roll[n]) for k, n in enumerate(aimed) if not pointing.lost[k]}
    refused |= {n: STRANGE for k, n in enumerate(aimed) if pointing.lost[k]}
    laid = Laid.of(kept, pointing.placing, gains, grid, turn, pool)
    hand_back()
    asked = {"az_left_deg": az_left_deg, "projection": projection, "width": width}
    return _Plan(roll, aimed, pointing, laid, dict(sorted(refused.items())), attitude is not None, asked)


def _camera(cameras: Mapping[int, Pinhole]) -> tuple[Pinhole, dict[int, str]]:
    """The camera of most frames, and by number, why frames of others are left out."""
    (most, times), *_ = Counter(cameras.values()).most_common(1)
    if 2 * times <= len(cameras):
        said = "; ".join(sorted({_told(camera) for camera in cameras.values()}))
        raise BadInput("panorama", "frames", said, "frames of one camera and one binning")
    said = "of another camera or binning than the others"
    return most, {n: f"{said}: {_told(c)}, not {_told(most)}" for n, c in cameras.items() if c != most}


def _told(c: Pinhole) -> str:
    """A camera as labels tell it."""
    return (
        f"{c.width} x {c.height} pixels of {c.pixel_um:g} um, f = {c.focal_mm:g} mm, axis at "
        f"({c.x0_mm:g}, {c.y0_mm:g}) mm"
    )


def _lacking(a: Mapping[Any, Any]) -> str:
    """Why a frame with these attributes cannot be placed; empty where it can."""
    if a.get("reference_frame") != "LANDER_COORDINATE_SYSTEM":
        return "no pointing in the lander frame"
    lacking = [name for name in NEEDED if name not in a]
    return f"its label gives no {', '.join(lacking)}" if lacking else ""


def grid_of(mosaic: xr.Dataset) -> PanoramaMap:
    """The map projection of a panorama."""
    a = mosaic.attrs
    height, width = mosaic["image"].shape[:2]
    if a["projection"] in ("polar", "vertical"):
        return Overhead(width, a["reach_deg"], a["projection"] == "vertical")
    around = Cylinder if a["projection"] == "cylindrical" else Equirectangular
    return around(width, height, a["scale_deg"], a["az_left_deg"], a["el_top_deg"])


def _rotation_deg(rotations: Array) -> list[float]:
    """Rotation vectors, degrees, from camera to lander frame, one after another."""
    from scipy.spatial.transform import Rotation

    return [round(float(v), 6) for v in np.degrees(Rotation.from_matrix(rotations).as_rotvec()).ravel()]


def _product_id(frames: list[xr.Dataset], projection: str) -> str:
    """Name of the mosaic: the first frame's, without index, from its time to the last one's."""
    first = str(frames[0].attrs["product_id"]).split("_")
    stops = sorted(str(f.attrs["product_id"]).split("_")[-3] for f in frames)
    starts = sorted(str(f.attrs["product_id"]).split("_")[-4] for f in frames)
    camera = first[-7].rsplit("-", 1)[0]
    what = f"PANO-{projection[:5].upper()}" if projection else "PANO"
    return "_".join([*first[:-7], f"{camera}-{what}", "SCI", "N", starts[0], stops[-1], *first[-2:]])
