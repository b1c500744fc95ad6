"""Registration of two frames of the landing camera: where the ground of the first is in the second, to 1/100 pixel.

    points     the strongest corner of each cell, followed by pyramidal Lucas-Kanade from where they are expected, and
               back; the homography is that of least median error (Rousseeuw 1984, J. Am. Stat. Assoc. 79, 871)
    pixels     inverse compositional alignment of all pixels with Tukey's weights (see align) makes it sub-pixel
    error      blocks of pixels are taken as independent, pixels within one are not: the scatter of the blocks' own
               wishes is the covariance (White 1980, Econometrica 48, 817, for clusters)
    judgement  a step that the pictures do not support says why, and has no homography

Pictures are seen through a band of sizes: smaller is noise and compression, larger is light.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from farside.products.lcam.align import BLOCKS, SHIFTS, TALLY, UNKNOWNS, shifts_at, small, sums

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

FINEST_PX, COARSEST_PX = 1.6, 16.0
"""Standard deviations of the Gaussians between which lies the band of sizes that is looked at."""
DARK_DN = 2
"""Sky, and lines that were lost, are no brighter."""
HOLE_PX = 33
"""Smaller dark places are shadows, and shadows lie still on the ground."""
CELLS = 20
"""Points are sought one a cell, of so many along a side."""
CORNER = 3e-5
"""Least strength of a corner (OpenCV's cornerMinEigenVal over 7 px): noise of one count makes none."""
HOME_PX = 0.5
"""A point followed there and back comes home this close, or is not believed."""
LEAST_POINTS = 24
LEAST_SHARE = 0.3
"""Of the points that came home, so many have to agree."""
TUKEY = 4.685
"""Cut of the biweight in standard deviations: 95 % efficient for Gaussian errors (Holland and Welsch 1977)."""
SETTLED_PX, SETTLED = 1e-3, 0.2
"""The alignment has settled where no shift changes by more than this, and this share of its error."""
ROUNDS = 25
STRIDES = 4, 2
"""Pixels looked at while the alignment settles, one in so many either way, and for the last word."""
ZOOM = 1.25
"""Ground that is larger by more than this is laid on the first picture before it is looked at."""
LEAST_OVERLAP = 0.1
LEAST_CORRELATION = 0.7
"""Of half of the blocks that have texture."""
LEAST_BLOCKS = 16
FLOOR_PX, DRIFT_PX = 0.004, 0.002
"""Error of every shift that blocks do not show, and the part of it that may be the same in all steps: what the detector
and its compression print into all frames stands still, and holds back. Found against the truth of simulated frames."""
WORST_PX = 0.5
"""A step with a larger error than this is none."""


@dataclass(frozen=True)
class Plate:
    """A frame made ready: counts (line, sample) as they are, the band of sizes, and where it may be used.

    light: the band, flat-fielded. fit (line, sample), uint8: 0 for holes, what is saturated, and what moves along with
    the camera. falloff: of the lens.
    """

    dn: NDArray[np.uint8]
    light: Floats
    fit: NDArray[np.uint8]
    falloff: Floats

    @classmethod
    def of(cls, dn: NDArray[np.uint8], falloff: Floats, aboard: NDArray[np.bool_] | None = None) -> Plate:
        """A plate of counts (line, sample); falloff: of the lens; aboard: pixels that move along with the camera."""
        import cv2

        hole = cv2.morphologyEx((dn <= DARK_DN).astype(np.uint8), cv2.MORPH_OPEN, np.ones((HOLE_PX, HOLE_PX), np.uint8))
        bad = hole | (dn == 255) if aboard is None else hole | (dn == 255) | aboard
        good = 1.0 - bad.astype(np.float32)
        light = good * dn / falloff
        band = _smooth(light, good, FINEST_PX) - _wide(light, good)
        grown = cv2.dilate(bad.astype(np.uint8), np.ones((9, 9), np.uint8))
        return cls(dn, band, np.asarray(1 - grown, np.uint8), falloff)

    def laid(self, homography: Array) -> Plate:
        """Its ground laid on a frame that sees it smaller, from whose pixels the homography (3, 3) leads to its own."""
        import cv2

        zoom = zoom_of(homography, self.shape)
        flat = cv2.GaussianBlur(self.dn / self.falloff, (0, 0), 0.5 * np.sqrt(max(zoom**2 - 1.0, 0.01)))
        told, size = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, self.shape[::-1]
        there = cv2.warpPerspective(flat, homography, size, flags=told)
        unfit = cv2.warpPerspective(self.fit, homography, size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP) == 0
        even = np.ones(self.shape, np.float32)
        return Plate.of(np.rint(there).clip(0, 255).astype(np.uint8), even, unfit)

    @property
    def shape(self) -> tuple[int, int]:
        """Lines and samples."""
        return self.dn.shape[0], self.dn.shape[1]

    @cached_property
    def band(self) -> Floats:
        """The light, NaN where it may not be used."""
        return np.where(self.fit > 0, self.light, np.float32(np.nan))

    @cached_property
    def slopes(self) -> tuple[Floats, Floats]:
        """Of the light, per pixel to the right and down."""
        import cv2

        right, down = (0.5 * cv2.Sobel(self.light, cv2.CV_32F, *way, ksize=1) for way in ((1, 0), (0, 1)))
        return right, down

    @cached_property
    def contrast(self) -> tuple[float, float]:
        """Mean and standard deviation of the counts that may be used."""
        import cv2

        mean, spread = cv2.meanStdDev(self.dn, mask=self.fit)
        return float(mean[0, 0]), max(float(spread[0, 0]), 1e-3)

    @cached_property
    def points(self) -> Floats:
        """The strongest corner of each cell, (n, 2) samples and lines from 0."""
        import cv2

        strength = cv2.cornerMinEigenVal(self.dn, 7) * self.fit
        high, wide = (n // CELLS for n in self.shape)
        whole = strength[: high * CELLS, : wide * CELLS].reshape(CELLS, high, CELLS, wide)
        cells = whole.swapaxes(1, 2).reshape(CELLS * CELLS, high * wide)
        best = cells.argmax(axis=1)
        good = np.flatnonzero(cells.max(axis=1) > CORNER)
        x = good % CELLS * wide + best[good] % wide
        y = good // CELLS * high + best[good] // wide
        return np.stack([x, y], axis=1).astype(np.float32)


def zoom_of(homography: Array, shape: tuple[int, int]) -> float:
    """How much larger a homography makes the middle of a picture."""
    x, y = 0.5 * (shape[1] - 1), 0.5 * (shape[0] - 1)
    w = homography[2] @ (x, y, 1.0)
    return float(np.sqrt(abs(np.linalg.det(homography) / w**3)))


def _smooth(light: Floats, good: Floats, sigma: float) -> Floats:
    """Mean of the light of good pixels (1, else 0) under a Gaussian; far from any it is of no account."""
    import cv2

    share = cv2.GaussianBlur(good, (0, 0), sigma)
    return np.asarray(cv2.GaussianBlur(light, (0, 0), sigma) / np.maximum(share, 1e-3), np.float32)


def _wide(light: Floats, good: Floats) -> Floats:
    """The same for the coarsest sizes, at a quarter of the resolution, which is as good."""
    import cv2

    told = {"dsize": None, "fx": 0.25, "fy": 0.25, "interpolation": cv2.INTER_AREA}
    low = _smooth(cv2.resize(light, **told), cv2.resize(good, **told), COARSEST_PX / 4)  # type: ignore[call-overload]
    return np.asarray(cv2.resize(low, light.shape[::-1]), np.float32)


@dataclass(frozen=True)
class Match:
    """One frame's ground in another frame.

    homography (3, 3): from pixels (sample, line, from 0) of the first to those of the second. covariance (8, 8), px^2:
    of the shifts of ``align`` by which the first picture would have to be moved before. overlap: share of the first
    picture seen again. correlation: median of the blocks. places, moves (n, 2) and errors (n, 2, 2), px and px^2: what
    single blocks of the first picture, around these places, would rather be moved by than the homography says, for
    relief is not plane. why: empty for a match that can be trusted; else what is wrong, and the homography is NaN.
    """

    homography: Array
    covariance: Array
    overlap: float = 0.0
    correlation: float = 0.0
    places: Array = field(default_factory=lambda: np.empty((0, 2)))
    moves: Array = field(default_factory=lambda: np.empty((0, 2)))
    errors: Array = field(default_factory=lambda: np.empty((0, 2, 2)))
    why: str = ""

    @property
    def trusted(self) -> bool:
        """Whether there is a homography."""
        return not self.why

    def sigma_px(self, shape: tuple[int, int]) -> float:
        """Standard deviation of where a pixel goes, RMS over a picture of this shape, both axes together."""
        return _sigma_px(self.covariance, shape)


def _sigma_px(covariance: Array, shape: tuple[int, int]) -> float:
    x, y = np.meshgrid(np.linspace(0, shape[1] - 1, 9), np.linspace(0, shape[0] - 1, 9))
    d = shifts_at(x, y, shape)
    return float(np.sqrt(np.einsum("yxij,jk,yxik->yx", d, covariance, d).mean()))


def refused(why: str) -> Match:
    """No match."""
    return Match(np.full((3, 3), np.nan), np.full((SHIFTS, SHIFTS), np.nan), why=why)


def register(first: Plate, second: Plate, guess: Array | None = None) -> Match:
    """Find the first plate's ground in the second; guess (3, 3): where it is expected, no motion without one."""
    if np.array_equal(first.dn, second.dn):
        return refused("the same picture again")
    for plate in (first, second):
        if plate.fit.mean() < LEAST_OVERLAP:
            return refused("black or saturated")
    if guess is not None and zoom_of(guess, first.shape) > ZOOM:
        return _zoomed(first, second, guess)
    match = refused("too few points found again")
    for start in (np.eye(3),) if guess is None else (guess, np.eye(3)):
        rough = _follow(first, second, start)
        if rough is not None:
            match = _refine(first, second, rough)
        if match.trusted:
            break
    return match


def _zoomed(first: Plate, second: Plate, guess: Array) -> Match:
    """The match of ground that has become much larger."""
    laid = second.laid(guess)
    if laid.fit.mean() < LEAST_OVERLAP:
        return refused("too little in common")
    match = register(first, laid)
    h = guess @ match.homography
    return replace(match, homography=h / h[2, 2])


def _follow(first: Plate, second: Plate, guess: Array) -> Array | None:
    """The homography that most points agree on, followed from where ``guess`` sees them; None where too few do."""
    import cv2

    points = first.points
    if len(points) < LEAST_POINTS:
        return None
    # larger or turned ground is not recognised: the second picture is laid on the first as expected
    told = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpPerspective(second.dn, guess, first.shape[::-1], flags=told)
    (mean, spread), (other_mean, other_spread) = first.contrast, second.contrast
    laid = cv2.convertScaleAbs(laid, alpha=spread / other_spread, beta=mean - other_mean * spread / other_spread)
    # what the second does not see would be an edge in coarse pictures: there the first stands in, and no point counts
    shown = cv2.warpPerspective(second.fit, guess, first.shape[::-1], flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
    laid = np.where(shown > 0, laid, first.dn)
    seen = shown[points[:, 1].astype(int), points[:, 0].astype(int)] > 0
    flags = cv2.OPTFLOW_USE_INITIAL_FLOW
    there, found, _ = cv2.calcOpticalFlowPyrLK(
        first.dn, laid, points, points.copy(), winSize=(21, 21), maxLevel=3, flags=flags
    )
    home, back, _ = cv2.calcOpticalFlowPyrLK(
        laid, first.dn, there, points.copy(), winSize=(21, 21), maxLevel=3, flags=flags
    )
    good = seen & (found[:, 0] > 0) & (back[:, 0] > 0) & (np.hypot(*(home - points).T) < HOME_PX)
    if good.sum() < LEAST_POINTS:
        return None
    h, agreed = cv2.findHomography(points[good], there[good], cv2.LMEDS)
    if h is None or agreed.sum() < max(LEAST_POINTS, LEAST_SHARE * good.sum()):
        return None
    return np.asarray(guess @ h, float)


def _refine(first: Plate, second: Plate, warp: Array) -> Match:
    """The match of all pixels, from one that is right to about a pixel."""
    right, down = first.slopes
    gain, cut, stride = second.contrast[1] / first.contrast[1], np.inf, STRIDES[0]
    for _ in range(ROUNDS):
        normal, score, tally = np.zeros((UNKNOWNS,) * 2), np.zeros((BLOCKS**2, UNKNOWNS)), np.zeros((BLOCKS**2, TALLY))
        sums(first.light, right, down, second.band, first.fit, warp, gain, cut, stride, normal, score, tally)
        overlap = tally[:, 2].sum() * stride**2 / first.light.size
        if overlap < LEAST_OVERLAP or not np.linalg.cond(normal) < 1e12:
            return refused("too little in common")
        # half of the blocks see plain ground, whatever the others do
        used = tally[:, 0] > 0.0
        noise = np.sqrt(np.median(tally[used, 1] / tally[used, 0]))
        if cut == np.inf:  # before anything moves: what does not belong would pull
            cut = TUKEY * noise
            continue
        change = np.linalg.solve(normal, score.sum(axis=0))
        warp = warp @ np.linalg.inv(small(change[:SHIFTS], first.shape))
        warp, gain = warp / warp[2, 2], gain + change[SHIFTS]
        if not (np.isfinite(warp).all() and np.linalg.det(warp) > 0.0 and gain > 0.0):
            return refused("no alignment")
        error = np.sqrt(np.diag(_sandwich(normal, score))[:SHIFTS])
        settled = bool((np.abs(change[:SHIFTS]) < SETTLED_PX + SETTLED * error).all())
        if settled and stride == STRIDES[-1]:
            break
        stride = STRIDES[-1] if settled or stride == STRIDES[-1] else stride
        cut = TUKEY * noise
    else:
        return refused("no alignment")
    return _judged(warp, normal, score, tally, overlap, first.shape)


def _sandwich(normal: Array, score: Array) -> Array:
    """Covariance (UNKNOWNS, UNKNOWNS) where blocks are independent and what is within one is not."""
    inverse = np.linalg.inv(normal)
    return inverse @ (score.T @ score) @ inverse


def _judged(warp: Array, normal: Array, score: Array, tally: Array, overlap: float, shape: tuple[int, int]) -> Match:
    """The match, or why there is none."""
    weight, _, count, first, second, both = tally.T[:6]
    full = (count > 0.25 * count.max()) & (weight > 0.0)
    # blocks without texture say nothing
    seen = full & (first > 0.05 * np.median(first[full]))
    correlation = float(np.median(both[seen] / np.sqrt(np.maximum(first * second, 1e-30)[seen])))
    covariance = _sandwich(normal, score)[:SHIFTS, :SHIFTS] + FLOOR_PX**2 * np.eye(SHIFTS)
    if seen.sum() < LEAST_BLOCKS or _sigma_px(covariance, shape) > WORST_PX:
        return refused("too little texture")
    if correlation < LEAST_CORRELATION:
        return refused("the pictures differ")
    return Match(warp, covariance, overlap, correlation, *_single(score[seen], tally[seen]))


def _single(score: Array, tally: Array) -> tuple[Array, Array, Array]:
    """Places, moves and their covariances of blocks by themselves; see Match."""
    information = tally[:, [6, 7, 7, 8]].reshape(-1, 2, 2)
    good = np.linalg.det(information) > 1e-3 * np.trace(information, axis1=1, axis2=2) ** 2
    information, wish = information[good], score[good][:, [0, 3]]
    inverse = np.linalg.inv(information)
    # pixels are not independent: the noise is what half of the blocks wish, as chi squared of two has it
    noise = np.median(np.einsum("ni,nij,nj->n", wish, inverse, wish)) / (2.0 * np.log(2.0))
    places = tally[good, 9:] / tally[good, :1]
    return places, np.einsum("nij,nj->ni", inverse, wish), noise * inverse
