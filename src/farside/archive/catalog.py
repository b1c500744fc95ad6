"""What lies in folders of products: frames by observing sequence, what is missing, there twice or damaged.

Only labels and the lengths of data files are read, no pixels.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from farside.archive.reader import DATA, LABEL, is_label, read_acquired, read_label
from farside.errors import BadInput, DamagedFile
from farside.geometry import utc_to_t
from farside.instruments import CAMERAS, Element, ProductName, data_file, data_name, described_octets, image_layout

_START = ("Observation_Area", "Time_Coordinates", "start_date_time")
_DATA_OF = {".xml": ".img"}
"""Data file of a label that does not say, by its ending; of level 2 it is the label's own without the last letter."""
_IMAGES = ("array_2d_image", "array_3d_image")
_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z?")


@dataclass(frozen=True)
class Frame:
    """One product on disk.

    label: the file that holds its label; of a data file that has none, the data file itself. data: where its samples
    should lie. start_utc: from the label, else from the name; empty where neither has a time. octets: length of the
    data file, 0 where there is none. damage: why it cannot be read; empty where it can. light: what a frame of counts
    was lit by: scene, or dark, flat and chart where it serves calibration.
    """

    label: Path
    data: Path
    name: ProductName
    start_utc: str
    octets: int
    damage: str
    light: str = "scene"

    @property
    def order(self) -> tuple[str, str, int, str, str]:
        """Sort key: time, whatever the digits of its fraction; then index, version and place."""
        match = _STAMP.fullmatch(self.start_utc)
        second, fraction = (match[1], match[2] or "") if match else ("", "")
        return second, fraction.rstrip("0"), self.name.index, self.name.version, str(self.label)


class Key(NamedTuple):
    """What the frames of a sequence have in common, as their names say it; level: 1, 2A, 2B or 2C."""

    mission: str
    instrument: str
    mode: str
    sequence_id: str
    level: str


@dataclass(frozen=True)
class ObservingSequence:
    """Frames of one instrument, mode, observing sequence and level, in the order of time, all that lie there."""

    key: Key
    frames: tuple[Frame, ...]

    @cached_property
    def takes(self) -> tuple[tuple[Frame, ...], ...]:
        """Files of the same frame, by its index: readable ones first, of them the latest version.

        Where no name has an index, files of the same start are the same frame.
        """
        counted = self.counted
        found: dict[tuple[int, str], list[Frame]] = defaultdict(list)
        for frame in self.frames:
            found[frame.name.index, "" if counted else frame.name.start].append(frame)
        # latest version first, and the order of versions survives the second sort
        latest = {key: sorted(files, key=lambda f: f.name.version, reverse=True) for key, files in found.items()}
        return tuple(tuple(sorted(latest[key], key=lambda f: bool(f.damage))) for key in sorted(latest))

    @property
    def counted(self) -> bool:
        """Whether names carry an index above 0."""
        return any(frame.name.index for frame in self.frames)

    @property
    def duplicates(self) -> tuple[tuple[Frame, ...], ...]:
        """Those ``takes`` that have more than one file."""
        return tuple(files for files in self.takes if len(files) > 1)

    @property
    def gaps(self) -> tuple[tuple[int, int], ...]:
        """First and last index of every run of frames that is missing between the first and the last one."""
        have = [files[0].name.index for files in self.takes] if self.counted else []
        return tuple((a + 1, b - 1) for a, b in pairwise(have) if b > a + 1)

    @property
    def damaged(self) -> tuple[Frame, ...]:
        """Files that cannot be read."""
        return tuple(frame for frame in self.frames if frame.damage)

    @property
    def readable(self) -> tuple[Frame, ...]:
        """One readable file for every frame that has one, in the order of time: what there is to work on."""
        best = (files[0] for files in self.takes)
        return tuple(sorted((frame for frame in best if not frame.damage), key=lambda frame: frame.order))

    @property
    def octets(self) -> int:
        """Length of all data files together."""
        return sum(frame.octets for frame in self.frames)


@dataclass(frozen=True)
class Catalog:
    """Sequences by mission, instrument, mode, number and level; and files that belong to none because of damage."""

    sequences: tuple[ObservingSequence, ...]
    strays: tuple[DamagedFile, ...]

    @property
    def damaged(self) -> int:
        """Number of files that cannot be read."""
        return len(self.strays) + sum(len(sequence.damaged) for sequence in self.sequences)


def catalog(paths: Iterable[str | Path]) -> Catalog:
    """What products lie in these folders, and those below them, or are these files.

    Whatever is damaged is told, never raised. Raises BadInput for a path that is not there.
    """
    strays: list[DamagedFile] = []
    files = _files([Path(path) for path in paths], strays)
    frames: dict[Path, Frame] = {}
    for path in files:
        try:
            if is_label(path) and (frame := _labelled(path)) is not None:
                frames[path] = frame
        except DamagedFile as error:
            strays.append(error)
    described = {frame.data for frame in frames.values()}
    for path in files:
        if DATA.fullmatch(path.name) and path not in described and (name := _named(path.name)) is not None:
            frames[path] = Frame(path, path, name, name.start_utc, _length(path) or 0, "data without a label")
    groups: dict[tuple[str, ...], list[Frame]] = defaultdict(list)
    for frame in frames.values():
        groups[tuple(word.upper() for word in _key(frame))].append(frame)  # a mission's tag may be in mixed case
    ordered = (sorted(group, key=lambda frame: frame.order) for group in groups.values())
    sequences = (ObservingSequence(_key(group[0]), tuple(group)) for group in ordered)
    return Catalog(tuple(sorted(sequences, key=lambda sequence: sequence.key)), tuple(strays))


def _files(paths: Sequence[Path], strays: list[DamagedFile]) -> list[Path]:
    """Every file that may be a product's, by its name, once; folders that cannot be entered go to the strays."""
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            raise BadInput("catalog", "PATH", str(path), "a folder of products, or a product's file")
        if path.is_dir():
            for folder, folders, names in os.walk(path, onerror=lambda e: strays.append(_shut(e))):
                folders.sort()
                true = Path(folder).resolve()  # a folder may be asked for under several names
                for name in sorted(names):
                    found.setdefault(true / name, Path(folder, name))
        else:
            beside = path.with_name(f"{path.name}L")
            for file in (path, beside) if beside.is_file() else (path,):
                found.setdefault(file.resolve(), file)
    named = (path for path in found.values() if LABEL.fullmatch(path.name) or DATA.fullmatch(path.name))
    return [path for path in named if path.is_file() or not path.exists()]  # no pipe, which would never end


def _shut(error: OSError) -> DamagedFile:
    return DamagedFile(str(error.filename), f"the folder cannot be read: {error.strerror}")


def _labelled(path: Path) -> Frame | None:
    """The product of a label; None for one of no observation. Raises DamagedFile where it cannot be told whose."""
    own = _named(path.name)
    if own is None and path.suffix.lower() == ".xml":
        return None  # of a bundle or collection
    light = "scene"
    try:
        label = read_label(path)
        if path.suffix.lower() == ".xml":
            if (acquired := read_acquired(label, path)) is None:
                return None  # of a product made of observations
            light = str(acquired.get("light", light))
        data = path.with_name(data_name(label)) if path.suffix.lower() == ".xml" else data_file(label, path)
    except (DamagedFile, ValueError) as error:
        if own is None:
            raise
        data = (
            path if DATA.fullmatch(path.name) else path.with_suffix(_DATA_OF.get(path.suffix.lower(), path.suffix[:-1]))
        )
        why = error.why if isinstance(error, DamagedFile) else "the label names no data file"
        return Frame(path, data, own, own.start_utc, _length(data) or 0, why)
    name = own or ProductName.parse(data.name)
    said = (label.text(*_START) or "").strip()
    start = said if _is_time(said) else name.start_utc
    return Frame(path, data, name, start, _length(data) or 0, _damage(label, data, name), light)


def _is_time(said: str) -> bool:
    try:
        utc_to_t(said)
    except BadInput:
        return False
    return _STAMP.fullmatch(said) is not None


def _damage(label: Element, data: Path, name: ProductName) -> str:
    """Why the data of a label cannot be read, without reading them; empty where they can."""
    area = label.find("File_Area_Observational")
    image = any(part.tag.lower() in _IMAGES for part in (area.children() if area else ()))
    try:
        if image or name.camera.lower() in CAMERAS:
            needed: int | None = image_layout(label, data).octets
        else:
            needed = described_octets(label)
    except DamagedFile as error:
        return error.why
    length = _length(data)
    if length is None:
        return "label without data"
    if needed is not None and length < needed:
        return f"cut short: {length} bytes of {needed}"
    return ""


def _length(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None


def _named(file_name: str) -> ProductName | None:
    try:
        return ProductName.parse(file_name)
    except BadInput:
        return None


def _key(frame: Frame) -> Key:
    name = frame.name
    level = "1" if frame.label.suffix.lower() == ".xml" else name.level.upper().removesuffix("L")
    return Key(name.mission, name.camera, name.mode, name.sequence_id, level)
