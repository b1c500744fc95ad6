"""How ties err together, which decides how sure frames are that they hold.

Three things make ties err alike. Spots are found through windows, and windows that overlap see the same noise where
they show the same frame: its share is that of their overlap. Ground differs from its surface between the nodes of this,
and all ties of one cell of it are off by the same height, whichever frames they are of. And all ties of a pair may be
shifted a little by how the pixels of its frames happen to lie to each other; how much, their scatter between pairs
tells, beyond that within them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.geometry import azel
from farside.products.panorama.surface import Surface
from farside.products.panorama.ties import FINE, Ties

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = NDArray[np.float64]


def by_windows(ties: Ties, d: Array, pixel_rad: float, size: Array) -> csr_array:
    """Covariance (2m, 2m) of two errors each of m ties whose window shows them in directions d (m, 3).

    size: (m, 2, 2) the errors, each as a vector of the picture. What a frame shows too far to the right is a misfit one
    way where it is the second of a pair, and the other way where it is the first; half the variance is of each.
    """
    from scipy.sparse import csr_array
    from scipy.spatial import cKDTree

    reach = pixel_rad * FINE.window
    near = cKDTree(d).query_pairs(np.sqrt(2.0) * reach, output_type="ndarray")
    one, two = np.concatenate([near, np.tile(np.arange(len(d))[:, None], 2)]).T
    az, el = azel(d)
    apart = np.abs((az[one] - az[two] + np.pi) % (2.0 * np.pi) - np.pi), np.abs(el[one] - el[two])
    overlap = np.prod([np.maximum(1.0 - gap / reach, 0.0) for gap in apart], axis=0)
    (a, b), (c, e) = ties.frames[one].T, ties.frames[two].T
    # each is entered once and mirrored, a tie with itself by halves
    share = overlap * ((a == c).astype(float) + (b == e) - (a == e) - (b == c)) / np.where(one == two, 4.0, 2.0)
    block = share[:, None, None] * np.einsum("mik,mjk->mij", size[one], size[two])
    row = np.broadcast_to(2 * one[:, None, None] + np.array([[0], [1]]), block.shape)
    column = np.broadcast_to(2 * two[:, None, None] + np.array([0, 1]), block.shape)
    there = block != 0.0
    half: Any = csr_array((block[there], (row[there], column[there])), shape=(2 * len(d), 2 * len(d)))
    return half + half.T


def by_cells(surface: Surface, d: Array, size: Array) -> csr_array:
    """What heights of the surface's cells, one unit each, do to errors along the parallax of m ties, (2m, cells).

    d: (m, 3) directions of the ties. size: (m,) their errors.
    """
    from scipy.sparse import csr_array

    cells, which = np.unique(surface.nodes(d)[0][:, 0], return_inverse=True)
    m = len(d)
    return csr_array((size, (2 * np.arange(m), which.ravel())), shape=(2 * m, len(cells)))


def by_pairs(ties: Ties, size: Array) -> csr_array:
    """What shifts of pairs, a pixel each to the right and down, do to errors of m ties, (2m, 2 pairs).

    size: (m, 2, 2) the errors per pixel of the picture.
    """
    from scipy.sparse import csr_array

    pairs, which = np.unique(ties.frames, axis=0, return_inverse=True)
    m = len(size)
    row = np.repeat(np.arange(2 * m), 2)
    column = 2 * np.repeat(which.ravel(), 4) + np.tile([0, 1, 0, 1], m)
    return csr_array((size.ravel(), (row, column)), shape=(2 * m, 2 * len(pairs)))


def shift_variance(pairs: csr_array, left: Array, noise: csr_array, design: csr_array, solve: Any) -> float:
    """Variance of the pairs' shifts (pixels), 0 at least, from what is left of ties.

    Minimum norm quadratic unbiased (Rao 1971): the square of what each shift seems to be is held against what ``noise``
    makes it without, and against what shifts add to it, when all unknowns have taken their part. left: (2m,) misfits,
    and noise: (2m, 2m) their covariance, over their errors, as is design: (2m, unknowns). solve: the normal equations.
    """
    pull, both = pairs.T @ left, (pairs.T @ pairs).toarray()
    through = (pairs.T @ design).toarray()
    free = both - through @ solve(through.T)
    alone = np.asarray((pairs * (noise @ pairs)).sum(axis=0)).ravel() / np.diag(both)
    without, shift = alone * np.diag(free), np.sum(free**2, axis=1)
    told = without > 0.0
    trust = shift[told] / without[told] ** 2
    known = np.sum(trust * shift[told])
    return max(float(np.sum(trust * (pull[told] ** 2 - without[told])) / known), 0.0) if known > 0.0 else 0.0
