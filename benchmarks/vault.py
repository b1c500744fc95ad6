"""What the store of a node takes in, durably, beside what its disk can write; and how soon it is open again."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import numpy as np

from benchmarks.claim import Claim
from farside.link.vault import Disk

LATENCY_S = 0.05
"""A batch is committed at most so often."""
META = bytes(range(120))
OCTETS = {1_000: 300_000_000, 10_000: 1_000_000_000, 100_000: 2_000_000_000}
"""Written in a round, by the size of records."""
ROUNDS = 3
BATCH = 128_000_000
"""Octets in a batch that make the source wait for the disk."""
MANY = 1_000_000


def random_octets(n: int) -> bytes:
    return np.random.default_rng(1).bytes(n)


def store_rate(folder: Path, size: int) -> float:
    """Records of ``size`` octets a second, until the last is durable."""
    data, count, vault = random_octets(size), OCTETS[size] // size, Disk(folder)
    began = time.perf_counter()
    with ThreadPoolExecutor(1) as pool:
        writing: Future[None] | None = None
        sealed_at, pending = began, 0
        for _ in range(count):
            vault.put(META, data)
            pending += size
            if pending >= BATCH:
                wait([writing] if writing else [])
                time.sleep(max(0.0, sealed_at + LATENCY_S - time.perf_counter()))
            if time.perf_counter() - sealed_at >= LATENCY_S and (writing is None or writing.done()):
                writing, sealed_at, pending = pool.submit(vault.seal()), time.perf_counter(), 0
        if writing:
            writing.result()
        vault.commit()
    took = time.perf_counter() - began
    vault.close()
    shutil.rmtree(folder)
    return count / took


def disk_rate(path: Path, octets: int) -> float:
    """Octets per second of plain writes of 1 MB with an fdatasync every 50 ms and at the end."""
    block = random_octets(1_000_000)
    began = synced = time.perf_counter()
    with path.open("wb", buffering=0) as file:
        for _ in range(octets // len(block)):
            file.write(block)
            if time.perf_counter() - synced >= LATENCY_S:
                os.fdatasync(file.fileno())
                synced = time.perf_counter()
        os.fdatasync(file.fileno())
    took = time.perf_counter() - began
    path.unlink()
    return octets / took


def cpu_of_a_record(folder: Path) -> tuple[float, float]:
    """CPU microseconds of a put of 1 kB and of its share of a commit of 1,000."""
    vault, data, put, commit, count = Disk(folder), random_octets(1000), 0.0, 0.0, 100_000
    for _ in range(count // 1000):
        t = time.process_time()
        for _ in range(1000):
            vault.put(META, data)
        put += time.process_time() - t
        t = time.process_time()
        vault.commit()
        commit += time.process_time() - t
    vault.close()
    shutil.rmtree(folder)
    return put / count * 1e6, commit / count * 1e6


def opening(folder: Path) -> tuple[float, float]:
    """Seconds to open a store of a million records of 1 kB and list them, with its index and without."""
    vault, data = Disk(folder), random_octets(1000)
    for _ in range(MANY // 10_000):
        for _ in range(10_000):
            vault.put(META, data)
        vault.commit()
    vault.close()
    took = []
    for _ in range(2):
        began = time.perf_counter()
        vault = Disk(folder)
        count = sum(1 for _ in vault.records())
        took.append(time.perf_counter() - began)
        assert (count, vault.damaged) == (MANY, [])
        vault.close()
        for path in folder.glob("index*"):
            path.unlink()
    shutil.rmtree(folder)
    return took[0], took[1]


def claims() -> Iterator[Claim]:
    folder = Path(tempfile.mkdtemp(dir=Path.cwd()))  # a temporary folder of the system may be in memory
    try:
        put, commit = cpu_of_a_record(folder / "cpu")
        yield Claim("vault: CPU of a put of 1 kB", put, "us", 4)
        yield Claim("vault: CPU of a record's share of a commit", commit, "us", 5)
        for size, target in ((1_000, 18_000), (10_000, 8_000), (100_000, 0)):
            rates, disk = [], []
            for k in range(ROUNDS):  # in turns: the disk is not the same from one moment to the next
                rates.append(store_rate(folder / f"{size}-{k}", size))
                disk.append(disk_rate(folder / "plain", OCTETS[size]))
            rate, plain = float(np.median(rates)), float(np.median(disk))
            peer = f"plain writes: {plain / 1e6:.0f} MB/s"
            what = f"vault: durable records of {size // 1000} kB"
            if target:
                yield Claim(f"{what} a second", rate, "1/s", target, peer, least=True)
            else:
                yield Claim(f"{what}, of the disk's own rate", 100 * rate * size / plain, "%", 60, peer, least=True)
        indexed, bare = opening(folder / "many")
        yield Claim("vault: a million records open with their index in", indexed, "s", 10)
        yield Claim("vault: a million records open without their index in", bare, "s", 60)
    finally:
        shutil.rmtree(folder)
