"""PLY, binary little-endian: metres in the site frame, east x, north y, up z."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.moon.export.gltf import smooth_normals
from farside.moon.export.mesh import Ground, Stones
from farside.work import atomic_write

_FACE = np.dtype([("count", "u1"), ("index", "<u4", 3)])


def write_ground(path: Path, ground: Ground, comments: Iterable[str]) -> None:
    """Write the ground: positions, normals, texture coordinates, and colours where it has them."""
    vertices, faces = ground.m**2, 2 * (ground.m - 1) ** 2
    names = ["x", "y", "z", "nx", "ny", "nz", "s", "t"]
    kinds = [("float", name) for name in names]
    if ground.albedo:
        kinds += [("uchar", name) for name in ("red", "green", "blue", "alpha")]
    with atomic_write(path) as part, part.open("wb") as file:
        file.write(_header(kinds, vertices, faces, comments))
        for piece in ground.vertices():
            file.write(piece.tobytes())
        for triangles in ground.faces():
            file.write(_faces(triangles))


def write_stones(path: Path, stones: Stones, comments: Iterable[str]) -> None:
    """Write all stones as one mesh: positions and normals."""
    counts = np.array([(len(points), len(faces)) for points, faces in stones.shapes])[stones.which]
    starts = np.cumsum(counts[:, 0]) - counts[:, 0]
    kinds = [("float", name) for name in ("x", "y", "z", "nx", "ny", "nz")]
    shapes = [(points, smooth_normals(points, faces), faces) for points, faces in stones.shapes]
    with atomic_write(path) as part, part.open("wb") as file:
        file.write(_header(kinds, int(counts[:, 0].sum()), int(counts[:, 1].sum()), comments))
        for k, which in enumerate(stones.which):
            points, normals, _ = shapes[which]
            c, s = np.cos(stones.turn[k]), np.sin(stones.turn[k])
            turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
            bent = normals / stones.scale[k]
            bent /= np.linalg.norm(bent, axis=1, keepdims=True)
            placed = (points * stones.scale[k]) @ turn.T + stones.position[k]
            file.write(np.concatenate([placed, bent @ turn.T], axis=1).astype("<f4").tobytes())
        for k, which in enumerate(stones.which):
            file.write(_faces(shapes[which][2] + starts[k]))


def _header(kinds: list[tuple[str, str]], vertices: int, faces: int, comments: Iterable[str]) -> bytes:
    lines = [
        "ply",
        "format binary_little_endian 1.0",
        *(f"comment {line}" for line in comments),
        f"element vertex {vertices}",
        *(f"property {kind} {name}" for kind, name in kinds),
        f"element face {faces}",
        "property list uchar uint vertex_indices",
        "end_header",
    ]
    return ("\n".join(lines) + "\n").encode("ascii", "replace")


def _faces(triangles: NDArray[Any]) -> bytes:
    out = np.empty(len(triangles), _FACE)
    out["count"], out["index"] = 3, triangles
    return out.tobytes()
