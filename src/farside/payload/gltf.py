"""Meshes of one's own: a reader of glTF 2.0, as .gltf with its buffers or as one .glb.

What is read: triangles, the transforms of nodes, and of materials base colour, metalness and roughness. glTF's y is up
and its -z becomes our y (its models look along +z, which becomes -y). What would be shown wrongly is refused by name:
textures of colour, transparency, skins, morph targets, sparse accessors, required extensions such as Draco. Animations
are not played; normals, normal maps and lights are not used.
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.payload.mesh import Mesh, merge, open_edges
from farside.payload.vehicles.material import Material

Array = NDArray[np.float64]
Primitive = tuple[str, Array, NDArray[np.int64]]

LARGEST_M, SMALLEST_M = 100.0, 0.01
"""Longest edges of a bounding box that may be meant."""
FARTHEST_M = 1000.0
"""From a model's origin; rays meet its triangles in single precision: there to a tenth of a millimetre."""
OFF = 1.5
"""A size may differ from the expected one by this factor: wrong units differ by more (an inch is 2.54 cm)."""
FLAT = 1e-12
"""Triangles with a smaller share of the square of the mesh's size have no area."""
DIELECTRIC = 0.04
"""Reflectance at normal incidence of what is no metal (glTF 2.0, appendix B)."""
SMOOTHEST = 0.0025
"""Least GGX alpha: a perfect mirror has no highlight that can be computed."""

_COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_TRIANGLES = 4
_TO_Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


def read_gltf(
    path: Path, scale: float = 1.0, size_m: float | None = None, closed: bool = True
) -> tuple[Mesh, dict[str, Material]]:
    """Mesh in metres, z up, and the material of each of its parts.

    scale: metres per unit of the file. size_m: longest edge of the bounding box that is expected. closed: every mesh of
    the file must be a closed surface, seen from outside. Raises BadInput naming file, field, value and expectation.
    """
    document = _Document(path)
    try:
        pieces, materials = document.pieces(closed)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise BadInput(path, "", f"{type(error).__name__}: {error}", "glTF 2.0 as its specification has it") from None
    if not pieces:
        raise BadInput(path, "scenes", "no triangles", "a scene whose nodes have meshes of triangles")
    turned = [(name, scale * vertices @ _TO_Z_UP.T, faces) for name, vertices, faces in pieces]
    mesh = merge(turned)
    _check_size(path, mesh, size_m)
    return mesh, {name: materials[name] for name in mesh.parts}


def gltf_files(path: Path) -> list[Path]:
    """The file itself and the buffers beside it that it is read with."""
    return [path, *_Document(path).beside]


def _check_size(path: Path, mesh: Mesh, size_m: float | None) -> None:
    used = mesh.vertices[np.unique(mesh.faces)]
    size = float(np.ptp(used, axis=0).max())
    found = f"{size:.4g} m along its longest edge"
    if size_m is not None and not size_m / OFF <= size <= size_m * OFF:
        raise BadInput(path, "size", found, f"about {size_m:.4g} m: in the wrong unit? metres expected, or a scale")
    if not SMALLEST_M <= size <= LARGEST_M:
        expected = f"{SMALLEST_M:g} to {LARGEST_M:g} m: in the wrong unit? metres expected, or a scale"
        raise BadInput(path, "size", found, expected)
    far = float(np.abs(used).max())
    if far > FARTHEST_M:
        raise BadInput(path, "place", f"{far:.4g} m from its origin", f"a model within {FARTHEST_M:g} m of its origin")


@dataclass(frozen=True)
class _Document:
    """A glTF file: its description, and its buffers when asked for."""

    path: Path

    @cached_property
    def _parts(self) -> tuple[dict[str, Any], bytes | None]:
        """The description, and the binary chunk of a .glb."""
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise BadInput(self.path, "", error.strerror or "unreadable", "a glTF file, .gltf or .glb") from None
        text, binary = (data, None) if data[:4] != b"glTF" else self._chunks(data)
        try:
            description = json.loads(text.decode("utf-8"))
        except (UnicodeDecodeError, ValueError, RecursionError):
            raise BadInput(self.path, "", "no JSON", "a glTF file, .gltf or .glb") from None
        asset = description.get("asset") if isinstance(description, dict) else None
        version = asset.get("version") if isinstance(asset, dict) else None
        if not str(version).startswith("2."):
            raise BadInput(self.path, "asset.version", version, "2.0")
        for name in description.get("extensionsRequired") or []:
            raise BadInput(self.path, "extensionsRequired", name, "a file that can be read without extensions")
        return description, binary

    def _chunks(self, data: bytes) -> tuple[bytes, bytes | None]:
        chunks: dict[bytes, bytes] = {}
        if len(data) >= 12:
            version, length = struct.unpack("<II", data[4:12])
            if version != 2:
                raise BadInput(self.path, "version", version, "a .glb of version 2")
            at = 12
            while at + 8 <= min(length, len(data)):
                size, kind = struct.unpack("<I4s", data[at : at + 8])
                if at + 8 + size > len(data):
                    raise BadInput(
                        self.path, f"chunk {len(chunks)}", f"{size} bytes", f"the {len(data) - at - 8} there are"
                    )
                chunks.setdefault(kind, data[at + 8 : at + 8 + size])
                at += 8 + size
        if b"JSON" not in chunks:
            raise BadInput(self.path, "", f"{len(data)} bytes without a JSON chunk", "a whole .glb")
        return chunks[b"JSON"], chunks.get(b"BIN\0")

    @property
    def _json(self) -> dict[str, Any]:
        return self._parts[0]

    def _item(self, table: str, number: Any) -> dict[str, Any]:
        items = self._json.get(table) or []
        if not isinstance(number, int) or not 0 <= number < len(items) or not isinstance(items[number], dict):
            raise BadInput(self.path, table, number, f"one of {len(items)} {table}, counted from 0")
        return items[number]

    # Buffers ---------------------------------------------------------------------------------------------------

    @property
    def beside(self) -> list[Path]:
        """Files that buffers are in."""
        uris = [buffer.get("uri") for buffer in self._json.get("buffers") or [] if isinstance(buffer, dict)]
        return [self._beside(uri, k) for k, uri in enumerate(uris) if uri and not str(uri).startswith("data:")]

    def _beside(self, uri: Any, number: int) -> Path:
        name = unquote(str(uri))
        if ":" in name or name.startswith("/") or ".." in Path(name).parts:
            raise BadInput(self.path, f"buffers.{number}.uri", uri, "a file beside it, or data")
        return self.path.parent / name

    @cached_property
    def _buffers(self) -> list[bytes]:
        out = []
        for k, buffer in enumerate(self._json.get("buffers") or []):
            uri, field = buffer.get("uri"), f"buffers.{k}"
            if uri is None:
                data = self._parts[1]
                if data is None or k:
                    raise BadInput(
                        self.path, f"{field}.uri", None, "a file or data; only the first of a .glb needs none"
                    )
            elif str(uri).startswith("data:"):
                try:
                    data = base64.b64decode(str(uri).partition(";base64,")[2], validate=True)
                except binascii.Error:
                    raise BadInput(self.path, f"{field}.uri", "no base64", "data in base64") from None
            else:
                try:
                    data = self._beside(uri, k).read_bytes()
                except OSError as error:
                    raise BadInput(self.path, f"{field}.uri", uri, f"a file ({error.strerror})") from None
            if len(data) < buffer["byteLength"]:
                raise BadInput(self.path, field, f"{len(data)} bytes", f"{buffer['byteLength']}")
            out.append(data)
        return out

    def _accessor(self, number: Any, kind: str, components: tuple[int, ...]) -> NDArray[Any]:
        """Rows (n, width) of an accessor, as stored."""
        a, field = self._item("accessors", number), f"accessors.{number}"
        if "sparse" in a or "bufferView" not in a:
            raise BadInput(self.path, field, "sparse", "an accessor that is not sparse")
        if a["type"] != kind or a["componentType"] not in components:
            found = f"{a['type']} of {a['componentType']}"
            raise BadInput(self.path, field, found, f"{kind} of {' or '.join(map(str, components))}")
        view = self._item("bufferViews", a["bufferView"])
        if "EXT_meshopt_compression" in (view.get("extensions") or {}):
            raise BadInput(self.path, f"bufferViews.{a['bufferView']}", "compressed", "plain data")
        if not 0 <= view["buffer"] < len(self._buffers):
            raise BadInput(self.path, f"bufferViews.{a['bufferView']}.buffer", view["buffer"], "one of its buffers")
        data, dtype, width = self._buffers[view["buffer"]], np.dtype(_COMPONENTS[a["componentType"]]), _WIDTHS[kind]
        count, start = a["count"], view.get("byteOffset", 0) + a.get("byteOffset", 0)
        element = width * dtype.itemsize
        stride = view.get("byteStride", element)
        end = start + stride * (count - 1) + element
        if (
            count < 1
            or stride < element
            or start < 0
            or end > view.get("byteOffset", 0) + view["byteLength"]
            or end > len(data)
        ):
            raise BadInput(
                self.path, field, f"{count} x {kind} from byte {start}", "what its bufferView and buffer hold"
            )
        rows: NDArray[Any] = np.ndarray((count, width), dtype, data, start, (stride, dtype.itemsize)).copy()
        return rows

    # Meshes ----------------------------------------------------------------------------------------------------

    def pieces(self, closed: bool) -> tuple[list[Primitive], dict[str, Material]]:
        """Triangles of all nodes of the scene in glTF's axes, by their material, and those materials."""
        meshes: dict[int, list[Primitive]] = {}
        materials: dict[str, Material] = {}
        out: list[Primitive] = []
        for number, matrix in self._nodes():
            if number not in meshes:
                meshes[number] = self._mesh(number, materials)
                self._check(number, meshes[number], closed)
            inside_out = np.linalg.det(matrix[:3, :3]) < 0.0
            for name, vertices, faces in meshes[number]:
                placed = vertices @ matrix[:3, :3].T + matrix[:3, 3]
                out.append((name, placed, faces[:, ::-1] if inside_out else faces))
        return out, materials

    def _nodes(self) -> list[tuple[int, Array]]:
        """Meshes by number and where the scene has them, 4 x 4."""
        nodes = self._json.get("nodes") or []
        if self._json.get("scenes"):
            roots = self._item("scenes", self._json.get("scene", 0)).get("nodes") or []
        else:
            held = {child for node in nodes for child in node.get("children") or []}
            roots = [k for k in range(len(nodes)) if k not in held]
        todo, seen, out = [(k, np.eye(4)) for k in reversed(roots)], set(), []
        while todo:
            k, above = todo.pop()
            node = self._item("nodes", k)
            if k in seen:
                raise BadInput(self.path, f"nodes.{k}", "more than one parent", "a tree of nodes")
            seen.add(k)
            for what in ("skin", "weights"):
                if what in node:
                    raise BadInput(self.path, f"nodes.{k}.{what}", node[what], "a rigid mesh: deformation is not read")
            if "EXT_mesh_gpu_instancing" in (node.get("extensions") or {}):
                raise BadInput(self.path, f"nodes.{k}", "EXT_mesh_gpu_instancing", "a node for each copy")
            here = above @ self._transform(node, f"nodes.{k}")
            if "mesh" in node:
                out.append((node["mesh"], here))
            todo += [(child, here) for child in reversed(node.get("children") or [])]
        return out

    def _transform(self, node: dict[str, Any], field: str) -> Array:
        if "matrix" in node:
            matrix = np.array(node["matrix"], float).reshape(4, 4).T
        else:
            matrix = np.eye(4)
            x, y, z, w = np.array(node.get("rotation", (0.0, 0.0, 0.0, 1.0)), float)
            length = np.sqrt(x * x + y * y + z * z + w * w)
            if not abs(length - 1.0) < 1e-2:
                raise BadInput(self.path, f"{field}.rotation", node["rotation"], "a unit quaternion")
            x, y, z, w = np.array([x, y, z, w]) / length
            turn = np.array([
                [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
            ])  # fmt: skip
            matrix[:3, :3] = turn * np.array(node.get("scale", (1.0, 1.0, 1.0)), float)
            matrix[:3, 3] = node.get("translation", (0.0, 0.0, 0.0))
        if not np.isfinite(matrix).all() or not np.array_equal(matrix[3], [0.0, 0.0, 0.0, 1.0]):
            raise BadInput(self.path, field, "a transform that is not affine", "finite numbers, last row 0 0 0 1")
        if abs(np.linalg.det(matrix[:3, :3])) <= FLAT * np.abs(matrix[:3, :3]).max() ** 3:
            raise BadInput(self.path, field, "a transform that flattens", "one that leaves a solid solid")
        return matrix

    def _mesh(self, number: int, materials: dict[str, Material]) -> list[Primitive]:
        out = []
        for k, primitive in enumerate(self._item("meshes", number)["primitives"]):
            field = f"meshes.{number}.primitives.{k}"
            if primitive.get("mode", _TRIANGLES) != _TRIANGLES:
                raise BadInput(self.path, f"{field}.mode", primitive["mode"], "4: triangles")
            if "targets" in primitive:
                raise BadInput(self.path, f"{field}.targets", "morph targets", "a rigid mesh: deformation is not read")
            if "KHR_draco_mesh_compression" in (primitive.get("extensions") or {}):
                raise BadInput(self.path, field, "KHR_draco_mesh_compression", "plain data")
            vertices = self._accessor(primitive["attributes"]["POSITION"], "VEC3", (5126,)).astype(float)
            if not np.isfinite(vertices).all():
                first = int(np.nonzero(~np.isfinite(vertices).all(axis=1))[0][0])
                raise BadInput(
                    self.path, f"{field}.POSITION", f"{vertices[first].tolist()} at {first}", "finite numbers"
                )
            if "indices" in primitive:
                corners = self._accessor(primitive["indices"], "SCALAR", (5121, 5123, 5125)).ravel().astype(np.int64)
            else:
                corners = np.arange(len(vertices))
            if len(corners) % 3 or corners.max() >= len(vertices):
                found = f"{len(corners)} up to {corners.max()}"
                raise BadInput(self.path, f"{field}.indices", found, f"triples of numbers below {len(vertices)}")
            name, made = self._material(primitive, field)
            if materials.setdefault(name, made) != made:  # the same material under colours of its own
                name = f"{name} {number}.{k}"
                materials[name] = made
            out.append((name, vertices, corners.reshape(-1, 3)))
        return out

    def _check(self, number: int, primitives: list[Primitive], closed: bool) -> None:
        """Raise BadInput for triangles without area, and for a surface that is open or inside out."""
        mesh = merge(primitives)
        name = self._item("meshes", number).get("name")
        field = f"meshes.{number}" + (f" ({name})" if name else "")
        a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
        area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
        flat = np.nonzero(area <= FLAT * np.ptp(mesh.vertices, axis=0).max() ** 2)[0]
        if len(flat):
            found = f"{len(flat)} triangles without area, the first at {_place(a[flat[0]])}"
            raise BadInput(self.path, field, found, "triangles with an area")
        if not closed:
            return
        gaps = open_edges(mesh.vertices, mesh.faces)
        if len(gaps):
            found = f"{len(gaps)} edges not shared by exactly two triangles, the first at {_place(gaps[0])}"
            raise BadInput(self.path, field, found, "a closed surface (or must_be_closed: false)")
        if np.einsum("ij,ij->", a, np.cross(b, c)) <= 0.0:
            raise BadInput(self.path, field, "inside out", "triangles counter-clockwise seen from outside")

    def _material(self, primitive: dict[str, Any], field: str) -> tuple[str, Material]:
        """Name and looks of a primitive's material; colours of vertices count with their mean."""
        number = primitive.get("material")
        spec = {} if number is None else self._item("materials", number)
        where = "default material" if number is None else f"materials.{number}"
        pbr = spec.get("pbrMetallicRoughness") or {}
        for what in ("baseColorTexture", "metallicRoughnessTexture"):
            if what in pbr:
                raise BadInput(self.path, f"{where}.{what}", "a texture", "plain factors: textures are not read")
        if spec.get("alphaMode", "OPAQUE") != "OPAQUE":
            raise BadInput(self.path, f"{where}.alphaMode", spec["alphaMode"], "OPAQUE")
        base = np.array(pbr.get("baseColorFactor", (1.0, 1.0, 1.0, 1.0)), float)[:3]
        metal, rough = float(pbr.get("metallicFactor", 1.0)), float(pbr.get("roughnessFactor", 1.0))
        if base.shape != (3,) or not all(0.0 <= v <= 1.0 for v in (*base, metal, rough)):
            raise BadInput(self.path, where, [*base.tolist(), metal, rough], "factors from 0 to 1")
        base = base * self._tint(primitive)
        r, g, b = (float(v) for v in base * (1.0 - metal))
        sr, sg, sb = (float(v) for v in DIELECTRIC * (1.0 - metal) + base * metal)
        name = spec.get("name") or ("default" if number is None else f"material {number}")
        return str(name), Material((r, g, b), 0.0, (sr, sg, sb), max(rough * rough, SMOOTHEST))

    def _tint(self, primitive: dict[str, Any]) -> Array:
        """Mean colour of the vertices, (3,)."""
        number = primitive["attributes"].get("COLOR_0")
        if number is None:
            return np.ones(3)
        rows = self._accessor(number, self._item("accessors", number)["type"], (5121, 5123, 5126))[:, :3]
        whole = 1.0 if rows.dtype.kind == "f" else float(np.iinfo(rows.dtype).max)
        return np.clip(rows.mean(axis=0, dtype=float) / whole, 0.0, 1.0)


def _place(point: Array) -> str:
    return " ".join(f"{v:.4g}" for v in point)
