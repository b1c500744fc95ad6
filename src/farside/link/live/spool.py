"""Folders in and out: how people and programs on the same machine use a node, running or not.

outbox/40.1/20-report.txt        # to endpoint ipn:40.1, priority 2 ordinal 0: put there whole (by renaming)
inbox/1/10.1-842…-7              # what came for service 1 from ipn:10.1; named so that it comes only once
inbox/received.jsonl             # a line for each: name, source, created, octets, SHA-256
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from farside.errors import BadInput
from farside.link.eid import Eid
from farside.link.events import Deliver
from farside.link.journey import Priority
from farside.link.live.config import Config
from farside.link.planfile import read_plan
from farside.work import sync_folder

LOG = "received.jsonl"
_FOLDER = re.compile(r"(\d+)\.(\d+)")
_FILE = re.compile(r"([012])-(.+)")


class Outgoing(NamedTuple):
    """A file in the outbox. name: its path from there; mark: tells it from any later file of the same name."""

    path: Path
    name: str
    mark: list[int]
    destination: Eid
    priority: Priority


def put_in_outbox(config: Config, file: Path, destination: str, priority: Priority = Priority.STANDARD) -> Path:
    """Copy a file into a node's outbox, whole or not at all; where it lies now. Raises BadInput."""
    place = re.fullmatch(r"(?:ipn:)?((\d+)\.[1-9]\d*)", destination)
    if place is None:
        raise BadInput("farside node send", "--to", destination, "an endpoint such as ipn:40.1, service from 1")
    nodes, outbox = read_plan(config.plan, config.epoch_s).plan.nodes, config.outbox
    if int(place[2]) not in nodes:
        expected = f"a node of {config.plan}: {', '.join(map(str, nodes))}"
        raise BadInput("farside node send", "--to", destination, expected)
    if not file.is_file():
        raise BadInput("farside node send", "file", str(file), "a file that exists")
    folder = outbox / place[1]
    folder.mkdir(parents=True, exist_ok=True)
    target, copy = folder / f"{int(priority)}-{file.name}", outbox / f".{file.name}.{os.getpid()}.part"
    number = 1
    while target.exists():
        target, number = folder / f"{int(priority)}-{number}-{file.name}", number + 1
    shutil.copyfile(file, copy)
    copy.rename(target)
    return target


def waiting(outbox: Path) -> Iterator[Outgoing]:
    """What lies in an outbox, the urgent first, then the oldest."""
    found: list[tuple[int, int, Outgoing]] = []
    for folder in outbox.iterdir():
        place = _FOLDER.fullmatch(folder.name)
        if place is None or not folder.is_dir():
            continue
        destination = Eid(int(place[1]), int(place[2]))
        for match, path in [(_FILE.fullmatch(path.name), path) for path in folder.iterdir()]:
            if match and path.is_file():
                status, name = path.stat(), f"{folder.name}/{path.name}"
                mark = [status.st_ino, status.st_ctime_ns]
                file = Outgoing(path, name, mark, destination, Priority(int(match[1])))
                found.append((-file.priority, status.st_mtime_ns, file))
    for *_, file in sorted(found):
        yield file


class Inbox:
    """Where what comes is laid down. A payload that comes again after a loss of power takes its own place."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._logged = set(self._names())

    def _names(self) -> Iterator[str]:
        """What the log names. A last line cut off by a loss of power is taken away, a spoiled one skipped."""
        log = self.folder / LOG
        if not log.exists():
            return
        data = log.read_bytes()
        if not data.endswith(b"\n"):
            data = data[: data.rfind(b"\n") + 1]
            os.truncate(log, len(data))
        for line in data.splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError):
                yield json.loads(line)["name"]

    def put(self, action: Deliver) -> Path:
        """Lay a payload down durably. Raises OSError."""
        source = action.id.source
        where = f"{source.node}.{source.service}" if source.node else _file_name(source.dtn)
        name = f"{action.destination.service}/{where}-{action.id.created_ms}-{action.id.sequence}"
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        with part.open("wb") as file:
            file.write(action.payload)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
        sync_folder(path.parent)
        if name not in self._logged:
            self._logged.add(name)
            digest = hashlib.sha256(action.payload).hexdigest()
            row = {"name": name, "source": str(source), "octets": len(action.payload), "sha256": digest}
            with (self.folder / LOG).open("a") as file:
                file.write(json.dumps(row) + "\n")
        return path


def _file_name(text: str) -> str:
    """A name for a stranger's endpoint: any text, some of it legible, and no two the same."""
    legible = re.sub(r"[^A-Za-z0-9-]+", "_", text)[:40].strip("_")
    return f"{legible}_{hashlib.sha256(text.encode()).hexdigest()[:12]}"
