"""Sparse least squares over a row of poses: what is known of few of them at a time, and what all have in common.

A pose is six numbers: metres east, north, up, and a small rotation in radians about the lander's axes. Each factor
looks at a few poses, and at the common numbers; its derivatives are taken by differences.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput

Array = NDArray[np.float64]

POSE = 6
STEPS = np.array([1e-3, 1e-3, 1e-3, 1e-6, 1e-6, 1e-6])
"""Metres and radians over which differences are taken; the adjustment has settled where nothing changes by as much."""
COMMON_STEP = 1e-4
HUBER = 3.0
"""A factor whose misfit is this many standard deviations is believed less (Huber 1964)."""
ROUNDS = 12
COLUMNS = 300


@dataclass(frozen=True)
class Factor:
    """m pieces of knowledge of one kind.

    nodes (m, a): numbers of the poses each looks at. misfit(poses (m, a, 6), common) -> (m, r), in standard deviations.
    robust: whether some of them may be wrong.
    """

    nodes: NDArray[np.int64]
    misfit: Callable[[Array, Array], Array]
    robust: bool = False


@dataclass(frozen=True)
class Solution:
    """poses (n, 6), common (c,), covariance (n, 6, 6) of each pose; misfits: of each factor, (m, r), as solved.

    joint(nodes) -> covariance (6 k, 6 k) of k poses together.
    """

    poses: Array
    common: Array
    covariance: Array
    misfits: tuple[Array, ...]
    joint: Callable[[Sequence[int]], Array]


def solve(factors: Sequence[Factor], poses: Array, common: Array) -> Solution:
    """Gauss and Newton's least squares from a first guess. Raises BadInput where it does not settle."""
    from scipy.sparse.linalg import splu

    for _ in range(ROUNDS):
        normal, right = _normal(factors, poses, common)
        factored = splu(normal.tocsc())
        change = factored.solve(right)
        poses = poses + change[: poses.size].reshape(-1, POSE)
        common = common + change[poses.size :]
        if np.abs(change[: poses.size].reshape(-1, POSE) / STEPS).max() < 1.0:
            break
    else:
        raise BadInput("landing trajectory", "steps", "the adjustment does not settle", "film and telemetry that agree")
    normal, _ = _normal(factors, poses, common)
    factored, size = splu(normal.tocsc()), normal.shape[0]
    covariance = _blocks(factored, len(poses), size)

    def joint(nodes: Sequence[int]) -> Array:
        rows = (POSE * np.asarray(nodes, int)[:, None] + np.arange(POSE)).ravel()
        unit = np.zeros((size, len(rows)))
        unit[rows, np.arange(len(rows))] = 1.0
        block = factored.solve(unit)[rows]
        return np.asarray(0.5 * (block + block.T))

    return Solution(poses, common, covariance, tuple(f.misfit(poses[f.nodes], common) for f in factors), joint)


def _normal(factors: Sequence[Factor], poses: Array, common: Array):  # type: ignore[no-untyped-def]
    """Normal matrix (sparse) and right side."""
    from scipy.sparse import coo_array

    size = poses.size + common.size
    rows, columns, values, right = [], [], [], np.zeros(size)
    for factor in factors:
        jacobian, misfit = _derivatives(factor, poses, common)
        if factor.robust:
            norm = np.sqrt((misfit**2).mean(axis=1))
            weight = np.minimum(1.0, HUBER / np.maximum(norm, 1e-9))
            jacobian, misfit = jacobian * np.sqrt(weight)[:, None, None], misfit * np.sqrt(weight)[:, None]
        m, a = factor.nodes.shape
        own = (factor.nodes[:, :, None] * POSE + np.arange(POSE)).reshape(m, a * POSE)
        place = np.concatenate([own, np.broadcast_to(poses.size + np.arange(common.size), (m, common.size))], axis=1)
        product = np.einsum("mri,mrj->mij", jacobian, jacobian)
        rows.append(np.broadcast_to(place[:, :, None], product.shape).ravel())
        columns.append(np.broadcast_to(place[:, None, :], product.shape).ravel())
        values.append(product.ravel())
        np.add.at(right, place, -np.einsum("mri,mr->mi", jacobian, misfit))
    entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
    return coo_array(entries, shape=(size, size)).tocsr(), right


def _derivatives(factor: Factor, poses: Array, common: Array) -> tuple[Array, Array]:
    """Jacobian (m, r, 6 a + c) by central differences, and misfit (m, r)."""
    at = poses[factor.nodes]
    columns = []
    for k in range(at.shape[1]):
        for i, step in enumerate(STEPS):
            move = np.zeros_like(at)
            move[:, k, i] = step
            columns.append((factor.misfit(at + move, common) - factor.misfit(at - move, common)) / (2.0 * step))
    for i in range(common.size):
        move = np.zeros_like(common)
        move[i] = COMMON_STEP
        columns.append((factor.misfit(at, common + move) - factor.misfit(at, common - move)) / (2.0 * COMMON_STEP))
    return np.stack(columns, axis=-1), factor.misfit(at, common)


def _blocks(factored, poses: int, size: int) -> Array:  # type: ignore[no-untyped-def]
    """Diagonal blocks (n, 6, 6) of the inverse."""
    out = np.empty((poses, POSE, POSE))
    for first in range(0, poses, COLUMNS // POSE):
        last = min(first + COLUMNS // POSE, poses)
        unit = np.zeros((size, (last - first) * POSE))
        unit[np.arange(first * POSE, last * POSE), np.arange(unit.shape[1])] = 1.0
        inverse = factored.solve(unit)[first * POSE : last * POSE]
        n = np.arange(last - first)
        block = inverse.reshape(last - first, POSE, last - first, POSE)[n, :, n, :]
        out[first:last] = 0.5 * (block + block.swapaxes(1, 2))
    return out
