"""Pointing of panoramas where it is hard: the lander in view, flat ground alone, and sets with something wrong.

Frames as in ``panoramas``: three rings of 20 on the arm, binned 2 x 2, labels 0.1 degrees off. In the lander's set its
deck, solar panels and antennas are in view and fill most of the lowest ring.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.claim import Claim
from benchmarks.panoramas import GAIN_SIGMA, Lights, Set, doubled_percent, made, rms, turned_off, views
from farside.errors import BadInput
from farside.instruments import pinhole
from farside.payload import observe
from farside.products import calibrate, panorama
from farside.products.panorama.adjust import adjust
from farside.products.panorama.gains import Gains
from farside.products.panorama.placing import Placing
from farside.products.panorama.pointing import LABEL_SIGMA_DEG, MOST_FOCAL, Pointing, point
from farside.products.panorama.surface import Surface
from farside.products.panorama.ties import GROUND
from farside.twin import World, load_mission, qualities
from farside.work import Pool, Stages, rng

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Frames = list["xr.Dataset"]

WELL_DEG = 0.02
LEVEL_PER_M = 1e-9
"""Excess of ground that is held flat."""
BAD = 27
"""The frame that something is wrong with."""


def with_lander(world: World, seed: int = 1) -> Set:
    """The set on the arm with the lander in view."""
    _, stage = world.scene(world.mission.span.start)
    draw = rng(seed, "panorama", "gain")
    looks = views(world, True, seed)
    gains = np.exp(draw.normal(0.0, GAIN_SIGMA, len(looks)))
    frames = list(world.pool.map(lambda view: calibrate(observe(stage, view), world.site), looks))
    for frame, gain in zip(frames, gains, strict=True):
        frame.attrs["exposure_ms"] *= float(gain)
    return Set(frames, np.array([view.camera().r for view in looks]), gains)


def apart(placing: Placing, truth: Array) -> Array:
    """Rotation vectors (n, 3), degrees, from the true rotations, the common one removed."""
    off = turned_off(placing, truth)
    return off - off.mean(axis=0)


def over_sigma(pointing: Pointing, truth: Array) -> float:
    """RMS of what rotations are off, the common one removed, over its stated error, each axis."""
    n = len(truth)
    without = np.kron(np.eye(n) - 1.0 / n, np.eye(3))
    sigma = np.degrees(np.sqrt(np.diag(without @ pointing.adjusted.covariance @ without))).reshape(-1, 3)
    return float(np.sqrt(np.mean((apart(pointing.placing, truth) / sigma) ** 2)))


def of_lander(made_set: Set) -> Iterator[Claim]:
    """The lander in view."""
    found = point(made_set.frames, pinhole(made_set.frames[0]))
    off = np.linalg.norm(apart(found.placing, made_set.rotations), axis=1)
    yield Claim(
        "lander in view: largest error of a frame", float(off.max()), "deg", WELL_DEG,
        f"rms {np.sqrt((off**2).mean()):.4f} deg, {np.count_nonzero(off < WELL_DEG)} of {len(off)} within; "
        f"deck {1.0 / found.placing.deck:.3f} m below the eye",
    )  # fmt: skip
    yield Claim("lander in view: error over its stated sigma", over_sigma(found, made_set.rotations), "", 2.0)
    mosaic = panorama(made_set.frames)
    gains = Gains(np.array(mosaic.attrs["gains"]), tuple(mosaic.attrs["vignetting"]))
    doubled, spots = doubled_percent(Lights(made_set.frames, found.placing, gains), mosaic)
    yield Claim(
        "lander in view: of what frames contradict each other on, shown mixed", doubled, "%", 5.0, f"of {spots} spots"
    )
    strange = list(made_set.frames)
    k = len(strange) - 8
    strange[k] = _upside_down(strange[k])
    lost = np.nonzero(point(strange, pinhole(strange[0])).lost)[0].tolist()
    yield Claim("lander in view: a strange frame of its deck left out", float(lost == [k]), "", 1, least=True)


def of_ground(made_set: Set) -> Iterator[Claim]:
    """Without the lander: errors against stated sigma, flat ground alone, and sets with something wrong."""
    frames, truth = made_set.frames, made_set.rotations
    camera = pinhole(frames[0])
    labels = Placing.of_labels(frames, camera)
    found = point(frames, camera)
    yield Claim("on its arm: error over its stated sigma", over_sigma(found, truth), "", 2.0)
    # the same ties, of ground that may not differ from the plane
    ties = found.ties._replace(on=np.full_like(found.ties.on, GROUND))
    level = mock.patch.object(Surface, "roughness", lambda self: np.full(self.excess.size, LEVEL_PER_M))
    with level, mock.patch("farside.products.panorama.adjust.SLOPE_SIGMA", LEVEL_PER_M):
        flat = adjust(ties, labels, labels, LABEL_SIGMA_DEG)
    yield Claim("on its arm: rotations with flat ground alone", rms(apart(flat.placing, truth)), "deg", 0.1)
    right = [name for name, holds in wrongs(frames, truth) if holds]
    yield Claim("sets with something wrong: right or refused", len(right), "", 8, ", ".join(right), least=True)


def wrongs(frames: Frames, truth: Array) -> Iterator[tuple[str, bool]]:
    """Sets with something wrong, and whether each ends as it should.

    A shadow that moves between the rings and a rover that drives are sets of the tests.
    """
    n = len(frames)
    black, burnt, turned = (frames[BAD].copy(deep=True) for _ in range(3))
    black["dn"][:] = 0
    burnt["dn"][:] = 255
    turned["dn"][:] = frames[(BAD + 10) % n]["dn"].to_numpy()
    for name, bad in (
        ("another day", _upside_down(frames[BAD])), ("half a turn", turned), ("black", black), ("saturated", burnt),
    ):  # fmt: skip
        yield name, _leaves_out([*frames[:BAD], bad, *frames[BAD + 1 :]], truth)
    half = [k for k in range(n) if k % 20 < 10]
    yield "half missing", _is_right(point([frames[k] for k in half], pinhole(frames[0])), truth[half], 5.0)
    twice = point([*frames, *frames], pinhole(frames[0]))
    yield "every frame twice", _is_right(twice, np.concatenate([truth, truth]), 1.0)
    yield "focal length", _refused(frames, lambda a: {"focal_length_mm": 1.01 * a["focal_length_mm"]})
    yield "convention", _refused(frames, lambda a: {"camera_rotation_deg": np.roll(a["camera_rotation_deg"], 1)})


def _upside_down(frame: xr.Dataset) -> xr.Dataset:
    """A frame of ground that nobody has seen."""
    out = frame.copy(deep=True)
    out["dn"][:] = frame["dn"].to_numpy()[::-1, ::-1]
    return out


def _leaves_out(frames: Frames, truth: Array) -> bool:
    found = point(frames, pinhole(frames[0]))
    kept = np.arange(len(frames)) != BAD
    off = turned_off(found.placing, truth)[kept]
    return np.nonzero(found.lost)[0].tolist() == [BAD] and rms(off - off.mean(axis=0)) < WELL_DEG


def _is_right(found: Pointing, truth: Array, looser: float) -> bool:
    return found.by == "ties" and not found.lost.any() and rms(apart(found.placing, truth)) < looser * WELL_DEG


def _refused(frames: Frames, change: Callable[[dict[str, object]], dict[str, object]]) -> bool:
    """Whether the labels, changed, are found to be wrong."""
    wrong = [f.copy() for f in frames]
    for frame in wrong:
        frame.attrs |= change(frame.attrs)
    try:
        return abs(point(wrong, pinhole(wrong[0])).adjusted.focal - 1.0) > MOST_FOCAL
    except BadInput:
        return True


def claims() -> Iterator[Claim]:
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder, Pool(2) as pool:
        quality = qualities()["standard"]
        world = World(load_mission("chang-e-4"), quality, Stages(Path(folder)), pool, [], lambda what: None)
        yield from of_lander(with_lander(world))
        yield from of_ground(made(world, True))


if __name__ == "__main__":
    for each in claims():
        print(each.line(), flush=True)
