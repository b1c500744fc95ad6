"""Joints of lander and rover in a flight: what is folded when, and how wheels and masts stand in a view."""

import numpy as np
import pytest

from farside.flight.rover import steering, wheel_turns
from farside.geometry import utc_to_t
from farside.instruments.head import head_axes
from farside.payload import load_vehicle
from farside.twin import Clock, World, load_mission, qualities
from farside.twin.joints import DECIMALS, lander_joints, moved, rover_joints
from farside.twin.mission import Sequence
from farside.work import Pool, Stages

COARSE = qualities()["draft"].model_copy(
    update={"relief": qualities()["draft"].relief.model_copy(update={"cells": 128, "finest_m": 0.08})}
)
ORDERS = (
    {"at": "2019-01-03T07:07:00Z", "do": "rover.rolloff"},
    {
        "at": "2019-01-04T05:00:00Z",
        "do": "rover.drive",
        "with": {"waypoints_m": [[-6.0, 8.6], [-10.0, 10.0]], "final_heading_deg": 160.0},
    },
)


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    """A flight in which the rover rolls off and drives once, over."""
    mission = load_mission("chang-e-4")
    rover = Sequence(name="mine", vehicle="rover", preloaded=True, commands=ORDERS)
    span = mission.span.model_copy(update={"end_utc": "2019-01-04T12:00:00Z"})
    mission = mission.model_copy(update={"sequences": (rover,), "span": span})
    stages = Stages(tmp_path_factory.mktemp("stages"))
    clock = Clock(World(mission, COARSE, stages, Pool(1), [], lambda _: None))
    assert not list(clock.arrivals()) or clock.vehicles["rover"].refused == []
    return clock


def joints(clock, utc, instrument="lcam", mast_deg=None, vehicle="lander"):
    """Joints of a view taken at a time, by name."""
    t = utc_to_t(utc) if isinstance(utc, str) else utc
    return dict(clock.vehicles[vehicle].aim(instrument, t, 0, "0001", mast_deg).joints)


def test_every_joint_is_one_of_its_vehicle_and_within_its_range(clock):
    for utc in ("2019-01-03T02:20:00Z", "2019-01-03T07:30:00Z", "2019-01-03T14:05:00Z", "2019-01-04T05:01:00Z"):
        values = joints(clock, utc)
        for name in ("lander", "rover"):
            own = {k.removeprefix(f"{name}."): v for k, v in values.items() if k.startswith(f"{name}.")}
            load_vehicle(name).poses(own)  # raises for what it does not have
        assert all(k.split(".")[0] in ("lander", "rover") for k in values)
        assert all(v == round(v, DECIMALS) for v in values.values())


def test_it_lands_with_all_folded_and_unfolds_after_touchdown(clock):
    down = joints(clock, "2019-01-03T02:24:00Z")
    assert down["lander.wing-left"] == down["lander.wing-right"] == pytest.approx(np.radians(-76.0), abs=1e-6)
    assert down["lander.ramp"] == pytest.approx(np.radians(-90.0), abs=1e-6)
    assert {"lander.boom-a", "lander.boom-b", "lander.boom-c"}.isdisjoint(down)  # at rest: stowed
    assert down["rover.mast-fold"] == down["rover.dish-fold"] == pytest.approx(np.pi / 2, abs=1e-6)
    later = joints(clock, "2019-01-03T06:00:00Z")
    assert {"lander.wing-left", "lander.wing-right"}.isdisjoint(later)
    assert later["lander.boom-a"] == later["lander.boom-b"] == later["lander.boom-c"] == 0.95
    assert later["rover.wing-right"] == down["rover.wing-right"]  # the rover still sleeps on the deck


def test_after_its_command_the_rover_unfolds_and_the_ramp_is_lowered_to_the_ground(clock):
    rolloff = clock.truth.world.travel.rolloff
    at = {name: t for t, name in rolloff.events}
    level = joints(clock, at["onto the ramp"])
    assert level["lander.ramp"] == 0.0
    assert {"rover.wing-left", "rover.wing-right", "rover.mast-fold", "rover.dish-fold"}.isdisjoint(level)
    before = joints(clock, at["wing open"] - 900.0)
    assert -2.7 < before["rover.wing-right"] < -0.1
    assert joints(clock, at["ramp on the ground"])["lander.ramp"] == pytest.approx(rolloff.lowered, abs=1e-6)
    # the rails' end is on the ground then, to the thickness of a rail
    pose = clock.truth.world.lander_pose(at["wheels on the Moon"])
    ramp = pose.apply(load_vehicle("lander").of(["ramp"], {"ramp": rolloff.lowered}).vertices)
    end = ramp[np.argsort(ramp[:, :2] @ pose.r[:2, 1])[-40:]]
    above = end[:, 2] - clock.truth.world.relief.height(end[:, 0], end[:, 1])
    assert abs(above.min()) < 0.08


def test_the_terrain_cameras_mast_is_down_while_the_rover_is_aboard_but_up_if_it_is_used(clock):
    aboard = "2019-01-03T06:00:00Z"
    assert joints(clock, aboard)["lander.mast-lift"] == -0.65
    assert "lander.mast-lift" not in joints(clock, aboard, "tcam", (10.0, -15.0))
    assert "lander.mast-lift" not in joints(clock, "2019-01-04T04:00:00Z")


def test_the_mast_of_the_camera_in_use_looks_where_the_camera_truly_does(clock):
    t = utc_to_t("2019-01-04T04:15:00Z")
    view = clock.vehicles["rover"].aim("pcaml", t, 0, "0001", (40.0, -12.0))
    values = {k.removeprefix("rover."): v for k, v in view.joints if k.startswith("rover.")}
    assert values["mast-yaw"] == pytest.approx(np.radians(40.0 + view.mast_error_deg[0]), abs=1e-6)
    assert values["mast-pitch"] == pytest.approx(np.radians(-12.0 + view.mast_error_deg[1]), abs=1e-6)
    rover = load_vehicle("rover")
    head = next(p for link, p in zip(rover.links, rover.poses(values), strict=True) if link.name == "head")
    right, up, backwards = head_axes(*np.degrees([values["mast-yaw"], values["mast-pitch"]])).T
    np.testing.assert_allclose(head.r, np.stack([right, -backwards, up], axis=1), atol=2e-6)
    assert view.joint_values("rover") == pytest.approx(values, abs=1e-6)
    assert not any(k.startswith("lander.mast-yaw") for k, _ in view.joints)


def test_wheels_and_suspension_stand_as_the_travel_has_them_and_touch_the_ground(clock):
    world = clock.truth.world
    (drive,) = world.travel.drives
    for t in (0.5 * (drive.start + drive.stop), drive.stop + 60.0):
        own = {k.removeprefix("rover."): v for k, v in joints(clock, t).items() if k.startswith("rover.")}
        turns = wheel_turns(world.travel, t)
        assert own["wheel-lr"] == pytest.approx(turns[0] % (2 * np.pi), abs=1e-6)
        assert own["wheel-rf"] == pytest.approx(turns[5] % (2 * np.pi), abs=1e-6)
        rover = load_vehicle("rover")
        for wheel in ("lf", "lm", "lr", "rf", "rm", "rr"):
            link = next(k for k, link in enumerate(rover.links) if link.name == f"wheel-{wheel}")
            local = rover.links[link].mesh.vertices
            ring = (world.rover_pose(t) @ rover.poses(own)[link]).apply(local[np.abs(local[:, 0]) < 0.01])
            above = ring[:, 2] - world.relief.height(ring[:, 0], ring[:, 1])
            assert -0.01 < above.min() < 0.01  # its middle; on a cross slope its edges are deeper and higher
    turning = next(t for t in np.arange(drive.start, drive.stop, 1.0) if steering(world.travel, t).any())
    steered = joints(clock, turning)
    assert steered["rover.steer-lf"] == pytest.approx(-np.arctan2(0.6, 0.425), abs=1e-6)
    assert steered["rover.steer-rf"] == pytest.approx(np.arctan2(0.6, 0.425), abs=1e-6)


def test_at_noon_and_at_night_the_wing_lies_over_the_bay(clock):
    travel = clock.truth.world.travel

    def at(elevation_deg, east):
        e = np.radians(elevation_deg)
        sun = (east * float(np.cos(e)), 0.0, float(np.sin(e)))
        return rover_joints(travel, sun, travel.stop + 3600.0)

    for folded in (at(44.5, 1.0), at(5.0, 1.0), at(3.0, -1.0)):
        assert folded["wing-right"] == pytest.approx(np.radians(-160.0))
        assert folded["wing-left"] == 0.0  # light on it wakes the rover
        assert folded["mast-fold"] == folded["dish-fold"] == pytest.approx(np.pi / 2)
        load_vehicle("rover").poses(
            {k: v for k, v in folded.items() if k in {j.name for j in load_vehicle("rover").joints}}
        )
    for awake in (at(25.0, 1.0), at(20.0, -1.0), at(41.0, 1.0)):
        assert awake["wing-right"] == awake["mast-fold"] == 0.0


def test_only_joints_that_are_not_at_rest_are_listed_and_the_same_time_gives_the_same(clock):
    assert moved({"lander": {}, "rover": {}}) == ()
    assert moved({"rover": {"wheel-lf": 1e-8}}) == ()
    rest = {j.name: j.rest for j in load_vehicle("lander").joints}
    assert moved({"lander": rest}) == ()
    assert moved({"rover": {"wheel-lf": 0.12345678}}) == (("rover.wheel-lf", 0.123457),)
    assert lander_joints(0.0, None, 1e6)["mast-lift"] == -0.65
    utc = "2019-01-04T05:01:00Z"
    assert joints(clock, utc) == joints(clock, utc)
