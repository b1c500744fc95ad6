"""What is made already: results of batches, each kept under the hash of everything it was made from.

    BATCH/made.json       what the desk made of the batch, and what it could not
    BATCH/frames.jsonl    level-2 frames made of counts, a line for each as it is made

A run that goes on, or that files were added to, finds here what it need not make again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from farside.products import Curve, Descent, Film, Finding, Mosaic, Report, Still
from farside.run.desks import Arrived
from farside.work import atomic_write


@dataclass(frozen=True)
class Skipped:
    """A file that could not be used, and why."""

    file: str
    why: str

    def __str__(self) -> str:
        return f"{self.file}: {self.why}"


@dataclass(frozen=True)
class Result:
    """What came of a batch.

    report, arrived: of its desk, None where the desk could make nothing or no frame was of use. skipped: frames that
    were of no use. failed: one line for each thing that could not be made. notes: what had to be assumed.
    """

    report: Report | None
    arrived: Arrived | None
    skipped: tuple[Skipped, ...]
    failed: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def products(self) -> Mapping[str, Path]:
        """Product files by name."""
        return self.report.products if self.report else {}


_KINDS = {kind.__name__: kind for kind in (
    Result, Skipped, Report, Arrived, Curve, Descent, Film, Finding, Mosaic, Still,
)}  # fmt: skip
_KIND, _PATH, _ARRAY, _MAP = "@kind", "@path", "@array", "@map"
"""What no field is called."""


def keep(result: Result, folder: Path, key: str) -> None:
    """Write a batch's result into its folder: whole, or not at all."""
    with atomic_write(folder / "made.json") as part:
        part.write_text(json.dumps({"key": key, "result": _plain(result, folder)}) + "\n", encoding="utf-8")


def recall(folder: Path, key: str) -> Result | None:
    """The result that was kept under this key, None where there is none or one of its files is gone."""
    try:
        kept = json.loads((folder / "made.json").read_text(encoding="utf-8"))
        if kept["key"] != key:
            return None
        result = _restored(kept["result"], folder)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not isinstance(result, Result) or not all(path.exists() for path in _paths(result)):
        return None
    return result


def _plain(value: Any, folder: Path) -> Any:
    """A result as JSON has it; paths relative to the folder, so that it can be moved."""
    if is_dataclass(value) and not isinstance(value, type):
        return {_KIND: type(value).__name__} | {
            one.name: _plain(getattr(value, one.name), folder) for one in fields(value)
        }
    if isinstance(value, Path):
        return {_PATH: os.path.relpath(value, folder)}
    if isinstance(value, np.ndarray):
        return {_ARRAY: value.tolist(), "dtype": str(value.dtype)}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)):
        return [_plain(one, folder) for one in value]
    if isinstance(value, Mapping):
        return {_MAP: [[name, _plain(one, folder)] for name, one in value.items()]}
    return value


def _restored(value: Any, folder: Path) -> Any:
    if isinstance(value, list):
        return tuple(_restored(one, folder) for one in value)
    if not isinstance(value, dict):
        return value
    if _PATH in value:
        return Path(os.path.normpath(folder / value[_PATH]))
    if _ARRAY in value:
        return np.array(value[_ARRAY], value["dtype"])
    if _MAP in value:
        return {name: _restored(one, folder) for name, one in value[_MAP]}
    kind = _KINDS[value[_KIND]]
    return kind(**{name: _restored(one, folder) for name, one in value.items() if name != _KIND})


def _paths(value: Any) -> list[Path]:
    """Every path in a result."""
    if isinstance(value, Path):
        return [value]
    if is_dataclass(value) and not isinstance(value, type):
        return [path for one in fields(value) for path in _paths(getattr(value, one.name))]
    if isinstance(value, dict):
        return [path for one in value.values() for path in _paths(one)]
    return [path for one in value for path in _paths(one)] if isinstance(value, tuple) else []


class Journal:
    """Level-2 frames that were made, by key: a line for each, added as it is made.

    One is believed to be there only if label and data are still what they were.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[str, tuple[str, str]] = {}
        for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
            try:
                one = json.loads(line)
                self._known[one["key"]] = one["file"], one["sha256"]
            except (ValueError, KeyError, TypeError):
                continue  # cut off when its run was

    def find(self, key: str) -> Path | None:
        """The label of the frame that was made under a key, None where it is not there as it was."""
        file, digest = self._known.get(key, ("", ""))
        path = Path(os.path.normpath(self.path.parent / file))
        return path if file and _digest(path) == digest else None

    def add(self, key: str, label: Path) -> None:
        """Note a frame that has been made."""
        entry = {"key": key, "file": os.path.relpath(label, self.path.parent), "sha256": _digest(label)}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def _digest(label: Path) -> str:
    """Hash of a level-2 label and its data file, empty where one is not there."""
    data = label.with_name(label.name[:-1])
    return sha256(label, data) if label.is_file() and data.is_file() else ""


def sha256(*paths: Path) -> str:
    """Hash of what is in these files, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
