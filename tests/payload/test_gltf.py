"""Meshes of one's own from glTF: as trimesh has them, and what is wrong with a file told by name."""

import base64
import copy
import json
import struct
from types import SimpleNamespace

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.errors import BadInput
from farside.moon.export.gltf import write_glb
from farside.payload.gltf import gltf_files, read_gltf
from farside.payload.mesh import open_edges

TETRA = np.array([[0, 0, 0], [1, 0, 0], [0, 2, 0], [0, 0, 3]], "<f4")
TETRA_FACES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], "<u2")


def document(vertices=TETRA, faces=TETRA_FACES):
    """A glTF description of one mesh with its buffer as data."""
    data = vertices.tobytes() + faces.tobytes()
    uri = "data:application/octet-stream;base64," + base64.b64encode(data).decode()
    return {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"name": "hut", "primitives": [{"attributes": {"POSITION": 0}, "indices": 1, "material": 0}]}],
        "materials": [{"name": "tin", "pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 0.5}}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": len(vertices), "type": "VEC3"},
            {"bufferView": 1, "componentType": 5123, "count": faces.size, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteLength": vertices.nbytes},
            {"buffer": 0, "byteOffset": vertices.nbytes, "byteLength": faces.nbytes},
        ],
        "buffers": [{"uri": uri, "byteLength": len(data)}],
    }


def written(tmp_path, spec, name="hut.gltf"):
    path = tmp_path / name
    path.write_text(json.dumps(spec))
    return path


def z_up(points):
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], -1)


def corners(vertices, faces):
    """Triangles as a sorted array of their corners' places, each from its lowest corner on: equal for equal meshes."""
    triangles = np.round(np.asarray(vertices, float)[faces], 4)
    start = [min(range(3), key=lambda k: tuple(t[k])) for t in triangles]
    turned = np.array([np.roll(t, -k, axis=0) for t, k in zip(triangles, start, strict=True)])
    return turned[np.lexsort(turned.reshape(len(turned), -1).T)]


def same(mesh, scene):
    """Whether a mesh has the triangles, and their sense, of a trimesh scene."""
    whole = scene.to_geometry() if isinstance(scene, trimesh.Scene) else scene
    np.testing.assert_allclose(
        corners(mesh.vertices, mesh.faces), corners(z_up(whole.vertices), whole.faces), atol=2e-4
    )


# As others read it ---------------------------------------------------------------------------------------------------


def test_y_up_becomes_z_up(tmp_path):
    mesh, materials = read_gltf(written(tmp_path, document()))
    np.testing.assert_allclose(mesh.vertices, [[0, 0, 0], [1, 0, 0], [0, 0, 2], [0, -3, 0]])
    assert mesh.parts == ("tin",)
    assert set(materials) == {"tin"}


NUMBER = st.floats(-3.0, 3.0)
FACTOR = st.floats(0.3, 2.0).map(lambda v: round(v, 3)) | st.floats(-2.0, -0.3).map(lambda v: round(v, 3))


@settings(max_examples=25, deadline=None)
@given(
    move=st.tuples(NUMBER, NUMBER, NUMBER),
    angles=st.tuples(NUMBER, NUMBER, NUMBER),
    factors=st.tuples(FACTOR, FACTOR, FACTOR),
    child=st.tuples(NUMBER, NUMBER, NUMBER),
)
def test_nodes_turn_stretch_mirror_and_move_meshes_as_trimesh_has_them(tmp_path_factory, move, angles, factors, child):
    turned = trimesh.transformations.euler_matrix(*angles)
    w, x, y, z = trimesh.transformations.quaternion_from_matrix(turned)
    spec = document()
    spec["nodes"] = [
        {"translation": move, "rotation": [x, y, z, w], "scale": factors, "children": [1, 2]},
        {"mesh": 0, "translation": child},
        {"mesh": 0, "matrix": trimesh.transformations.translation_matrix(child[::-1]).T.ravel().tolist()},
    ]
    path = written(tmp_path_factory.mktemp("gltf"), spec)
    mesh, _ = read_gltf(path)
    scene = trimesh.load(path)
    # trimesh leaves mirrored triangles as they are: their sense is checked by the volume instead
    whole = scene.to_geometry()
    here = np.unique(np.round(mesh.vertices, 3), axis=0)
    there = np.unique(np.round(z_up(whole.vertices), 3), axis=0)
    assert np.abs(here[:, None] - there).max(axis=2).min(axis=1).max() < 2e-3
    assert np.abs(there[:, None] - here).max(axis=2).min(axis=1).max() < 2e-3
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    volume = np.einsum("ij,ij->", a, np.cross(b, c)) / 6.0
    assert volume == pytest.approx(2 * abs(np.prod(factors)), rel=1e-5)


def test_a_glb_written_by_trimesh_is_read_as_it_is(tmp_path):
    scene = trimesh.Scene()
    ball, crate = trimesh.creation.icosphere(subdivisions=2, radius=0.7), trimesh.creation.box((1.0, 2.0, 0.5))
    for name, shape, rgb in (("ball", ball, (200, 40, 40)), ("crate", crate, (40, 40, 200))):
        material = trimesh.visual.material.PBRMaterial(
            name=name, baseColorFactor=(*rgb, 255), metallicFactor=0.25, roughnessFactor=0.4
        )
        shape.visual = trimesh.visual.TextureVisuals(material=material)
        scene.add_geometry(shape, transform=trimesh.transformations.euler_matrix(0.3, 0.2, len(name)))
    path = tmp_path / "things.glb"
    path.write_bytes(scene.export(file_type="glb"))
    mesh, materials = read_gltf(path)
    same(mesh, trimesh.load(path))
    assert set(mesh.parts) == set(materials) == {"ball", "crate"}
    base, metal, rough = np.array([200, 40, 40]) / 255.0, 0.25, 0.4
    np.testing.assert_allclose(materials["ball"].rgb, base * (1 - metal), atol=0.01)
    np.testing.assert_allclose(materials["ball"].specular, 0.04 * (1 - metal) + base * metal, atol=0.01)
    assert materials["ball"].roughness == pytest.approx(rough**2, abs=0.01)
    assert materials["ball"].crumple_deg == 0.0


def test_buffers_lie_in_the_file_beside_it_or_in_a_glb(tmp_path):
    spec = document()
    data = TETRA.tobytes() + TETRA_FACES.tobytes()
    inside, _ = read_gltf(written(tmp_path, spec))
    spec["buffers"][0]["uri"] = "hut%20data.bin"
    (tmp_path / "hut data.bin").write_bytes(data)
    path = written(tmp_path, spec, "beside.gltf")
    beside, _ = read_gltf(path)
    assert gltf_files(path) == [path, tmp_path / "hut data.bin"]
    del spec["buffers"][0]["uri"]
    text = json.dumps(spec).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(data), b"BIN\0") + data
    glb = tmp_path / "hut.glb"
    glb.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body)
    binary, _ = read_gltf(glb)
    for mesh in (beside, binary):
        np.testing.assert_array_equal(mesh.vertices, inside.vertices)
        np.testing.assert_array_equal(mesh.faces, inside.faces)
    glb.write_bytes(glb.read_bytes()[:-9])
    with pytest.raises(BadInput, match="chunk 1"):
        read_gltf(glb)


def test_vertices_may_be_interleaved_and_without_indices(tmp_path):
    stretched = np.zeros(12, [("p", "<f4", 3), ("n", "<f4", 3)])
    stretched["p"] = TETRA[TETRA_FACES.ravel()]
    spec = document(stretched.view("<f4").reshape(12, 6)[:, :6])
    spec["accessors"] = [{"bufferView": 0, "componentType": 5126, "count": 12, "type": "VEC3"}]
    spec["bufferViews"][0]["byteStride"] = 24
    del spec["meshes"][0]["primitives"][0]["indices"]
    mesh, _ = read_gltf(written(tmp_path, spec))
    plain, _ = read_gltf(written(tmp_path, document(), "plain.gltf"))
    np.testing.assert_array_equal(corners(mesh.vertices, mesh.faces), corners(plain.vertices, plain.faces))
    assert len(open_edges(mesh.vertices, mesh.faces)) == 0


def test_what_the_moon_exports_comes_back(tmp_path):
    """Ground and stones as ``farside terrain`` writes them, a tenth as large: the ground is no closed surface."""
    from farside.moon.export.mesh import VERTEX, Stones
    from farside.payload import stone

    m = 5
    vertices = np.zeros((m, m), VERTEX)
    north, east = np.mgrid[20.0 : -20.0 : m * 1j, -20.0 : 20.0 : m * 1j]
    vertices["position"] = np.stack([east, north, 0.1 * east], -1)
    k = (np.arange(m - 1)[:, None] * m + np.arange(m - 1)).ravel()
    faces = np.concatenate([np.stack([k + m, k + 1, k], -1), np.stack([k + m, k + m + 1, k + 1], -1)]).astype("<u4")
    ground = SimpleNamespace(
        m=m, dtype=VERTEX, albedo=None, vertices=lambda: iter([vertices.copy()]), faces=lambda: iter([faces]),
        bounds=lambda: np.array([vertices["position"].min((0, 1)), vertices["position"].max((0, 1))]),
    )  # fmt: skip
    shapes = [stone(0, 1), stone(1, 1)]
    place = np.array([[3.0, 4.0, 0.5], [-6.0, 1.0, -0.2]])
    scale = np.array([[1.0, 1.0, 0.5], [2.0, 2.0, 1.0]])
    stones = SimpleNamespace(
        shapes=shapes, which=np.array([0, 1]), position=place, turn=np.array([0.4, 2.0]), scale=scale
    )
    assert set(Stones.__dataclass_fields__) >= set(vars(stones))
    path = tmp_path / "plot.glb"
    write_glb(path, ground, stones, {}, "a test")
    mesh, materials = read_gltf(path, scale=0.1, closed=False)
    assert set(materials) == {"regolith", "rock"}
    floor = mesh.vertices[np.unique(mesh.faces[mesh.part == mesh.parts.index("regolith")])]
    np.testing.assert_allclose(floor, 0.1 * vertices["position"].reshape(-1, 3), atol=1e-5)
    rocks = mesh.faces[mesh.part == mesh.parts.index("rock")]
    for (points, triangles), p, s, turn in zip(shapes, place, scale, stones.turn, strict=True):
        c, n = np.cos(turn), np.sin(turn)
        here = (points * s) @ np.array([[c, -n, 0], [n, c, 0], [0, 0, 1]]).T + p
        mine = rocks[: len(triangles)]
        rocks = rocks[len(triangles) :]
        np.testing.assert_allclose(mesh.vertices[mine], 0.1 * here[triangles], atol=1e-3)


def test_colours_of_vertices_tint_the_material(tmp_path):
    colours = np.tile(np.array([[255, 128, 0, 255]], "u1"), (4, 1))
    spec = document()
    data = TETRA.tobytes() + TETRA_FACES.tobytes() + colours.tobytes()
    spec["buffers"] = [
        {"uri": "data:;base64," + base64.b64encode(data).decode(), "byteLength": len(data)},
    ]
    spec["bufferViews"].append({"buffer": 0, "byteOffset": 72, "byteLength": 16})
    spec["accessors"].append({"bufferView": 2, "componentType": 5121, "normalized": True, "count": 4, "type": "VEC4"})
    spec["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"] = 2
    _, materials = read_gltf(written(tmp_path, spec))
    np.testing.assert_allclose(materials["tin"].rgb, [1.0, 128 / 255, 0.0])


# Wrong files ---------------------------------------------------------------------------------------------------------


def primitive(spec):
    return spec["meshes"][0]["primitives"][0]


def spoilt(change):
    spec = copy.deepcopy(document())
    change(spec)
    return spec


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda s: s["asset"].update(version="1.0"), "asset.version: '1.0'; expected 2.0"),
        (lambda s: s.pop("asset"), "asset.version: None; expected 2.0"),
        (lambda s: s.update(extensionsRequired=["KHR_draco_mesh_compression"]), "extensionsRequired: 'KHR_draco"),
        (lambda s: primitive(s).update(extensions={"KHR_draco_mesh_compression": {}}), "primitives.0: 'KHR_draco"),
        (lambda s: primitive(s).update(mode=1), "meshes.0.primitives.0.mode: 1; expected 4: triangles"),
        (lambda s: primitive(s).update(targets=[{}]), "targets: 'morph targets'; expected a rigid mesh"),
        (lambda s: s["nodes"][0].update(skin=0), "nodes.0.skin: 0; expected a rigid mesh"),
        (lambda s: s["nodes"][0].update(children=[0]), "nodes.0: 'more than one parent'; expected a tree"),
        (lambda s: s["nodes"][0].update(rotation=[1, 1, 1, 1]), r"nodes.0.rotation: \[1, 1, 1, 1\]; expected a unit"),
        (lambda s: s["nodes"][0].update(mesh=3), "meshes: 3; expected one of 1 meshes"),
        (lambda s: s["scenes"][0].update(nodes=[]), "scenes: 'no triangles'"),
        (lambda s: s["accessors"][0].update(sparse={}), "accessors.0: 'sparse'; expected an accessor that is not"),
        (lambda s: s["accessors"][0].update(count=400), "accessors.0: '400 x VEC3 from byte 0'; expected what its"),
        (lambda s: s["accessors"][0].update(type="VEC2"), "accessors.0: 'VEC2 of 5126'; expected VEC3 of 5126"),
        (lambda s: s["accessors"][1].update(count=11), "indices: '11 up to 3'; expected triples"),
        (lambda s: s["buffers"][0].update(byteLength=999), "buffers.0: '72 bytes'; expected 999"),
        (lambda s: s["buffers"][0].update(uri="gone.bin"), "buffers.0.uri: 'gone.bin'; expected a file"),
        (lambda s: s["buffers"][0].update(uri="../x.bin"), "buffers.0.uri: '../x.bin'; expected a file beside it"),
        (lambda s: s["buffers"][0].update(uri="https://a/x.bin"), "buffers.0.uri: .*expected a file beside it"),
        (lambda s: s["buffers"][0].update(uri="data:;base64,!!"), "buffers.0.uri: 'no base64'"),
        (lambda s: s["materials"][0].update(alphaMode="BLEND"), "materials.0.alphaMode: 'BLEND'; expected OPAQUE"),
        (
            lambda s: s["materials"][0]["pbrMetallicRoughness"].update(baseColorTexture={"index": 0}),
            "materials.0.baseColorTexture: 'a texture'; expected plain factors",
        ),
        (lambda s: s["materials"][0]["pbrMetallicRoughness"].update(metallicFactor=7), "materials.0: .*from 0 to 1"),
        (lambda s: s["meshes"][0].pop("primitives"), "KeyError: 'primitives'.*; expected glTF 2.0"),
        (lambda s: s["nodes"][0].update(scale=[100, 100, 100]), "size: '300 m along.*in the wrong unit"),
        (lambda s: s["nodes"][0].update(scale=[0, 1, 1]), "nodes.0: 'a transform that flattens'; expected one that"),
        (lambda s: s["nodes"][0].update(matrix=[0] * 15 + [1]), "nodes.0: 'a transform that flattens'"),
        (lambda s: s["nodes"][0].update(translation=[0, 2e3, 0]), "place: '2002 m from its origin'; expected a model"),
        (lambda s: s["nodes"][0].update(scale=[1e-3] * 3), "size: '0.003 m along .*; expected 0.01 to 100"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_one_line_with_file_field_value_and_expectation(tmp_path, change, line):
    path = written(tmp_path, spoilt(change))
    with pytest.raises(BadInput, match=line) as caught:
        read_gltf(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_a_surface_that_is_open_is_told_with_the_place_of_its_first_gap(tmp_path):
    path = written(tmp_path, document(faces=TETRA_FACES[:3]))
    with pytest.raises(
        BadInput, match=r"meshes.0 \(hut\): '3 edges not shared by exactly two .*first at 0 1 1.5'"
    ) as e:
        read_gltf(path)
    assert "expected a closed surface" in str(e.value)
    mesh, _ = read_gltf(path, closed=False)
    assert len(mesh.faces) == 3


def test_a_surface_that_is_inside_out_is_told(tmp_path):
    with pytest.raises(BadInput, match="inside out"):
        read_gltf(written(tmp_path, document(faces=TETRA_FACES[:, ::-1])))


def test_triangles_without_area_are_told(tmp_path):
    faces = np.vstack([TETRA_FACES, [[1, 1, 3], [2, 2, 2]]]).astype("<u2")
    with pytest.raises(BadInput, match="2 triangles without area, the first at 1 0 0"):
        read_gltf(written(tmp_path, document(faces=faces)))


def test_numbers_that_are_none_are_told(tmp_path):
    vertices = TETRA.copy()
    vertices[2, 1] = np.nan
    with pytest.raises(BadInput, match=r"POSITION: .*nan.* at 2"):
        read_gltf(written(tmp_path, document(vertices)))


def test_an_expected_size_unmasks_a_wrong_unit_that_would_pass(tmp_path):
    path = written(tmp_path, document())
    read_gltf(path, size_m=3.0)
    with pytest.raises(BadInput, match=r"size: '3 m along its longest edge'; expected about 7.62 m: in the wrong unit"):
        read_gltf(path, size_m=7.62)  # inches
    mesh, _ = read_gltf(path, scale=2.54, size_m=7.62)
    assert np.ptp(mesh.vertices, axis=0).max() == pytest.approx(7.62)


@pytest.mark.parametrize("data", [b"", b"glTF", b"{", b"\xff\xfe", b"[1]", b"glTF\x02\0\0\0\x0c\0\0\0"])
def test_what_is_no_gltf_is_told(tmp_path, data):
    path = tmp_path / "x.glb"
    path.write_bytes(data)
    with pytest.raises(BadInput) as caught:
        read_gltf(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(BadInput, match="glTF file"):
        read_gltf(tmp_path / "none.glb")


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_refused_and_never_a_traceback(tmp_path_factory, data):
    text = json.dumps(document())
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(['"', "{", "9", "-", "null", "]", "", "1e9", "true"]))
    path = tmp_path_factory.mktemp("gltf") / "x.gltf"
    path.write_text(text[:at] + other + text[at + data.draw(st.integers(0, 3)) :])
    try:
        mesh, _ = read_gltf(path)
    except BadInput:
        return
    assert np.isfinite(mesh.vertices).all()
