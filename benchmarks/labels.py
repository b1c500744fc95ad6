"""Reading a folder of downloads: labels listed, and frames read against pds4_tools; times of the CPU, taken in turns.

The folder holds as many labels as the archive had of Chang'e 4's terrain and panoramic cameras for 2019, copies of one
that the project writes; the frame is one of the terrain camera's at full size.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.claim import Claim
from farside import archive
from farside.geometry import Site
from farside.instruments import load, observation
from farside.products import calibrate

LABELS = 2804
ROUNDS = 7
LANDER = Site(-45.4446, 177.5991)


def frame(folder: Path, binning: int) -> Path:
    """Label of a terrain camera frame as the project writes it."""
    camera = load("tcam")
    model = camera.camera(binning)
    utc = "2019-01-11T19:57:09.000Z"
    raw = observation(
        np.full((model.height, model.width), 300, np.uint16), instrument="tcam", mode="I", index=143, level="raw",
        sequence_id="0009", start_utc=utc, stop_utc=utc, exposure_ms=6.0, binning=binning, bits=10, bayer="RGGB",
        temperature_c=21.0, compression_ratio=2.0, exposure_mode="AUTOMATIC", light="scene", mast_yaw_deg=-172.0,
        mast_pitch_deg=-30.0,
    )  # fmt: skip
    return archive.write(calibrate(raw, LANDER), folder)


def copies(label: Path, folder: Path) -> None:
    """Frames with other indices, LABELS of them, in sequences of 100."""
    name = label.name[:-1]
    text, octets = label.read_text(encoding="utf-8"), label.with_name(name).read_bytes()
    for k in range(LABELS):
        other = name.replace("-143_", f"-{k % 100:03d}_").replace("_0009_", f"_{k // 100:04d}_")
        (folder / other).write_bytes(octets)
        (folder / f"{other}L").write_text(text.replace(name, other), encoding="utf-8")


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def claims() -> Iterator[Claim]:
    import pds4_tools

    with tempfile.TemporaryDirectory() as name:
        many, one = Path(name, "many"), Path(name, "one")
        many.mkdir()
        copies(frame(one, 32), many)
        found = archive.catalog([many])
        assert sum(len(s.readable) for s in found.sequences) == LABELS
        listed = min(seconds(lambda: archive.catalog([many])) for _ in range(ROUNDS))
        yield Claim("labels of downloads listed per CPU second", LABELS / listed, "1/s", 1000.0, least=True)

        label = frame(one, 1)

        def theirs() -> float:
            (structure,) = pds4_tools.read(str(label), quiet=True)
            return float(np.asarray(structure.data).max())

        def ours() -> float:
            return float(archive.read(label)["dn"].to_numpy().max())

        assert ours() == theirs()
        pairs = [(seconds(ours), seconds(theirs)) for _ in range(ROUNDS)]
        yield Claim("CPU time of a TCAM frame read", statistics.median(a for a, _ in pairs) * 1e3, "ms", 10.0)
        ratio = statistics.median(a / b for a, b in pairs)
        peer = f"pds4_tools {pds4_tools.__version__}, which decodes no attributes"
        yield Claim("CPU time of a TCAM frame read, ours over the peer's", ratio, "", 1.5, peer)
