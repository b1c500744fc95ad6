"""The chain of the landing film: each frame registered to the one before, key frames to the key frame before.

A frame that cannot be registered is left out and says why; the next is registered to the last good one, so that a gap
is bridged as long as enough ground is seen on both sides. Where that fails the chain begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput, DamagedFile
from farside.geometry import utc_to_t
from farside.instruments import Camera, pinhole
from farside.products.flat import lens_falloff
from farside.products.lcam.aboard import Aboard
from farside.products.lcam.register import Match, Plate, register

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

Expect = Callable[[float, float], Array]
"""Where the ground is expected to go between two times (TDB s past J2000): a homography (3, 3) of pixels from 0."""

KEY_PX = 32.0
"""A frame whose ground has moved this far somewhere is the next key frame."""


@dataclass(frozen=True)
class Step:
    """Two frames, numbered in the order of time, and the match of the first's ground in the second."""

    first: int
    second: int
    match: Match


@dataclass(frozen=True)
class Chain:
    """Frames that hold together.

    camera: of all frames. t (n,): middle of each exposure, TDB s past J2000. steps: from frame to frame, and from key
    frame to key frame, by the number of the second. faults: why a frame is in no step, by its number. unread: how many
    files were damaged; they have no number. order (n,): where each frame is in the sequence that was given. aboard
    (line, sample): pixels that see the lander, as far as the film shows it.
    """

    camera: Camera
    t: Array
    steps: tuple[Step, ...]
    faults: dict[int, str]
    unread: int = 0
    order: tuple[int, ...] = ()
    aboard: NDArray[np.bool_] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Lines and samples of a frame."""
        return self.camera.height, self.camera.width

    @property
    def runs(self) -> list[list[int]]:
        """Frames that steps connect, run by run, in the order of time."""
        runs: list[list[int]] = []
        for step in self.steps:
            if not runs or step.first not in runs[-1]:
                runs.append([step.first])
            if step.second != runs[-1][-1]:
                runs[-1].append(step.second)
        return runs


def chain(frames: Sequence[xr.Dataset], expect: Expect | None = None) -> Chain:
    """Chain level-2 frames of one camera and size, in the order of time; each is asked for twice and not kept.

    expect: where the ground should go, by telemetry; without it, as it went before. Frames that cannot be read are
    faults. Raises BadInput without frames, or with frames of different sizes.
    """
    labels = [_label(frames, k) for k in range(len(frames))]
    known = [(t, k, camera) for k, (t, camera) in enumerate(labels) if camera is not None]
    if not known:
        raise BadInput("landing chain", "frames", len(frames), "at least one frame that can be read")
    if len({(camera.width, camera.height) for *_, camera in known}) > 1:
        raise BadInput("landing chain", "frames", {(c.width, c.height) for *_, c in known}, "frames of one size")
    known.sort(key=lambda row: row[:2])
    camera = known[0][2]
    links = _Links(camera, expect)
    for n, (t, k, _) in enumerate(known):
        links.add(n, t, frames[k]["dn"].to_numpy())
    times, order = np.array([t for t, *_ in known]), tuple(k for _, k, _ in known)
    return Chain(camera, times, tuple(links.steps), links.faults, len(labels) - len(known), order, links.aboard)


def _label(frames: Sequence[xr.Dataset], k: int) -> tuple[float, Camera | None]:
    """Middle of a frame's exposure and its camera; none where the file is damaged."""
    try:
        frame = frames[k]
    except DamagedFile:
        return np.nan, None
    return utc_to_t(frame.attrs["start_utc"]) + 0.5e-3 * frame.attrs["exposure_ms"], pinhole(frame)


@dataclass(frozen=True)
class _Anchor:
    """A frame that others are registered to."""

    n: int
    t: float
    plate: Plate


class _Links:
    """The chain as it grows."""

    def __init__(self, camera: Camera, expect: Expect | None) -> None:
        self.steps: list[Step] = []
        self.faults: dict[int, str] = {}
        self._falloff, self._expect = lens_falloff(camera), expect
        self._aboard = Aboard((camera.height, camera.width))
        self._last: _Anchor | None = None
        self._spare: _Anchor | None = None
        """The last frame that did not go with the chain: the next may go with it."""
        self._key: _Anchor | None = None
        self._since = np.eye(3)
        """From the key frame to the last one."""
        self._rate: tuple[Array, float] | None = None
        """The last step's homography and its seconds."""

    @property
    def aboard(self) -> NDArray[np.bool_] | None:
        """Pixels that see the lander, as far as is known."""
        return self._aboard.mask

    def add(self, n: int, t: float, dn: NDArray[np.uint8]) -> None:
        """Register the next frame."""
        new = _Anchor(n, t, Plate.of(dn, self._falloff, self._aboard.mask))
        why = []
        for anchor in filter(None, (self._last, self._spare)):
            match = register(anchor.plate, new.plate, self._guess(anchor.t, t))
            if match.trusted:
                self._join(anchor, new, match)
                return
            why.append(match.why)
        self.faults[n] = why[0] if why else "nothing to register it to"
        self._spare = new

    def _guess(self, start: float, stop: float) -> Array | None:
        """Where the ground should go."""
        if self._expect is not None:
            return self._expect(start, stop)
        if self._rate is None:
            return None
        from scipy.linalg import expm, logm

        homography, seconds = self._rate
        scaled = homography / np.cbrt(np.linalg.det(homography))
        return np.real(expm(np.real(logm(scaled)) * (stop - start) / seconds))

    def _join(self, anchor: _Anchor, new: _Anchor, match: Match) -> None:
        """Take a step."""
        if anchor is not self._last or self._key is None:  # the chain begins, or begins anew
            self.faults.pop(anchor.n, None)
            self._key, self._since = anchor, np.eye(3)
        self.steps.append(Step(anchor.n, new.n, match))
        self._aboard.learn(anchor.plate, new.plate, match.homography)
        self._last, self._spare, self._rate = new, None, (match.homography, new.t - anchor.t)
        self._since = match.homography @ self._since
        if _moved(self._since, new.plate.shape) > KEY_PX:
            if self._key is not anchor:
                long = register(self._key.plate, new.plate, self._since)
                if long.trusted:
                    self.steps.append(Step(self._key.n, new.n, long))
            self._key, self._since = new, np.eye(3)


def _moved(homography: Array, shape: tuple[int, int]) -> float:
    """How far the corner of a frame goes that goes farthest, px."""
    import cv2

    lines, samples = shape
    corners = np.array([[[0.0, 0.0], [samples, 0.0], [0.0, lines], [samples, lines]]])
    return float(np.linalg.norm(cv2.perspectiveTransform(corners, homography) - corners, axis=-1).max())
