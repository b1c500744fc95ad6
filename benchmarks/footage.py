"""The landing film as a measurement: steps from frame to frame, and the landing point, against the truth of the poses.

The frames are the project's own landing camera's along the mission's own descent, 1024 x 1024, compressed 8:1 as on
board and brought to level 2: stretches at the true rate at several heights, and one film down to rest, thinned to a
twentieth of the height a step. Ground is that of standard quality. The film is taken and measured again over other
ground, far away and of other seeds: nothing was tuned on that. OpenCV's Lucas-Kanade with MAGSAC, as usually put
together, is measured on the same frames. Rates are of CPU time, and of frames that are in memory.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.claim import Claim
from farside.geometry import Pose
from farside.instruments import load, pack, unpack
from farside.instruments.gnc import PHASES
from farside.moon import Moon
from farside.payload import View, observe, truth_planes
from farside.products import calibrate
from farside.products.lcam import Chain, chain, expected, way_down
from farside.products.lcam.ortho import sheets
from farside.products.lcam.sight import Sights
from farside.twin import Clock, Mission, World, load_mission, qualities
from farside.work import Pool, Stages

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

PERIOD_S = 545.0 / 5358.0
"""Of the landing camera's frames, as flown."""
STRETCHES = {"2.2 km": 565.0, "0.6 km": 597.0, "hover at 105 m": 630.0, "15 m": 681.0}
"""Seconds after ignition where stretches begin."""
FRAMES = 30
FILM_FROM_S, SHARE, LONGEST_S, WHOLE_S, AFTER_S = 560.0, 0.05, 1.0, 3.0, 1.0
"""The film begins at 2.5 km; it is whole for the last seconds, and goes on after touchdown."""
ELSEWHERE = {
    "elsewhere": (7, {"lat_deg": -36.1, "lon_deg": 200.0}),
    "a third place": (11, {"lat_deg": -43.0, "lon_deg": 182.5}),
}
"""Seed and place of the other landings."""
HIGH_M = 10.0
"""Lower down a centimetre is all that counts, and no share of the height."""
EVERY = 16
"""Truth is taken of one pixel in so many either way."""


@dataclass(frozen=True)
class Taken:
    """Level-2 frames, true poses of the camera, and what it truly saw (line, sample, 3), NaN where that moves along."""

    frames: list[xr.Dataset]
    poses: list[Pose]
    ground: list[Array]


def take(world: World, seconds: list[float]) -> Taken:
    """Frames so many seconds after ignition."""
    lander, start = Clock(world).vehicles["lander"], world.descent.ignition_t
    taken = Taken([], [], [])
    for k, after in enumerate(seconds):
        view = lander.aim("lcam", start + after, k, "0001")
        _, scene = world.scene(view.t)
        taken.frames.append(calibrate(unpack(pack(observe(scene, view))), world.site))
        middle = view.t + 0.5e-3 * taken.frames[-1].attrs["exposure_ms"]
        at = replace(view, t=middle, lander=world.lander_pose(middle), rover=world.rover_pose(middle), binning=EVERY)
        taken.poses.append(at.camera())
        taken.ground.append(_ground(scene, at))
    return taken


def _ground(scene: Any, view: View) -> Array:
    truth = truth_planes(scene, view)
    own = [k for k, name in enumerate(truth.attrs["bodies"]) if name in ("lander", "rover")]
    return np.where(np.isin(truth.body.to_numpy(), own)[..., None], np.nan, truth.xyz_m.to_numpy()).reshape(-1, 3)


def true_step(taken: Taken, a: int, b: int) -> tuple[Array, Array]:
    """Pixels (n, 2), from 0, of ground in frame a that frame b sees, too, and where."""
    camera, ground = load("lcam").camera(), taken.ground[a]
    with np.errstate(invalid="ignore"):
        there = [np.stack(camera.project((ground - taken.poses[k].p) @ taken.poses[k].r), axis=1) - 1.0 for k in (a, b)]
        seen = ((there[1] >= 0) & (there[1] <= (camera.width - 1, camera.height - 1))).all(axis=1)
    return there[0][seen], there[1][seen]


def misses(taken: Taken, a: int, b: int, homography: Array) -> tuple[float, float]:
    """RMS pixels by which a homography misses the true way of the ground, and that of the plane which fits it best."""
    before, after = true_step(taken, a, b)
    plane, _ = cv2.findHomography(before, after, 0)
    found, best = (cv2.perspectiveTransform(before[None], h)[0] for h in (homography, plane))
    return _rms(found - after), _rms(found - best)


def _rms(off: Array) -> float:
    return float(np.sqrt((off**2).sum(axis=1).mean()))


def usual(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Array:
    """The peer: corners, Lucas-Kanade, MAGSAC."""
    corners = cv2.goodFeaturesToTrack(first, 500, 0.01, 20)
    there, found, _ = cv2.calcOpticalFlowPyrLK(first, second, corners, corners.copy(), winSize=(21, 21), maxLevel=3)
    good = found[:, 0] > 0
    return cv2.findHomography(corners[good], there[good], cv2.USAC_MAGSAC, 1.0)[0]


def total(values: list[float] | Array) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(values))))


def steps(world: World) -> Iterator[Claim]:
    """How far steps are off, and how quickly they are found."""
    ours_s = theirs_s = 0.0
    count, lost, everything = 0, 0, []
    for name, begin in STRETCHES.items():
        taken = take(world, [begin + k * PERIOD_S for k in range(FRAMES)])
        chain(taken.frames[:3])  # kernels
        start = time.process_time()
        found = chain(taken.frames)
        ours_s += time.process_time() - start
        pairs = [(k, k + 1) for k in range(FRAMES - 1)]
        dn = [frame["dn"].to_numpy() for frame in taken.frames]
        start = time.process_time()
        theirs = [usual(dn[a], dn[b]) for a, b in pairs]
        theirs_s += time.process_time() - start
        single = {(s.first, s.second): s.match for s in found.steps if s.second == s.first + 1}
        lost += len(pairs) - len(single)
        count += len(pairs)
        ours = [misses(taken, a, b, m.homography) for (a, b), m in single.items()]
        peer = total([misses(taken, a, b, h)[0] for (a, b), h in zip(pairs, theirs, strict=True)])
        sigma = total([m.sigma_px(found.shape) for m in single.values()])
        everything += [off for off, _ in ours]
        plane = total([off for _, off in ours])
        data = (
            f"{plane:.4f} off the plane that fits the truth best, {sigma:.4f} expected; Lucas-Kanade, MAGSAC {peer:.4f}"
        )
        yield Claim(f"landing chain, {name}: step off truth, RMS", total([off for off, _ in ours]), "px", 0.02, data)
    yield Claim("landing chain, all stretches: step off truth, RMS", total(everything), "px", 0.02)
    yield Claim("landing chain: steps refused", float(lost), "", 0.0, f"of {count}")
    data = f"Lucas-Kanade, MAGSAC alone {count / theirs_s:.1f}"
    yield Claim("landing chain: frames a CPU second", count / ours_s, "1/s", 4.0, data, least=True)


def film(world: World) -> list[float]:
    """Seconds after ignition of the film's frames."""
    descent = world.descent
    down = descent.touchdown_t - descent.ignition_t
    at = [FILM_FROM_S]
    while at[-1] < down + AFTER_S:
        step = PERIOD_S
        if at[-1] < down - WHOLE_S:
            state = descent.state(descent.ignition_t + at[-1])
            sink = max(-state.velocity_mps[2], 0.1)
            step = max(round(min(SHARE * state.position_m[2] / sink, LONGEST_S) / PERIOD_S), 1) * PERIOD_S
        at.append(at[-1] + step)
    return at


def telemetry(world: World, until_s: float) -> dict[str, NDArray[Any]]:
    """Housekeeping every second, as the lander sends it."""
    descent = world.descent
    rows = [descent.telemetry(descent.ignition_t + k) for k in range(int(FILM_FROM_S) - 60, int(until_s) + 2)]
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0] if name != "phase"}
    return columns | {"phase": np.array([PHASES.index(row["phase"]) for row in rows])}


def landing(world: World, where: str) -> Iterator[Claim]:
    """The landing point, the way there, and the relief of the ground."""
    seconds = film(world)
    taken = take(world, seconds)
    told = telemetry(world, seconds[-1])
    found = chain(taken.frames, expected(told, load("lcam").camera()))
    start = time.process_time()
    out = way_down(taken.frames, found, told)
    took = time.process_time() - start
    rest, first = world.descent.rest.p, taken.poses[out.frames[0]]
    off = out.landing_m - (rest - on_axis(world, first))[:2]
    sigma = np.sqrt(np.diag(out.landing_covariance))
    data = f"3 sigma {3 * sigma[0]:.2f} east, {3 * sigma[1]:.2f} north; frame FIRST_FRAME_ENU of {first.p[2]:.0f} m; "
    data += f"{len(taken.frames)} frames, {len(found.faults)} refused; adjustment {took:.1f} CPU-s"
    yield Claim(f"landing point off truth, {where}", float(np.hypot(*off)), "m", 0.5, data)
    yield Claim(f"landing point: error over its sigma, worse axis, {where}", float(np.abs(off / sigma).max()), "", 3.0)
    yield from _way(found, out, taken, rest, where)
    yield from _relief(world, Sights(taken.frames, found, out), rest, where)


def _way(found: Chain, out: Any, taken: Taken, rest: Array, where: str) -> Iterator[Claim]:
    shown = out.frames >= 0
    off = out.position_m[shown] - (np.array([taken.poses[k].p for k in out.frames[shown]]) - rest)
    over = np.abs(off) / np.sqrt(np.einsum("nii->ni", out.covariance)[shown, :3])
    height = out.position_m[shown, 2]
    data = f"{len(found.runs)} runs of frames; worst {over.max():.1f} sigma; steps fit to {out.misfit:.2f} sigma"
    share = float((over < 3.0).mean())
    yield Claim(f"positions within 3 sigma of truth, share, {where}", share, "", 0.99, data, least=True)
    relative = 100.0 * np.linalg.norm(off, axis=1) / height
    high = height > HIGH_M
    near = total(np.linalg.norm(off, axis=1)[~high])
    data = f"below {HIGH_M:g} m {1e3 * near:.0f} mm, which is {total(relative[~high]):.1f} % of the height"
    name = f"position off truth above {HIGH_M:g} m, RMS, of the height, {where}"
    yield Claim(name, total(relative[high]), "%", 0.1, data)


def _relief(world: World, sights: Sights, rest: Array, where: str) -> Iterator[Claim]:
    """Heights of the ground by the film, against the mean of the true ones over what a post is the mean of."""
    start = time.process_time()
    laid = sheets(sights)
    took = time.process_time() - start
    for sheet in laid:
        if sheet.relief is None:
            continue
        east, north = sheet.relief.places
        around = np.linspace(-0.5, 0.5, 7) * sheet.relief.window_m
        true = np.mean([
            world.relief.height((rest[0] + east + a).ravel(), (rest[1] + north + b).ravel())
            for a in around for b in around
        ], axis=0).reshape(east.shape) - rest[2]  # fmt: skip
        known = np.isfinite(sheet.relief.height)
        off, sigma = (sheet.relief.height - true)[known], sheet.relief.sigma[known]
        name = f"relief of {sheet.width_m:.0f} m by the film, {where}"
        data = (
            f"posts of {sheet.relief.spacing_m:g} m, means of {sheet.relief.window_m:.2g} m; known {known.mean():.2f}; "
        )
        data += (
            f"median {np.median(np.abs(off)):.3f} m; true relief {true[known].std():.2f} m RMS; maps {took:.0f} CPU-s"
        )
        yield Claim(f"{name}: off truth, RMS", total(off), "m", float(true[known].std()), data)
        share = float((np.abs(off) < 2.0 * sigma).mean())
        yield Claim(f"{name}: posts within 2 sigma of truth, share", share, "", 0.95, least=True)
        yield Claim(f"{name}: error over sigma, mean square", float(np.mean((off / sigma) ** 2)), "", 1.3)


def on_axis(world: World, pose: Pose) -> Array:
    """The ground (3,) on a camera's optical axis."""
    way, far = -pose.r[:, 2], float(pose.p[2])
    for _ in range(20):
        place = pose.p + far * way
        far += float(place[2] - world.relief.height(place[0], place[1])) / -way[2]
    return pose.p + far * way


def claims() -> Iterator[Claim]:
    quality = qualities()["standard"]
    quality = quality.model_copy(update={"lcam": quality.lcam.model_copy(update={"binning": 1})})
    mission = load_mission("chang-e-4")
    landings = {"Chang'e 4": mission} | {where: _moved(mission, *told) for where, told in ELSEWHERE.items()}
    for where, spec in landings.items():
        with tempfile.TemporaryDirectory() as folder, Pool(1) as pool:
            world = World(spec, quality, Stages(Path(folder)), pool, [], lambda what: None)
            if spec is mission:
                yield from steps(world)
            yield from landing(world, where)


def _moved(mission: Mission, seed: int, place: dict[str, float]) -> Mission:
    """The mission with its landing on other ground."""
    height = float(Moon(seed=seed).elevation(*place.values(), resolution_m=5.0))
    site = mission.site.model_copy(update={**place, "name": "elsewhere", "elevation_m": height})
    return mission.model_copy(update={"seed": seed, "site": site})


if __name__ == "__main__":
    for made in claims():
        print(made.line(), flush=True)
