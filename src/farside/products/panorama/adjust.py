"""Adjustment: the rotations, lens and ground under which all ties fall together, and how sure they are.

Least squares over small rotations of all frames, the focal length and the ground's inverse distances (Gauss and
Newton; weights by which wrong ties pull less and less). The labels are observations like the ties are: they keep the
whole where it is, to their error over the root of the number of frames. The lens and the ground have their own: a focal
length known to a few in ten thousand, ground that is as rough as ground is.

What stands near, most of all the vehicle itself, shifts between frames by far more than their pointing is off. A tie is
therefore taken along its parallax and across it: across, it holds frames together whatever its distance is; along, only
as far as that is known. Of ground it is what the surface has, give or take what ground does between its nodes. Of the
level top of the vehicle it is one height below the eye, told by the ties themselves; of other things it is not known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.geometry import Pinhole
from farside.products.panorama.placing import Placing, cross, from_eye
from farside.products.panorama.scatter import by_cells, by_pairs, by_windows, shift_variance
from farside.products.panorama.surface import SLOPE_SIGMA, Surface
from farside.products.panorama.ties import DECK, GROUND, OTHER, Ties

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = NDArray[np.float64]

FOCAL_SIGMA = 5e-4
"""Of the label's focal length, relative."""
CLEAR = 3.0
"""Errors that a spot lies off the ground to be none of it."""
NEAREST_M = 0.5
"""Nothing stands nearer to the eye."""
NEAR = 0.5
"""Inverse distance, 1/m, beyond the ground's, of what stands near, give or take as much."""
LEAST_PX = 0.005
"""No spot is found better."""
LOSSES = ((1.5, 0.5), (3.0, 2.0))
"""Misfits of so many errors begin to count less, and how fast: first as those of soft L1, then, with frames where they
belong, as Geman and McClure's (1985), so that wrong ties count nothing."""
SLANT = 2.0
"""Ties of ground seen at a slant are worse along its rows than across them by so much at most."""
DECK_SIGMA = 1.0
"""Of the inverse height, 1/m, of the deck that ties were first seen to lie on."""
LEAST_DOWN = 0.1
"""Sine of the depression above which nothing is seen from above."""
DECK_ROUGH = 0.05
"""What stands off the deck by more, relative to its depth below the eye, is none of it."""
LEAST_REACH, TELLING_PX = 1e-3, 10.0
"""Parallax, pixels for an inverse distance of 1/m, that is none, and that tells how near something stands."""
SHARED = 4
"""Unknowns that all frames share: focal length, slope of the ground, deck."""
STEPS = 10
STILL_PX = 1e-2
"""The last step moves no frame by more."""


@dataclass(frozen=True)
class Adjusted:
    """A placing, and what is known of it.

    ties, off, prior: what it rests on. residual_px: (m,) what is left of each tie; across the parallax for those of
    what stands near. focal: the focal length over the label's.
    """

    placing: Placing
    ties: Ties
    off: _Misfit
    prior: csr_array
    residual_px: Array
    focal: float

    @cached_property
    def covariance(self) -> Array:
        """Of the frames' rotation vectors, (3n, 3n) rad2, the common rotation included."""
        return _covariance(self.ties, self.placing, self.off, self.prior)

    @property
    def sigma_deg(self) -> Array:
        """Standard error of each frame's pointing, (n,) degrees, over all three axes."""
        variance = np.diag(self.covariance).reshape(-1, 3).sum(axis=1)
        return np.degrees(np.sqrt(variance))


def adjust(ties: Ties, start: Placing, labels: Placing, sigma_deg: float) -> Adjusted:
    """The placing that suits ties and labels best, from ``start``.

    sigma_deg: error of the labels' pointing, each axis. Needs no ties: frames without any stay where their labels have
    them.
    """
    from scipy.sparse import diags_array, vstack
    from scipy.sparse.linalg import splu

    placing = start
    for errors, power in LOSSES:
        for _ in range(STEPS):
            off = _misfit(ties, placing)
            trust = _trust(ties, placing, off, errors, power)
            prior, said = _priors(placing, labels, np.radians(sigma_deg))
            rows = vstack([diags_array(trust) @ off.jacobian, prior]).tocsc()
            change = -splu((rows.T @ rows).tocsc()).solve(rows.T @ np.concatenate([off.e.ravel() * trust, said]))
            placing = _moved(placing, change)
            if np.abs(change[: 3 * len(placing.rotations)]).max() < STILL_PX * placing.camera.pixel_rad:
                break
    off = _misfit(ties, placing)
    left = np.where(ties.on == GROUND, np.hypot(*off.e.T), np.abs(off.e[:, 1]))
    return Adjusted(placing, ties, off, prior, left, placing.camera.focal_mm / labels.camera.focal_mm)


def apart(ties: Ties, placing: Placing, sigma_deg: float) -> tuple[Ties, Placing]:
    """Ties told apart by what they lie on, and the placing with a height of the deck; ties on nothing are dropped.

    A misfit along the parallax is an inverse distance beyond the surface's. What roughness of ground and pointing
    ``sigma_deg`` off (each axis, two frames) cannot explain is none of the ground's, and nothing at all beyond infinity
    or nearer than NEAREST_M.
    """
    off = _misfit(ties, placing)
    ground = placing.surface.inverse_distance(off.d)
    rough = placing.surface.at(placing.surface.roughness(), off.d)
    pointing_px = np.sqrt(2.0) * sigma_deg / np.degrees(placing.camera.pixel_rad)
    slack = CLEAR * np.hypot(rough * off.reach, pointing_px)
    nearer = -off.e[:, 0]
    near = (nearer > slack) & (nearer < off.reach * (1.0 / NEAREST_M - ground))
    known = near | (np.abs(nearer) < slack)
    # where some stand near, others may that hardly have a parallax to show it
    hidden = placing.surface.around(off.d[near], off.d) & (NEAR * off.reach < slack)
    down = np.maximum(-off.d[:, 2], LEAST_DOWN)
    deck = (ground + nearer / np.maximum(off.reach, LEAST_REACH)) / down
    if placing.deck == 0.0 and near.any():
        placing = replace(placing, deck=float(np.median(deck[near])))
    apart_px = np.abs(deck - placing.deck) * down * off.reach
    level = near & (apart_px < np.hypot(slack, CLEAR * DECK_ROUGH * placing.deck * off.reach))
    on = np.select([level, near | hidden], [DECK, OTHER], GROUND).astype(np.int8)
    return ties._replace(on=on).only(known), placing


def lifted(ties: Ties, placing: Placing) -> Placing:
    """The placing with its surface drawn up to what stands near, where ties show it, so that frames laid over each
    other show it in one place.
    """
    off = _misfit(ties, placing)
    tells = (ties.on != GROUND) & (off.reach > TELLING_PX) & (np.abs(off.e[:, 1]) < NEAR * off.reach)
    base = np.where(ties.on == DECK, -off.d[:, 2] * placing.deck, placing.surface.inverse_distance(off.d))
    r = base - off.e[:, 0] / np.maximum(off.reach, LEAST_REACH)
    return replace(placing, surface=placing.surface.through(off.d[tells], r[tells]))


class _Misfit(NamedTuple):
    """Where ties' spots fall in their second frames, less where they were seen there.

    e: (m, 2) pixels, along the parallax and across it. jacobian: (2m, unknowns) its derivatives. axes: (m, 2, 2) where
    these two point in the second frame. reach: (m,) pixels along the parallax of an inverse distance of 1/m. d: (m, 3)
    where the eye sees the spots.
    """

    e: Array
    jacobian: csr_array
    axes: Array
    reach: Array
    d: Array


def _misfit(ties: Ties, placing: Placing) -> _Misfit:
    from scipy.sparse import csr_array

    n, m = len(placing.rotations), len(ties.frames)
    a, b = ties.frames.T
    e, d, r, q, w, v = _project(ties, placing, placing.camera)
    deck = ties.on == DECK
    camera = placing.camera
    focal = 1.0 / camera.pixel_rad
    turn_b = placing.rotations[b]
    c = np.einsum("nji,nj->ni", turn_b, v)
    depth = -c[:, 2]
    by_camera = np.zeros((m, 2, 3))
    by_camera[:, 0, 0], by_camera[:, 0, 2] = focal / depth, focal * c[:, 0] / depth**2
    by_camera[:, 1, 1], by_camera[:, 1, 2] = -focal / depth, -focal * c[:, 1] / depth**2
    by_v = np.einsum("nij,nkj->nik", by_camera, turn_b)
    offset_a, offset_b = placing.centres[a] - placing.eye, placing.centres[b] - placing.eye
    sideways = offset_a - np.sum(offset_a * w, axis=1)[:, None] * w - offset_b
    by_r = np.einsum("nij,nj->ni", by_v, sideways)
    reach = np.hypot(*by_r.T)
    # where frames are taken from one place there is no parallax, and any axes will do
    along = np.where(reach[:, None] > LEAST_REACH, by_r / np.maximum(reach, LEAST_REACH)[:, None], [1.0, 0.0])
    axes = np.stack([along, np.column_stack([-along[:, 1], along[:, 0]])], axis=1)
    nodes, share = placing.surface.nodes(d)
    carried = placing.carried()
    by_ground = np.column_stack([placing.surface.by_slope(d), -d[:, 2], share]) * (r > 0.0)[:, None]
    by_ground[deck] *= np.arange(by_ground.shape[1]) == 2
    by_ground[~deck, 2] = 0.0
    gradient = np.where(deck[:, None], [0.0, 0.0, -placing.deck], placing.surface.gradient(d))
    step = 1e-4
    wider = replace(camera, focal_mm=camera.focal_mm * (1.0 + step))
    by_focal = (_project(ties, placing, wider)[0] - e) / step
    few, shared = np.arange(3), np.tile(3 * n + np.arange(SHARED), (m, 1))
    columns = [3 * a[:, None] + few, 3 * b[:, None] + few, shared, 3 * n + SHARED + nodes]
    values = [
        by_v @ (r[:, None, None] * carried[a] - q[:, None, None] * cross(w))
        + by_r[:, :, None] * np.cross(d, gradient)[:, None, :],
        by_v @ (cross(v) - r[:, None, None] * carried[b]),
        by_focal[:, :, None],
        by_r[:, :, None] * by_ground[:, None, :],
    ]  # fmt: skip
    column = np.repeat(np.concatenate(columns, axis=1)[:, None, :], 2, axis=1)
    value = axes @ np.concatenate(values, axis=2)
    row = np.broadcast_to(np.arange(2 * m).reshape(m, 2, 1), value.shape)
    unknowns = 3 * n + SHARED + placing.surface.excess.size
    jacobian = csr_array((value.ravel(), (row.ravel(), column.ravel())), shape=(2 * m, unknowns))
    return _Misfit(np.einsum("nij,nj->ni", axes, e), jacobian, axes, reach, d)


def _trust(ties: Ties, placing: Placing, off: _Misfit, errors: float, power: float) -> Array:
    """What misfits (2m,) are to be multiplied by: the root of their weight over their error."""
    sigma = _sigma(*_errors(ties, placing, off))
    weight = (1.0 + (off.e / (errors * sigma)) ** 2) ** -power
    return np.asarray((np.sqrt(weight) / sigma).ravel())


def _covariance(ties: Ties, placing: Placing, off: _Misfit, prior: csr_array) -> Array:
    """Of the frames' rotation vectors, (3n, 3n) rad2, from how ties err together (see ``scatter``).

    The adjustment takes ties as if each erred on its own; what they do to its result follows from how they really err.
    As they count less the more they miss, a tie pulls with ``slope`` of its weight and errs by ``bent`` (Huber 1981,
    ch. 7); both are told across the parallax, where nothing but finding errs.
    """
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import splu

    n, (errors, power) = 3 * len(placing.rotations), LOSSES[-1]
    found, depth = _errors(ties, placing, off)
    sigma = _sigma(found, depth)
    square = (off.e / (errors * sigma)) ** 2
    weight = (1.0 + square) ** -power
    counted, slopes = weight * off.e / sigma, weight * (1.0 - 2.0 * power * square / (1.0 + square))
    slope, bent = (float(np.mean(v[:, 1])) if len(v) else 1.0 for v in (slopes, counted**2))
    trust = np.sqrt(slope) / sigma
    design = (diags_array(trust.ravel()) @ off.jacobian).tocsr()
    normal = splu((design.T @ design + prior.T @ prior).tocsc())
    unit = np.eye(design.shape[1], n)
    by_frames = normal.solve(unit)
    said = prior @ by_frames
    covariance = said.T @ said
    if not len(off.e):
        return np.asarray(covariance)
    each = np.sqrt(bent / slope)
    noise = by_windows(ties, off.d, placing.camera.pixel_rad, (each * found / sigma)[..., None] * off.axes)
    cells = by_cells(placing.surface, off.d, each * depth / sigma[:, 0])
    noise = noise + cells @ cells.T
    pairs = by_pairs(ties, trust[..., None] * off.axes)
    shift = shift_variance(pairs, (counted / np.sqrt(slope)).ravel(), noise, design, normal.solve)
    told = design @ by_frames
    shifted = pairs.T @ told
    return np.asarray(covariance + told.T @ (noise @ told) + shift * shifted.T @ shifted)


def _sigma(found: Array, depth: Array) -> Array:
    """Errors (m, 2) in pixels that misfits along and across the parallax may have, of ``_errors``."""
    return np.column_stack([np.hypot(found[:, 0], depth), found[:, 1]])


def _errors(ties: Ties, placing: Placing, off: _Misfit) -> tuple[Array, Array]:
    """Errors in pixels: of finding spots, along the parallax and across it, (m, 2), and of how near they are, (m,).

    Across it stands the error of finding spots, as all of them tell it. Along it comes what ground does between the
    nodes of its surface, and how level the deck turns out to be; how near what else there is stands, nobody knows.
    """
    ground, deck = ties.on == GROUND, ties.on == DECK
    found = _spread(off.e[:, 1], LEAST_PX)
    level = _spread(off.e[deck, 0] / (off.reach * off.d[:, 2])[deck], 0.0) * np.abs(off.d[:, 2])
    between = placing.surface.at(placing.surface.between(), off.d)
    # ground seen at a slant shows less along its rows than across them, and so do the ties
    explained = _spread((between * off.reach)[ground], 0.0) / 1.4826
    rows = np.sqrt(np.clip(_spread(off.e[ground, 0], LEAST_PX) ** 2 - explained**2, found**2, (SLANT * found) ** 2))
    depth = np.choose(ties.on, [between, level, NEAR]) * off.reach
    return np.column_stack([np.full(len(off.e), rows), np.full(len(off.e), found)]), depth


def _spread(values: Array, least: float) -> float:
    """Standard deviation of values around 0, by their median, which wrong ones hardly move."""
    return max(1.4826 * float(np.median(np.abs(values))), least) if values.size else least


def _project(ties: Ties, placing: Placing, camera: Pinhole) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Misfit (m, 2), direction from the eye, inverse distance, share of the ray, ray, and direction from the second."""
    a, b = ties.frames.T
    first = ties.pixels[:, 0]
    w = np.einsum("nij,nj->ni", placing.rotations[a], camera.rays(first[:, 0], first[:, 1]))
    offset, deck = placing.centres[a] - placing.eye, ties.on == DECK
    d, r, q = from_eye(w, offset, placing.surface)
    if deck.any():
        d[deck], r[deck], q[deck] = from_eye(w[deck], offset[deck], Surface.plane(1.0 / placing.deck))
    v = d - (placing.centres[b] - placing.eye) * r[:, None]
    i, j = camera.project(np.einsum("nji,nj->ni", placing.rotations[b], v))
    e = np.column_stack([i, j]) - ties.pixels[:, 1]
    return e, d, r, q, w, v


def _priors(placing: Placing, labels: Placing, sigma: float) -> tuple[csr_array, Array]:
    """Rows of what labels, lens and ground say, each over its error, and how far they are from it now."""
    from scipy.sparse import block_diag, csr_array, diags_array, eye_array, vstack
    from scipy.spatial.transform import Rotation

    away = Rotation.from_matrix(placing.rotations @ labels.rotations.transpose(0, 2, 1)).as_rotvec()
    focal = placing.camera.focal_mm / labels.camera.focal_mm - 1.0
    known = np.array([FOCAL_SIGMA, SLOPE_SIGMA, SLOPE_SIGMA, DECK_SIGMA])
    told = [away.ravel() / sigma, np.array([focal, *placing.surface.slope, 0.0]) / known]
    rough, excess = placing.surface.anchor(), placing.surface.excess.ravel()
    pairs, sigmas = placing.surface.differences()
    row = np.repeat(np.arange(len(pairs)), 2)
    value = np.column_stack([1.0 / sigmas, -1.0 / sigmas]).ravel()
    smooth = csr_array((value, (row, pairs.ravel())), shape=(len(pairs), rough.size))
    ground = vstack([diags_array(1.0 / rough), smooth])
    said = block_diag([eye_array(away.size) / sigma, diags_array(1.0 / known), ground])
    return said, np.concatenate([*told, ground @ excess])


def _moved(placing: Placing, change: Array) -> Placing:
    """A placing with the unknowns changed."""
    n = 3 * len(placing.rotations)
    turned = placing.turned(change[:n].reshape(-1, 3))
    focal, *slope, deck = change[n : n + SHARED]
    camera = replace(placing.camera, focal_mm=placing.camera.focal_mm * (1.0 + focal))
    surface = placing.surface.changed(np.array(slope), change[n + SHARED :])
    return replace(turned, camera=camera, surface=surface, deck=placing.deck + float(deck))
