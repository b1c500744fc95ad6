"""Expensive results kept on disk under the hash of everything they depend on."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from farside.work.files import atomic_write, no_space, replace_folder
from farside.work.workers import Workers


def key_of(*parts: object) -> str:
    """SHA-256 (hex) of ``parts``: plain values, dataclasses, dicts, lists and NumPy arrays, exact to the last bit."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=_plain).encode()).hexdigest()


def _plain(value: object) -> Any:
    if isinstance(value, np.ndarray):
        return [str(value.dtype), list(value.shape), hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()]
    if isinstance(value, np.generic):
        return value.item()
    if is_dataclass(value) and not isinstance(value, type):
        return {type(value).__name__: asdict(value)}
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no stable key")


class Stages:
    """A folder of finished results, each a file named by its kind and key.

    A result is written whole or not at all, so that a flight killed at any moment finds only results it can trust.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._used: set[Path] = set()

    def path(self, kind: str, key: str, suffix: str = "") -> Path:
        """Where the result of ``kind`` with ``key`` lives (two letters of the key make a sub-folder)."""
        path = self.folder / kind / key[:2] / f"{key}{suffix}"
        self._used.add(path)
        return path

    def submit(self, kind: str, key: str, workers: Workers, make: Callable[[], bytes]) -> Future[bytes]:
        """The stored bytes, made by ``workers`` and stored as soon as they are made if they are not there."""
        path = self.path(kind, key)
        if path.exists():
            return _ready(path.read_bytes())
        return _then(workers.submit(_call, make), partial(_store, path))

    def file(self, kind: str, key: str, suffix: str, make: Callable[[Path], None]) -> Path:
        """Return the path of a stored file, calling ``make(temporary_path)`` first if it is not there."""
        path = self.path(kind, key, suffix)
        if not path.exists():
            with atomic_write(path) as part:
                make(part)
        return path

    def tree(self, kind: str, key: str, make: Callable[[Path], None]) -> Path:
        """Return the path of a stored folder, calling ``make(temporary_folder)`` first if it is not there."""
        folder = self.path(kind, key)
        if not folder.is_dir():
            part = replace_folder(folder.with_name(folder.name + ".part"))
            with no_space(folder):
                make(part)
                part.replace(folder)
        return folder

    def prune(self) -> None:
        """Delete every stage this run did not ask for (results of an earlier mission file or seed)."""
        for path in [p for p in self.folder.glob("*/*/*") if p not in self._used]:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _call(make: Callable[[], bytes]) -> bytes:
    return make()


def _store(path: Path, made: bytes) -> bytes:
    with atomic_write(path) as part:
        part.write_bytes(made)
    return made


def _ready(value: bytes) -> Future[bytes]:
    future: Future[bytes] = Future()
    future.set_result(value)
    return future


def _then(first: Future[bytes], do: Callable[[bytes], bytes]) -> Future[bytes]:
    """What ``do`` makes of a result, done as soon as that is there and whether or not anybody asks for it."""
    second: Future[bytes] = Future()

    def go_on(done: Future[bytes]) -> None:
        try:
            second.set_result(do(done.result()))
        except BaseException as error:
            second.set_exception(error)

    first.add_done_callback(go_on)
    return second
