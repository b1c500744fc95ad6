"""glTF 2.0 in one binary file (.glb): ground, and stones as instances of a few shapes.

glTF is right-handed with y up: east becomes x, up becomes y, south becomes z.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.moon.export.mesh import COLOURED, VERTEX, Ground, Stones
from farside.work import atomic_write

LARGEST = 2**32 - 1
"""Bytes that the format can count."""
_ROOM = 100_000_000
"""For the description and the stones."""
MOST_STONES = 100_000

_FLOAT, _UINT, _UBYTE = 5126, 5125, 5121
_VERTICES, _INDICES = 34962, 34963


def write_glb(path: Path, ground: Ground, stones: Stones | None, about: dict[str, Any], generator: str) -> None:
    """Write ground and stones. about: what the file says of itself (``asset.extras``)."""
    scene, tail = _document(ground, stones, about, generator)
    text = json.dumps(scene, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    size = scene["buffers"][0]["byteLength"]
    with atomic_write(path) as part, part.open("wb") as file:
        file.write(struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(text) + 8 + size))
        file.write(struct.pack("<I4s", len(text), b"JSON") + text)
        file.write(struct.pack("<I4s", size, b"BIN\0"))
        for piece in _ground_bytes(ground):
            file.write(piece)
        file.write(tail)


def check_size(source: str, m: int, coloured: bool, post_m: float) -> None:
    """Raise BadInput where the format cannot count the bytes of a ground of m x m vertices."""
    binary = m**2 * (COLOURED if coloured else VERTEX).itemsize + 24 * (m - 1) ** 2
    if binary > LARGEST - _ROOM:
        raise BadInput(source, "--mesh-post-m", post_m, f"wider: {m} x {m} vertices are too many for a .glb (4 GB)")


def y_up(enu: NDArray[np.floating]) -> NDArray[np.floating]:
    """East, north, up (..., 3) in glTF's axes."""
    return np.stack([enu[..., 0], enu[..., 2], -enu[..., 1]], -1)


def _ground_bytes(ground: Ground) -> Iterator[bytes]:
    for piece in ground.vertices():
        for name in ("position", "normal"):
            piece[name] = y_up(piece[name])
        yield piece.tobytes()
    for faces in ground.faces():
        yield faces.tobytes()


def _document(
    ground: Ground, stones: Stones | None, about: dict[str, Any], generator: str
) -> tuple[dict[str, Any], bytes]:
    """The scene's description, and the bytes that follow the ground's."""
    m, stride = ground.m, ground.dtype.itemsize
    vertices, indices = m * m * stride, 24 * (m - 1) ** 2
    views: list[dict[str, Any]] = [
        {"buffer": 0, "byteOffset": 0, "byteLength": vertices, "byteStride": stride, "target": _VERTICES},
        {"buffer": 0, "byteOffset": vertices, "byteLength": indices, "target": _INDICES},
    ]
    ends = y_up(ground.bounds().astype(float))
    accessors: list[dict[str, Any]] = [
        {"bufferView": 0, "byteOffset": 0, "componentType": _FLOAT, "count": m * m, "type": "VEC3",
         "min": ends.min(0).tolist(), "max": ends.max(0).tolist()},
        {"bufferView": 0, "byteOffset": 12, "componentType": _FLOAT, "count": m * m, "type": "VEC3"},
        {"bufferView": 0, "byteOffset": 24, "componentType": _FLOAT, "count": m * m, "type": "VEC2"},
        {"bufferView": 1, "componentType": _UINT, "count": 6 * (m - 1) ** 2, "type": "SCALAR"},
    ]  # fmt: skip
    primitive: dict[str, Any] = {
        "attributes": {"POSITION": 0, "NORMAL": 1, "TEXCOORD_0": 2}, "indices": 3, "material": 0
    }  # fmt: skip
    if ground.albedo:
        primitive["attributes"]["COLOR_0"] = len(accessors)
        accessors.append({"bufferView": 0, "byteOffset": 32, "componentType": _UBYTE, "normalized": True,
                          "count": m * m, "type": "VEC4"})  # fmt: skip
    grey = 1.0 if ground.albedo else 0.5
    scene: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": generator, "extras": about},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"name": "ground", "mesh": 0}],
        "meshes": [{"name": "ground", "primitives": [primitive]}],
        "materials": [_dull("regolith", grey), _dull("rock", 0.6)],
        "accessors": accessors,
        "bufferViews": views,
    }
    tail = b""
    if stones is not None and len(stones.which):
        tail = _add_stones(scene, stones, vertices + indices)
    scene["buffers"] = [{"byteLength": vertices + indices + len(tail)}]
    return scene, tail


def _dull(name: str, grey: float) -> dict[str, Any]:
    pbr = {"baseColorFactor": [grey, grey, grey, 1.0], "metallicFactor": 0.0, "roughnessFactor": 1.0}
    return {"name": name, "pbrMetallicRoughness": pbr}


def _add_stones(scene: dict[str, Any], stones: Stones, offset: int) -> bytes:
    """Add each shape as a mesh and each stone as a node; returns the shapes' bytes, which start at ``offset``."""
    chunks: list[bytes] = []

    def view(data: NDArray[Any], target: int, **accessor: Any) -> int:
        start = offset + sum(map(len, chunks))
        chunks.append(data.tobytes())
        scene["bufferViews"].append({"buffer": 0, "byteOffset": start, "byteLength": data.nbytes, "target": target})
        scene["accessors"].append({"bufferView": len(scene["bufferViews"]) - 1, **accessor})
        return len(scene["accessors"]) - 1

    first = len(scene["meshes"])
    for number, (points, faces) in enumerate(stones.shapes):
        place = y_up(points).astype("<f4")
        attributes = {
            "POSITION": view(place, _VERTICES, componentType=_FLOAT, count=len(place), type="VEC3",
                             min=place.min(0).tolist(), max=place.max(0).tolist()),
            "NORMAL": view(y_up(smooth_normals(points, faces)).astype("<f4"), _VERTICES, componentType=_FLOAT,
                           count=len(place), type="VEC3"),
        }  # fmt: skip
        indices = view(faces.astype("<u4"), _INDICES, componentType=_UINT, count=faces.size, type="SCALAR")
        primitive = {"attributes": attributes, "indices": indices, "material": 1}
        scene["meshes"].append({"name": f"stone {number}", "primitives": [primitive]})
    nodes = scene["nodes"]
    place, half = y_up(stones.position), 0.5 * stones.turn
    scale = stones.scale[:, [0, 2, 1]]
    for k in range(len(stones.which)):
        nodes.append({
            "mesh": first + int(stones.which[k]),
            "translation": [round(v, 4) for v in place[k].tolist()],
            "rotation": [0.0, round(float(np.sin(half[k])), 7), 0.0, round(float(np.cos(half[k])), 7)],
            "scale": [round(v, 5) for v in scale[k].tolist()],
        })  # fmt: skip
    nodes.append({"name": "rocks", "children": list(range(1, 1 + len(stones.which)))})
    scene["scenes"][0]["nodes"].append(len(nodes) - 1)
    return b"".join(chunks)


def smooth_normals(points: NDArray[np.floating], faces: NDArray[np.integer]) -> NDArray[np.float64]:
    """Unit normals at vertices (v, 3): of the triangles around, by area."""
    a, b, c = (points[faces[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    out = np.zeros(points.shape)
    for k in range(3):
        np.add.at(out, faces[:, k], flat)
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-30)
