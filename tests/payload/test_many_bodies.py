"""Bodies of a scene: however many, each its own, and none that the tracer could not stand."""

import numpy as np
import pytest
from small_ground import nadir

from farside.errors import BadInput
from farside.geometry import Pose
from farside.payload import Body, Scene, look, truth_planes
from farside.payload.mesh import Mesh, box, merge

CUBE = merge([("cube", *box((1.0, 1.0, 1.0), (0.0, 0.0, 0.5)))])
NONE = Mesh(np.zeros((0, 3)), np.zeros((0, 3), int), np.zeros(0, int), ())


def test_three_hundred_bodies_keep_their_ids(plain):
    """More than eight bits hold."""
    side, step = 18, 1.5
    places = [((k % side - side / 2) * step, (k // side - side / 2) * step, 0.0) for k in range(300)]
    bodies = {f"cube-{k}": Body(CUBE, {}, Pose.of(np.array(p), np.eye(3))) for k, p in enumerate(places)}
    scene, view = Scene.of(plain, bodies), nadir(60.0)
    truth = truth_planes(scene, view)
    body = truth.body.to_numpy()
    assert (body > 0).all()
    assert body.max() > 256
    middle = np.array([places[k - 2][:2] for k in body[body > 1]])
    offset = truth.xyz_m.to_numpy()[body > 1][:, :2] - middle
    assert np.abs(offset).max() <= 0.5 + 1e-6
    assert np.isfinite(look(scene, view).distance).all()


@pytest.mark.parametrize(
    ("name", "mesh", "found"),
    [
        ("ground", CUBE, "ground"),
        ("rocks", CUBE, "rocks"),
        ("hut", NONE, "no triangles"),
        ("hut", Mesh(np.full_like(CUBE.vertices, np.nan), CUBE.faces, CUBE.part, CUBE.parts), "NaN"),
    ],
)
def test_a_body_that_cannot_be_traced_or_told_from_another_is_refused(plain, name, mesh, found):
    with pytest.raises(BadInput, match=found):
        Scene.of(plain, {name: Body(mesh, {})})


def test_a_body_named_as_a_vehicle_is_refused(plain):
    with pytest.raises(BadInput, match="lander"):
        Scene.build(plain, None, {"lander": Body(CUBE, {})})
