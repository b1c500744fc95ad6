"""``farside process`` on folders of a few hundred frames: files a second, memory, and going on where it was stopped.

Frames of one eye of the rover's camera at full size, 8 MB each, in a sequence that turns all around: its desk makes no
more than pictures of them, so what is measured is the way from files to the desk. Their number must not show in the
memory. Files are links to a few, so that the disk holds them; each is read as its own. A smaller mixture of counts
of three cameras is processed with one worker and with two, and once more after the process was killed half-way: the
folders must hold the same bytes.

Public notes say of the usual reader (every frame demosaicked, stretched and written as PNG) that it takes 1.7 such
frames a second. That is the target, but not the same work: every seventh frame becomes a picture here, and all are
hashed, read, checked and counted.
"""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.claim import Claim
from farside import archive
from farside.geometry import Site, t_to_utc, utc_to_t
from farside.instruments import load, observation
from farside.products import calibrate

LANDER = Site(-45.4446, 177.5991)
FIRST = utc_to_t("2019-01-12T07:42:30Z")
FEW, MANY = 100, 300
COUNTS = 60
PEER_FPS = 1.7


class Run(NamedTuple):
    """CPU seconds and largest memory, GB, of a process."""

    cpu_s: float
    peak_gb: float


def counts(folder: Path, name: str, index: int, second: float, yaw: float, binning: int, light: str = "scene") -> Path:
    """A frame of counts: blotches under noise."""
    camera = load(name)
    d = camera.detector
    shape = d.height // binning, d.width // binning
    rng = np.random.default_rng([index, int(second)])
    scene = 0.0 if light == "dark" else 1.0
    spots = np.kron(rng.uniform(0.1, 0.6, (-(-shape[0] // 16), -(-shape[1] // 16))), np.ones((16, 16)))
    dn = d.bias_dn + scene * d.full_scale * spots[: shape[0], : shape[1]] + rng.normal(0.0, 2.0, shape)
    utc = t_to_utc(FIRST + second, 3)
    mast = {"mast_yaw_deg": yaw, "mast_pitch_deg": -20.0} if camera.on_mast else {}
    raw = observation(
        dn.clip(0, d.full_scale).astype(np.uint8 if d.bits == 8 else np.uint16), instrument=name, mode=camera.mode,
        index=index, sequence_id="0003", level="raw", start_utc=utc, stop_utc=utc, exposure_ms=6.0, binning=binning,
        bits=d.bits, temperature_c=20.0, bayer=d.bayer, compression_ratio=camera.compression_ratio,
        exposure_mode="AUTOMATIC", light=light, **mast,
    )  # fmt: skip
    return archive.write(raw, folder)


def around(folder: Path, source: Path, frames: int) -> None:
    """Frames of the left eye all around: labels of their own, the data of one file."""
    text, data = source.read_text(encoding="utf-8"), source.with_name(source.name[:-1])
    folder.mkdir()
    for k in range(frames):
        utc = t_to_utc(FIRST + 80.0 * k, 3)
        stamp = re.sub(r"\D", "", utc)[:14]
        name = f"CE4_GRAS_PCAML-C-{k:03d}_SCI_N_{stamp}_{stamp}_0003_B.2B"
        yaw = -180.0 + 360.0 * k / frames
        said = text.replace(data.name, name)
        for tag, value in (("start_date_time", utc), ("stop_date_time", utc), ("yawing", f"{yaw:.6f}")):
            said = re.sub(rf"<{tag}([^>]*)>[^<]*<", rf"<{tag}\g<1>>{value}<", said, count=1)
        (folder / f"{name}L").write_text(said, encoding="utf-8")
        os.link(data, folder / name)


def command(folder: Path, out: Path, workers: int) -> list[str]:
    place = ["--lat", str(LANDER.lat_deg), "--lon", str(LANDER.lon_deg)]
    return [sys.executable, "-m", "farside", "process", str(folder), "--out", str(out), *place,
            "--workers", str(workers), "--quiet"]  # fmt: skip


def run(folder: Path, out: Path, workers: int = 1) -> Run:
    """Process a folder in a process of its own."""
    process = subprocess.Popen(command(folder, out, workers))
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (0, 1), process.returncode  # 1: frames alone, no product
    return Run(used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6)


def kill_half_way(folder: Path, out: Path, frames: int) -> None:
    """Start, and kill the process as soon as it has noted so many frames."""
    process = subprocess.Popen(command(folder, out, 2))
    while process.poll() is None:
        notes = out.glob("made/*/frames.jsonl")
        if sum(len(path.read_text(encoding="utf-8").splitlines()) for path in notes) >= frames:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return
        time.sleep(0.002)
    raise AssertionError("it ended before it could be killed")


def tree(folder: Path) -> str:
    """Hash of names and contents of all that lies in a folder."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def mixture(folder: Path) -> int:
    """Counts of the landing camera, of a portrait by both eyes, and of the lander's camera; how many files."""
    landing = [counts(folder, "lcam", k, float(k), 0.0, 8) for k in range(60)]
    pairs = [counts(folder, eye, k, 200.0 + 80.0 * k + 5.0 * e, 12.0 * k, 8) for k in range(3)
             for e, eye in enumerate(("pcamr", "pcaml"))]  # fmt: skip
    shots = [counts(folder, "tcam", k, 900.0 + 2.0 * k, 18.0 * (k % 4), 8) for k in range(8)]
    darks = [counts(folder, "pcaml", 90 + k, 1200.0 + k, 0.0, 8, "dark") for k in range(4)]
    return len(landing) + len(pairs) + len(shots) + len(darks)


def claims() -> Iterator[Claim]:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        raw = counts(root / "one", "pcaml", 0, 0.0, 0.0, 1)
        level2 = archive.write(calibrate(archive.read(raw), LANDER), root / "one")
        run(root / "one", root / "warm")  # kernels are compiled
        around(root / "few", level2, FEW)
        around(root / "many", level2, MANY)
        few, many = run(root / "few", root / "few-out"), run(root / "many", root / "many-out")
        peer = f"usual reader, a picture of every frame, from notes: {PEER_FPS} 1/s"
        speed = (MANY - FEW) / (many.cpu_s - few.cpu_s)
        yield Claim("PCAM 2B files processed per CPU second", speed, "1/s", PEER_FPS, peer, least=True)
        yield Claim(f"peak memory at {MANY} PCAM frames of 8 MB", many.peak_gb, "GB", 1.0)
        yield Claim(f"more memory for {MANY - FEW} frames more", 1e3 * (many.peak_gb - few.peak_gb), "MB", 50.0)
        idle = run(root / "one", root / "warm").cpu_s
        again = MANY / max(run(root / "many", root / "many-out").cpu_s - idle, 0.01)
        yield Claim("PCAM 2B files found made per CPU second", again, "1/s", 50.0, least=True)

        full = root / "counts"
        for k in range(COUNTS):
            counts(full, "pcaml", k, 80.0 * k, 6.0 * k, 1)
        made = run(full, root / "counts-out")
        yield Claim("PCAM counts calibrated per CPU second", COUNTS / (made.cpu_s - idle), "1/s", PEER_FPS, least=True)

        mixed = root / "mixed"
        files = mixture(mixed)
        run(mixed, root / "a", 1)
        run(mixed, root / "b", 2)
        whole = tree(root / "a")
        yield Claim("files that two workers make otherwise than one", float(tree(root / "b") != whole), "", 0.0)
        kill_half_way(mixed, root / "c", files // 3)
        run(mixed, root / "c", 2)
        yield Claim("files that differ after a kill half-way", float(tree(root / "c") != whole), "", 0.0)
