"""Tiles of the globe as meshes: the faces of a cube, each a quadtree of squares (the cells of ``cells.py``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import MOON_RADIUS_M, Site
from farside.moon.cells import leaning, place, warp

Array = NDArray[np.floating]
Surface = Callable[[Array, float], tuple[Array, Array]]
"""Elevation (m) and brightness at directions (..., 3) and a resolution (m)."""

POSTS = 128
"""Cells along a tile's side; a tile has one vertex more each way."""

DEEPEST = 24
"""Level whose vertices are 1.3 mm apart."""


@dataclass(frozen=True)
class Tile:
    """A tile's vertices, rows along the face's second axis and columns along its first, (129, 129).

    site: middle of the tile at the ground, origin of the positions; position: (129, 129, 3) float32, metres east, north
    and up of it; elevation: (129, 129) m above the 1737.4 km sphere; normal: (129, 129, 3) float32 in the same frame,
    by differences over one post; albedo: (129, 129) float32, factor on the single-scattering albedo; resolution_m: of
    the relief. Tiles of a level that share an edge have there the same elevations and directions, bit for bit.
    """

    site: Site
    position: NDArray[np.float32]
    elevation: Array
    normal: NDArray[np.float32]
    albedo: NDArray[np.float32]
    resolution_m: float

    def triangles(self) -> NDArray[np.int32]:
        """Vertex numbers (2 x 128 x 128, 3) of the triangles, counter-clockwise from above."""
        n = POSTS + 1
        a = (np.arange(POSTS)[:, None] * n + np.arange(POSTS)).ravel()
        b, c, d = a + 1, a + n, a + n + 1
        p = self.position.reshape(-1, 3)
        flip = np.cross(p[1] - p[0], p[n] - p[0])[2] < 0.0
        pairs = [(a, c, d), (a, d, b)] if flip else [(a, d, c), (a, b, d)]
        return np.concatenate([np.stack(three, -1) for three in pairs]).astype(np.int32)


def cut_tile(surface: Surface, face: int, level: int, row: int, column: int) -> Tile:
    """Tile (row, column) of the 2^level x 2^level of a cube's face.

    Faces 0, 1, 2 are those of +x, +y, +z of MOON_ME, faces 3, 4, 5 those of -x, -y, -z.
    Relief is averaged over squares as wide as the vertices of the level are apart in the middle of a face.
    Raises BadInput for a tile that is not there.
    """
    across = 2**level if 0 <= level <= DEEPEST else 0
    if not (0 <= face < 6 and 0 <= row < across and 0 <= column < across):
        expected = f"face 0 to 5, level 0 to {DEEPEST}, row and column from 0 to 2^level - 1"
        raise BadInput("moon", "tile", (face, level, row, column), expected)
    resolution = 0.5 * np.pi * MOON_RADIUS_M / (across * POSTS)
    n = POSTS + 3  # one more all round, for the normals
    directions = np.empty((n, n, 3))
    _directions(face, across * POSTS, row * POSTS - 1, column * POSTS - 1, directions)
    elevation, albedo = surface(directions, resolution)
    me = directions * (MOON_RADIUS_M + elevation)[..., None]
    middle = me[n // 2, n // 2]
    radius = float(np.linalg.norm(middle))
    lat, lon = np.degrees(np.arcsin(middle[2] / radius)), np.degrees(np.arctan2(middle[1], middle[0])) % 360.0
    site = Site(float(lat), float(lon), radius - MOON_RADIUS_M)
    position = site.to_enu(me)
    normal = np.cross(position[1:-1, 2:] - position[1:-1, :-2], position[2:, 1:-1] - position[:-2, 1:-1])
    up = directions[1:-1, 1:-1] @ site.axes.T
    normal *= np.sign((normal * up).sum(-1, keepdims=True)) / np.linalg.norm(normal, axis=-1, keepdims=True)
    inner = np.s_[1:-1, 1:-1]
    return Tile(
        site=site,
        position=position[inner].astype(np.float32),
        elevation=elevation[inner],
        normal=normal.astype(np.float32),
        albedo=albedo[inner].astype(np.float32),
        resolution_m=resolution,
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _directions(face: int, across: int, row: int, column: int, out: np.ndarray) -> None:
    """Unit vectors (n, n, 3) of vertices from (row, column) on, of the ``across`` + 1 along a face."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            # whole numbers over a power of two: exact, and odd about the middle of the face
            u, v = warp((2 * (column + j) - across) / across), warp((2 * (row + i) - across) / across)
            out[i, j, 0], out[i, j, 1], out[i, j, 2] = place(face, u, v, leaning(u, v))
