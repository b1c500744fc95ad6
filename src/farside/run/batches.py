"""Batches: what lies in folders of products, shared out to the desks, an observing sequence at a time."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from farside.archive import Catalog, Frame, ObservingSequence
from farside.errors import BadInput
from farside.instruments import CAMERAS, kind_of_id, load
from farside.products import DESKS, Desk

SCENE = "scene"
COUNTS = "1"
"""The level of counts, as catalogs have it."""


@dataclass(frozen=True)
class Batch:
    """What one desk works on at a time: an observing sequence of a mission, of a camera both eyes in one mode.

    mode: empty for other instruments, whose modes belong together. frames: one file for each, in the order of time.
    """

    mission: str
    desk: type[Desk]
    mode: str
    sequence_id: str
    frames: tuple[Frame, ...]

    @property
    def name(self) -> str:
        """A word for it, of small letters, digits and hyphens: folder and page are called by it."""
        words = (self.mission, self.desk.name, self.mode, self.sequence_id)
        return "-".join(re.sub(r"[^a-z0-9-]", "", word.lower()) for word in words if word)

    @property
    def title(self) -> str:
        """What people call it."""
        mode = f", mode {self.mode}" if self.mode else ""
        return f"{self.desk.title}, {self.mission} sequence {self.sequence_id}{mode}"


@dataclass
class Shares:
    """How the files of a catalog are shared out.

    calibration: frames that calibrate counts, by mission. spare: files that are not used, for another one is, and why.
    refused: files that cannot be used, and why. batch_of: name of the batch by a sequence's key.
    """

    batches: list[Batch] = field(default_factory=list)
    calibration: dict[str, list[Frame]] = field(default_factory=dict)
    spare: dict[Path, str] = field(default_factory=dict)
    refused: dict[Path, str] = field(default_factory=dict)
    batch_of: dict[tuple[str, ...], str] = field(default_factory=dict)

    @property
    def frames(self) -> Iterator[Frame]:
        """All frames that are used."""
        for batch in self.batches:
            yield from batch.frames
        for frames in self.calibration.values():
            yield from frames


def share_out(found: Catalog) -> Shares:
    """Batches of what can be read, in the order of the desks; the rest with the reason."""
    shares = Shares()
    slots: dict[tuple[str, str, str, str], dict[tuple[str, ...], dict[str, list[Frame]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    calibration: list[tuple[ObservingSequence, Frame]] = []
    for sequence in found.sequences:
        _set_aside(sequence, shares)
        instrument = _instrument(sequence)
        desk = next((desk for desk in DESKS if instrument in desk.instruments), None)
        if desk is None:
            why = f"no desk takes {sequence.key.instrument}: nothing is made of it"
            shares.refused.update({frame.label: why for frame in sequence.readable})
            continue
        camera = instrument in CAMERAS
        key = sequence.key
        words = (key.mission.upper(), desk.name, key.mode.upper() if camera else "", key.sequence_id)
        for frame in sequence.readable:
            if camera and frame.light != SCENE:
                calibration.append((sequence, frame))
                continue
            # of a camera each frame has its levels; of others a level may be made of several records
            one = (str(frame.name.index) if sequence.counted else frame.name.start,) if camera else ()
            slots[words][(instrument, key.mode.upper(), *one)][key.level].append(frame)
    shares.batches = [_batch(which, levels, shares) for which, levels in slots.items()]
    _share_calibration(calibration, shares)
    order = {desk.name: n for n, desk in enumerate(DESKS)}
    shares.batches.sort(key=lambda batch: (order[batch.desk.name], batch.mission, batch.sequence_id, batch.mode))
    for batch in shares.batches:
        taken = {frame.label for frame in batch.frames}
        for sequence in found.sequences:
            if any(frame.label in taken for frame in sequence.frames):
                shares.batch_of[sequence.key] = batch.name
    return shares


def _instrument(sequence: ObservingSequence) -> str:
    """Our word for the instrument of a sequence; empty for one that we do not have."""
    try:
        return kind_of_id(sequence.key.instrument).name
    except BadInput:
        return ""


def _set_aside(sequence: ObservingSequence, shares: Shares) -> None:
    """Files of a sequence that are damaged, or there beside a better one."""
    shares.refused.update({frame.label: frame.damage for frame in sequence.damaged})
    for _, *others in sequence.takes:
        why = "there more than once: another file of the same frame is taken"
        shares.spare.update({frame.label: why for frame in others if not frame.damage})


def _batch(
    words: tuple[str, str, str, str], slots: dict[tuple[str, ...], dict[str, list[Frame]]], shares: Shares
) -> Batch:
    """The frames of a batch at the level that its desk wants most; the same at other levels are spare."""
    desk = next(desk for desk in DESKS if desk.name == words[1])
    chosen: list[Frame] = []
    for (instrument, *_), levels in slots.items():
        best = min(levels, key=lambda level: _rank(level, desk, instrument))
        chosen += levels.pop(best)
        why = f"there at level {best}, too: that is taken"
        shares.spare.update({frame.label: why for frames in levels.values() for frame in frames})
    frames = tuple(sorted(chosen, key=lambda frame: frame.order))
    mission, mode = frames[0].name.mission, frames[0].name.mode if words[2] else ""
    return Batch(mission, desk, mode, words[3], frames)


def _rank(level: str, desk: type[Desk], instrument: str) -> tuple[bool, bool, str]:
    """Order of levels: counts last (for some desks first), the level of a camera's archive before others."""
    own = load(instrument).data_product_level if instrument in CAMERAS else ""
    return (level == COUNTS) != desk.of_counts, level != own, level


def _share_calibration(calibration: Iterable[tuple[ObservingSequence, Frame]], shares: Shares) -> None:
    """Calibration frames to the missions whose counts of the same camera and mode want them."""
    wanted = {camera_of(frame) for batch in shares.batches for frame in batch.frames if is_counts(frame)}
    for sequence, frame in calibration:
        if camera_of(frame) in wanted:
            shares.calibration.setdefault(frame.name.mission.upper(), []).append(frame)
            shares.batch_of[sequence.key] = "calibration"
        else:
            shares.spare[frame.label] = f"{frame.light} frame of a camera whose frames are calibrated already"


def is_counts(frame: Frame) -> bool:
    """Whether a frame is of level 1."""
    return frame.label.suffix.lower() == ".xml"


def camera_of(frame: Frame) -> tuple[str, str, str]:
    """Mission, camera and mode of a frame: calibration frames of the same are good for it."""
    name = frame.name
    return name.mission.upper(), name.camera.upper(), name.mode.upper()
