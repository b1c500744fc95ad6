"""Files that are either whole or not there."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from farside.errors import BadInput, OutOfSpace

FULL_BYTES = 1_000_000
"""A disk with less than this left counts as full: some libraries do not say why they could not write."""


@contextmanager
def no_space(path: Path) -> Iterator[None]:
    """Turn a full disk into OutOfSpace, one clear line about ``path``, whatever the library that met it raised."""
    try:
        yield
    except OutOfSpace:
        raise
    except Exception as error:
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        if full or shutil.disk_usage(path.parent).free < FULL_BYTES:
            raise OutOfSpace(f"{path}: the disk is full; free some space and run the same command again") from error
        raise


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success rename it into place, on failure remove it.

    Raises OutOfSpace when the disk is full. A process killed half-way leaves at most a ``.part`` file behind,
    which the next writer of the same path replaces.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        with no_space(path):
            yield part
            part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def check_folder(folder: Path, marks: Sequence[str], command: str, earlier: str) -> None:
    """Raise BadInput for a folder that a command cannot write to, or that holds other things; make nothing.

    A folder is new, or empty but for unfinished files, or holds ``earlier`` work of the same command: one of ``marks``.
    """
    above = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not above.is_dir():
        raise BadInput(command, "--out", str(folder), "a folder" if above == folder else f"{above} to be a folder")
    ours = any((folder / mark).exists() for mark in marks)
    if folder.is_dir() and not ours and any(path.suffix != ".part" for path in folder.iterdir()):
        raise BadInput(command, "--out", str(folder), f"a new or empty folder, or one of an earlier {earlier}")


def claim_folder(folder: Path, marks: Sequence[str], command: str, earlier: str) -> None:
    """Make the folder that a command writes to, unless ``check_folder`` has something against it."""
    check_folder(folder, marks, command, earlier)
    folder.mkdir(parents=True, exist_ok=True)


def read_record(path: Path) -> dict[str, dict[str, Any]]:
    """What a command's record (JSON) says of each thing that it made; nothing where it cannot be read."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {what: one for what, one in said.items() if isinstance(one, dict)} if isinstance(said, dict) else {}


def replace_folder(folder: Path) -> Path:
    """Make ``folder`` new and empty."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def sync_folder(folder: Path) -> None:
    """Make the names in a folder as durable as the files' contents."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
