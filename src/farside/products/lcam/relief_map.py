"""Heights of the ground under the descent, by parallax between frames from different heights.

Frames that lie a factor of about two apart in height see ground from directions that differ by some degrees only, and
from places that are not known well enough. So all pairs are adjusted together: a height of each post, and what the
poses are off by, within the covariance that the trajectory has of them; a shift has two parts, and height explains one.
The frames are then laid on the relief that was found, and all is done again: high ground is seen elsewhere than level
ground, and a place is only then where it is.

Three things make a height uncertain: matching, whose noise is seen in what remains; poses; and that a window is
followed by what texture it has, so that a post is as high as some place in its window and not as the window's mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.products.lcam.parallax import WINDOW_PX, Parallax, parallax
from farside.products.lcam.priors import priors
from farside.products.lcam.register import TUKEY
from farside.products.lcam.sight import Floats, Sight, posts

Array = NDArray[np.float64]

POSTS = 51
"""Along a side of a map."""
LEAST_PAIRS = 2
LEAST_POSTS = 50
"""Fewer do not tell how well they are matched."""
ROUNDS, SETTLING = 3, 8
"""How often frames are laid again, and how often what does not agree is weighed anew."""
LEAST_AROUND = 3
"""Of a post's eight neighbours, to say how rough the ground is."""
WITHIN = 0.18
"""Variance of heights within a window, over the mean square difference of the means of windows side by side, with those
across corners: for a random surface of the prior's exponent, by integration over both windows. Texture that does not
come from the relief would average more of a window, and err less."""


@dataclass(frozen=True)
class ReliefMap:
    """Heights of POSTS x POSTS posts, north up, about the landing point.

    spacing_m: between posts. height, sigma (line, sample): metres above the landing point, NaN where nothing is known.
    shared: the part of sigma that is by the cameras' poses, and goes together. window_m: what one post is the mean of.
    pairs: of frames.
    """

    spacing_m: float
    height: Array
    sigma: Array
    shared: Array
    window_m: float
    pairs: int

    @property
    def places(self) -> tuple[Array, Array]:
        """East and north (line, sample) of the posts, metres from the landing point."""
        return posts(self.spacing_m, POSTS)

    def at(self, east: Array, north: Array) -> tuple[Floats, Floats]:
        """Height and sigma at places, between posts linear; level, and known as ``relief`` is, where there are none."""
        import cv2

        half = 0.5 * (POSTS - 1)
        x, y = (east / self.spacing_m + half).astype(np.float32), (half - north / self.spacing_m).astype(np.float32)
        known = np.isfinite(self.height)
        away = self.level(*self.places)[1]
        height = cv2.remap(np.where(known, self.height, 0.0).astype(np.float32), x, y, cv2.INTER_LINEAR)
        sigma = cv2.remap(np.where(known, self.sigma, away).astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=1)
        return np.asarray(height, np.float32), np.asarray(sigma, np.float32)

    @staticmethod
    def level(east: Array, north: Array) -> tuple[Floats, Floats]:
        """Height and sigma at places where nothing is known but that the landing point is level with itself."""
        sigma = np.sqrt(priors().relief.variance(np.hypot(east, north)))
        return np.zeros(east.shape, np.float32), sigma.astype(np.float32)


def relief_map(
    sights: Sequence[Sight], pairs: Sequence[tuple[int, int]], covariance: Array, width_m: float
) -> ReliefMap | None:
    """Heights over a square of this width; None where too few pairs of frames show any.

    pairs: numbers of the sights that are compared, the higher first. covariance (6 n, 6 n): of the poses of all sights
    together, metres and radians.
    """
    spacing, poses = width_m / (POSTS - 1), np.asarray(np.linalg.cholesky(covariance), np.float64)
    window = max(WINDOW_PX * sights[a].pixel_m for a, _ in pairs)
    away = np.sqrt(priors().relief.variance(np.hypot(*posts(spacing, POSTS)) + window))
    height = np.full((POSTS, POSTS), np.nan)
    for _ in range(ROUNDS):
        ground = _smooth(height, window / spacing)
        found = [parallax(sights[a], sights[b], ground, spacing) for a, b in pairs]
        solved = _adjusted(found, pairs, poses)
        if solved is None:
            return None
        higher, own, pose = (part.reshape(POSTS, POSTS) for part in solved)
        height = ground + higher
        sigma = np.sqrt(own + pose + _within(height, own, round(window / spacing)))
        # one is worse than none that knows less than that ground is rough
        known = sigma < away
        height = np.where(known, height, np.nan)
    if not known.any():
        return None
    if window >= 2.0 * spacing:  # windows side by side overlap, and one that stands out alone is wrong
        near = np.concatenate([height[None], _around(height, 1)])
        near[:, ~known] = 0.0
        height = np.where(known, np.nanmedian(near, axis=0), np.nan)
    sigma, shared = (np.where(known, part, np.nan) for part in (sigma, np.sqrt(pose)))
    return ReliefMap(spacing, height, sigma, shared, window, len(pairs))


def _adjusted(
    found: list[Parallax], pairs: Sequence[tuple[int, int]], poses: Array
) -> tuple[Array, Array, Array] | None:
    """Heights (n,) over the ground so far, and their variances by matching and by poses; NaN where nothing is known.

    poses: Cholesky factor of their covariance. Robust least squares; heights are eliminated from the normal equations.
    """
    shift, q = (np.array([getattr(p, name) for p in found]) for name in ("shift", "by_height"))
    seen = np.array([p.found for p in found])
    by_pose = np.zeros((*shift.shape, len(poses)))
    for k, ((a, b), p) in enumerate(zip(pairs, found, strict=True)):
        by_pose[k, :, :, 6 * b : 6 * b + 6] = p.by_second
        by_pose[k, :, :, 6 * a : 6 * a + 6] -= p.by_first
    by_pose = by_pose @ poses  # in units of what is known of them
    posts_seen = seen.sum(axis=0) >= LEAST_PAIRS
    seen &= posts_seen
    if posts_seen.sum() < LEAST_POSTS:
        return None
    weight, noise = seen.astype(float), 1.0
    for _ in range(SETTLING):
        w = weight / noise**2
        size = np.einsum("kn,kni,kni->n", w, q, q)
        with np.errstate(divide="ignore"):
            own = np.where(size > 0.0, 1.0 / size, 0.0)
        across = np.einsum("kn,kni,knij->nj", w, q, by_pose)
        normal = np.einsum("kn,knia,knib->ab", w, by_pose, by_pose, optimize=True) + np.eye(len(poses))
        normal -= (across * own[:, None]).T @ across
        alone = np.einsum("kn,kni,kni->n", w, q, shift)
        right = np.einsum("kn,kni,knia->a", w, shift, by_pose, optimize=True) - across.T @ (own * alone)
        off = np.linalg.solve(normal, right)
        higher = own * (alone - across @ off)
        left = ((shift - q * higher[:, None] - by_pose @ off) ** 2).sum(axis=-1)
        # half of what remains is smaller than this, for normal errors of two coordinates
        free = 2.0 * seen.sum() - posts_seen.sum()
        noise = float(np.sqrt(np.median(left[seen]) / (2.0 * np.log(2.0)) * 2.0 * seen.sum() / free))
        weight = np.where(seen, np.maximum(1.0 - left / (TUKEY * noise) ** 2, 0.0) ** 2, 0.0)
    count = seen.sum(axis=0)
    # pairs that disagree by more than others do make a post less certain
    own *= np.maximum((left * seen).sum(axis=0) / noise**2 / np.maximum(2 * count - 1, 1), 1.0)
    lever = across * np.where(size > 0.0, 1.0 / np.maximum(size, 1e-300), 0.0)[:, None]
    pose = np.einsum("na,ab,nb->n", lever, np.linalg.inv(normal), lever)
    good = posts_seen & (size > 0.0)
    return tuple(np.where(good, part, np.nan) for part in (higher, own, pose))  # type: ignore[return-value]


def _around(height: Array, apart: int) -> Array:
    """The eight neighbours (8, line, sample) of each post so many posts away; NaN where there are none."""
    wide = np.pad(height, apart, constant_values=np.nan)
    ways = [(i, j) for i in (0, 1, 2) for j in (0, 1, 2) if (i, j) != (1, 1)]
    return np.stack([wide[i * apart :, j * apart :][:POSTS, :POSTS] for i, j in ways])


def _within(height: Array, own: Array, apart: int) -> Array:
    """Variance of heights within a post's window, as the windows beside it tell; NaN where too few are known."""
    square = (_around(height, max(apart, 1)) - height) ** 2
    count = np.isfinite(square).sum(axis=0)
    mean = np.nansum(square, axis=0) / np.maximum(count, 1)
    rough = WITHIN * np.maximum(mean - 2.0 * own, 0.0)  # what they differ by is their own errors, too
    return np.where(count >= LEAST_AROUND, rough, np.nan)


def _smooth(height: Array, reach: float) -> Array:
    """Heights of all posts by those that are known, weighted by distance (Shepard 1968); level without any.

    reach: what lies closer together than so many posts has one weight, nearly.
    """
    import cv2

    known = np.isfinite(height)
    if not known.any():
        return np.zeros(height.shape)
    steps = np.arange(1 - POSTS, POSTS)
    near = (2.0 * reach**2 + steps[:, None] ** 2 + steps**2) ** -3.0
    light, weight = (
        cv2.filter2D(a, -1, near, borderType=cv2.BORDER_CONSTANT)
        for a in (np.where(known, height, 0.0), known.astype(float))
    )
    return np.asarray(light / np.maximum(weight, 1e-30))
