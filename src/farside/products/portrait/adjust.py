"""Frames of a portrait adjusted to each other: small rotations and brightness, under which they agree in overlaps.

Spots are followed from frame to frame (pyramidal Lucas and Kanade; Bouguet 2001), there and back. How far away each is
nobody knows well, and the eye moves as the mast turns: an error of the distance shifts a spot along one direction of
the picture, g per unit of its logarithm. So a tie's misfit has the covariance

    s^2 1 + s_distance^2 g g^T

and says little along g. The labels are observations like the ties are, and keep the whole where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.geometry import Pinhole
from farside.products.panorama.gains import radius2
from farside.products.portrait.light import Light

Array = NDArray[np.float64]
Reach = Callable[[Array, Array], Array]
"""Distance (n,) along unit directions (n, 3) from points (n, 3) to the surface, m, vehicle's frame."""

LABEL_DEG = 0.1
"""Error of the labels' pointing, each axis, one sigma."""
DISTANCE = 0.3
"""Error of the distance of a spot, as a share of it."""
SPOTS, APART_PX, WINDOW_PX, HALVINGS = 300, 12, 21, 3
BACK_PX = 0.3
"""There and back again ends no farther away."""
TIE_PX = 0.1
"""Error of a tie."""
LOOSE = 3.0
"""Misfits over so many errors count less."""
LEAST_TIES = 12
PATCH_PX = 9
ROUNDS, LEAST_NOISE = 6, 0.005
GAIN_SIGMA = 0.1
"""Of the logarithm of brightness over that of the labels' exposures; and of the light lost in a corner."""


@dataclass(frozen=True)
class Adjusted:
    """What was found.

    rotations: (n, 3, 3) camera to vehicle. gains: (n,) brightness over the labels', mean logarithm 0. corner: share of
    light that is lacking in the corners of all frames. ties: how many. before_px, after_px: median misfit of ties
    across the direction in which distances shift them, as labelled and now; NaN without ties.
    """

    rotations: Array
    gains: Array
    corner: float
    ties: int
    before_px: float
    after_px: float


def adjust(lights: Sequence[Light], camera: Pinhole, rotations: Array, centres: Array, reach: Reach) -> Adjusted:
    """Adjust the light (line, sample, band) of n frames at ``centres`` (n, 3), from the labels' ``rotations``."""
    from scipy.optimize import least_squares
    from scipy.spatial.transform import Rotation

    n = len(lights)
    greys = _greys(lights)
    first, second, spots, found = _ties(greys, camera, rotations, centres, reach)
    if len(first) < LEAST_TIES:
        return Adjusted(rotations, np.ones(n), 0.0, len(first), float("nan"), float("nan"))

    def misfit(turns: Array, farther: float = 1.0) -> Array:
        turned = Rotation.from_rotvec(turns.reshape(n, 3)).as_matrix() @ rotations
        return _there(first, second, spots, camera, turned, centres, reach, farther) - found

    still = np.zeros(3 * n)
    step = 0.01
    by_distance = (misfit(still, 1.0 + step) - misfit(still)) / step
    whiten = _whitening(DISTANCE * by_distance)
    sigma = np.radians(LABEL_DEG)

    def rows(turns: Array) -> Array:
        e = np.einsum("nij,nj->ni", whiten, misfit(turns)).ravel()
        size = np.maximum(np.abs(e), 1e-12)
        # soft-L1 of the ties alone; labels keep their full weight
        loose = np.where(size > LOOSE, np.sign(e) * np.sqrt(np.maximum(2.0 * LOOSE * size - LOOSE**2, 0.0)), e)
        return np.concatenate([loose, turns / sigma])

    turns = least_squares(rows, still, x_scale=sigma, max_nfev=20).x
    across = _across(by_distance)

    def median(turns: Array) -> float:
        return float(np.median(np.abs(np.sum(across * misfit(turns), axis=1))))

    gains, corner = _balance(lights, camera, first, second, spots, found)
    turned = Rotation.from_rotvec(turns.reshape(n, 3)).as_matrix() @ rotations
    return Adjusted(turned, gains, corner, len(first), median(still), median(turns))


def _greys(lights: Sequence[Light]) -> list[NDArray[np.uint8]]:
    """Brightness as the eye has it, one scale for all."""
    roots = [np.sqrt(np.maximum(light.mean(axis=2), 0.0)) for light in lights]
    top = max(max(float(np.percentile(r[::4, ::4], 99.0)) for r in roots), 1e-12)
    return [(r * np.float32(230.0 / top)).clip(0, 255).astype(np.uint8) for r in roots]


def _there(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    spots: Array,
    camera: Pinhole,
    rotations: Array,
    centres: Array,
    reach: Reach,
    farther: float = 1.0,
) -> Array:
    """Pixels (m, 2) of the second frames where spots (m, 2) of the first ones fall, by the surface."""
    ray = np.einsum("nij,nj->ni", rotations[first], camera.rays(spots[:, 0], spots[:, 1]))
    at = centres[first] + (farther * reach(centres[first], ray))[:, None] * ray
    i, j = camera.project(np.einsum("nji,nj->ni", rotations[second], at - centres[second]))
    return np.column_stack([i, j])


def _ties(
    greys: Sequence[NDArray[np.uint8]], camera: Pinhole, rotations: Array, centres: Array, reach: Reach
) -> tuple[NDArray[np.int64], NDArray[np.int64], Array, Array]:
    """Frames (m,), frames (m,), and pixels (from 1) of the same spots in them, (m, 2) each."""
    import cv2

    how: Any = {"winSize": (WINDOW_PX, WINDOW_PX), "maxLevel": HALVINGS, "flags": cv2.OPTFLOW_USE_INITIAL_FLOW}
    size = np.array([camera.width, camera.height], float)
    inside = np.meshgrid(np.linspace(1, camera.width, 25), np.linspace(1, camera.height, 19))
    grid = np.column_stack([g.ravel() for g in inside])
    out: list[tuple[NDArray[np.int64], NDArray[np.int64], Array, Array]] = []
    for a in range(len(greys)):
        for b in range(a + 1, len(greys)):

            def seen(spots: Array, a: int = a, b: int = b) -> tuple[Array, NDArray[np.bool_]]:
                who = np.full(len(spots), a), np.full(len(spots), b)
                at = _there(*who, spots, camera, rotations, centres, reach)
                return at, np.asarray((np.minimum(at, size - at) > WINDOW_PX).all(axis=1))

            shared = grid[seen(grid)[1]]
            if len(shared) < 4:
                continue
            mask = np.zeros_like(greys[a])
            cv2.fillConvexPoly(mask, cv2.convexHull(shared.astype(np.int32)), 255)
            corners = cv2.goodFeaturesToTrack(greys[a], SPOTS, 0.01, APART_PX, mask=mask)
            if corners is None:
                continue
            corners = np.asarray(corners, np.float32).reshape(-1, 2)
            expected, good = seen(corners.astype(float) + 1.0)
            spots, guess = corners[good], (expected[good] - 1.0).astype(np.float32)
            if not len(spots):
                continue
            there, ok, _ = cv2.calcOpticalFlowPyrLK(greys[a], greys[b], spots, guess, **how)
            back, again, _ = cv2.calcOpticalFlowPyrLK(greys[b], greys[a], there, spots.copy(), **how)
            kept = (ok.ravel() == 1) & (again.ravel() == 1) & (np.linalg.norm(back - spots, axis=1) < BACK_PX)
            kept &= (there >= 0).all(axis=1) & (there <= size - 1).all(axis=1)
            m = int(kept.sum())
            out.append((np.full(m, a), np.full(m, b), spots[kept] + 1.0, there[kept].astype(float) + 1.0))
    if not out:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 2)), np.zeros((0, 2))
    first, second, spots_, found = (np.concatenate(parts) for parts in zip(*out, strict=True))
    return first, second, spots_.astype(float), found


def _whitening(shift: Array) -> Array:
    """Matrices (m, 2, 2) that make misfits of covariance TIE_PX^2 1 + shift shift^T those of a unit one."""
    size2 = np.sum(shift**2, axis=1)
    along = (1.0 - TIE_PX / np.sqrt(TIE_PX**2 + size2)) / np.maximum(size2, 1e-12)
    return (np.eye(2) - along[:, None, None] * shift[:, :, None] * shift[:, None, :]) / TIE_PX


def _across(shift: Array) -> Array:
    """Unit vectors (m, 2) across shifts."""
    return np.column_stack([-shift[:, 1], shift[:, 0]]) / np.maximum(np.linalg.norm(shift, axis=1), 1e-12)[:, None]


def _balance(
    lights: Sequence[Light], camera: Pinhole, first: NDArray[np.int64], second: NDArray[np.int64], spots: Array,
    found: Array,
) -> tuple[Array, float]:  # fmt: skip
    """Brightness of each frame, and what is lacking in corners: least squares of the logarithms around ties."""
    import cv2

    n, m = len(lights), len(first)
    means = [cv2.blur(light.mean(axis=2), (PATCH_PX, PATCH_PX)) for light in lights]

    def bright(which: NDArray[np.int64], at: Array) -> Array:
        column, row = (np.rint(at).astype(int) - 1).T
        return np.array([means[k][r, c] for k, r, c in zip(which, row, column, strict=True)], float)

    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(bright(first, spots) / bright(second, found))
    design = np.zeros((m, n + 1))
    design[np.arange(m), first] += 1.0
    design[np.arange(m), second] -= 1.0
    design[:, n] = radius2(camera, *found.T) - radius2(camera, *spots.T)
    good = np.isfinite(ratio)
    design, ratio, weight = design[good], ratio[good], np.ones(int(good.sum()))
    noise = 1.0
    for _ in range(ROUNDS):
        normal = (design.T * weight) @ design / noise**2 + np.eye(n + 1) / GAIN_SIGMA**2
        logs = np.linalg.solve(normal, design.T @ (weight * ratio) / noise**2)
        rest = np.abs(ratio - design @ logs)
        noise = max(1.4826 * float(np.median(rest)), LEAST_NOISE)
        weight = np.minimum(1.0, 2.0 * noise / np.maximum(rest, 1e-12))
    return np.exp(logs[:n] - logs[:n].mean()), float(1.0 - np.exp(-logs[n]))
