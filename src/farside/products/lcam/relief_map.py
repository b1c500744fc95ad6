"""Heights of the ground under the descent, by parallax between frames from different heights.

Two frames are laid on the level plane through the landing point. Ground at height z is laid too far out: by

    q z,   q = (g - a) / a_z - (g - b) / b_z

between frames seen from a and from b, g being where it is laid. What is found again by Lucas-Kanade so far from where
the plane has it is as high as that. Nothing is learned where q is nil: below the camera, for one that comes straight
down. Frames that lie a factor of about two apart in height see ground from directions that differ by some degrees only,
so that posts are coarse, and each says how far it can be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.products.lcam.priors import priors
from farside.products.lcam.sight import Floats, Sight, posts

Array = NDArray[np.float64]

POSTS = 51
"""Along a side of a map."""
WINDOW_PX = 21
"""Side of what is compared, in pixels of the coarser frame."""
LK = {"winSize": (WINDOW_PX, WINDOW_PX), "maxLevel": 2}
HOME_PX = 0.3
"""What is followed there and back comes home this close, or is not believed."""
MATCH_PX = 0.1
"""Least error of what is followed where ground is seen from elsewhere and at another size: assumed."""
LEAST_PAIRS = 2


@dataclass(frozen=True)
class ReliefMap:
    """Heights of POSTS x POSTS posts, north up, about the landing point.

    spacing_m: between posts. height, sigma (line, sample): metres above the landing point, NaN where nothing is known.
    window_m: what one post is the mean of. pairs: of frames.
    """

    spacing_m: float
    height: Array
    sigma: Array
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


def relief_map(pairs: list[tuple[Sight, Sight]], width_m: float) -> ReliefMap | None:
    """Heights over a square of this width; None where too few pairs of frames, the higher first, show any."""
    spacing = width_m / (POSTS - 1)
    total, weight, square = np.zeros((3, POSTS, POSTS))
    count = np.zeros((POSTS, POSTS), int)
    shared = np.zeros((POSTS, POSTS))
    window = 0.0
    for first, second in pairs:
        height, own, pose = _parallax(first, second, spacing, width_m)
        good = np.isfinite(height)
        w = 1.0 / (own[good] ** 2 + pose[good] ** 2)
        total[good] += w * height[good]
        square[good] += w * height[good] ** 2
        shared[good] += w * pose[good] ** 2
        weight[good] += w
        count[good] += 1
        window = max(window, WINDOW_PX * first.pixel_m)
    known = count >= LEAST_PAIRS
    if not known.any():
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / weight
        # errors of poses go together; what pairs disagree by is error, too
        scatter = np.maximum(square / weight - mean**2, 0.0) / np.maximum(count - 1, 1)
        # and so is how high the point of rest stands over the ground around it
        sigma = np.sqrt(1.0 / weight + shared / weight + scatter + priors().touchdown ** 2)
    # one is worse than none that knows less than that ground is rough
    known &= sigma < np.sqrt(priors().relief.variance(np.hypot(*posts(spacing, POSTS)) + window))
    mean = _median(np.where(known, mean, np.nan))
    return ReliefMap(spacing, np.where(known, mean, np.nan), np.where(known, sigma, np.nan), window, len(pairs))


def _parallax(first: Sight, second: Sight, spacing: float, width_m: float) -> tuple[Array, Array, Array]:
    """Heights at the posts by one pair, their own errors, and those by the pair's poses; NaN where nothing is found."""
    import cv2

    pixel = first.pixel_m
    count = int(np.ceil(width_m / pixel)) + 2 * WINDOW_PX
    east, north = posts(pixel, count)
    one, other = (_byte(s.laid(east, north)) for s in (first, second))
    at = np.stack(posts(spacing, POSTS), axis=-1).reshape(-1, 2) * (1.0, -1.0) / pixel + 0.5 * (count - 1)
    start = at.astype(np.float32)
    there, found, _ = cv2.calcOpticalFlowPyrLK(one[0], other[0], start, start.copy(), **LK)  # type: ignore[call-overload]
    home, back, _ = cv2.calcOpticalFlowPyrLK(other[0], one[0], there, start.copy(), **LK)  # type: ignore[call-overload]
    astray = np.hypot(*(home - at).T)
    shift = 0.5 * ((there - at) + (there - home)) * (pixel, -pixel)
    good = (found[:, 0] > 0) & (back[:, 0] > 0) & (astray < HOME_PX)
    for image, points in ((one[1], at), (other[1], there)):
        x, y = np.rint(points).astype(int).clip(0, count - 1).T
        good &= image[y, x] > 0
    east, north = (part.ravel() for part in posts(spacing, POSTS))
    ground = np.stack([east, north], axis=-1)
    q = (ground - second.p[:2]) / second.p[2] - (ground - first.p[:2]) / first.p[2]
    size = (q**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        height = np.where(good, (q * shift).sum(axis=1) / size, np.nan)
        own = np.hypot(MATCH_PX, astray / 2.0) * pixel / np.sqrt(size)
        lean = priors().wobble * second.p[2]
        pose = np.hypot(lean, 1e-4 * second.p[2] * np.sqrt(size)) / np.sqrt(size)
    return tuple(part.reshape(POSTS, POSTS) for part in (height, own, pose))  # type: ignore[return-value]


def _median(height: Array) -> Array:
    """Of each post and its eight neighbours: they overlap, and one that stands out alone is wrong."""
    wide = np.pad(height, 1, constant_values=np.nan)
    around = np.stack([wide[i : i + POSTS, j : j + POSTS] for i in range(3) for j in range(3)])
    around[:, np.isnan(height)] = 0.0
    return np.asarray(np.nanmedian(around, axis=0))


def _byte(light: Floats) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Light as LK takes it, and where there is any, well inside."""
    import cv2

    known = np.isfinite(light)
    mean, spread = (float(f(light[known])) if known.any() else 1.0 for f in (np.mean, np.std))
    byte = np.where(known, 120.0 + 40.0 / max(spread, 1e-3) * (light - mean), 120.0).clip(0, 255).astype(np.uint8)
    inside = cv2.erode(known.astype(np.uint8), np.ones((WINDOW_PX, WINDOW_PX), np.uint8), borderValue=0)
    return byte, np.asarray(inside, np.uint8)
