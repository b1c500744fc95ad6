"""Lander and rover as parts that move: sizes, solids, joints, what the cameras see of them; and stones."""

import copy
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.errors import BadInput
from farside.flight.rover import stand
from farside.geometry import Pose
from farside.instruments import camera_pose, lfs, load, point_at
from farside.instruments.head import head_axes
from farside.payload import Rocks
from farside.payload.camera.bvh import STACK, build_bvh, hit_mesh
from farside.payload.mesh import open_edges
from farside.payload.vehicles import chart_m, load_vehicle, materials, read_vehicle
from farside.payload.vehicles.part import PAINT_M, STARS, Part
from farside.payload.vehicles.vehicle import VehicleSpec

VEHICLES = [load_vehicle("lander"), load_vehicle("rover")]
LANDER, ROVER = VEHICLES
BY_NAME = pytest.mark.parametrize("vehicle", VEHICLES, ids=lambda v: v.name)


def points(mesh, material):
    """Vertices of all triangles of a material."""
    return mesh.vertices[np.unique(mesh.faces[mesh.part == mesh.parts.index(material)])]


def placed(vehicle, link, joints=None):
    """Vertices of a link in the vehicle's frame."""
    return vehicle.of([link], joints).vertices


def distances(mesh, eye, directions):
    """Distances from a point to a mesh in directions (n, 3) (infinite: nothing there)."""
    tree, stack = build_bvh(mesh.vertices, mesh.faces), np.empty(STACK, np.int32)
    found = [hit_mesh(tree, 0, 0, stack, 0, *eye, *v, 1e6, False) for v in directions]
    return np.array([t if k >= 0 else np.inf for t, k in found])


def sight(camera, mast_deg=None, binning=48):
    """Eye of a camera and the directions in which its pixels look, in its vehicle's frame."""
    rotation, eye = camera_pose(camera, mast_deg)
    model = load(camera).camera(binning)
    i, j = np.meshgrid(np.arange(model.width) + 1, np.arange(model.height) + 1)
    return eye, model.rays(i, j).reshape(-1, 3) @ rotation.T


def specs():
    """Every part of both vehicles as its file has it."""
    for vehicle in VEHICLES:
        text = yaml.safe_load(open_text(vehicle.name))
        for link in VehicleSpec.model_validate(text).links:
            yield from (pytest.param(part, id=f"{vehicle.name}-{link.name}-{part.name}") for part in link.parts)


def open_text(name):
    return (files("farside.payload.vehicles") / f"{name}.yaml").read_text(encoding="utf-8")


# Solids and sizes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", list(specs()))
def test_every_part_is_a_closed_solid_with_its_outside_out(part):
    for material, vertices, faces in part.pieces():
        assert material in materials()
        a, b, c = (vertices[faces[:, k]] for k in range(3))
        assert np.linalg.norm(np.cross(b - a, c - a), axis=1).min() > 1e-9
        assert len(open_edges(np.round(vertices, 7), faces)) == 0
        # volume by the divergence theorem: positive if triangles are counter-clockwise from outside
        assert np.einsum("ij,ij->", a, np.cross(b, c)) / 6.0 > 0.0


def test_the_lander_stands_on_four_pads_235_cm_from_its_axis():
    mesh = LANDER.mesh()
    pads = points(mesh, "pad")
    bearing = np.degrees(np.arctan2(pads[:, 0], pads[:, 1])) % 90
    assert np.abs(bearing - 45.0).max() < 7.0
    assert pads[:, 2].min() == pytest.approx(0.0)
    assert np.hypot(*pads[:, :2].T).max() == pytest.approx(2.35 + 0.24, abs=0.01)
    assert mesh.vertices[:, 2].min() == pytest.approx(0.0)


def test_the_rover_has_the_published_size():
    mesh = ROVER.mesh()
    wheels = points(mesh, "wheel")
    assert mesh.vertices[:, 2].min() == pytest.approx(0.0, abs=0.003)
    assert wheels[:, 2].max() == pytest.approx(0.30, abs=0.003)
    assert np.ptp(wheels[:, 1]) == pytest.approx(1.5, abs=0.01)
    assert np.ptp(wheels[:, 0]) == pytest.approx(1.0, abs=0.01)
    assert mesh.vertices[:, 2].max() == pytest.approx(1.56, abs=0.02)


def test_at_rest_the_vehicles_reach_as_far_as_they_did_before_they_had_joints():
    low, high = (f(LANDER.mesh().vertices, axis=0) for f in (np.min, np.max))
    np.testing.assert_allclose(low, [-2.8949, -1.9017, 0.0], atol=0.001)
    np.testing.assert_allclose(high[:2], [2.8949, 3.5692], atol=0.01)  # its height is the camera head's now
    low, high = (f(ROVER.mesh().vertices, axis=0) for f in (np.min, np.max))
    np.testing.assert_allclose(high, [1.1148, 0.7490, 1.565], atol=0.002)
    assert (low[0], low[2]) == pytest.approx((-1.1148, 0.0), abs=0.002)


def test_the_radar_antennas_are_115_cm_long_and_their_feet_60_cm_up():
    (whips,) = [p for p in specs_of("rover", "body") if p.name == "radar antennas"]
    assert np.linalg.norm(np.subtract(whips.tube.to_m, whips.tube.from_m)) == pytest.approx(1.15, abs=0.002)
    assert whips.tube.from_m[2] == 0.60


def specs_of(vehicle, link):
    text = yaml.safe_load(open_text(vehicle))
    (spec,) = [s for s in VehicleSpec.model_validate(text).links if s.name == link]
    return spec.parts


# Flag and chart ------------------------------------------------------------------------------------------------------


def test_the_flag_is_three_to_two_with_a_big_star_and_four_small_ones_that_point_at_it():
    flag = Part(name="flag", material="red", flag={"height_m": 20.0, "stars": "yellow"})
    (_, field, _), *stars = flag.pieces()
    np.testing.assert_allclose(np.ptp(field, axis=0), [30.0, 20.0, PAINT_M])
    assert len(stars) == 5
    middle = np.array([5.0 - 15.0, 10.0 - 5.0])
    for (x, y, radius), (material, vertices, _) in zip(STARS, stars, strict=True):
        assert material == "yellow"
        outline = vertices[np.isclose(vertices[:, 2], PAINT_M)][:, :2] - [x - 15.0, 10.0 - y]
        away = np.hypot(*outline.T)
        tips = np.unique(np.round(outline[away > 0.9 * radius], 6), axis=0)
        assert len(tips) == 5
        np.testing.assert_allclose(np.hypot(*tips.T), radius, rtol=1e-6)
        if radius == 1.0:
            towards = middle - [x - 15.0, 10.0 - y]
            towards /= np.hypot(*towards)
            assert (tips @ towards).max() == pytest.approx(1.0, abs=1e-5)
        else:
            assert tips[:, 1].max() == pytest.approx(radius)


@pytest.mark.parametrize(("vehicle", "height"), [(LANDER, 0.24), (ROVER, 0.105)])
def test_the_flag_is_seen_from_ahead_with_its_stars_in_the_upper_left(vehicle, height):
    mesh = vehicle.mesh()
    red, yellow = points(mesh, "red"), points(mesh, "yellow")
    assert np.ptp(red[:, 2]) == pytest.approx(height)
    assert yellow[:, 1].max() > red[:, 1].max()  # in front of the field
    # who looks back at the vehicle has +x at his left
    assert yellow[:, 0].mean() > red[:, 0].mean()
    assert yellow[:, 2].mean() > red[:, 2].mean()


def test_the_terrain_camera_can_see_all_24_patches_of_the_chart():
    mast = point_at("tcam", chart_m())
    eye, d = sight("tcam", mast, 16)
    joints = dict(zip(("mast-yaw", "mast-pitch"), np.radians(mast), strict=True))
    mesh = LANDER.mesh(joints)
    tree, stack = build_bvh(mesh.vertices, mesh.faces), np.empty(STACK, np.int32)
    seen = [hit_mesh(tree, 0, 0, stack, 0, *eye, *v, 1e6, False) for v in d]
    first = tree.order[[k for t, k in seen if k >= 0]]
    names = {mesh.parts[p] for p in np.unique(mesh.part[first])}
    assert sum(name.startswith("chart-") for name in names) == 24


# Joints --------------------------------------------------------------------------------------------------------------


def chain(vehicle, link):
    """Names of the links that a link hangs on, itself first."""
    parent = {j.link: j.parent for j in vehicle.joints}
    out = [link]
    while out[-1] in parent:
        out.append(parent[out[-1]])
    return out


def values(joint):
    """A value of a joint that is not where it rests."""
    low, high = max(joint.low, -3.0), min(joint.high, 3.0)
    return low + 0.3 * (high - low) if joint.rest != low + 0.3 * (high - low) else high


@BY_NAME
def test_a_joint_moves_what_hangs_on_it_and_nothing_else(vehicle):
    rest = vehicle.poses({})
    for joint in vehicle.joints:
        if joint.follows != joint.name:
            continue
        led = {j.link for j in vehicle.joints if j.follows == joint.name}
        moved = vehicle.poses({joint.name: values(joint)})
        for link, before, after in zip(vehicle.links, rest, moved, strict=True):
            hangs = not led.isdisjoint(chain(vehicle, link.name))
            same = np.allclose(before.p, after.p) and np.allclose(before.r, after.r)
            assert hangs != same, (joint.name, link.name)


@BY_NAME
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_links_stay_rigid_whatever_the_joints_do(vehicle, data):
    own = [j for j in vehicle.joints if j.follows == j.name]
    joints = {j.name: data.draw(st.floats(max(j.low, -7.0), min(j.high, 7.0))) for j in own}
    for pose in vehicle.poses(joints):
        np.testing.assert_allclose(pose.r @ pose.r.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(pose.r) == pytest.approx(1.0)


@pytest.mark.parametrize("wheel", ["lf", "lm", "lr", "rf", "rm", "rr"])
def test_a_wheel_turned_once_around_is_where_it_was_and_two_lugs_further_looks_the_same(wheel):
    name = f"wheel-{wheel}"
    rest = placed(ROVER, name)
    np.testing.assert_allclose(placed(ROVER, name, {name: 2 * np.pi}), rest, atol=1e-12)
    lugs = placed(ROVER, name, {name: 2 * np.pi / 10})
    assert {tuple(v) for v in np.round(lugs, 5) + 0.0} == {tuple(v) for v in np.round(rest, 5) + 0.0}
    turned = placed(ROVER, name, {name: 0.1})
    top = np.argmax(rest[:, 2])
    assert turned[top, 1] > rest[top, 1]  # forward: the top goes ahead


@pytest.mark.parametrize(("yaw", "pitch"), [(0.0, 0.0), (40.0, -23.9), (-170.0, 10.0)])
def test_the_rovers_head_is_turned_as_its_cameras_are(yaw, pitch):
    poses = dict(zip((x.name for x in ROVER.links), ROVER.poses(joints_of(yaw, pitch)), strict=True))
    right, up, backwards = head_axes(yaw, pitch).T
    axis = load("pcaml").head.axis_m
    np.testing.assert_allclose(poses["head"].p, axis, atol=1e-12)
    np.testing.assert_allclose(poses["head"].r, np.stack([right, -backwards, up], axis=1), atol=1e-12)


def joints_of(yaw, pitch):
    return {"mast-yaw": np.radians(yaw), "mast-pitch": np.radians(pitch)}


@pytest.mark.parametrize(("yaw", "pitch"), [(-172.0, -30.0), (170.0, 0.0), (80.0, -15.0), (0.0, 0.0)])
def test_the_terrain_cameras_head_carries_its_eye_and_looks_where_it_looks(yaw, pitch):
    poses = dict(zip((x.name for x in LANDER.links), LANDER.poses(joints_of(yaw, pitch)), strict=True))
    rotation, eye = camera_pose("tcam", (yaw, pitch))
    np.testing.assert_allclose(poses["head"].p, eye, atol=2e-6)
    assert -rotation[:, 2] @ poses["head"].r[:, 1] > np.cos(np.radians(0.6))  # its mount is half a degree off


def test_angles_of_rockers_and_bogies_are_those_of_the_rover_on_its_wheels():
    def rough(x, y):
        return 0.04 * np.sin(4.0 * np.asarray(x) + 1.0) + 0.05 * np.cos(5.0 * np.asarray(y))

    held = stand(rough, 0.3, -0.2, 25.0)
    assert abs(held.rocker) > 0.01
    joints = {
        "rocker-right": held.rocker, "rocker-left": -held.rocker,
        "bogie-left": held.bogies[0], "bogie-right": held.bogies[1],
    }  # fmt: skip
    poses = dict(zip((x.name for x in ROVER.links), ROVER.poses(joints), strict=True))
    centres = [poses[f"wheel-{side}{place}"].p for side in "lr" for place in "rmf"]
    np.testing.assert_allclose(centres, held.wheels, atol=1e-9)


def test_the_ramp_lies_on_the_ground_at_rest_and_is_level_at_zero():
    assert placed(LANDER, "ramp")[:, 2].min() == pytest.approx(0.02, abs=0.02)
    assert np.ptp(placed(LANDER, "ramp", {"ramp": 0.0})[:, 2]) < 0.1
    assert placed(LANDER, "ramp", {"ramp": np.radians(-90.0)})[:, 1].max() < 1.4


def test_antennas_are_stowed_25_cm_and_five_metres_long_along_the_axes_of_the_spectrometer():
    for name, direction in zip("abc", lfs.load().antennas.directions, strict=True):
        out = {f"boom-{name}": 0.95}
        tip, tip_out = (placed(LANDER, f"boom-{name}-5", j) for j in ({}, out))
        along = np.array(direction)
        way = tip_out.mean(axis=0) - tip.mean(axis=0)
        assert abs(way @ along) == pytest.approx(4.75)
        assert np.linalg.norm(np.cross(way, along)) == pytest.approx(0.0, abs=1e-9)
        # no gap: each tube ends inside the next
        ends = [placed(LANDER, f"boom-{name}-{k}", out) @ along * np.sign(way @ along) for k in range(1, 6)]
        assert all(b.min() < a.max() for a, b in pairwise(ends))
        stowed = placed(LANDER, f"boom-{name}-5") @ along * np.sign(way @ along)
        assert stowed.max() + 4.75 - (stowed.max() - 0.25) == pytest.approx(5.0)


def test_a_leg_that_gives_way_slides_along_its_strut():
    up = placed(LANDER, "leg-1", {"leg-1": 0.2}).mean(axis=0) - placed(LANDER, "leg-1").mean(axis=0)
    assert np.linalg.norm(up) == pytest.approx(0.2)
    strut = np.array([1.30 - 1.93, 0.0, 1.36 - 0.64])
    out = np.array([np.sqrt(0.5), np.sqrt(0.5), 0.0])
    np.testing.assert_allclose(up / 0.2, (out * strut[0] + [0, 0, strut[2]]) / np.linalg.norm(strut), atol=0.02)


NAP = {"mast-fold": np.pi / 2, "dish-fold": np.pi / 2, "dish-pitch": -np.pi / 2, "wing-right": np.radians(-160.0)}


def test_folded_the_wing_lies_over_the_bay_and_mast_and_dish_are_in_it():
    for link in ("mast", "neck", "head", "dish-pole", "dish-mount", "dish"):
        inside = placed(ROVER, link, NAP)
        assert np.abs(inside[:, 0]).max() < 0.315
        assert np.abs(inside[:, 1]).max() < 0.51
        assert inside[:, 2].min() > 0.655
        assert inside[:, 2].max() < 0.826
    wing = placed(ROVER, "wing-right", NAP)
    assert wing[:, 0].min() < -0.33
    assert wing[:, 2].min() > 0.81


def test_before_the_roll_off_the_terrain_cameras_mast_is_out_of_the_rovers_way():
    parts = LANDER.of(["column", "mast", "head"], {"mast-lift": -0.65})
    assert parts.vertices[:, 2].max() < 1.60


def test_joints_that_are_not_there_or_go_too_far_are_named():
    with pytest.raises(BadInput, match="rover: joints: 'wheel-xf'; expected one of rocker-right, "):
        ROVER.poses({"wheel-xf": 0.1})
    with pytest.raises(BadInput, match=r"lander: mast-lift: 0.5; expected from -0.66 to 0"):
        LANDER.poses({"mast-lift": 0.5})
    with pytest.raises(BadInput, match="vehicles: name: 'blimp'; expected lander or rover"):
        load_vehicle("blimp")
    with pytest.raises(BadInput, match="lander: joints: 'boom-a-2'"):  # it follows boom-a
        LANDER.poses({"boom-a-2": 0.5})


# What cameras see of the vehicle that carries them ------------------------------------------------------------------


@pytest.mark.parametrize("yaw", [-172.0, 170.0, 80.0, -10.0, 30.0, -90.0])
@pytest.mark.parametrize("pitch", [0.0, -15.0, -30.0])
def test_mast_and_head_never_cover_the_terrain_cameras_view(yaw, pitch):
    eye, d = sight("tcam", (yaw, pitch))
    joints = joints_of(yaw, pitch)
    own = LANDER.of(["column", "mast", "head"], joints)
    assert distances(own, eye, d).min() == np.inf


def test_the_terrain_camera_sees_the_deck_when_it_looks_down():
    eye, d = sight("tcam", (80.0, -30.0))
    assert 0.5 < distances(LANDER.mesh(joints_of(80.0, -30.0)), eye, d).min() < 1.5


@pytest.mark.parametrize("camera", ["pcaml", "pcamr", "navcaml", "navcamr"])
@pytest.mark.parametrize(("yaw", "pitch"), [(0.0, 0.0), (0.0, -24.0), (120.0, -12.0), (-60.0, -36.0)])
def test_the_rovers_head_does_not_cover_the_view_of_its_eyes(camera, yaw, pitch):
    eye, d = sight(camera, (yaw, pitch))
    own = ROVER.of(["mast", "neck", "head"], joints_of(yaw, pitch))
    assert distances(own, eye, d).min() == np.inf


@pytest.mark.parametrize("camera", ["hazcaml", "hazcamr"])
def test_the_hazard_cameras_look_past_the_rovers_body_at_its_wheels(camera):
    eye, d = sight(camera)
    body, wheels = (distances(ROVER.of(links), eye, d) for links in (["body"], ["wheel-lf", "wheel-rf"]))
    assert np.isfinite(body).mean() < 0.1
    assert np.isfinite(wheels).any()


def test_the_landing_camera_looks_past_the_lander():
    eye, down = sight("lcam", binning=32)
    around = np.random.default_rng(0).normal(size=(3000, 3))
    around /= np.linalg.norm(around, axis=1, keepdims=True)
    assert distances(LANDER.mesh(), eye, around).min() > 0.1
    assert down[:, 2].max() < 0.0


# Files ---------------------------------------------------------------------------------------------------------------

SMALL = {
    "name": "cart",
    "links": [
        {"name": "body", "parts": [{"name": "hull", "material": "foil", "box": {"size_m": [1.0, 2.0, 0.5]}}]},
        {
            "name": "arm", "parent": "body", "at_m": [0.5, 0.0, 0.0], "turn_deg": {"z": 90},
            "joint": {"name": "elbow", "axis": "y", "range_deg": [-90, 90], "rest_deg": 30},
            "parts": [
                {"name": "bar", "material": "metal", "tube": {"from_m": [0, 0, 0], "to_m": [1, 0, 0], "radius_m": 0.1}}
            ],
        },
        {
            "name": "hand", "parent": "arm", "at_m": [0.5, 1.0, 0.0],
            "joint": {"name": "reach", "kind": "slides", "axis": [0, 2, 0], "range_m": [0, 1]},
            "parts": [{"name": "palm", "material": "white", "box": {"size_m": [0.1, 0.1, 0.1]}}],
        },
    ],
}  # fmt: skip


def written(tmp_path, change=lambda spec: None):
    spec = copy.deepcopy(SMALL)
    change(spec)
    path = tmp_path / "cart.yaml"
    path.write_text(yaml.safe_dump(spec))
    return path


def test_a_chain_of_joints_by_hand(tmp_path):
    cart = read_vehicle(written(tmp_path))
    assert [link.name for link in cart.links] == ["body", "arm", "hand"]
    body, arm, hand = cart.poses({"elbow": np.pi / 2, "reach": 0.25})
    assert body == Pose.of(np.zeros(3), np.eye(3))
    # the arm's x is the cart's y; a quarter turn about the arm's y takes its x down
    np.testing.assert_allclose(arm.r @ [1.0, 0.0, 0.0], [0.0, 0.0, -1.0], atol=1e-12)
    # the hand sits a metre along the arm and slides along the cart's y, which the arm has turned down
    np.testing.assert_allclose(hand.p, [0.5, 0.0, -1.25], atol=1e-12)
    _, _, resting = cart.poses({})
    np.testing.assert_allclose(resting.p, [0.5, np.cos(np.pi / 6), -0.5], atol=1e-12)


def part(spec):
    return spec["links"][0]["parts"][0]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda s: part(s).update(material="cheese"), r"parts.hull.material: 'cheese'; expected one of foil, "),
        (lambda s: part(s).update(colour="red"), r"links.body.parts.hull.colour: 'red'; expected no such field"),
        (lambda s: part(s).pop("box"), r"links.body.parts.hull: 'hull'; expected one of box, .*got none"),
        (lambda s: part(s)["box"].update(size_m=[1, -2, 1]), r"parts.hull.box.size_m.1: -2; expected greater"),
        (
            lambda s: part(s).update(prism={"outline_m": [[0, 0], [0, 1], [1, 0]], "z_m": [0, 1]}),
            r"links.body.parts.hull.prism: .*expected an outline_m listed counter-clockwise",
        ),
        (lambda s: part(s).update(repeat=[{"count": 3}]), r"repeat.0: .*expected either step_m or around"),
        (lambda s: s["links"][1].update(parent="leg"), r"expected parent of arm among the links before it, got 'leg'"),
        (lambda s: s["links"][2].update(name="arm"), r"expected a name of its own for every link, got arm twice"),
        (lambda s: s["links"][1]["joint"].update(rest_deg=120), r"arm.joint: 'elbow'; expected a rest value within"),
        (lambda s: s["links"][2]["joint"].pop("range_m"), r"links.hand.joint: 'reach'; expected range_m"),
        (lambda s: s["links"][2]["joint"].update(axis=[0, 0, 0]), r"expected an axis that has a direction"),
        (lambda s: s["links"][2]["joint"].update(follows="knee"), r"expected reach to follow a joint before it, got"),
        (lambda s: s.pop("links"), r"links: None; expected a value: this field must be there"),
    ],
)  # fmt: skip
def test_a_wrong_vehicle_file_is_one_line_with_file_field_value_and_expectation(tmp_path, change, line):
    with pytest.raises(BadInput, match=line) as caught:
        read_vehicle(written(tmp_path, change))
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "cart.yaml"))


@pytest.mark.parametrize(
    ("text", "line"), [(b"a: [1", "valid YAML"), (b"\xff\xfe\x00", "UTF-8"), (b"- 1", "a mapping")]
)
def test_what_is_no_vehicle_file_at_all_is_told(tmp_path, text, line):
    path = tmp_path / "cart.yaml"
    path.write_bytes(text)
    with pytest.raises(BadInput, match=line) as caught:
        read_vehicle(path)
    assert "\n" not in str(caught.value)


def test_no_surface_gives_back_more_light_than_falls_on_it():
    for name, m in materials().items():
        both = np.array(m.specular) + (1.0 - np.array(m.specular)) * m.rgb
        assert (np.array(m.rgb) >= 0.0).all(), name
        assert (np.array(m.specular) >= 0.0).all(), name
        assert both.max() < 0.9, name
        assert 0.0 < m.roughness <= 1.0, name


# Stones --------------------------------------------------------------------------------------------------------------


def test_a_stone_has_its_diameter_and_height_and_is_partly_buried():
    stone = Rocks.lying(
        np.array([[5.0, 1.0, -2.0]]), np.array([0.8]), np.array([0.48]), np.array([0.6]), np.array([123456])
    ).mesh()
    across = np.hypot(*(stone.vertices - [5.0, 1.0, -2.0])[:, :2].T)
    assert 0.6 <= 2 * across.max() <= 1.15
    assert stone.vertices[:, 2].max() + 2.0 == pytest.approx(0.48, rel=0.02)
    assert stone.vertices[:, 2].min() < -2.0


def test_stones_near_the_camera_have_more_triangles():
    far, near = (
        Rocks.lying(
            np.array([[x, 0.0, 0.0]]), np.array([0.2]), np.array([0.1]), np.zeros(1), np.zeros(1, np.int64)
        ).mesh()
        for x in (100.0, 4.0)
    )
    assert len(far.faces) < len(near.faces)
