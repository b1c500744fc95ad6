"""What a whole flight costs: wall time, memory, first picture, a cold compile cache; and that its bytes repeat."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.claim import Claim

UNREPEATABLE = {"record.json", "telemetry.duckdb"}  # wall times; a random identity DuckDB writes


def fly(out: Path, quality: str, **environment: str) -> tuple[float, float, float]:
    """Fly into ``out``; wall seconds, seconds to the first picture in the gallery, peak memory of the process (GB)."""
    start = time.monotonic()
    command = [sys.executable, "-m", "farside", "fly", "chang-e-4", "--quality", quality, "--out", str(out), "--quiet"]
    flying = subprocess.Popen(command, env={**os.environ, **environment})
    first = float("nan")
    while flying.poll() is None:
        shown = out / "release" / "flight.js"
        if first != first and shown.exists():
            first = time.monotonic() - start
        time.sleep(0.2)
    if flying.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {flying.returncode}")
    return time.monotonic() - start, first, peak_gb()


def peak_gb() -> float:
    """Largest resident size of any child so far."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e9


def digest(out: Path) -> str:
    """SHA-256 over every file of the flight but those that carry wall times."""
    whole = hashlib.sha256()
    for path in sorted(p for p in out.rglob("*") if p.is_file() and p.relative_to(out).parts[0] != "stages"):
        if path.name not in UNREPEATABLE:
            whole.update(f"{path.relative_to(out)}\0".encode())
            whole.update(path.read_bytes())
    return whole.hexdigest()


def claims() -> Iterator[Claim]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        _warm, _, _ = fly(out / "warm", "draft")
        draft, _, _ = fly(out / "draft", "draft")
        yield Claim("draft flight, warm compile cache", draft, "s", 75.0)
        cold, _, _ = fly(out / "cold", "draft", NUMBA_CACHE_DIR=str(out / "numba"))
        yield Claim("cold compile cache adds", cold - draft, "s", 90.0)
        again, _, _ = fly(out / "draft", "draft")
        yield Claim("the same flight again, from its stages", again, "s", draft)
        same = len({digest(out / name) for name in ("warm", "draft", "cold")}) == 1
        yield Claim("draft flights with one seed that differ in a byte", 0.0 if same else 1.0, "", 0.0)
        standard, first, memory = fly(out / "standard", "standard")
        yield Claim("standard flight, warm compile cache", standard, "s", 420.0)
        yield Claim("first picture in the gallery of a standard flight", first, "s", 60.0)
        yield Claim("memory of a standard flight", memory, "GB", 5.0)
        record = json.loads((out / "standard" / "record.json").read_text())
        lost = record["balance"]["generated"] - record["balance"]["delivered"]
        yield Claim("bytes of a standard flight not delivered", float(lost), "B", 0.0)
        score = json.loads((out / "standard" / "score.json").read_text())
        off = sum(row["verdict"] == "off" for row in score["rows"])
        yield Claim("rows of a standard flight's score that are off", float(off), "", 0.0)


if __name__ == "__main__":
    for made in claims():
        print(made.line(), flush=True)
