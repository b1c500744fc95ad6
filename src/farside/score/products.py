"""What the ground made: its files against the truth record."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from farside import archive
from farside.errors import DamagedFile, FarsideError
from farside.geometry import euler_to_rotation, utc_to_t
from farside.instruments import CAMERAS, names
from farside.moon import Relief
from farside.payload import View
from farside.score.flown import Measured, Truth
from farside.score.horizon import horizon_errors

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Key = tuple[str, str, int]
"""Instrument, sequence and index: what an exposure and its files have in common."""

NEAR_GROUND_M = 100.0


def measure_products(flight: Path, truth: Truth) -> Measured:
    """Everything against_truth.yaml asks for, by key; None where a product is missing that should be there."""
    everything = [entry for name in names() for entry in truth.entries(name)]
    kept = {_key(entry) for entry in everything}
    scenery = [entry for entry in everything if entry.get("light", "scene") == "scene"]
    frames = {_key(entry) for entry in scenery if entry["instrument"] in CAMERAS}
    level1, _ = _frames(flight / "archive" / archive.RAW)
    level2, unreadable = _frames(flight / "archive" / archive.LEVEL2)
    return {
        "records_lost": len(kept - level1.keys()),
        "level2_missing": len(frames - level2.keys()),
        "level2_unreadable": unreadable,
        **_footage(flight / "release", truth),
        **_altitude(flight, truth),
        **_panorama(flight, truth, level2),
    }


def _key(entry: dict[str, Any]) -> Key:
    return entry["instrument"], entry["sequence_id"], entry["index"]


def _frames(folder: Path) -> tuple[dict[Key, dict[str, Any]], int]:
    """Attributes of all frames in a folder that can be read, and how many cannot; one file is open at a time."""
    found: dict[Key, dict[str, Any]] = {}
    unreadable = 0
    for label in archive.labels(folder):
        try:
            attrs = dict(archive.read(label).attrs)
            found[attrs["instrument"], attrs["sequence_id"], attrs["index"]] = attrs
        except (FarsideError, OSError, ValueError, KeyError):  # whatever is wrong with it, it is of no use
            unreadable += 1
    return found, unreadable


# Footage and telemetry ---------------------------------------------------------------------------------------------


def _footage(release: Path, truth: Truth) -> Measured:
    true = np.array([o.t for o in truth.observations("lcam")])
    if not true.size:
        return {}
    film, table = release / "landing.mp4", release / "landing.csv"
    if not (film.is_file() and table.is_file()):
        return {"footage_frames_lost": None, "footage_time_error_s": None}
    times = _times(table)
    if not times.size:
        return {"footage_frames_lost": len(true), "footage_time_error_s": None}
    apart = np.abs(times[:, None] - true[None, :])
    shown = min(np.unique(apart.argmin(axis=1)).size, _film_frames(film))
    return {"footage_frames_lost": len(true) - shown, "footage_time_error_s": float(apart.min(axis=1).max())}


def _times(table: Path) -> Array:
    """Times (TDB s past J2000) of the film's frames, from the table beside it."""
    try:
        with table.open(encoding="utf-8", newline="") as file:
            return np.array([utc_to_t(row["utc"] or "") for row in csv.DictReader(file)])
    except KeyError:
        raise DamagedFile(table, "not the film's table: it has no column 'utc'") from None
    except (FarsideError, ValueError, csv.Error) as error:
        raise DamagedFile(table, f"not the film's table: {error}") from error


def _film_frames(film: Path) -> int:
    import av

    try:
        with av.open(str(film)) as container:
            return sum(packet.size > 0 for packet in container.demux(video=0))
    except (av.FFmpegError, IndexError) as error:
        raise DamagedFile(film, f"not a film: {error}") from error


def _altitude(flight: Path, truth: Truth) -> Measured:
    if not (flight / "telemetry" / "gnc.parquet").is_file():
        return {"altitude_error_m": None} if truth.record.commands("gnc.report") else {}
    reported = archive.read_telemetry(flight / "telemetry", "gnc")
    if not {"t", "altitude_m"} <= reported.keys():
        raise DamagedFile(flight / "telemetry" / "gnc.parquet", "it has no columns 't' and 'altitude_m'")
    t, true = truth.descent["t"], truth.descent["altitude_m"]
    near = (reported["t"] > t[np.argmax(true)]) & (reported["t"] <= t[-1])
    near &= np.interp(reported["t"], t, true) < NEAR_GROUND_M
    error = np.abs(reported["altitude_m"] - np.interp(reported["t"], t, true))[near]
    return {"altitude_error_m": float(error.max()) if error.size else None}


# Panorama ----------------------------------------------------------------------------------------------------------


class _Notes(BaseModel):
    """Attributes of a panorama that are held against the truth."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)

    sequence_id: str
    frames: int
    azimuth_from: str
    lander_attitude: tuple[float, ...] = Field(min_length=9, max_length=9)
    eye_m: tuple[float, float, float]
    scale_deg: float = Field(gt=0.0)
    az_left_deg: float
    el_top_deg: float
    frame_index: tuple[int, ...]
    frame_rotation_deg: tuple[float, ...]
    pointing_sigma_deg: float = Field(gt=0.0)
    relative_sigma_deg: float = Field(gt=0.0)

    def attitude(self, truth: Truth) -> Array:
        """Rotation site <- lander as the panorama has it; one that was never levelled leaves it to the truth."""
        given = np.array(self.lander_attitude).reshape(3, 3)
        return given if self.azimuth_from == "north" else truth.record.touchdown.pose.r @ given


def _panorama(flight: Path, truth: Truth, level2: dict[Key, dict[str, Any]]) -> Measured:
    laid = truth.record.sequences("tcam.panorama")
    true = {(o.instrument, o.sequence_id, o.index): o for o in truth.observations("tcam") if o.sequence_id in laid}
    if not true:
        return {}
    panoramas = _panoramas(flight / "archive" / archive.DERIVED)
    attitudes = {notes.sequence_id: notes.attitude(truth) for notes in panoramas.values()}
    errors = np.array([
        _turn_deg(attitudes[key[1]] @ euler_to_rotation(*level2[key]["camera_rotation_deg"]), o.camera().r)
        for key, o in true.items()
        if key[1] in attitudes and "camera_rotation_deg" in level2.get(key, {})
    ])  # fmt: skip
    return {
        "panorama_frames_missing": len(true) - sum(n.frames for n in panoramas.values()) if panoramas else None,
        "pointing_rms_deg": float(np.sqrt(np.mean(errors**2))) if errors.size else None,
        "pointing_max_deg": float(errors.max()) if errors.size else None,
        **_laid(truth, true, panoramas),
        **_horizon(flight, truth, panoramas),
    }


def _laid(truth: Truth, true: dict[Key, View], panoramas: dict[Path, _Notes]) -> Measured:
    """How far frames are from where they are laid, in the lander frame: what is common to a panorama's, and the rest.

    Both are told in degrees and over the standard errors that the panorama states; of several panoramas, the worst.
    """
    keys = ("laid_whole_deg", "laid_whole_sigmas", "laid_apart_deg", "laid_apart_sigmas")
    found = []
    for notes in panoramas.values():
        off = _off_deg(notes, truth, true)
        if len(off):
            whole = float(np.linalg.norm(off.mean(axis=0)))
            apart = float(np.sqrt(((off - off.mean(axis=0)) ** 2).sum(axis=1).mean()))
            found.append((whole, whole / notes.pointing_sigma_deg, apart, apart / notes.relative_sigma_deg))
    return dict(zip(keys, np.max(found, axis=0).tolist() if found else [None] * 4, strict=True))


def _off_deg(notes: _Notes, truth: Truth, true: dict[Key, View]) -> Array:
    """Rotation vectors (n, 3), degrees, from the true attitudes of a panorama's frames to those it gives them."""
    from scipy.spatial.transform import Rotation

    told = Rotation.from_rotvec(np.radians(notes.frame_rotation_deg).reshape(-1, 3)).as_matrix()
    views = [true.get(("tcam", notes.sequence_id, index)) for index in notes.frame_index]
    lander = truth.record.touchdown.pose.r
    pairs = [(r, lander.T @ view.camera().r) for r, view in zip(told, views, strict=True) if view is not None]
    turned = [r @ t.T for r, t in pairs]
    return np.degrees(Rotation.from_matrix(turned).as_rotvec()) if turned else np.zeros((0, 3))


def _horizon(flight: Path, truth: Truth, panoramas: dict[Path, _Notes]) -> Measured:
    """The horizon of all panoramas; nothing where the ground is no longer kept, or no panorama knows north."""
    scene = truth.record.scene
    folder = flight / "stages" / "relief" / scene[:2] / scene
    if not scene or not folder.is_dir():
        return {}
    if not panoramas:
        return {"horizon_median_deg": None, "horizon_p80_deg": None}
    try:
        relief = Relief.load(folder)
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise DamagedFile(folder, f"not a relief: {error}") from error
    levelled = {path: notes for path, notes in panoramas.items() if notes.azimuth_from == "north"}
    if not levelled:
        return {}
    errors = np.concatenate([
        notes.scale_deg * horizon_errors(
            _mosaic(path, notes), truth.record.touchdown.pose.apply(np.array(notes.eye_m)), relief
        )
        for path, notes in levelled.items()
    ])  # fmt: skip
    return {
        "horizon_median_deg": float(np.median(errors)),
        "horizon_p80_deg": float(np.percentile(np.abs(errors), 80.0)),
    }


def _panoramas(folder: Path) -> dict[Path, _Notes]:
    """The lander's panoramas in a folder and those below it, by the path of their attributes."""
    found = {}
    for path in sorted(folder.rglob("*.json")):
        try:
            attrs = json.loads(path.read_text(encoding="utf-8"))["attrs"]
            if attrs.get("instrument") == "tcam" and "lander_attitude" in attrs:
                found[path] = _Notes.model_validate(attrs)
        except ValidationError as error:
            first = error.errors()[0]
            what = ".".join(map(str, first["loc"]))
            raise DamagedFile(path, f"not the attributes of a panorama: {what}: {first['msg']}") from error
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DamagedFile(path, f"not the attributes of a product: {error}") from error
    return found


def _mosaic(path: Path, notes: _Notes) -> xr.Dataset:
    """The image of a panorama, mapped from its file, so that only what is looked at is read."""
    import tifffile
    import xarray as xr

    image = path.with_suffix(".tif")
    try:
        mapped = tifffile.memmap(image, page=0, mode="r")
        return xr.Dataset({"image": (("line", "sample", "band"), mapped)}, attrs=notes.model_dump())
    except (OSError, ValueError, IndexError, tifffile.TiffFileError) as error:
        raise DamagedFile(image, f"not a panorama: {error}") from error


def _turn_deg(a: Array, b: Array) -> float:
    """Angle between two attitudes, degrees; exact for small angles too."""
    d = a.T @ b
    sine = 0.5 * np.array([d[2, 1] - d[1, 2], d[0, 2] - d[2, 0], d[1, 0] - d[0, 1]])
    return float(np.degrees(np.arctan2(np.linalg.norm(sine), 0.5 * (np.trace(d) - 1.0))))
