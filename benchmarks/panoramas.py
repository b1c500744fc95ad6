"""Panoramas of the terrain camera from frames whose truth is known, beside Hugin's where it is installed.

The frames are the project's own camera's, binned 2 x 2: three rings of 20 over the mission's ground, lander and rover
away, the mast off its commands by 0.1 degrees (1 sigma) in yaw and pitch and half that in roll, exposures told 8 %
wrong. In the distant set the camera turns in one point; in the other one it swings on its arm.

The full set is the mission's own: 60 pointings, two shots each, at 2352 x 1728, on the arm, as files of level 2. It is
rendered once (ten minutes) and kept in the folder for temporary files.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from benchmarks.claim import Claim
from benchmarks.peers import hugin
from farside import archive
from farside.geometry import Equirectangular, Pose, azel, direction, t_to_utc
from farside.instruments import camera_pose, pinhole
from farside.payload import View, observe, radiance
from farside.products import calibrate, grid_of, panorama
from farside.products.demosaic import edge_aware
from farside.products.panorama.cells import Cells
from farside.products.panorama.gains import Gains, balance, radius2
from farside.products.panorama.laid import Laid
from farside.products.panorama.placing import Placing
from farside.products.panorama.pointing import point
from farside.products.panorama.warp import MARGIN_PX, pixels
from farside.twin import Clock, World, load_mission, qualities
from farside.work import Pool, Stages, rng

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

BINNING = 2
SIGMA_DEG = (0.1, 0.1, 0.05)
"""Of the mast's yaw, pitch and roll."""
GAIN_SIGMA = 0.08
MEAN_MAP_PX = 9
"""Side of the squares of the map in which frames are compared with each other."""
MEAN_PX = 41
"""Side of the squares in which a panorama's light is compared with the truth."""
DARK = 0.1
"""Squares darker than this share of the median are no lit ground."""
CONTRARY, MIXED = 0.2, 0.15
"""Logarithms of light that differ by so much contradict each other; a share from so much to all but so much is a
mixture."""
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


class Lights:
    """Green light of frames as the panorama has it, from 9-pixel means."""

    def __init__(self, frames: list[xr.Dataset], placing: Placing, gains: Gains) -> None:
        self.placing, self.gains = placing, gains
        self.means = [cv2.blur(f["dn"].to_numpy()[..., 1].astype(np.float32), (9, 9)) for f in frames]
        # burnt pixels give way in the mosaic; a mean with one of them says nothing
        self.burnt = [
            cv2.dilate((f["dn"].to_numpy().max(axis=2) == 255).astype(np.uint8), np.ones((9, 9))) for f in frames
        ]
        self.per_count = [f.attrs["acali"][1] / f.attrs["exposure_ms"] for f in frames]

    def at(self, k: int, spots: Array) -> tuple[Array, Array]:
        """Counts and light of frame k at spots (m, 2) of it; 255 counts where one is burnt."""
        x, y = (spots[None, :, c].astype(np.float32) - 1 for c in (0, 1))
        dn = cv2.remap(self.means[k], x, y, cv2.INTER_LINEAR)[0]
        dn[cv2.remap(self.burnt[k], x, y, cv2.INTER_NEAREST)[0] > 0] = 255.0
        r2 = radius2(self.placing.camera, spots[:, 0], spots[:, 1]).astype(np.float32)
        return dn, dn * self.per_count[k] * self.gains.light(k, r2)

    def pairs(self) -> Iterator[tuple[int, int, Array, Array, Array]]:
        """Of all overlaps: frames, light of the same spots in one and the other where that is from 20 to 235 counts,
        and the spots in the first, (m, 2).
        """
        for a, b, spots, there in overlaps(self.placing):
            (dn_a, one), (dn_b, two) = self.at(a, spots), self.at(b, there)
            good = (np.minimum(dn_a, dn_b) > 20) & (np.maximum(dn_a, dn_b) < 235)
            yield a, b, one[good], two[good], spots[good]


class Patch(NamedTuple):
    """What one frame says of some pixels of the map, (rows, columns): the counts it has there, the light it makes of
    them, both means of MEAN_MAP_PX squares of the map, and whether it has its share in what is made of them.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    counts: Array
    light: Array
    shared: NDArray[np.bool_]


def patch(laid: Laid, n: int) -> Patch:
    """Of piece n of a panorama, every MEAN_MAP_PX // 2-th pixel; NaN where a square is burnt or leaves the frame."""
    piece, camera, size, step = laid.pieces[n], laid.placing.camera, (MEAN_MAP_PX, MEAN_MAP_PX), MEAN_MAP_PX // 2
    i, j = (np.ascontiguousarray(at) for at in pixels(laid.placing, piece.k, laid.grid, piece.rows, piece.columns))
    dn = piece.frame["dn"].to_numpy()
    x, y = i - np.float32(1), j - np.float32(1)
    green = cv2.remap(dn[..., 1].astype(np.float32), x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    end = cv2.remap((dn.max(axis=2) == 255).astype(np.float32), x, y, cv2.INTER_LINEAR)
    low = MARGIN_PX + 1
    outside = (i < low) | (i > camera.width - MARGIN_PX) | (j < low) | (j > camera.height - MARGIN_PX)
    bad = cv2.dilate((outside | (end > 0)).astype(np.uint8), np.ones(size)) > 0
    r2 = radius2(camera, i, j).astype(np.float32)
    share = Cells.of(laid.grid).spread(laid.shares[n], piece.rows, piece.rows[0], piece.columns)
    rows, columns = (np.arange(*span) for span in (piece.rows, piece.columns))
    some = np.ix_(rows % step == 0, columns % step == 0)
    counts, light = (
        np.where(bad, np.nan, cv2.blur(layer, size)).astype(float)[some]
        for layer in (green, green * piece.gain[1] * laid.gains.light(piece.k, r2))
    )
    shared = share[some] > 0 if share.size else np.ones(light.shape, bool)
    return Patch(rows[rows % step == 0], columns[columns % step == 0] % laid.grid.width, counts, light, shared)


def seam_percent(laid: Laid) -> tuple[float, float, float]:
    """RMS and median difference of light, of all overlaps, and the RMS where both frames have their share in what is
    made of them; where both have from 20 to 235 counts.
    """
    patches, steps, both = [patch(laid, n) for n in range(len(laid.pieces))], [], []
    for one, two in combinations(patches, 2):
        _, rows, there_rows = np.intersect1d(one.rows, two.rows, return_indices=True)
        _, columns, there_columns = np.intersect1d(one.columns, two.columns, return_indices=True)
        here, there = np.ix_(rows, columns), np.ix_(there_rows, there_columns)
        low, high = (of(one.counts[here], two.counts[there]) for of in (np.minimum, np.maximum))
        good = (low > 20) & (high < 235)
        steps.append(100.0 * np.log(one.light[here][good] / two.light[there][good]))
        both.append((one.shared[here] & two.shared[there])[good])
    whole, where = np.concatenate(steps), np.concatenate(both)
    return rms(whole[:, None]), float(np.median(np.abs(whole))), rms(whole[where][:, None])


def doubled_percent(lights: Lights, mosaic: xr.Dataset) -> tuple[float, int]:
    """Of spots that two frames show with light that differs by CONTRARY, those where the panorama shows a mixture of
    both, in percent, and how many spots there are.
    """
    grid = grid_of(mosaic)
    green = cv2.blur(mosaic["image"].to_numpy()[..., 1].astype(np.float32), (9, 9)) * mosaic["image"].scale
    shares = []
    for a, _, one, two, spots in lights.pairs():
        column, row = grid.pixel(*azel(lights.placing.seen(a, spots)))
        shown = green[np.rint(row).astype(int).clip(0, grid.height - 1), np.rint(column).astype(int) % grid.width]
        contrary = np.abs(np.log(one / two)) > CONTRARY
        shares.append(((shown - one) / (two - one))[contrary])
    share = np.concatenate(shares)
    return 100.0 * float(np.mean((share > MIXED) & (share < 1.0 - MIXED))), len(share)


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
    gains = balance(frames, pointing.ties, pinhole(frames[0]))
    laid = Laid.of(dict(enumerate(enumerate(frames))), pointing.placing, gains, grid_of(mosaic), np.eye(3))
    step, median, shared = seam_percent(laid)
    yield Claim(f"{name}: step between frames in all overlaps", step, "%", 0.3, f"median {median:.2f} %")
    yield Claim(f"{name}: step where frames are blended", shared, "%", 0.3, "where they agree, by their own noise")
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
        yield from beside_hugin(made_set, pointing.placing, cpu)


def of_light(world: World, made_set: Set) -> Iterator[Claim]:
    """Low frequencies of the light of the distant set's panorama, and whether values go with light."""
    mosaic = panorama(made_set.frames)
    placing = point(made_set.frames, pinhole(made_set.frames[0])).placing
    n, grid = MEAN_PX, grid_of(mosaic)
    assert isinstance(grid, Equirectangular)
    lines, samples = grid.height // n, grid.width // n

    def means(layer: NDArray[np.float32]) -> Array:
        whole = np.ascontiguousarray(layer[: lines * n, : samples * n])
        return cv2.resize(whole, (samples, lines), interpolation=cv2.INTER_AREA).astype(float)

    found, true = means(mosaic["image"].to_numpy()[..., 1].astype(np.float32)), means(true_light(world, placing, grid))
    # nothing is known where there is no frame, or every one is burnt
    ground = (means((mosaic["weight"].to_numpy() <= 1).astype(np.float32)) == 0.0) & np.isfinite(true)
    ground &= true > DARK * np.median(true[ground & (true > 0.0)])
    ratio = np.log(found[ground] / true[ground])
    off = 100.0 * (ratio - np.median(ratio))
    told = f"median {np.median(np.abs(off)):.2f} %, {ground.sum()} squares"
    yield Claim(f"distant: light in {n} px means", float(np.sqrt(np.mean(off**2))), "%", 0.5, told)
    slope = np.polyfit(np.log(true[ground]), np.log(found[ground]), 1)[0]
    yield Claim("distant: power of light that values go with, less 1", abs(float(slope) - 1.0), "", 0.005, "")


def true_light(world: World, placing: Placing, grid: Equirectangular) -> NDArray[np.float32]:
    """Green radiance (line, sample) of a map as the cameras of the distant set were shown it, NaN where they were not.

    Each place is of the frame whose middle is nearest. Frames lie as ``placing`` has them: how well they are pointed is
    another claim.
    """
    _, everything = world.scene(world.mission.span.start)
    stage = replace(everything, vehicles=(), movers=())
    light = np.full((grid.height, grid.width), np.nan, np.float32)
    best = np.zeros((grid.height, grid.width), np.float32)
    for view, rotation in zip(views(world, False, 1), placing.rotations, strict=True):
        raw = radiance(stage, view)
        green = edge_aware(raw / raw.max(), np.zeros(raw.shape, bool), (1.0, 1.0, 1.0))[0][..., 1] * raw.max()
        camera = view.numbers().camera(BINNING)
        middle, _ = grid.pixel(np.arctan2(-rotation[0, 2], -rotation[1, 2]), 0.0)
        half = round(0.7 * camera.width * camera.pixel_rad / np.radians(grid.scale_deg))
        columns = (round(float(middle)) + np.arange(-half, half)) % grid.width
        d = direction(*grid.azel(columns[None, :], np.arange(grid.height)[:, None]))
        i, j = camera.project(d @ rotation)
        edge = np.minimum(np.minimum(i - 3, camera.width - 2 - i), np.minimum(j - 3, camera.height - 2 - j))
        x, y = (np.nan_to_num(at, nan=-9.0).astype(np.float32) - 1 for at in (i, j))
        here = np.nan_to_num(edge, nan=-1.0) > best[:, columns]
        light[:, columns] = np.where(here, cv2.remap(green, x, y, cv2.INTER_LINEAR), light[:, columns])
        best[:, columns] = np.where(here, edge, best[:, columns])
    return light


def beside_hugin(made_set: Set, found: Placing, cpu_s: float) -> Iterator[Claim]:
    """Pointing and time over Hugin's on the same frames from the same labels; nothing where it is not installed."""
    if absent := hugin.missing():
        print(f"no Hugin beside this: {', '.join(absent)} missing (Debian hugin-tools, enblend)", file=sys.stderr)
        return
    frames, truth = made_set.frames, made_set.rotations
    labels = Placing.of_labels(frames, pinhole(frames[0]))
    with tempfile.TemporaryDirectory() as folder:
        pictures = [frame["dn"].to_numpy() for frame in frames]
        theirs = hugin.stitch(pictures, labels.camera, labels.rotations, Path(folder))
    placings = found, replace(labels, rotations=theirs.rotations)
    ours, others = (rms(off - off.mean(axis=0)) for off in (turned_off(each, truth) for each in placings))
    px, others_px = (mismatch_px(each, truth) for each in placings)
    yield Claim("distant: rotations over Hugin's", ours / others, "", 1.0, f"Hugin {others:.4f} deg")
    yield Claim("distant: mismatch in overlaps over Hugin's", px / others_px, "", 1.0, f"Hugin {others_px:.3f} px")
    yield Claim("distant: CPU time over Hugin's", cpu_s / theirs.cpu_s, "", 1.0, f"Hugin {theirs.cpu_s:.0f} CPU-s")


FULL = Path(tempfile.gettempdir()) / "farside-full-panorama"
"""Where the full set is kept."""
SHOT_S = 2.15
"""Between shots, and from a pointing's second to the next one's first."""


def full_set(world: World) -> Path:
    """Folder of the full set's level-2 files."""
    frames, done = FULL / "frames", FULL / "whole"
    if not done.is_file():
        _, everything = world.scene(world.mission.span.start)
        stage = replace(everything, vehicles=(), movers=())
        looks = views(world, True, 1)
        gains = np.exp(rng(1, "panorama", "gain").normal(0.0, GAIN_SIGMA, len(looks)))
        for k, (view, gain) in enumerate(zip(looks, gains, strict=True)):
            for shot in range(2):
                n = 2 * k + shot
                t = looks[0].t + SHOT_S * n
                seen = observe(stage, replace(view, binning=1, index=2 + n, t=t, start_utc=t_to_utc(t)))
                frame = calibrate(seen, world.site)
                frame.attrs["exposure_ms"] *= float(gain)
                archive.write(frame, frames)
        done.touch()
    return frames


def of_full_set(world: World) -> Iterator[Claim]:
    """The panorama at the camera's own size, by the command, from files."""
    frames = full_set(world)
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "farside",
            "panorama",
            str(frames),
            "--out",
            folder,
            "--workers",
            "2",
            "--quiet",
        ]
        start = time.monotonic()
        process = subprocess.Popen(command)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        if status:
            raise RuntimeError("farside panorama failed")
        mosaic = archive.read_layers(next(Path(folder).glob("*PANO*.xml")))
        lines, samples = mosaic["weight"].shape
        cpu = f"{used.ru_utime + used.ru_stime:.0f} CPU-s, {samples} x {lines} px, pictures and tiles included"
        yield Claim("full: 120 x 4.06 Mpx at native width on 2 cores", wall, "s", 240.0, cpu)
        yield Claim("full: most memory", used.ru_maxrss / 2**20, "GiB", 4e9 / 2**30, "")
        yield Claim("full: frames placed", mosaic.attrs["frames"], "", 120, "", least=True)


def claims() -> Iterator[Claim]:
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder, Pool(2) as pool:
        quality = qualities()["standard"]
        world = World(load_mission("chang-e-4"), quality, Stages(Path(folder)), pool, [], lambda what: None)
        distant = made(world, False)
        yield from of_set("distant", distant, 0.004)
        yield from of_light(world, distant)
        yield from of_set("on its arm", made(world, True), 0.01)
        yield from of_full_set(world)


if __name__ == "__main__":
    for each in claims():
        print(each.line(), flush=True)
