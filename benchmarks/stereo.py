"""Depths, elevation models and changes from pairs of the panoramic camera, beside plain OpenCV on the same pairs.

The pairs are the project's own cameras', full frames: colour (2352 x 1728) and panchromatic (1176 x 864), over the
mission's ground (posts of 5 mm within 5 m of the site, then 10 and 20) with its rocks; the rover stands level, 4.5 m
south of the site, and looks north at pitches -19 and -7, two yaws each. The mast errs by 0.03 degrees (1 sigma) an
axis, both eyes alike. Heights are compared where a camera looks straight down on the same scene, without regard to the
mast: what it errs counts. For changes the Sun moves two and a half days, the mast errs anew, and stones come and go.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.claim import Claim
from farside.geometry import Pose, euler_to_rotation
from farside.instruments import camera_pose, pinhole
from farside.payload import Body, Rocks, Scene, View, observe, truth_planes
from farside.products import calibrate
from farside.products.portrait import change, depth_map, elevation
from farside.products.portrait.elevation import Posts
from farside.products.portrait.stereo import NEAREST_M, Rectified, looks, matched
from farside.twin import Clock, World, load_mission, qualities
from farside.work import Pool, Stages, rng

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

PLACE_M = (0.0, -4.5)
"""East and north of the rover."""
MASTS = ((0.0, -19.0), (12.857, -19.0), (0.0, -7.0), (12.857, -7.0))
SIGMA_DEG = 0.03
BINS_M = ((3.0, 4.0), (4.0, 5.0), (5.0, 6.5), (6.5, 8.0), (8.0, 9.0), (9.0, 11.0))
REACH_M = 11.0
GROSS = 4.0
"""Errors over the stated sigma from which a depth counts as an outlier."""
EARLIER, LATER = 3.0, 5.5
"""Days of the mission."""
STONES = {
    EARLIER: ((-0.5, 0.3, 0.15, 0.10),),
    LATER: ((0.1, -0.3, 0.12, 0.08), (-0.3, 1.0, 0.06, 0.035), (-0.9, 0.9, 0.25, 0.15)),
}
"""East, north, diameter and height, m, of stones that lie there on one of the days only."""
AROUND_M = 0.25
ROCKS_M, ROCK_M = 30.0, 0.03


@dataclass(frozen=True)
class Shot:
    """Both eyes' level-2 frames, and of the left one where it truly stood and what its pixels show (site, m)."""

    left: xr.Dataset
    right: xr.Dataset
    view: View
    xyz: Array


@dataclass(frozen=True)
class Stage:
    """The world, its scene, and where the rover stands."""

    world: World
    scene: Scene
    rover: Pose

    @classmethod
    def of(cls, world: World, stones: tuple[tuple[float, float, float, float], ...] = ()) -> Stage:
        """The mission's ground and rocks, and stones on it."""
        ground = world.relief.height
        found = world.moon.rocks(world.site, ROCKS_M, ROCK_M)
        base = np.array(found.position, float)
        base[:, 2] = ground(base[:, 0], base[:, 1])
        rocks = Rocks.lying(base, found.diameter, found.height, found.turn, found.shape.astype(np.int64))
        bodies = {}
        if stones:
            s = np.array(stones)
            base = np.column_stack([s[:, :2], ground(s[:, 0], s[:, 1])])
            lying = Rocks.lying(base, s[:, 2], s[:, 3], np.zeros(len(s)), np.arange(len(s)))
            bodies["stones"] = Body(lying.mesh(), {})
        rover = Pose.of(np.array([*PLACE_M, float(ground(*PLACE_M))]), np.eye(3))
        return cls(world, Scene.of(world.relief, bodies, rocks), rover)

    def shoot(self, mode: str, day: float, masts: tuple[tuple[float, float], ...]) -> list[Shot]:
        """Pairs of one sequence."""
        actor = Clock(self.world).vehicles["rover"]
        start = self.world.mission.span.start + day * 86400.0
        draw = rng(1, "stereo", mode, str(day))
        shots = []
        for k, mast in enumerate(masts):
            error = tuple(float(e) for e in draw.normal(0.0, SIGMA_DEG, 3))
            views = [
                replace(
                    actor.aim(eye, start + 80.0 * k + after, k, "0011", mast, mode), rover=self.rover,
                    binning=1 if mode == "C" else 2, mast_error_deg=error, joints=(),
                )
                for eye, after in (("pcamr", 0.0), ("pcaml", 15.5 if mode == "C" else 5.5))
            ]  # fmt: skip
            right, left = (calibrate(observe(self.scene, view), self.world.site) for view in views)
            xyz = truth_planes(self.scene, views[1])["xyz_m"].to_numpy()
            shots.append(Shot(left, right, views[1], xyz))
        return shots

    def from_above(self) -> Array:
        """Points (n, 3) of the scene around the pairs, rover frame, m, about every 7 mm."""
        down = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
        at = self.rover.p + np.array([1.0, 6.5, 45.0])
        t = self.world.mission.span.start + EARLIER * 86400.0
        view = Clock(self.world).vehicles["rover"].aim("pcaml", t, 0, "0011", (0.0, 0.0))
        centre = camera_pose("pcaml", (0.0, 0.0))[1]
        view = replace(
            view, rover=Pose.of(at - down @ centre, down), binning=1, mast_error_deg=(0.0, 0.0, 0.0), joints=()
        )
        xyz = truth_planes(self.scene, view)["xyz_m"].to_numpy().reshape(-1, 3)
        return xyz[np.isfinite(xyz).all(axis=1)] - self.rover.p


def true_depth(shot: Shot, pair: Rectified) -> Array:
    """Along the rectified left axis, m, by the label's geometry: what the mast errs moves both eyes alike."""
    label = euler_to_rotation(*shot.left.attrs["camera_rotation_deg"])
    camera, eye = pinhole(shot.left), shot.view.camera()
    i, j = np.meshgrid(np.arange(camera.width) + 1.0, np.arange(camera.height) + 1.0)
    at = camera.project(pair.camera.rays(i, j) @ pair.rotation.T @ label)
    depth = -((shot.xyz - eye.p) @ eye.r @ label.T) @ pair.rotation[:, 2]
    column, row = ((p - 1.0).astype(np.float32) for p in at)
    return cv2.remap(depth.astype(np.float32), column, row, cv2.INTER_LINEAR, borderValue=float("nan")).astype(float)


def plain(pair: Rectified) -> Array:
    """Disparity by OpenCV's semi-global matching at full size, its own subpixel (1/16), NaN where it has none."""
    eight = [p.clip(0, 255).astype(np.uint8) for p in looks(pair)]
    count = int(np.ceil(pair.baseline_m / pair.camera.pixel_rad / NEAREST_M / 16.0)) * 16
    matcher = cv2.StereoSGBM.create(
        minDisparity=0, numDisparities=count, blockSize=5, P1=8 * 25, P2=32 * 25, uniquenessRatio=5, disp12MaxDiff=1,
        speckleWindowSize=100, speckleRange=2, mode=cv2.STEREO_SGBM_MODE_SGBM_3WAY,
    )  # fmt: skip
    padded = [cv2.copyMakeBorder(p, 0, 0, count, 0, cv2.BORDER_REPLICATE) for p in eight]
    found = matcher.compute(*padded)[:, count:].astype(float) / 16.0
    return np.where((found > 0.0) & ~pair.outside[0], found, np.nan)


def rms(v: Array) -> float:
    return float(np.sqrt(np.mean(v**2))) if v.size else float("nan")


def of_depths(mode: str, shots: list[Shot]) -> Iterator[Claim]:
    """Depths of all pairs against the truth, beside plain matching; both in turn."""
    true, error, sigma, theirs, px = [], [], [], [], []
    own_s, peer_s, seen = 0.0, 0.0, 0
    for shot in shots:
        start = time.process_time()
        pair, disparity, sigma_px, _ = matched(shot.left, shot.right)
        own_s += time.process_time() - start
        start = time.process_time()
        peer = plain(pair)
        peer_s += time.process_time() - start
        z = true_depth(shot, pair)
        scale = pair.baseline_m / pair.camera.pixel_rad
        near = np.isfinite(z) & (z < BINS_M[-1][1])
        seen += int(near.sum())
        true.append(z[near])
        error.append(scale / disparity[near] - z[near])
        px.append(disparity[near] - scale / z[near])
        sigma.append(z[near] ** 2 * sigma_px[near] / scale)
        theirs.append(scale / peer[near] - z[near])
    z, e, s, p, d = (np.concatenate(each) for each in (true, error, sigma, theirs, px))
    known, both = np.isfinite(e), np.isfinite(e) & np.isfinite(p)
    for low, high, target in ((0.0, 5.0, 5.0), (9.0, 11.0, 50.0 if mode == "Q" else 25.0)):
        there = (z >= low) & (z < high)
        yield Claim(
            f"{mode}: depths from {low:g} to {high:g} m, RMS", 1e3 * rms(e[there & known]), "mm", target,
            f"where both have one: {1e3 * rms(e[there & both]):.2f}, plain SGBM {1e3 * rms(p[there & both]):.2f} mm "
            f"(medians {1e3 * np.median(np.abs(e[there & both])):.2f}, {1e3 * np.median(np.abs(p[there & both])):.2f})",
        )  # fmt: skip
    chi2 = [float(np.mean((e / s)[known & (z >= low) & (z < high)] ** 2)) for low, high in BINS_M]
    text = ", ".join(f"{low:g}-{high:g} m {c:.2f}" for (low, high), c in zip(BINS_M, chi2, strict=True))
    yield Claim(
        f"{mode}: chi-square of errors over stated sigma, worst bin, off 1 by a factor",
        max(max(c, 1.0 / c) for c in chi2), "", 2.0, text,
    )  # fmt: skip
    gross = np.abs(e[known]) > GROSS * s[known]
    yield Claim(f"{mode}: depths off by more than {GROSS:g} sigma", 100.0 * float(gross.mean()), "%", 1.0,
                f"error of disparities {1.4826 * np.median(np.abs(d[known])):.3f} px (robust)")  # fmt: skip
    yield Claim(f"{mode}: share of what the left eye sees to {BINS_M[-1][1]:g} m that has a depth",
                100.0 * float(known.sum()) / seen, "%", 60.0, f"plain SGBM {100.0 * np.isfinite(p).sum() / seen:.0f} %",
                least=True)  # fmt: skip
    yield Claim(f"{mode}: rectified and matched", own_s / len(shots), "CPU-s a pair", 6.0 if mode == "C" else 2.0,
                f"plain SGBM alone, at full size {peer_s / len(shots):.2f}")  # fmt: skip


def of_ground(mode: str, shots: list[Shot], above: Array) -> Iterator[Claim]:
    """The elevation model of all pairs against what is seen from above."""
    maps = [depth_map(shot.left, shot.right) for shot in shots]
    start = time.process_time()
    ground = elevation(maps, np.eye(3), reach_m=REACH_M)
    cpu = time.process_time() - start
    a, height = ground.attrs, ground["height"].to_numpy()
    posts = Posts(a["post_m"], a["west_m"], a["north_m"], *height.shape)
    edge = 0.49 * a["post_m"]
    inside = (above[:, 0] > posts.west - edge) & (above[:, 1] < posts.north + edge)
    inside &= above[:, 0] < posts.west + (posts.columns - 1) * a["post_m"] + edge
    inside &= above[:, 1] > posts.north - (posts.rows - 1) * a["post_m"] - edge
    number = posts.number(*above[inside, :2].T)
    count = np.bincount(number, minlength=height.size)
    with np.errstate(invalid="ignore", divide="ignore"):
        true = (np.bincount(number, above[inside, 2], height.size) / count).reshape(height.shape)
    x, y = posts.place(np.arange(height.size).reshape(height.shape))
    eye = np.array(maps[0].attrs["centre_m"])
    away, error = np.hypot(x - eye[0], y - eye[1]), height - true
    within = partial(_within, away, error)
    for low, high, target in ((0.0, 5.0, 5.0), (9.0, 11.0, 20.0)):
        off = within(low, high)
        yield Claim(
            f"{mode}: heights at {100 * a['post_m']:g} cm posts from {low:g} to {high:g} m, RMS", 1e3 * rms(off), "mm",
            target, f"{off.size} posts, all that have a height; largest {1e3 * np.abs(off).max():.0f} mm, "
            f"without what is common to all {1e3 * float(np.std(off)):.2f}",
        )  # fmt: skip
    after, before = a["apart_m"]
    yield Claim(f"{mode}: heights of pairs apart where they overlap, RMS", 1e3 * after, "mm", 5.0,
                f"{1e3 * before:.2f} by the labels; {100.0 * a['stray']:.3f} % of points left out as strays of their "
                f"post; {cpu:.1f} CPU-s for {len(maps)} pairs")  # fmt: skip


def _within(away: Array, error: Array, low: float, high: float) -> Array:
    return error[(away >= low) & (away < high) & np.isfinite(error)]


def of_change(world: World) -> Iterator[Claim]:
    """Stones that come and go between two days."""
    models = []
    for day, stones in STONES.items():
        shots = Stage.of(world, stones).shoot("Q", day, MASTS[:3])
        models.append(elevation([depth_map(shot.left, shot.right) for shot in shots], np.eye(3), reach_m=8.0))
    found = change(*models)
    places = json.loads(found.attrs["places"])
    true = np.array([s[:2] for each in STONES.values() for s in each]) - PLACE_M
    at = np.array([[place["x_m"], place["y_m"]] for place in places]).reshape(-1, 2)
    near = np.linalg.norm(at[:, None] - true[None], axis=2) < AROUND_M
    judged = int((found["changed"].to_numpy() > 0).sum())
    yield Claim("Change: stones of 6 to 25 cm found, of those that came or went", int(near.any(axis=0).sum()), "",
                len(true) - 1, f"of {len(true)}; smallest difference called {1e3 * found.attrs['least_m']:.1f} mm",
                least=True)  # fmt: skip
    yield Claim("Change: places called changed that are not", int((~near.any(axis=1)).sum()), "", 0,
                f"{judged} posts judged, Sun 40 degrees on, shadows moved; false share asked "
                f"{found.attrs['false_share']:g}, spread over stated sigma {found.attrs['spread']:.2f}")  # fmt: skip


def claims() -> Iterator[Claim]:
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder, Pool(2) as pool:
        quality = qualities()["standard"]
        world = World(load_mission("chang-e-4"), quality, Stages(Path(folder)), pool, [], lambda what: None)
        stage = Stage.of(world)
        above = stage.from_above()
        for mode in ("C", "Q"):
            shots = stage.shoot(mode, EARLIER, MASTS)
            yield from of_depths(mode, shots)
            yield from of_ground(mode, shots, above)
        yield from of_change(world)


if __name__ == "__main__":
    for each in claims():
        print(each.line(), flush=True)
