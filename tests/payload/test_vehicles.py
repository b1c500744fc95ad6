"""The vehicles' meshes, and stones."""

import numpy as np
import pytest

from farside.instruments import camera_pose, load
from farside.instruments.tcam.mast import camera_pose as tcam_pose
from farside.payload import rock_mesh
from farside.payload.camera.bvh import STACK, build_bvh, hit_mesh
from farside.payload.vehicles import lander_mesh, paints, rover_head_mesh, rover_mesh
from farside.payload.vehicles.rover import HEAD_M

LANDER, ROVER, HEAD = lander_mesh(), rover_mesh(), rover_head_mesh()


def distances(mesh, eye, count=3000):
    """Distances from a point to a mesh in directions all around (infinite: nothing there)."""
    tree, stack = build_bvh(mesh.vertices, mesh.faces), np.empty(STACK, np.int32)
    d = np.random.default_rng(0).normal(size=(count, 3))
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    found = [hit_mesh(tree, 0, 0, stack, *eye, *v, 1e6, False) for v in d]
    return np.array([t if k >= 0 else np.inf for t, k in found])


@pytest.mark.parametrize("mesh", [LANDER, ROVER, HEAD])
def test_every_part_is_painted_and_every_triangle_has_an_area(mesh):
    assert set(mesh.parts) <= set(paints())
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    assert np.linalg.norm(np.cross(b - a, c - a), axis=1).min() > 1e-9


def test_the_lander_stands_on_four_pads_235_cm_from_its_axis():
    pads = LANDER.vertices[np.unique(LANDER.faces[LANDER.part == LANDER.parts.index("pad")])]
    bearing = np.degrees(np.arctan2(pads[:, 0], pads[:, 1])) % 90
    assert np.abs(bearing - 45.0).max() < 7.0
    assert pads[:, 2].min() == pytest.approx(0.0)
    assert np.hypot(*pads[:, :2].T).max() == pytest.approx(2.35 + 0.24, abs=0.01)
    assert LANDER.vertices[:, 2].min() == pytest.approx(0.0)


def test_the_rover_has_the_published_size():
    low, high = ROVER.vertices.min(axis=0), HEAD.vertices.max(axis=0) + HEAD_M
    wheels = ROVER.vertices[np.unique(ROVER.faces[ROVER.part == ROVER.parts.index("wheel")])]
    assert low[2] == pytest.approx(0.0, abs=0.003)
    assert wheels[:, 2].max() == pytest.approx(0.30, abs=0.003)
    assert np.ptp(wheels[:, 1]) == pytest.approx(1.5, abs=0.01)
    assert np.ptp(wheels[:, 0]) == pytest.approx(1.0, abs=0.01)
    assert high[2] == pytest.approx(1.56, abs=0.02)


@pytest.mark.parametrize(("yaw", "pitch"), [(-172.0, -30.0), (170.0, 0.0), (80.0, -15.0), (-10.0, -30.0)])
def test_the_terrain_camera_is_free_of_the_lander_and_sees_its_deck_below(yaw, pitch):
    eye = tcam_pose(yaw, pitch)[1]
    found = distances(LANDER, eye)
    assert found.min() > 0.1
    assert found.min() < 0.7


def test_the_landing_camera_looks_past_the_lander():
    rotation, eye = camera_pose("lcam")
    assert distances(LANDER, eye).min() > 0.1
    camera = load("lcam").camera(32)
    i, j = np.meshgrid(np.arange(camera.width) + 1, np.arange(camera.height) + 1)
    down = camera.rays(i, j).reshape(-1, 3) @ rotation.T
    assert down[:, 2].max() < 0.0


def test_outer_faces_face_out():
    """The lander's deck looks up, its pads' soles down."""
    n = LANDER.normals()
    centre = LANDER.vertices[LANDER.faces].mean(axis=1)
    deck = (LANDER.part == LANDER.parts.index("deck")) & (centre[:, 2] > 1.59)
    assert n[deck, 2].min() > 0.99
    soles = (LANDER.part == LANDER.parts.index("pad")) & (centre[:, 2] < 1e-6)
    assert n[soles, 2].max() < -0.99


def test_a_stone_has_its_diameter_and_height_and_is_partly_buried():
    stone = rock_mesh(
        np.array([[5.0, 1.0, -2.0]]), np.array([0.8]), np.array([0.48]), np.array([0.6]), np.array([123456])
    )
    across = np.hypot(*(stone.vertices - [5.0, 1.0, -2.0])[:, :2].T)
    assert 0.6 <= 2 * across.max() <= 1.15
    assert stone.vertices[:, 2].max() + 2.0 == pytest.approx(0.48, rel=0.02)
    assert stone.vertices[:, 2].min() < -2.0


def test_stones_near_the_camera_have_more_triangles():
    far, near = (
        rock_mesh(np.array([[x, 0.0, 0.0]]), np.array([0.2]), np.array([0.1]), np.zeros(1), np.zeros(1, np.int64))
        for x in (100.0, 4.0)
    )
    assert len(far.faces) < len(near.faces)
