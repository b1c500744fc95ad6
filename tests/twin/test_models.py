"""Models of one's own in a mission: refused before the flight where they cannot be used, else on the ground."""

import base64
import json

import numpy as np
import pytest

from farside.errors import BadInput
from farside.twin import World, builtin, load_mission, qualities
from farside.twin.models import models_sha256
from farside.work import Pool, Stages

COARSE = qualities()["draft"].model_copy(
    update={"relief": qualities()["draft"].relief.model_copy(update={"cells": 128, "finest_m": 0.08})}
)
TEXT = builtin()["chang-e-4"].read_text()
CORNERS = np.array([[0, -1, 0], [1, -1, 0], [0, -1, 2], [0, 2, 0]], "<f4")  # glTF: y up, 3 m high
FACES = np.array([[0, 1, 2], [0, 3, 1], [0, 2, 3], [1, 3, 2]], "<u2")


def hut(folder, corners=CORNERS, uri=None):
    """A model file; its buffer beside it if that has a name."""
    data = corners.tobytes() + FACES.tobytes()
    if uri:
        (folder / uri).write_bytes(data)
    spec = {
        "asset": {"version": "2.0"},
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5123, "count": 12, "type": "SCALAR"},
        ],
        "bufferViews": [{"buffer": 0, "byteLength": 48}, {"buffer": 0, "byteOffset": 48, "byteLength": 24}],
        "buffers": [
            {"uri": uri or "data:;base64," + base64.b64encode(data).decode(), "byteLength": len(data)},
        ],
    }
    path = folder / "hut.gltf"
    path.write_text(json.dumps(spec))
    return path


def mission(folder, *models):
    """A mission file with models beside it."""
    path = folder / "mine.yaml"
    path.write_text(TEXT + "\nmodels: " + json.dumps(models) + "\n")
    return path


HUT = {"name": "hut", "file": "hut.gltf", "x_m": 12.0, "y_m": -7.0}


@pytest.fixture(scope="module")
def stages(tmp_path_factory):
    return Stages(tmp_path_factory.mktemp("stages"))


def world(path, stages):
    return World(load_mission(path), COARSE, stages, Pool(1), [], lambda _: None)


def test_a_model_stands_with_its_lowest_point_on_the_ground_turned_to_its_heading(tmp_path, stages):
    hut(tmp_path)
    here = world(mission(tmp_path, HUT | {"heading_deg": 90.0}), stages)
    mesh, materials, pose = here.models["hut"]
    assert set(materials) == {"default"}
    placed = pose.apply(mesh.vertices)
    ground = float(here.relief.height(np.array([12.0]), np.array([-7.0]))[0])
    assert placed[:, 2].min() == pytest.approx(ground)
    assert placed[:, 2].max() == pytest.approx(ground + 3.0)
    assert pose.position[:2] == (12.0, -7.0)
    np.testing.assert_allclose(pose.r @ [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], atol=1e-12)  # its +y to the east
    above = world(mission(tmp_path, HUT | {"height_above_ground_m": 5.0, "scale": 2.0}), stages).models["hut"]
    assert above[2].apply(above[0].vertices)[:, 2].min() == pytest.approx(ground + 5.0, abs=0.3)
    assert np.ptp(above[0].vertices[:, 2]) == pytest.approx(6.0)


def test_the_rover_keeps_off_models(tmp_path, stages):
    hut(tmp_path)
    bare, built = (world(mission(tmp_path, *models), stages).obstacles for models in ((), (HUT,)))
    assert len(built.radius) == len(bare.radius) + 1
    np.testing.assert_allclose(built.centre[-1], [12.0, -7.0])
    assert built.radius[-1] == pytest.approx(2.0)


def test_the_key_of_the_world_changes_with_the_models_files_and_place(tmp_path, stages):
    path = hut(tmp_path, uri="hut.bin")
    file = mission(tmp_path, HUT)
    assert models_sha256(()) == ""
    assert models_sha256(load_mission(file).models) == models_sha256(load_mission(file).models)
    keys = [world(file, stages).key, world(mission(tmp_path, HUT | {"x_m": 13.0}), stages).key]
    file = mission(tmp_path, HUT)
    hut(tmp_path, 1.01 * CORNERS, uri="hut.bin")  # the .gltf itself stays the same
    keys.append(world(file, stages).key)
    path.write_text(path.read_text() + " ")
    keys.append(world(file, stages).key)
    keys.append(world(mission(tmp_path), stages).key)
    assert len(set(keys)) == 5
    assert keys[-1] == world(builtin()["chang-e-4"], stages).key


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"file": "gone.gltf"}, "gone.gltf: 'No such file or directory'; expected a glTF file"),
        ({"scale": 0.001}, "hut.gltf: size: '0.003 m along its longest edge'; expected 0.01 to 100 m: in"),
        ({"size_m": 9.0}, "hut.gltf: size: '3 m along its longest edge'; expected about 9 m"),
        ({"scale": -1.0}, "models.0.scale: -1.0; expected greater than 0"),
        ({"name": "lander"}, "expected a name of its own for every model, got 'lander', which is taken"),
        ({"name": "My Hut"}, "models.0.name: 'My Hut'; expected string should match pattern"),
        ({"x_m": "east"}, "models.0.x_m: 'east'"),
        ({"color": "red"}, "models.0.color: 'red'; expected no such field"),
    ],
)  # fmt: skip
def test_a_model_that_cannot_be_used_is_refused_when_the_mission_is_read(tmp_path, change, line):
    hut(tmp_path)
    with pytest.raises(BadInput) as caught:
        load_mission(mission(tmp_path, HUT | change))
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_open_surface_is_refused_unless_it_may_be_open(tmp_path):
    flat = CORNERS.copy()
    path = hut(tmp_path, flat)
    spec = json.loads(path.read_text())
    spec["accessors"][1]["count"] = 9
    path.write_text(json.dumps(spec))
    with pytest.raises(BadInput, match="3 edges not shared by exactly two triangles"):
        load_mission(mission(tmp_path, HUT))
    assert load_mission(mission(tmp_path, HUT | {"must_be_closed": False})).models[0].name == "hut"


def test_two_models_need_two_names(tmp_path):
    hut(tmp_path)
    with pytest.raises(BadInput, match="got 'hut', which is taken"):
        load_mission(mission(tmp_path, HUT, HUT | {"x_m": 20.0}))
