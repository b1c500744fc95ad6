"""Adjustment: the rotations, lens and ground under which all ties fall together, and how sure they are.

Least squares over small rotations of all frames, the focal length, radial distortion and the ground's inverse distances
(Gauss and Newton; soft-L1 weights, so that a few wrong ties pull no harder than a little). The labels are observations
like the ties are: they keep the whole where it is, to their error over the root of the number of frames. The lens and
the ground have their own: a focal length known to a few in ten thousand, ground that is as rough as ground is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.geometry import Pinhole
from farside.products.panorama.placing import Placing, from_eye
from farside.products.panorama.ties import Ties

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Array = NDArray[np.float64]

FOCAL_SIGMA = 5e-4
"""Of the label's focal length, relative."""
CLEAR = 3.0
"""Errors that a spot lies off the ground to be none of it."""
STEPS = 10
STILL_PX = 1e-3
"""The last step moves no frame by more."""


@dataclass(frozen=True)
class Adjusted:
    """A placing, and what is known of it.

    residual_px: (m,) what is left of each tie. weight: (m,) 0 to 1 of each. covariance: (3n, 3n) of the frames'
    rotation vectors, rad2, the common rotation included. focal: the focal length over the label's.
    """

    placing: Placing
    residual_px: Array
    weight: Array
    covariance: Array
    focal: float

    @property
    def sigma_deg(self) -> Array:
        """Standard error of each frame's pointing, (n,) degrees, over all three axes."""
        variance = np.diag(self.covariance).reshape(-1, 3).sum(axis=1)
        return np.degrees(np.sqrt(variance))


def adjust(ties: Ties, start: Placing, labels: Placing, sigma_deg: float, scale_px: float) -> Adjusted:
    """The placing that suits ties and labels best, from ``start``.

    sigma_deg: error of the labels' pointing, each axis. scale_px: misfit from which ties count less. Needs no ties:
    frames without any stay where their labels have them.
    """
    from scipy.sparse import vstack
    from scipy.sparse.linalg import splu

    placing = start
    for _ in range(STEPS):
        e, jacobian = _misfit(ties, placing)
        size = np.linalg.norm(e.reshape(-1, 2), axis=1)
        weight = 1.0 / np.sqrt(1.0 + (size / scale_px) ** 2)
        noise = _noise(size, weight, scale_px)
        prior, told = _priors(placing, labels, np.radians(sigma_deg))
        rows = vstack([jacobian.multiply((np.sqrt(np.repeat(weight, 2)) / noise)[:, None]), prior]).tocsc()
        right = np.concatenate([e * np.sqrt(np.repeat(weight, 2)) / noise, told])
        factor = splu((rows.T @ rows).tocsc())
        change = -factor.solve(rows.T @ right)
        placing = _moved(placing, change)
        if np.abs(change[: 3 * len(placing.rotations)]).max() < STILL_PX * placing.camera.pixel_rad:
            break
    e, _ = _misfit(ties, placing)
    size = np.linalg.norm(e.reshape(-1, 2), axis=1)
    n = 3 * len(placing.rotations)
    unit = np.zeros((rows.shape[1], n))
    unit[:n] = np.eye(n)
    return Adjusted(
        placing, size, 1.0 / np.sqrt(1.0 + (size / scale_px) ** 2), factor.solve(unit)[:n],
        placing.camera.focal_mm / labels.camera.focal_mm,
    )  # fmt: skip


def of_ground(ties: Ties, placing: Placing, sigma_deg: float) -> Ties:
    """Ties without those of what stands near, or on the vehicle, and shows by its parallax.

    A misfit along the parallax is an inverse distance beyond the surface's. What roughness of ground and pointing
    ``sigma_deg`` off (each axis, two frames) cannot explain is none of the ground's.
    """
    e, d, by_r = _parallax(ties, placing)
    size = np.linalg.norm(by_r, axis=1)
    along = np.sum(e * by_r, axis=1) / np.maximum(size, 1e-12)
    nodes, weights = placing.surface.nodes(d)
    rough = np.sum(placing.surface.roughness()[nodes] * weights, axis=1)
    pointing_px = np.sqrt(2.0) * sigma_deg / np.degrees(placing.camera.pixel_rad)
    ground = np.abs(along) < CLEAR * np.hypot(rough * size, pointing_px)
    return ties._replace(frames=ties.frames[ground], pixels=ties.pixels[ground])


def _parallax(ties: Ties, placing: Placing) -> tuple[Array, Array, Array]:
    """Misfit (m, 2) pixels, direction from the eye (m, 3), and the misfit's change with the inverse distance (m, 2)."""
    e, d, *_ = _project(ties, placing, placing.camera)
    step = 1e-4
    nearer = replace(placing, surface=placing.surface.grown(np.full(placing.surface.excess.size, step)))
    return e.reshape(-1, 2), d, (_project(ties, nearer, placing.camera)[0] - e).reshape(-1, 2) / step


def _noise(size: Array, weight: Array, scale_px: float) -> float:
    """Error of one coordinate of a tie, from what is left of all: the median is 1.18 of it (Rayleigh)."""
    return max(float(np.median(size)) / 1.1774, 0.01 * scale_px) if size.size else 1.0


def _misfit(ties: Ties, placing: Placing) -> tuple[Array, csr_matrix]:
    """Where ties' spots fall in their second frames, less where they were seen there, (2m,) pixels; its derivatives."""
    from scipy.sparse import csr_matrix

    n, m = len(placing.rotations), len(ties.frames)
    a, b = ties.frames.T
    e, d, r, q, w, v = _project(ties, placing, placing.camera)
    camera = placing.camera
    focal = 1.0 / camera.pixel_rad
    turn_b = placing.rotations[b]
    c = np.einsum("nji,nj->ni", turn_b, v)
    depth = -c[:, 2]
    by_camera = np.zeros((m, 2, 3))
    by_camera[:, 0, 0], by_camera[:, 0, 2] = focal / depth, focal * c[:, 0] / depth**2
    by_camera[:, 1, 1], by_camera[:, 1, 2] = -focal / depth, -focal * c[:, 1] / depth**2
    by_v = np.einsum("nij,nkj->nik", by_camera, turn_b)
    by_a = -by_v @ (q[:, None, None] * _cross(w))
    by_b = by_v @ _cross(v)
    offset_a, offset_b = placing.centres[a] - placing.eye, placing.centres[b] - placing.eye
    sideways = offset_a - np.sum(offset_a * w, axis=1)[:, None] * w - offset_b
    by_r = np.einsum("nij,nj->ni", by_v, sideways)
    nodes, share = placing.surface.nodes(d)
    step = 1e-4
    wider = replace(camera, focal_mm=camera.focal_mm * (1.0 + step))
    by_focal = (_project(ties, placing, wider)[0] - e) / step
    columns = [3 * a[:, None] + np.arange(3), 3 * b[:, None] + np.arange(3), np.full((m, 1), 3 * n), 3 * n + 1 + nodes]
    values = [by_a, by_b, by_focal.reshape(m, 2, 1), by_r[:, :, None] * (share * (r > 0.0)[:, None])[:, None, :]]
    column = np.repeat(np.concatenate(columns, axis=1)[:, None, :], 2, axis=1)
    value = np.concatenate(values, axis=2)
    row = np.broadcast_to(np.arange(2 * m).reshape(m, 2, 1), value.shape)
    unknowns = 3 * n + 1 + placing.surface.excess.size
    jacobian = csr_matrix((value.ravel(), (row.ravel(), column.ravel())), shape=(2 * m, unknowns))
    return e, jacobian


def _project(ties: Ties, placing: Placing, camera: Pinhole) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Misfit (2m,), direction from the eye, inverse distance, share of the ray, ray, and direction from the second."""
    a, b = ties.frames.T
    first = ties.pixels[:, 0]
    w = np.einsum("nij,nj->ni", placing.rotations[a], camera.rays(first[:, 0], first[:, 1]))
    d, r, q = from_eye(w, placing.centres[a] - placing.eye, placing.surface)
    v = d - (placing.centres[b] - placing.eye) * r[:, None]
    i, j = camera.project(np.einsum("nji,nj->ni", placing.rotations[b], v))
    e = np.column_stack([i, j]) - ties.pixels[:, 1]
    return e.ravel(), d, r, q, w, v


def _priors(placing: Placing, labels: Placing, sigma: float) -> tuple[csr_matrix, Array]:
    """Rows of what labels, lens and ground say, each over its error, and how far they are from it now."""
    from scipy.sparse import block_diag, csr_matrix, diags_array, eye_array, vstack
    from scipy.spatial.transform import Rotation

    away = Rotation.from_matrix(placing.rotations @ labels.rotations.transpose(0, 2, 1)).as_rotvec()
    told = [away.ravel() / sigma, [(placing.camera.focal_mm / labels.camera.focal_mm - 1.0) / FOCAL_SIGMA]]
    rough, excess = placing.surface.roughness(), placing.surface.excess.ravel()
    pairs, sigmas = placing.surface.differences()
    row = np.repeat(np.arange(len(pairs)), 2)
    value = np.column_stack([1.0 / sigmas, -1.0 / sigmas]).ravel()
    smooth = csr_matrix((value, (row, pairs.ravel())), shape=(len(pairs), rough.size))
    ground = vstack([diags_array(1.0 / rough), smooth])
    said = block_diag([eye_array(away.size) / sigma, [[1.0 / FOCAL_SIGMA]], ground])
    return said, np.concatenate([*told, ground @ excess])


def _moved(placing: Placing, change: Array) -> Placing:
    """A placing with the unknowns changed."""
    n = 3 * len(placing.rotations)
    turned = placing.turned(change[:n].reshape(-1, 3))
    camera = replace(placing.camera, focal_mm=placing.camera.focal_mm * (1.0 + change[n]))
    return replace(turned, camera=camera, surface=placing.surface.grown(change[n + 1 :]))


def _cross(v: Array) -> Array:
    """Matrices (n, 3, 3) of v x."""
    out = np.zeros((len(v), 3, 3))
    out[:, 0, 1], out[:, 0, 2] = -v[:, 2], v[:, 1]
    out[:, 1, 0], out[:, 1, 2] = v[:, 2], -v[:, 0]
    out[:, 2, 0], out[:, 2, 1] = -v[:, 1], v[:, 0]
    return out
