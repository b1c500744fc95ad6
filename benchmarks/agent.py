"""Two durable nodes over loopback: every bundle through codec, checksums, store and group commit on both sides.

A source and a sink, a process each (agent_node.py), speak TCPCL: what the sink has acknowledged is on its disk.
Beside it the disk's own rate: one process that writes as many octets in the same pieces, with fdatasync every 50 ms.
Wall time, so the machine should have nothing else to do. ION 4.1.3 reached 4,490, 2,650 and 2,725 bundles/s over
STCP on such a machine, without a promise that what is acknowledged is durable.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.claim import Claim

SIZES = {1_000: (100_000, 18_000), 10_000: (30_000, 8_000), 100_000: (10_000, None)}
"""Octets of a payload: bundles sent, and how many a second are claimed (None: a share of the disk's rate)."""
SHARE = 0.6
TURNS = 3
PORT = 45_810
ION = {1_000: 4_490, 10_000: 2_650, 100_000: 2_725}


def nodes(folder: Path, count: int, octets: int) -> dict[str, float]:
    """Bundles a second from the first that is submitted to the last that is delivered; CPU seconds of each side."""
    command = [sys.executable, "-m", "benchmarks.agent_node"]
    with (
        subprocess.Popen([*command, "sink", folder / "sink", str(count), str(PORT)], stdout=subprocess.PIPE) as sink,
        subprocess.Popen(
            [*command, "source", folder / "source", str(count), str(octets), str(PORT)], stdout=subprocess.PIPE
        ) as source,
    ):
        assert sink.stdout and source.stdout
        sink.stdout.readline()
        begun, ended = json.loads(source.stdout.readline()), json.loads(sink.stdout.readline())
    return {"rate": count / (ended["at"] - begun["at"]), "source": begun["cpu_s"], "sink": ended["cpu_s"]}


def disk(folder: Path, count: int, octets: int) -> float:
    """Octets a second that one process writes one after the other, durably every 50 ms."""
    piece = os.urandom(octets)
    start = synced = time.perf_counter()
    with (folder / "plain").open("wb", buffering=1 << 20) as file:
        for _ in range(count):
            file.write(piece)
            if time.perf_counter() - synced > 0.05:
                file.flush()
                os.fdatasync(file.fileno())
                synced = time.perf_counter()
        file.flush()
        os.fdatasync(file.fileno())
    return count * octets / (time.perf_counter() - start)


def claims() -> Iterator[Claim]:
    """Bundles a second at three sizes, in turns with the disk alone."""
    for octets, (count, least) in SIZES.items():
        best: dict[str, float] = {}
        rates, plain = [], []
        for _ in range(TURNS):
            with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
                plain.append(disk(Path(folder), count, octets))
                best = nodes(Path(folder), count, octets)
                rates.append(best["rate"])
        rate, alone = sorted(rates)[TURNS // 2], sorted(plain)[TURNS // 2]
        stored = 2 * rate * octets
        peer = (
            f"ION 4.1.3 on such a machine, without the promise: {ION[octets]}/s; disk alone {alone / 1e6:.0f} MB/s, "
            f"both stores took {stored / 1e6:.0f} MB/s; CPU s of source {best['source']:.1f}, sink {best['sink']:.1f}"
        )
        name = f"durable nodes over loopback, {octets // 1000} kB"
        if least is not None:
            yield Claim(name, rate, "/s", least, peer, least=True)
        else:
            yield Claim(f"{name}: both stores' share of the disk's rate", stored / alone, "", SHARE, peer, least=True)
            yield Claim(f"{name}: beside ION", rate / ION[octets], "x", 1.0, peer, least=True)
