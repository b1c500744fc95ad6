"""Bundles written and read, against pyd3tn 0.15.2 in an environment of its own: times of the CPU, taken in turns.

Both write the same bytes: hop count, age and payload, CRC-32C on every block. Both verify all checksums when they read.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.claim import Claim
from farside.link.bundle import AGE, HOP_COUNT, Block, Form, Primary, unpack
from farside.link.eid import Eid

PEER = "pyd3tn==0.15.2"
ROUNDS = 7
CREATED_MS = round((1.7e9 - 946_684_800) * 1000)
FORM = Form(
    Primary(Eid(200, 64), Eid(10, 1), 0, 0, 3_600_000),
    (Block(HOP_COUNT, 2, b"\x82\x18\x1e\x00"), Block(AGE, 3, b"\x00")),
)
TARGETS = {("encode", 1024): 80.0, ("encode", 65536): 500.0, ("decode", 1024): 20.0, ("decode", 65536): 500.0}
COUNTS = {1024: (20_000, 400), 65536: (2_000, 15)}
"""Bundles a round: ours, pyd3tn's; some tenths of a second each."""


def installed(folder: Path) -> Path:
    """Python of a fresh environment that holds the peer and what it pins."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", PEER], check=True)
    return python


def asked(peer: subprocess.Popen[str], order: dict[str, Any]) -> dict[str, Any]:
    """The peer's answer to an order."""
    assert peer.stdin and peer.stdout
    print(json.dumps(order), file=peer.stdin, flush=True)
    return dict(json.loads(peer.stdout.readline()))


def encode(payload: bytes, count: int) -> bytes:
    for number in range(count):
        data = FORM.pack(CREATED_MS, number, payload)
    return data


def decode(data: bytes, count: int) -> None:
    for _ in range(count):
        unpack(data)


def seconds(work: Callable[..., object], *args: object) -> float:
    start = time.process_time()
    work(*args)
    return time.process_time() - start


def claims() -> Iterator[Claim]:
    with tempfile.TemporaryDirectory(prefix="farside-codec-") as folder:
        command = [installed(Path(folder)), Path(__file__).with_name("codec_peer.py")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as peer:
            yield from compared(peer)
            assert peer.stdin
            peer.stdin.close()


def compared(peer: subprocess.Popen[str]) -> Iterator[Claim]:
    for octets, (ours, theirs) in COUNTS.items():
        payload = bytes(range(256)) * (octets // 256)
        theirs_text = asked(peer, {"do": "encode", "octets": octets, "count": 3})["bundle"]
        data = encode(payload, 3)
        if data.hex() != theirs_text:
            raise AssertionError(f"pyd3tn writes other bytes for {octets} octets")
        decode(data, 3)
        rates: dict[str, list[tuple[float, float]]] = {"encode": [], "decode": []}
        for _ in range(ROUNDS):
            peer_s = asked(peer, {"do": "encode", "octets": octets, "count": theirs})["seconds"]
            rates["encode"].append((ours / seconds(encode, payload, ours), theirs / peer_s))
            peer_s = asked(peer, {"do": "decode", "bundle": theirs_text, "count": theirs})["seconds"]
            rates["decode"].append((ours / seconds(decode, data, ours), theirs / peer_s))
        for what, pairs in rates.items():
            ratio = statistics.median(mine / other for mine, other in pairs)
            mine, other = (statistics.median(column) for column in zip(*pairs, strict=True))
            name = f"{what} bundles of {octets // 1024} kB, times as many a second"
            yield Claim(name, ratio, "x", TARGETS[what, octets], f"{PEER} ({mine:.0f}/s against {other:.0f}/s)", True)


if __name__ == "__main__":
    for made in claims():
        print(made.line(), flush=True)
