"""Frames on threads, on processes and on a Dask cluster of this machine: what each costs, and that all are the same.

Frames are the landing camera's at full size, on the draft's ground. Each way makes them twice: the first time processes
start and build their scene. CPU is that of the thread that makes a frame; frames a minute are of wall time.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.claim import Claim
from farside.twin import Clock, World, load_mission, qualities
from farside.twin.scenery import Exposure
from farside.work import Cluster, Pool, Processes, Stages, Workers

FRAMES = 8
HANDED_OVER = 200
RECORD = 200_000
"""Octets of a landing camera's record."""
COUNT = 2
"""Threads, processes and Dask workers."""


@dataclass(frozen=True)
class Made:
    """A frame's record, CPU seconds of the thread that made it, and of its whole process so far."""

    record: bytes
    own_s: float
    process_s: float


def make(exposure: Exposure) -> Made:
    start = time.thread_time()
    record = exposure()
    return Made(record, time.thread_time() - start, time.process_time())


def nothing(exposure: Exposure) -> bytes:
    """As much as a frame to hand over both ways, and nothing to do."""
    return bytes(RECORD)


@dataclass(frozen=True)
class Way:
    """How it went: CPU s a frame, and of a process before its first one, ms to hand a frame over, frames a minute."""

    frame_s: float
    start_s: float
    hand_over_ms: float
    rate: float
    digest: str


def exposures(folder: Path) -> list[Exposure]:
    """The landing camera's last minutes."""
    with Pool() as pool:
        world = World(load_mission("chang-e-4"), qualities()["draft"], Stages(folder), pool, [], lambda what: None)
        lander = Clock(world).vehicles["lander"]
        stop = world.descent.touchdown_t
        views = [lander.aim("lcam", stop - 20.0 * (FRAMES - k), k, "0001") for k in range(FRAMES)]
        return [shot.make for shot in world.exposures([replace(view, binning=1) for view in views])]


def tried(workers: Workers, frames: list[Exposure]) -> Way:
    first = list(workers.map(make, frames))
    begun = time.monotonic()
    second = list(workers.map(make, frames))
    took = time.monotonic() - begun
    begun = time.monotonic()
    handed = sum(1 for _ in workers.map(nothing, frames * (HANDED_OVER // FRAMES)))
    each = (time.monotonic() - begun) / handed
    frame = float(np.median([made.own_s for made in second]))
    records = b"".join(made.record for made in second)
    return Way(
        frame, first[0].process_s - frame, 1e3 * each, 60.0 * len(frames) / took, hashlib.sha256(records).hexdigest()
    )


def ways(frames: list[Exposure]) -> Iterator[tuple[str, Way]]:
    from distributed import LocalCluster

    def dask(stack: ExitStack) -> Workers:
        local = LocalCluster(n_workers=COUNT, threads_per_worker=1, dashboard_address=":0")
        return Cluster(stack.enter_context(local).scheduler_address)

    kinds: dict[str, Callable[[ExitStack], Workers]] = {
        "one thread": lambda stack: Pool(1),
        "two threads": lambda stack: Pool(COUNT),
        "two processes": lambda stack: Processes(COUNT),
        "a Dask cluster of two": dask,
    }
    for name, hire in kinds.items():
        with ExitStack() as stack:
            yield name, tried(stack.enter_context(hire(stack)), frames)


def claims() -> Iterator[Claim]:
    with tempfile.TemporaryDirectory() as folder:
        done = dict(ways(exposures(Path(folder))))
    rates = "frames a minute: " + ", ".join(f"{name} {way.rate:.0f}" for name, way in done.items())
    differ = len({way.digest for way in done.values()}) - 1
    yield Claim("ways of working whose frames differ in a byte", float(differ), "", 0.0, rates)
    alone = done["one thread"].frame_s
    for name in ("two threads", "two processes", "a Dask cluster of two"):
        way = done[name]
        data = f"{way.frame_s:.2f} CPU-s a frame, alone {alone:.2f}"
        yield Claim(f"{name}: CPU a frame, over that of one thread", way.frame_s / alone, "", 1.15, data)
        yield Claim(f"{name}: to hand over a frame and its record", way.hand_over_ms, "ms", 10.0)
        if name != "two threads":
            yield Claim(f"{name}: CPU of a process before its first frame", way.start_s, "s", 10.0)


if __name__ == "__main__":
    for made in claims():
        print(made.line(), flush=True)
