"""How the frames of a panorama really stand: labels first, then what the frames show of each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import Pinhole
from farside.products.panorama.adjust import Adjusted, adjust, apart, lifted
from farside.products.panorama.placing import Placing
from farside.products.panorama.ties import DECK, FINE, WIDE, Ties, find_ties
from farside.work import Pool

if TYPE_CHECKING:
    import xarray as xr

LABEL_SIGMA_DEG = 0.1
"""Error of a label's pointing, each axis, until frames tell."""
POINTED_DEG = 0.02
"""Error of the pointing after the first search, each axis."""
LED = FINE._replace(lead=WIDE)
NEAR_SHARE = 0.02
"""Where a larger share of ties lies on the deck, the vehicle is in view: its parallax has to be found first."""
TEXTURE_PX = 16.0
"""Brightness is taken relative to that so far around."""
CONTRAST, FLOOR = 35.0, 1.0
LEAST_SHARE, OF_USUAL = 0.2, 0.5
"""Share of spots that is found there and back in any frame that shows what its neighbours do, at least; and over what
is usual among the frames."""
ALONE = 0.5
"""Spots that err on their own, of all: as many share windows with others."""
RARE = 0.02
"""Fewer spots found than by a chance of so much mean that a frame is of something else."""
TIED, PAIRED = 8, 4
"""A frame with fewer good ties is not held by them, nor two frames with fewer between them by each other."""
FAR, MEDIAN_3 = 5.5, 1.538
"""A frame with few ties that moved by more standard errors of its label was led astray by something near: three normal
errors together reach 5.5 once in a million, and their median is 1.538 (chi with three degrees of freedom).
"""
AGREE = 0.5
"""Where fewer ties are good, they contradict each other."""
GOOD_PX = 0.5
"""A tie that misses by more is none."""
MOST_FOCAL = 2e-3
"""A focal length that would have to change by more was another camera's."""


@dataclass(frozen=True)
class Pointing:
    """What the frames say of how they stand, n frames and m ties.

    placing: how they are taken to stand. by: "ties", or "labels" where too few frames are tied to each other to say
    more. ties: the good ones. count: (n,) good ties of each frame. pair_residual_px: median of what is left of them.
    moved_deg: (n,) from the label, 0 for frames that ties do not hold. lost: (n,) frames of something else than their
    neighbours. label_sigma_deg: error of the labels as found, each axis.
    """

    placing: Placing
    adjusted: Adjusted
    by: str
    ties: Ties
    count: NDArray[np.int64]
    pair_residual_px: float
    moved_deg: NDArray[np.float64]
    lost: NDArray[np.bool_]
    label_sigma_deg: float


def point(frames: Sequence[xr.Dataset], camera: Pinhole, pool: Pool | None = None) -> Pointing:
    """The pointing of frames (level 2) of one camera.

    Raises BadInput where most frames have spots enough, and next to none is where the labels say.
    """
    labels = Placing.of_labels(frames, camera)
    run = pool.map if pool else map
    greys = list(run(texture, frames))
    adjusted, ties, found = _round(find_ties(greys, labels, WIDE, pool), labels, labels, LABEL_SIGMA_DEG)
    near = np.mean(ties.on == DECK) > NEAR_SHARE if ties.on.size else False
    for search in (LED, LED) if near else (FINE,):
        start = adjusted.placing
        laid = lifted(ties, start) if near else start
        adjusted, ties, found = _round(find_ties(greys, laid, search, pool), start, labels, POINTED_DEG)
    return _judged(adjusted, ties, found, labels)


def _round(
    found: Ties, placing: Placing, labels: Placing, sigma_deg: float
) -> tuple[Adjusted, Ties, NDArray[np.int64]]:
    """Adjusted by ties found, from a placing ``sigma_deg`` off; the ties that lie on something; and how many each frame
    had, (n,), whatever they lie on.
    """
    ties, placing = apart(found, placing, sigma_deg)
    count = np.bincount(found.frames.ravel(), minlength=len(placing.rotations))
    return adjust(ties, placing, labels, LABEL_SIGMA_DEG), ties, count


def _judged(adjusted: Adjusted, ties: Ties, found: NDArray[np.int64], labels: Placing) -> Pointing:
    from scipy.spatial.transform import Rotation

    n = len(labels.rotations)
    good = adjusted.residual_px < GOOD_PX
    kept = ties.only(good)
    count = np.bincount(kept.frames.ravel(), minlength=n)
    tied = _together(kept.frames, n)
    agree = good.size > 0 and good.mean() > AGREE
    by = "ties" if agree and tied.sum() > n / 2 else "labels"
    strange = _strange(ties.tried, found)
    if by == "labels" and strange.sum() > n / 2:
        said = f"{strange.sum()} of {n} frames do not show what their labels say"
        raise BadInput("panorama", "pointing", said, "labels of these frames, in the camera's own convention")
    moved = Rotation.from_matrix(adjusted.placing.rotations @ labels.rotations.transpose(0, 2, 1)).as_rotvec()
    led = tied & _strange(ties.tried, count) & _far(moved, tied)  # astray, by a few ties on near things
    tied &= ~led
    held = moved[tied]
    sigma = float(np.degrees(np.sqrt(np.mean((held - held.mean(axis=0)) ** 2)))) if by == "ties" else LABEL_SIGMA_DEG
    beside = np.zeros(n, bool)
    for a, b in labels.pairs():
        beside[a] |= tied[b]
        beside[b] |= tied[a]
    lost = ~tied & ~led & beside & (strange | (ties.tried == 0)) if by == "ties" else np.zeros(n, bool)
    left = float(np.median(adjusted.residual_px[good])) if good.any() else float("nan")
    placing = adjusted.placing.kept(tied, labels) if by == "ties" else labels
    turned = np.degrees(np.linalg.norm(moved, axis=1)) * (tied if by == "ties" else 0.0)
    return Pointing(placing, adjusted, by, kept, count, left, turned, lost, sigma)


def _strange(tried: NDArray[np.int64], found: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Frames (n,) in which so few spots are found, of those tried, that they must show something else (binomial); of a
    handful of spots none need be found by chance alone.
    """
    from scipy.special import betainc

    some = tried > 0
    usual = float(np.median(found[some] / tried[some])) if some.any() else 0.0
    share = max(LEAST_SHARE, OF_USUAL * usual)
    chance = np.ones(len(tried))
    chance[some] = betainc(ALONE * (tried - found)[some] + 1e-9, ALONE * found[some] + 1.0, 1.0 - share)
    return np.asarray(chance < RARE)


def _far(moved: NDArray[np.float64], tied: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Frames (n,) that have moved (n, 3) further from their labels than errors of labels like the others' explain."""
    if not tied.any():
        return np.zeros(len(moved), bool)
    away = np.linalg.norm(moved - np.median(moved[tied], axis=0), axis=1)
    return np.asarray(away > FAR / MEDIAN_3 * np.median(away[tied]))


def _together(pairs: NDArray[np.int64], n: int) -> NDArray[np.bool_]:
    """Frames (n,) of the largest group that ties (m, 2) hold together; two frames need some of their own for that, and
    each frame TIED with the group.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    between = csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n)).toarray()
    between = between + between.T
    _, group = connected_components(between >= PAIRED, directed=False)
    largest = group == np.bincount(group).argmax()
    return np.asarray(largest & (between[:, largest].sum(axis=1) >= TIED))


def texture(frame: xr.Dataset) -> NDArray[np.uint8]:
    """Grey values (line, sample) around 128: the square root of light, relative to its surroundings, over its spread.

    So a frame's brightness, its vignetting and shadings of the ground play no part in matching.
    """
    import cv2

    dn = frame["dn"].to_numpy()
    grey = dn if dn.ndim == 2 else cv2.cvtColor(dn, cv2.COLOR_RGB2GRAY)
    top = np.iinfo(grey.dtype).max
    root = (np.sqrt(np.arange(top + 1) / top) * 255.0).astype(np.float32)[grey]
    detail = root - _blurred(root)
    spread = np.sqrt(np.maximum(_blurred(detail * detail), np.float32(0))) + np.float32(FLOOR)
    return np.clip(128.0 + CONTRAST * detail / spread, 0, 255).astype(np.uint8)


def _blurred(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean around each pixel, weighted as a bell of TEXTURE_PX: three running means (Wells 1986)."""
    import cv2

    side = int(np.sqrt(4.0 * TEXTURE_PX**2 + 1.0)) | 1
    for _ in range(3):
        picture = cv2.blur(picture, (side, side))  # type: ignore[assignment]
    return picture
