"""A flight is a function of mission and seed: killed, resumed, with other workers, it leaves the same bytes."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("flight")

UNREPEATABLE = {"record.json", "telemetry.duckdb"}  # wall times; DuckDB writes a random identity


def digests(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for part in ("archive", "telemetry", "received", "release", "truth", "browse")
        for p in sorted((folder / part).rglob("*"))
        if p.is_file() and p.name not in UNREPEATABLE
    }


def test_killed_at_any_moment_and_flown_again_gives_the_same_bytes(flight, tmp_path):
    out = tmp_path / "ce4"
    command = [sys.executable, "-m", "farside", "fly", "chang-e-4", "--quality", "draft", "--out", str(out)]
    moments = (out / "stages" / "relief", out / "received", out / "archive" / "data_derived")
    for moment in moments:
        flying = subprocess.Popen([*command, "--quiet"], stderr=subprocess.PIPE, start_new_session=True)
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline and not (moment.is_dir() and any(moment.iterdir())):
            assert flying.poll() is None, flying.stderr.read().decode() if flying.stderr else ""
            time.sleep(0.05)
        time.sleep(0.3)
        os.killpg(flying.pid, signal.SIGKILL)
        flying.wait()
    done = subprocess.run([*command, "--workers", "1", "--quiet"], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert done.stdout == done.stderr == ""
    first, second = digests(flight.folder), digests(out)
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []
    assert not list(out.rglob("*.part"))


def test_another_seed_is_another_moon():
    from farside.moon import Moon

    a, b = Moon(20190103), Moon(20190104)
    assert a.elevation(-45.45, 177.6, 1.0) != b.elevation(-45.45, 177.6, 1.0)
