"""The tracer beside Blender's Cycles and Mitsuba: CPU time of the same frames, taken in turns, and the same pictures.

Every renderer is a process of its own and gets the same triangles, cameras and Suns (``peers.scene``). All take one ray
a pixel and one to the Sun: farside and Cycles to a point of its disc, Mitsuba to its middle; farside shades by Hapke's
law, the others by Lambert's. farside is also timed as it takes pictures, with its second look at edges and penumbrae,
for which nobody else has a counterpart. None gathers light of the surroundings. Seconds are user and system time of
all threads, the best of the rounds; work beside them makes them longer: the load is given.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, minimum_filter
from skimage.registration import phase_cross_correlation

from benchmarks.claim import Claim
from benchmarks.peers.scene import write_site, write_stone

Array = NDArray[np.float64]

HOME = Path(__file__).parents[1]
SCRIPTS = HOME / "benchmarks" / "peers"
PEERS = HOME / ".peers"
LLVM = Path(os.environ.get("DRJIT_LIBLLVM_PATH", "/usr/lib/x86_64-linux-gnu/libLLVM.so.19.1"))
"""Where Debian's libllvm19 puts it; older ones stop Mitsuba."""
VIEWS = ("landing camera at 300 m", "landing camera on the ground, ahead")
ROUNDS = 3
LIMBS = 4
DIM = 0.1
"""Pixels count as lit when brighter than this share of the median of those that must be."""
GRAZING = 0.02
"""Sine of the Sun's height over a surface below which nobody asks whether it is lit."""
FINE = 20
"""Shifts of pictures are found to 1 / FINE pixel."""


@dataclass
class Renderer:
    """A renderer at work in its own process."""

    name: str
    command: list[str]
    folder: Path
    taken: dict[str, list[float]] = field(default_factory=dict)
    octets: int = 0

    def __enter__(self) -> Self:
        with self.log.open("w") as log:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": log}
            environment = os.environ | {"DRJIT_LIBLLVM_PATH": str(LLVM)}
            self.process = subprocess.Popen(self.command, **pipes, text=True, cwd=HOME, env=environment)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def ask(self, **order: Any) -> float:
        """CPU seconds that an order took."""
        print(json.dumps(order), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} has stopped:\n{self.log.read_text()[-2000:]}")
        answer = json.loads(line)
        self.octets = answer["octets"]
        self.taken.setdefault(f"{order['do']} {order.get('view', '')}", []).append(answer["cpu_s"])
        return float(answer["cpu_s"])

    def frame_s(self, view: int) -> float:
        """Least CPU seconds of a view's frames since the first."""
        return min(self.taken[f"render {view}"][1:])

    def cost(self, view: int) -> str:
        """A view's frame, and what the scene took."""
        built = self.taken["build "][0]
        return f"{self.frame_s(view):.2f} s (built in {built:.1f} s, at most {self.octets / 1e9:.2f} GB)"

    def picture(self, view: int, sun: int = 0) -> Array:
        """Radiance, (lines, samples)."""
        file = self.folder / f"{self.name}.npy"
        self.ask(do="render", view=view, sun=sun, save=str(file))
        return np.load(file).astype(float)


def renderers(folder: Path) -> list[Renderer]:
    """Ours, ours plain, Cycles, Mitsuba and, where LLVM is, Mitsuba compiled by it."""
    python = str(PEERS / "bin" / "python")
    direct = [python, str(SCRIPTS / "mitsuba_direct.py")]
    own = [sys.executable, "-m", "benchmarks.peers.ours"]
    found = [
        Renderer("ours", own, folder),
        Renderer("plain", [*own, "plain"], folder),
        Renderer("cycles", [python, str(SCRIPTS / "blender_cycles.py")], folder),
        Renderer("mitsuba", [*direct, "scalar_rgb"], folder),
    ]
    return found + ([Renderer("llvm", [*direct, "llvm_ad_rgb"], folder)] if LLVM.exists() else [])


def race(all_of_them: list[Renderer], triangles: int) -> Iterator[Claim]:
    """The same frames in turns, after one each that warms up."""
    for _ in range(1 + ROUNDS):
        for view in range(len(VIEWS)):
            for one in all_of_them:
                one.ask(do="render", view=view, sun=0, save="")
    ours, plain, cycles, mitsuba, *llvm = all_of_them
    busy = f"{triangles / 1e6:.1f} M triangles; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    for view, name in enumerate(VIEWS):
        for mine, how in (
            (plain, "one sample, soft limb-darkened Sun, Hapke"),
            (ours, "the same with its second look"),
        ):
            what = f"{name}{'' if mine is plain else ', second look'}"
            data = f"{mine.cost(view)}: {how}; "
            theirs = f"Cycles {cycles.cost(view)}: one sample, soft Sun, Lambert; {busy}"
            ratio = cycles.frame_s(view) / mine.frame_s(view)
            yield Claim(f"{what}: CPU a frame, Cycles' / ours", ratio, "", 4.0, data + theirs, True)
            theirs = f"Mitsuba scalar {mitsuba.cost(view)}: one sample, point Sun, Lambert; "
            theirs += "".join(f"its LLVM {one.cost(view)}; " for one in llvm) + busy
            ratio = mine.frame_s(view) / mitsuba.frame_s(view)
            yield Claim(f"{what}: CPU a frame, ours / Mitsuba's", ratio, "", 1.0, data + theirs)


def shadows(ours: Array, suns: Array, full: float) -> tuple[float, float]:
    """Share of the pixels whose light differs from that of hard Suns (n, lines, samples), and share compared.

    Compared are pixels that with their neighbours see all or none of the Suns: no edges, no penumbrae. full: radiance
    of a surface that faces the Sun.
    """
    lit = minimum_filter((suns > GRAZING * full).all(axis=0), 3)
    dark = minimum_filter((suns == 0.0).all(axis=0), 3)
    bright = ours > DIM * np.median(ours[lit])
    return float(np.mean((lit & ~bright) | (dark & bright))), float(np.mean(lit | dark))


def same_pictures(ours: Renderer, cycles: Renderer, mitsuba: Renderer, full: float) -> Iterator[Claim]:
    """Shadows where they are, everything where it is."""
    for view, name in enumerate(VIEWS):
        mine, soft = ours.picture(view), cycles.picture(view)
        suns = np.stack([mitsuba.picture(view, sun) for sun in range(1 + LIMBS)])
        apart, compared = shadows(mine, suns, full)
        data = f"{compared:.1%} compared: all but edges and penumbrae, by hard Suns at the middle and four limbs"
        yield Claim(f"{name}: lit or not differs from Mitsuba, share of pixels", apart, "", 1e-3, data)
        for other, picture in (("Mitsuba", suns[0]), ("Cycles", soft)):
            shift, *_ = phase_cross_correlation(np.sqrt(mine), np.sqrt(picture), upsample_factor=FINE)
            data = f"lines {shift[0]:+.2f}, samples {shift[1]:+.2f}, found to {1 / FINE:g}"
            yield Claim(f"{name}: picture shifted from that of {other}", float(np.hypot(*shift)), "pixel", 0.5, data)


def lambert(ours: Renderer, mitsuba: Renderer, folder: Path) -> Iterator[Claim]:
    """A Lambert stone of eighty facets on a plate: what the Sun adds is lit less shaded."""
    scene, dark = folder / "stone.npz", folder / "dark.npz"
    write_stone(scene, shaded=False)
    write_stone(dark, shaded=True)
    for one in (ours, mitsuba):
        one.ask(do="build", scene=str(scene))
    lit, suns = ours.picture(0), np.stack([mitsuba.picture(0, sun) for sun in range(1 + LIMBS)])
    ours.ask(do="build", scene=str(dark))
    mine = lit - ours.picture(0)
    # inside facets and outside penumbrae: all nine neighbours are alike and see all of the Sun
    theirs = suns[0]
    inside = maximum_filter(theirs, 3) < minimum_filter(theirs, 3) * (1 + 1e-4)
    inside &= minimum_filter((suns > 0.0).all(axis=0), 3)
    off = np.abs(mine / np.where(inside, theirs, 1.0) - 1.0)[inside]
    with np.load(scene) as stored:
        colour = float(stored["irradiance_of_middle"] / stored["irradiance"])
    shades = len(np.unique(theirs[inside].round(3)))
    data = f"median {100 * np.median(off):.5f} %, {shades} shades, {inside.mean():.0%} of the pixels; E of the whole"
    data += f" band, at its middle it is {100 * (colour - 1):+.2f} %"
    yield Claim("Lambert stone: radiance off Mitsuba's, any pixel", 100 * float(off.max()), "%", 0.1, data)


def claims() -> Iterator[Claim]:
    if not (PEERS / ".ready").exists():
        print("tracers: skipped, Blender and Mitsuba are not here: make peers", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        scene = folder / "site.npz"
        triangles = write_site(scene)
        with np.load(scene) as stored:
            full = float(stored["irradiance"] * stored["albedo"] / np.pi)
        all_of_them = [stack.enter_context(one) for one in renderers(folder)]
        for one in all_of_them:
            one.ask(do="build", scene=str(scene))
        yield from race(all_of_them, triangles)
        ours, _, cycles, mitsuba = all_of_them[:4]
        yield from same_pictures(ours, cycles, mitsuba, full)
        yield from lambert(ours, mitsuba, folder)


if __name__ == "__main__":
    for made in claims():
        print(made.line(), flush=True)
