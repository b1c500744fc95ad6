"""The cameras on a GPU beside the processor: the same frames by both, how fast and how alike.

Seconds are wall time of a frame on the GPU, sent there and back, against CPU time on one core, halved for two cores
that work on two frames. Where the frame's bodies and masks are put together, on the processor either way, is not
counted. The best of the rounds; compiling and sending the scene come before.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.cameras import looking, nadir, relief, rocks
from benchmarks.claim import Claim
from farside.payload import Scene, View
from farside.payload.camera.device import gpu
from farside.payload.camera.fill import cells
from farside.payload.camera.picture import BOUNCE_M
from farside.payload.camera.render import first_look, render

CORES, ROUNDS = 2, 3
CLOSE = 1e-6
VIEWS = {
    "landing camera at 300 m": replace(nadir(300.0), binning=1),
    "landing camera at 8 km": replace(nadir(8000.0), binning=1),
    "terrain camera, 15 degrees down": looking(mast_deg=(90.0, -15.0), binning=1),
}


def least(clock: Callable[[], float], what: Callable[[], Any], rounds: int) -> float:
    """Seconds of a clock, the least of the rounds."""
    taken = []
    for _ in range(rounds):
        start = clock()
        what()
        taken.append(clock() - start)
    return min(taken)


def compared(scene: Scene, name: str, view: View) -> Iterator[Claim]:
    """Both renderers on one frame."""
    from farside.payload.camera import cuda

    frame = scene.frame(view)
    pictures = []

    def draw(by: Callable[..., Any]) -> None:
        out, seen = np.empty(frame.shape, np.float32), first_look(*frame.shape)
        fill = cells(*frame.shape, frame.light.flux.size, frame.height_m <= BOUNCE_M)
        by(scene.ground, frame.bodies, frame.light, frame.camera, frame.finest, frame.masks, fill, seen, True, out)
        pictures.append(out)

    for by in render, cuda.render:
        draw(by)
    apart = ~np.isclose(*pictures, rtol=CLOSE, atol=0.0)
    slow = least(time.process_time, lambda: draw(render), 1)
    quick = least(time.perf_counter, lambda: draw(cuda.render), ROUNDS)
    data = f"{gpu()}: {1e3 * quick:.1f} ms; processor: {slow:.2f} CPU-s, {CORES} cores"
    yield Claim(f"{name}: frames a second, GPU / two cores", slow / CORES / quick, "", 50.0, data, True)
    yield Claim(
        f"{name}: GPU and processor differ by more than {CLOSE:g}, share of pixels", float(apart.mean()), "", 1e-4
    )


def claims() -> Iterator[Claim]:
    if not gpu():
        print("gpu: skipped, no GPU that numba-cuda (farside[cuda]) could use is here", file=sys.stderr)
        return
    scene = Scene.build(relief(), rocks())
    for name, view in VIEWS.items():
        yield from compared(scene, name, view)


if __name__ == "__main__":
    for made in claims():
        print(made.line(), flush=True)
