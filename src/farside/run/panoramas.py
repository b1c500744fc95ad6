"""panorama: frames of level 2 to panoramas of record, one for each sequence that looks around.

PRODUCT.tif, .json, .xml      the record: light, its errors, which frame, under a PDS4 label
NAME.jpg, NAME-grid.jpg       what to look at, plain and with horizon, azimuth and elevation
NAME.dzi, NAME_files          the same at full size, for deep zoom
panorama.json                 what the reports say; marks a folder as ours
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from farside import archive
from farside.archive import ObservingSequence
from farside.errors import BadInput, FarsideError
from farside.geometry import Pinhole, azel, euler_to_rotation
from farside.instruments import pinhole
from farside.products import (
    Roll,
    check_view,
    is_wide,
    write_graticule,
    write_panorama,
    write_panorama_tiles,
    write_picture,
)
from farside.run.progress import Progress, Silence
from farside.work import Pool, atomic_write, claim_folder, read_record

if TYPE_CHECKING:
    import xarray as xr

RECORD = "panorama.json"
COMMAND = "farside panorama"
LANDER = "LANDER_COORDINATE_SYSTEM"


@dataclass(frozen=True)
class Panorama:
    """What came of a sequence. report: in words; refused: why there is none, empty where there is one. files: by what
    they are. skipped: files that could not be read.
    """

    name: str
    report: str = ""
    refused: str = ""
    files: dict[str, Path] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()


def panoramas(
    paths: Sequence[str | Path],
    out: str | Path,
    projection: str = "equirectangular",
    width: int | None = None,
    az_left_deg: float = 180.0,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Panorama]:
    """Lay a panorama of each sequence in these files and folders that looks around, or of all if none does.

    Options as of ``farside.panorama``. Raises BadInput before any work starts: no such path, projection, width or left
    edge, no frame of level 2 with its pointing in the lander frame, or an ``out`` that holds other things.
    """
    progress = progress or Silence()
    folder = Path(out)
    check_view(projection, width, az_left_deg=az_left_deg)
    found = _found(paths)
    wide = [frames for frames in found if is_wide(frames.yaws_deg)] or found
    for frames in wide:
        check_view(projection, width, _camera(frames.roll[0]))
    claim_folder(folder, (RECORD,), COMMAND, "panorama")
    if not (folder / RECORD).is_file():
        _write(folder, {})
    made = []
    with Pool(workers) as pool:
        for frames in wide:
            progress.say(f"laying {len(frames.roll)} frames of {frames.name}")
            made.append(_laid(frames, folder, projection, width, az_left_deg, pool))
            _record(folder, made[-1])
    return made


@dataclass(frozen=True)
class _Frames:
    """Frames of a sequence that a panorama can be laid of, where they look, and files that cannot be read."""

    name: str
    roll: list[xr.Dataset]
    yaws_deg: list[float]
    skipped: tuple[str, ...]


def _found(paths: Sequence[str | Path]) -> list[_Frames]:
    found = archive.catalog(paths)
    level2 = [sequence for sequence in found.sequences if sequence.key.level.startswith("2") and sequence.readable]
    skipped: list[str] = []
    aimed = [frames for sequence in level2 if (frames := _frames(sequence, skipped)) is not None]
    if not aimed:
        first = f"; the first that cannot be read: {skipped[0]}" if skipped else ""
        raise BadInput(
            COMMAND, "PATH", " ".join(map(str, paths)), "frames of level 2 with their pointing in the lander frame, "
            f"such as TCAM's NAME.2C with NAME.2CL (counts become level 2 by farside process --lat --lon){first}",
        )  # fmt: skip
    return aimed


def _camera(frame: xr.Dataset) -> Pinhole | None:
    """A frame's camera, None where its label does not tell: then its panorama is refused."""
    try:
        return pinhole(frame)
    except BadInput:
        return None


def _aimed(product: xr.Dataset) -> bool:
    """Whether it is a frame at all, and pointed in the lander frame."""
    return "dn" in product and product.attrs.get("reference_frame") == LANDER


def _frames(sequence: ObservingSequence, unread: list[str]) -> _Frames | None:
    """The frames of a sequence, each label read once and counts when they are needed; None where the first frame that
    can be read is not pointed in the lander frame, or none can: why goes to ``unread``.
    """
    roll: list[xr.Dataset] = []
    yaws: list[float] = []
    skipped = [f"{frame.label}: {frame.damage}" for frame in sequence.damaged]
    for frame in sequence.readable:
        try:
            if not roll and not _aimed(archive.read(frame.label)):
                return None
            (one,) = Roll(archive.Frames([frame.label]))
        except FarsideError as error:
            skipped.append(str(error))
            continue
        roll.append(one)
        if "camera_rotation_deg" in one.attrs:
            az, _ = azel(-euler_to_rotation(*one.attrs["camera_rotation_deg"])[:, 2])
            yaws.append(round(math.degrees(az), 1))
    if not roll:
        unread += skipped
        return None
    key = sequence.key
    return _Frames(f"{key.mission}-{key.instrument}-{key.sequence_id}".lower(), roll, yaws or [0.0], tuple(skipped))


def _laid(
    frames: _Frames, folder: Path, projection: str, width: int | None, az_left_deg: float, pool: Pool
) -> Panorama:
    """The panorama of a sequence with all its files, or why there is none."""
    name = frames.name + ("" if projection == "equirectangular" else f"-{projection}")
    try:
        label = write_panorama(frames.roll, folder, None, az_left_deg, pool, projection=projection, width=width)
    except BadInput as error:
        return Panorama(name, refused=str(error), skipped=frames.skipped)
    mosaic = archive.read_layers(label)
    files = {
        "label": label,
        "picture": write_picture(mosaic, folder / f"{name}.jpg"),
        "grid": write_graticule(mosaic, folder / f"{name}-grid.jpg"),
        "tiles": write_panorama_tiles(mosaic, folder / f"{name}.dzi", pool),
    }
    return Panorama(name, mosaic.attrs["report"], "", files, frames.skipped)


def _record(folder: Path, made: Panorama) -> None:
    """Put what is to be said of a panorama beside what is said of those made earlier."""
    said = read_record(folder / RECORD)
    files = {what: path.name for what, path in made.files.items()}
    one: dict[str, Any] = {"refused": made.refused} if made.refused else {"files": files}
    if made.files:
        one["measures"] = json.loads(archive.read_layers(made.files["label"]).attrs["measures"])
    _write(folder, {**said, made.name: {**one, "skipped": list(made.skipped)}})


def _write(folder: Path, said: dict[str, Any]) -> None:
    with atomic_write(folder / RECORD) as part:
        part.write_text(json.dumps(said, indent=1, sort_keys=True) + "\n", encoding="utf-8")
