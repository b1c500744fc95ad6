"""Panoramas of the terrain camera from frames whose truth is known, beside Hugin's where it is installed.

The frames are the project's own camera's, binned 2 x 2: three rings of 20 over the mission's ground, lander and rover
away, the mast off its commands by 0.1 degrees (1 sigma) in yaw and pitch and half that in roll, exposures told 8 %
wrong. In the distant set the camera turns in one point; in the other one it swings on its arm.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from benchmarks.claim import Claim
from farside.geometry import Pose
from farside.instruments import camera_pose, pinhole
from farside.payload import View, observe
from farside.products import calibrate, panorama
from farside.products.panorama.gains import Gains, radius2
from farside.products.panorama.placing import Placing
from farside.products.panorama.pointing import point
from farside.twin import Clock, World, load_mission, qualities
from farside.work import Pool, Stages, rng

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

BINNING = 2
SIGMA_DEG = (0.1, 0.1, 0.05)
"""Of the mast's yaw, pitch and roll."""
GAIN_SIGMA = 0.08
POINTINGS = [(170.0 - 18.0 * k, pitch) for pitch in (0.0, -15.0, -30.0) for k in range(20)]


@dataclass(frozen=True)
class Set:
    """Level-2 frames, true rotations (n, 3, 3) from camera to lander frame, and gains that labels do not tell, (n,)."""

    frames: list[xr.Dataset]
    rotations: Array
    gains: Array


def views(world: World, swings: bool, seed: int) -> list[View]:
    """Where the camera is and looks; the lander stands level on the site, north ahead."""
    lander = Clock(world).vehicles["lander"]
    t = world.mission.span.start + 3 * 86400.0
    draw = rng(seed, "panorama", "mast")
    ground = world.relief.height(0.0, 0.0)
    still = camera_pose("tcam", (0.0, 0.0))[1]
    out = []
    for k, (yaw, pitch) in enumerate(POINTINGS):
        error = tuple(float(e) for e in draw.normal(0.0, SIGMA_DEG))
        view = replace(
            lander.aim("tcam", t, k, "0004", (yaw, pitch)), lander=Pose.of(np.array([0.0, 0.0, ground]), np.eye(3)),
            rover=None, mast_error_deg=error, binning=BINNING, joints=(),
        )  # fmt: skip
        if not swings:
            away = np.array([0.0, 0.0, ground]) + still - view.camera().p
            view = replace(view, lander=Pose.of(view.lander.p + away, np.eye(3)))
        out.append(view)
    return out


def made(world: World, swings: bool, seed: int = 1) -> Set:
    """The frames of one set."""
    _, everything = world.scene(world.mission.span.start)
    stage = replace(everything, vehicles=(), movers=())
    draw = rng(seed, "panorama", "gain")
    looks = views(world, swings, seed)
    gains = np.exp(draw.normal(0.0, GAIN_SIGMA, len(looks)))
    shots = world.pool.map(lambda view: calibrate(observe(stage, view), world.site), looks)
    frames = []
    for frame, gain in zip(shots, gains, strict=True):
        frame.attrs["exposure_ms"] *= float(gain)
        if not swings:
            frame.attrs["camera_position_m"] = camera_pose("tcam", (0.0, 0.0))[1].tolist()
        frames.append(frame)
    return Set(frames, np.array([view.camera().r for view in looks]), gains)


def turned_off(placing: Placing, truth: Array) -> Array:
    """Rotation vectors (n, 3), degrees, from the true rotations to those found."""
    return np.degrees(Rotation.from_matrix(placing.rotations @ truth.transpose(0, 2, 1)).as_rotvec())


def rms(v: Array) -> float:
    return float(np.sqrt((v**2).sum(axis=-1).mean()))


def overlaps(placing: Placing) -> Iterator[tuple[int, int, Array, Array]]:
    """Of all pairs of frames that overlap, spots of the first and where the second has them, (m, 2) pixels each."""
    camera = placing.camera
    grid = np.meshgrid(np.arange(20.0, camera.width - 20, 24.0), np.arange(20.0, camera.height - 20, 24.0))
    spots = np.column_stack([g.ravel() for g in grid])
    for a, b in placing.pairs():
        there = placing.pixel(b, placing.seen(a, spots))
        edge = np.minimum(there - 20.0, [camera.width - 20.0, camera.height - 20.0] - there).min(axis=1)
        inside = np.nan_to_num(edge, nan=-1.0) > 0.0
        if inside.any():
            yield a, b, spots[inside], there[inside]


def mismatch_px(found: Placing, truth: Array) -> float:
    """RMS over all overlaps of how far frames that turn in one point are from each other."""
    true = replace(found, rotations=truth)
    squares = [
        np.sum((there - true.pixel(b, true.seen(a, spots))) ** 2, axis=1) for a, b, spots, there in overlaps(found)
    ]
    return float(np.sqrt(np.concatenate(squares).mean()))


def seam_percent(frames: list[xr.Dataset], placing: Placing, gains: Gains) -> tuple[float, float]:
    """RMS and median difference of 9-pixel means of light in all overlaps, green, 20 to 235 counts."""
    means = [cv2.blur(f["dn"].to_numpy()[..., 1].astype(np.float32), (9, 9)) for f in frames]
    # burnt pixels give way in the mosaic; a mean with one of them says nothing
    burnt = [cv2.dilate((f["dn"].to_numpy().max(axis=2) == 255).astype(np.uint8), np.ones((9, 9))) for f in frames]
    per_count = [f.attrs["acali"][1] / f.attrs["exposure_ms"] for f in frames]

    def light(k: int, at: Array) -> tuple[Array, Array]:
        x, y = (at[None, :, c].astype(np.float32) - 1 for c in (0, 1))
        dn = cv2.remap(means[k], x, y, cv2.INTER_LINEAR)[0]
        dn[cv2.remap(burnt[k], x, y, cv2.INTER_NEAREST)[0] > 0] = 255.0
        r2 = radius2(placing.camera, at[:, 0], at[:, 1]).astype(np.float32)
        return dn, dn * per_count[k] * gains.light(k, r2)

    steps = []
    for a, b, spots, there in overlaps(placing):
        (dn_a, one), (dn_b, two) = light(a, spots), light(b, there)
        good = (np.minimum(dn_a, dn_b) > 20) & (np.maximum(dn_a, dn_b) < 235)
        steps.append(np.log(one[good] / two[good]))
    step = 100.0 * np.concatenate(steps)
    return float(np.sqrt((step**2).mean())), float(np.median(np.abs(step)))


def of_set(name: str, made_set: Set, global_deg: float) -> Iterator[Claim]:
    """What is promised of one set; the panorama is laid once, on one core."""
    frames, truth = made_set.frames, made_set.rotations
    start = time.process_time()
    mosaic = panorama(frames)
    cpu = time.process_time() - start
    pointing = point(frames, pinhole(frames[0]))
    off = turned_off(pointing.placing, truth)
    apart = off - off.mean(axis=0)
    labels = Placing.of_labels(frames, pinhole(frames[0]))
    told = turned_off(labels, truth)
    a = mosaic.attrs
    yield Claim(f"{name}: frames placed", a["frames"], "", 60, f"of {len(frames)}", least=True)
    yield Claim(
        f"{name}: rotations, the common one removed", rms(apart), "deg", global_deg,
        f"labels {rms(told - told.mean(axis=0)):.4f} deg, largest {np.linalg.norm(apart, axis=1).max():.4f}",
    )  # fmt: skip
    best = float(np.linalg.norm(told.mean(axis=0)))
    if name == "distant":
        yield Claim(
            f"{name}: absolute pointing over that of the labels' mean", rms(off) / best, "", 1.2,
            f"{rms(off):.4f} deg, labels' mean {best:.4f}, stated sigma {a['pointing_sigma_deg']:.4f}",
        )  # fmt: skip
    gains = Gains(np.array(a["gains"]), tuple(a["vignetting"]))
    step, median = seam_percent(frames, pointing.placing, gains)
    yield Claim(f"{name}: step at seams", step, "%", 0.3, f"median {median:.2f} %")
    wrong = np.log(gains.gain) + np.log(made_set.gains)
    yield Claim(
        f"{name}: exposures found", 100.0 * float(np.std(wrong)), "%", 0.5, f"{100 * GAIN_SIGMA:.0f} % wrong in labels"
    )
    if name == "distant":
        yield Claim(f"{name}: mismatch in overlaps", mismatch_px(pointing.placing, truth), "px", 0.04, "")
        yield Claim(
            f"{name}: panorama of 60 x 1.02 Mpx",
            cpu,
            "CPU-s",
            12.0,
            f"median misfit of ties {a['pair_residual_px']:.3f} px",
        )


def claims() -> Iterator[Claim]:
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder, Pool(2) as pool:
        quality = qualities()["standard"]
        world = World(load_mission("chang-e-4"), quality, Stages(Path(folder)), pool, [], lambda what: None)
        yield from of_set("distant", made(world, False), 0.004)
        yield from of_set("on its arm", made(world, True), 0.01)


if __name__ == "__main__":
    for each in claims():
        print(each.line(), flush=True)
