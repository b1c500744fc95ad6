"""The rover as an actor: rolling off, driving, refusing, reporting, and the tracks it leaves."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from farside.geometry import t_to_utc, utc_to_t
from farside.instruments.rover_hk import MODES, REFUSALS
from farside.instruments.telemetry import sort_packets, unpack_table
from farside.products.desk import Bench
from farside.products.rover import RoverDesk, legs, off_the_ramp
from farside.twin import TELEMETRY, Clock, World, load_mission, qualities
from farside.twin.mission import Sequence
from farside.twin.rover import Rover
from farside.work import Pool, Stages

COARSE = qualities()["draft"].model_copy(
    update={"relief": qualities()["draft"].relief.model_copy(update={"cells": 128, "finest_m": 0.08})}
)
ROLL_OFF = {"at": "2019-01-03T07:07:00Z", "do": "rover.rolloff"}
WEST = {"waypoints_m": [[-6.0, 8.6]]}


@pytest.fixture(scope="module")
def stages(tmp_path_factory):
    return Stages(tmp_path_factory.mktemp("stages"))


def flown(stages, *commands, end_utc="2019-01-04T12:00:00Z"):
    """A flight of the rover alone under these commands, preloaded: world, truth and decoded telemetry."""
    mission = load_mission("chang-e-4")
    orders = Sequence(name="mine", vehicle="rover", preloaded=True, commands=commands)
    span = mission.span.model_copy(update={"end_utc": end_utc})
    world = World(
        mission.model_copy(update={"sequences": (orders,), "span": span}), COARSE, stages, Pool(1), [], lambda _: None
    )
    clock = Clock(world)
    packets = b"".join(arrival.payload for arrival in clock.arrivals() if arrival.service == TELEMETRY)
    tables = {name: unpack_table(name, mine) for name, mine in sort_packets(packets).items()}
    return SimpleNamespace(world=world, clock=clock, **tables)


def drive(at, **arguments):
    return {"at": at, "do": "rover.drive", "with": WEST | arguments}


def look(do, at, **arguments):
    return {"at": at, "do": do, "with": {"sequence_id": "0007", "first_index": 0} | arguments}


def report(at, until, every_s):
    return {"at": at, "do": "rover.report", "with": {"until": until, "every_s": every_s}}


def refusals(commands):
    return [str(reason) for reason, refused in zip(commands["reason"], commands["refused"], strict=True) if refused]


@pytest.fixture(scope="module")
def day(stages):
    """Rolled off, one drive, one at noon, and one after the nap."""
    return flown(
        stages,
        ROLL_OFF,
        report("2019-01-03T13:00:00Z", "2019-01-03T14:15:00Z", 60.0),
        report("2019-01-03T14:15:00Z", "2019-01-03T14:30:00Z", 10.0),
        drive("2019-01-04T05:00:00Z", waypoints_m=[[-6.0, 8.6], [-15.0, 12.0]], final_heading_deg=160.0),
        report("2019-01-04T04:59:00Z", "2019-01-04T05:20:00Z", 5.0),
        drive("2019-01-06T12:00:00Z"),
        report("2019-01-06T12:01:00Z", "2019-01-06T12:02:00Z", 60.0),
        drive("2019-01-11T01:00:00Z"),
        report("2019-01-11T00:59:00Z", "2019-01-11T01:20:00Z", 5.0),
        end_utc="2019-01-11T06:00:00Z",
    )


def test_commanded_at_0707_it_stands_on_the_moon_at_1422(day):
    (down,) = [e["t"] for e in day.clock.truth.events if e["what"] == "wheels on the Moon"]
    assert down == pytest.approx(utc_to_t("2019-01-03T14:22:00Z"), abs=60.0)


def test_it_rides_on_the_deck_until_then_and_is_where_it_drove_afterwards(day):
    world = day.world
    before, after = utc_to_t("2019-01-03T07:00:00Z"), utc_to_t("2019-01-04T06:00:00Z")
    stowed = world.lander_pose(before).apply(np.array([0.0, 0.0, world.mission.rover.stowed.z_m]))
    np.testing.assert_allclose(world.rover_pose(before).p, stowed, atol=1e-9)
    place = world.rover_pose(after).p[:2]
    assert np.hypot(*(place - [-15.0, 12.0])) < 1.0
    forward = world.rover_pose(after).r[:2, 1]
    assert np.degrees(np.arctan2(*forward)) == pytest.approx(160.0, abs=2.0)


def test_its_odometer_agrees_with_the_true_way_to_five_percent(day):
    true = day.world.travel.arrays(day.world.mission.span.end)
    assert true["true_m"][-1] > 20.0
    assert day.rover["odometer_m"].max() == pytest.approx(true["true_m"][-1], rel=0.05)
    assert np.all(np.diff(true["t"]) > 0)
    driven = np.hypot(*np.diff(true["position_m"][:, :2], axis=0).T)[true["t"][1:] > day.world.travel.rolloff.stop]
    assert driven.sum() == pytest.approx(true["true_m"][-1], rel=0.01)


def test_at_noon_it_refuses_and_says_so_in_telemetry(day):
    assert refusals(day.commands) == ["noon rest"]
    at_noon = np.argmin(np.abs(day.rover["t"] - utc_to_t("2019-01-06T12:01:00Z")))
    assert REFUSALS[int(day.rover["refusal"][at_noon])] == "noon rest"
    assert int(day.rover["refused"][at_noon]) == 1
    assert MODES[int(day.rover["mode"][at_noon])] == "napping"
    assert [e["what"] for e in day.clock.truth.events if "refused" in e["what"]] == [
        "refused rover.drive at 2019-01-06T12:00:00Z: noon rest"
    ]


@pytest.mark.parametrize(
    ("commands", "reason"),
    [
        ([drive("2019-01-04T05:00:00Z")], "aboard the lander"),
        ([report("2019-01-04T05:00:00Z", "2019-01-04T06:00:00Z", 60.0)], "aboard the lander"),
        ([look("hazcam.pair", "2019-01-04T05:00:00Z")], "aboard the lander"),
        ([look("navcam.pair", "2019-01-04T05:00:00Z", pitch_deg=-15.0)], "aboard the lander"),
        ([ROLL_OFF, drive("2019-01-04T05:00:00Z"), look("hazcam.pair", "2019-01-04T05:01:00Z")], "busy"),
        ([ROLL_OFF, drive("2019-01-03T12:00:00Z")], "busy"),
        ([ROLL_OFF, {**ROLL_OFF, "at": "2019-01-03T08:00:00Z"}], "busy"),
        ([ROLL_OFF, drive("2019-01-04T05:00:00Z"), drive("2019-01-04T05:01:00Z")], "busy"),
        ([ROLL_OFF, drive("2019-01-04T05:00:00Z", waypoints_m=[[0.0, 0.0]])], "no way"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(stages, commands, reason):
    assert refusals(flown(stages, *commands).commands) == [reason]


def test_with_a_low_battery_it_refuses(stages, monkeypatch):
    monkeypatch.setattr(Rover, "energy", lambda self, travel: SimpleNamespace(at=lambda t: {"charge": 0.35}))
    assert refusals(flown(stages, ROLL_OFF, drive("2019-01-04T05:00:00Z")).commands) == ["battery low"]


def test_the_scene_changes_when_a_drive_is_over_and_not_before(day):
    world = day.world
    first, second = world.travel.drives
    key, bare = world.scene(first.start)
    assert key == world.scene(world.descent.touchdown_t)[0]
    assert world.scene(first.stop - 1.0)[0] == key
    trodden_key, trodden = world.scene(first.stop)
    assert trodden_key != key
    assert world.scene(second.start)[1] is trodden
    assert world.scene(second.stop)[0] not in (key, trodden_key)
    lower = trodden.ground.heights[0] - bare.ground.heights[0]
    assert lower.min() < -0.001
    assert lower.max() == 0.0
    np.testing.assert_array_equal(trodden.ground.heights[3:], bare.ground.heights[3:])


def test_lander_and_rover_have_links_of_their_own(day):
    rates = {(c.sender, c.receiver): c.rate_bps for c in day.clock.network.plan if 20 in (c.sender, c.receiver)}
    assert (rates[10, 20], rates[11, 20], rates[20, 11]) == (555_000.0, 285_000.0, 125.0)


def test_the_desk_finds_ramp_way_and_the_error_of_dead_reckoning(day, tmp_path):
    travel = day.world.travel
    t, half = off_the_ramp(day.rover)
    assert abs(t - travel.rolloff.on_surface) < 2.0 * half + 10.0
    first, second = legs(day.rover)
    drives = travel.drives
    assert first.way_m == pytest.approx(drives[0].odometer_m[-1], abs=0.01)
    assert second.fixed is None
    true = drives[0].end
    assert first.miss_m == pytest.approx(np.hypot(*(first.reckoned - [true.x, true.y])), abs=0.05)
    for folder in ("archive", "release", "browse"):
        (tmp_path / folder).mkdir()
    tables = {"rover": day.rover, "commands": day.commands}
    folders = (tmp_path / "archive", tmp_path / "release", tmp_path / "browse")
    made = RoverDesk(Bench(*folders, None, Pool(1), tables.get)).finish()
    found = {f.name: f.value for f in made.findings}
    assert found["Wheels on the Moon"][:16] == t_to_utc(t)[:16].replace("T", " ")
    assert found["Commands"].endswith("1 refused")
    again = RoverDesk(Bench(*folders, None, Pool(1), tables.get)).finish()
    assert made.stills[0].path.read_bytes() == again.stills[0].path.read_bytes()
    assert [curve.title for curve in made.curves] == ["Power", "Battery", "Temperature inside", "Odometer"]


def test_without_housekeeping_the_desk_has_nothing_to_say(tmp_path):
    made = RoverDesk(Bench(tmp_path, tmp_path, tmp_path, None, Pool(1), lambda table: None)).finish()
    assert made.findings == () and not made.products
