"""``vnis.measure``: what the rover is told, when it refuses, and what the score makes of the result."""

import json
from dataclasses import asdict
from types import SimpleNamespace

import measurement as m
import numpy as np
import pytest
from pydantic import ValidationError

from farside import archive
from farside.geometry import Pose, utc_to_t
from farside.instruments.vnis import BODY, angles, unpack
from farside.products.desk import Bench
from farside.products.vnis import VnisDesk
from farside.score import vnis as score
from farside.sky import sun_direction, sun_distance_au
from farside.twin.commands.vnis_measure import Quality, VnisMeasure
from farside.work import Pool

MORNING, EVENING = "2019-01-04T06:00:00Z", "2019-01-12T20:00:00Z"


class Vehicle:
    """A rover that stands, heading (degrees, clockwise from north) on level ground, and keeps what it is given."""

    def __init__(self, utc=MORNING, heading=160.0, stands=True):
        self.t, self.shots = utc_to_t(utc), []
        turn = np.radians(heading)
        ahead = np.array([np.sin(turn), np.cos(turn), 0.0])
        right = np.array([np.cos(turn), -np.sin(turn), 0.0])
        pose = Pose.of(np.array([3.0, 10.0, 0.0]), np.column_stack([right, ahead, [0.0, 0.0, 1.0]]))
        self.quality = SimpleNamespace(vnis=Quality(lines=32, frames=16))
        self.world = SimpleNamespace(
            rover_pose=lambda t: pose,
            sun=lambda t: (tuple(map(float, sun_direction(m.SITE, t))), float(sun_distance_au(t))),
            travel=SimpleNamespace(stop=self.t - 60.0) if stands else None,
            mission=SimpleNamespace(seed=20190103),
            ground_temperature=SimpleNamespace(from_below=lambda t: np.float64(-3.0)),
        )

    def carry_out(self, shots):
        self.shots += shots
        yield


def order(target="soil", sequence="0015"):
    arguments = {"sequence_id": sequence, "target": target}
    return VnisMeasure.model_validate({"at": MORNING, "do": "vnis.measure", "with": arguments})


def test_instrument_looks_ahead_of_the_rover():
    assert np.allclose(BODY.r @ [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    assert np.allclose(BODY.r @ [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0])


def test_light_from_behind_the_camera_is_seen_at_small_phase():
    sun = np.array([-np.sqrt(0.5), 0.0, np.sqrt(0.5)])
    incidence, emission, phase = angles(np.eye(3), sun)
    assert (incidence, emission) == pytest.approx((45.0, 45.0), abs=0.1)
    assert phase < 2.0


def test_measures_in_the_morning_and_refuses_where_light_or_ground_are_not_there():
    assert order().refusal(Vehicle()) is None
    assert order().refusal(Vehicle(stands=False)) == "out of reach"
    assert order().refusal(Vehicle(heading=36.0 + 180.0)) == "out of reach"  # its own shadow lies ahead
    assert order().refusal(Vehicle(EVENING)) == "sun too low"


def test_unknown_target_is_refused_when_the_mission_is_read():
    with pytest.raises(ValidationError, match="'soil' or 'rock'"):
        order("cheese")


def test_makes_panel_and_target_in_both_channels_one_after_the_other():
    vehicle = Vehicle()
    list(order().run(vehicle))
    assert len(vehicle.shots) == order().records(SimpleNamespace()) == 4
    assert [shot.view.mode for shot in vehicle.shots] == ["VC", "SC", "VD", "SD"]
    done = [shot.done for shot in vehicle.shots]
    assert done == sorted(done)
    assert 300.0 < done[-1] - vehicle.t < 3600.0
    assert json.loads(json.dumps(asdict(vehicle.shots[0].view)))["target"] == "soil"


@pytest.mark.parametrize("target", ["soil", "rock"])
def test_score_finds_iron_and_bands_within_their_goals(target, tmp_path):
    vehicle = Vehicle()
    list(order(target).run(vehicle))
    with Pool(1) as pool:
        desk = VnisDesk(Bench(tmp_path / "archive", tmp_path, tmp_path, m.SITE, pool, lambda table: None))
        for shot in vehicle.shots:
            desk.take(archive.read(archive.write(unpack(shot.make()), tmp_path / "archive" / archive.RAW)))
        desk.finish()
    entries = json.loads(json.dumps([asdict(shot.view) for shot in vehicle.shots]))
    truth = SimpleNamespace(entries=lambda name: entries, folder=tmp_path)
    found = score.measure(tmp_path, truth)
    assert found["spectra_missing"] == 0
    assert found["feo_error_wt"] <= 2.5
    assert found["feo_sigmas"] <= 2.0
    assert found["band_1_error_nm"] <= 3.0
    assert found["band_2_error_nm"] <= 10.0
    empty = score.measure(tmp_path / "nothing", truth)
    assert empty["spectra_missing"] == 1
    assert empty["feo_error_wt"] is None
