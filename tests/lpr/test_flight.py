"""From the command through records and desk to the score: a drive with turns on the spot."""

import json
from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pytest

from farside import archive
from farside.errors import DamagedFile
from farside.flight.rover import Place, Travel, drive, yutu2
from farside.instruments.lpr import unpack
from farside.products.desk import Bench
from farside.products.lpr import LprDesk, calibrate, distance_m, moving_records
from farside.products.lpr.join import joined
from farside.score import lpr as score
from farside.twin.commands.lpr_sound import LprSound, Quality
from farside.work import Pool

SEED = 20190103
START = 6.0e8
SOUND = LprSound.model_validate(
    {"at": "2019-01-04T05:00:00Z", "do": "lpr.sound", "with": {"sequence_id": "0001", "parts": 4}}
)


def level(x, y):
    return np.zeros(np.shape(x))


class Vehicle:
    """A rover on level ground at the start of a drive with two corners; keeps what it is given."""

    def __init__(self, longest_m=8.0):
        route = np.array([[0.0, 10.0], [0.0, 13.0], [4.0, 15.0], [9.0, 12.0]])
        rolled = SimpleNamespace(stop=START - 100.0, end=(0.0, 10.0, 0.5), height=level, rover=yutu2())
        driven = drive(route, Place(0.0, 10.0, 0.5), START, level, SEED, "first", None)
        self.t, self.shots = START, []
        self.quality = SimpleNamespace(lpr=Quality(longest_m=longest_m))
        self.world = SimpleNamespace(travel=Travel(rolled, (driven,)), mission=SimpleNamespace(seed=SEED))

    def carry_out(self, shots):
        self.shots += shots
        yield


@pytest.fixture(scope="module")
def shots():
    vehicle = Vehicle()
    list(SOUND.run(vehicle))
    return vehicle.shots


@pytest.fixture(scope="module")
def records(shots):
    return [shot.make() for shot in shots]


def bench(folder, pool):
    parts = [folder / name for name in ("archive", "release", "browse")]
    for part in parts:
        part.mkdir()
    return Bench(*parts, None, pool, lambda name: None)


@pytest.fixture(scope="module")
def worked(records, tmp_path_factory):
    """The folder of a desk that has taken all records but in another order, and its report."""
    folder = tmp_path_factory.mktemp("desk")
    with Pool(1) as pool:
        desk = LprDesk(bench(folder, pool))
        for record in reversed(records):
            desk.take(archive.read(archive.write(unpack(record), folder / "archive" / archive.RAW)))
        return folder, desk.finish()


def test_only_a_driving_rover_sounds():
    vehicle = Vehicle()
    assert SOUND.refusal(vehicle) is None
    vehicle.t = vehicle.world.travel.stop
    assert SOUND.refusal(vehicle) == "no drive under way"
    vehicle.world.travel = None
    assert SOUND.refusal(vehicle) == "aboard the lander"


def test_records_follow_each_other_without_gap_or_overlap(shots, records):
    assert len(shots) == SOUND.records(None) == 8
    assert [shot.done for shot in shots] == sorted(shot.done for shot in shots)
    assert len({shot.name for shot in shots}) == 8
    for mode, every in (("2B", 0.674), ("1", 6.40)):
        mine = [unpack(r) for s, r in zip(shots, records, strict=True) if s.view.mode == mode]
        t = np.concatenate([o["t"] for o in mine])
        np.testing.assert_allclose(np.diff(t), every, atol=2e-3)
        assert len({tuple(o["reference_position"].values[0]) for o in mine}) == 1
        count = np.concatenate([o["count"].values[:, int(mode == "2B")] for o in mine])
        assert count.tolist() == list(range(1, len(t) + 1))


def test_draft_ends_as_far_on_as_it_may_and_standard_where_the_rover_stands():
    ends = {}
    for longest in (4.0, 1000.0):
        vehicle = Vehicle(longest)
        list(SOUND.run(vehicle))
        travel = vehicle.world.travel
        ends[longest] = travel.true_m(vehicle.shots[-1].done), vehicle.shots[-1].done == travel.stop
    assert ends[4.0] == (pytest.approx(4.0, abs=0.06), False)
    assert ends[1000.0][1]


def test_truth_is_numbers_and_record_is_a_function_of_them(shots, records):
    assert json.loads(json.dumps(asdict(shots[0].view)))["mode"] == "2B"
    assert shots[0].make() == records[0]
    assert len(json.dumps(asdict(shots[0].view))) < 5000


def test_attitude_is_measured_nose_and_right_side_up(shots, records):
    assert np.abs(unpack(records[0])["attitude"].values[:, :2]).max() < 1e-6  # level ground
    tilted = Vehicle()
    tilted.world.travel.rolloff.height = lambda x, y: 0.1 * np.asarray(y)  # rises to the north
    list(SOUND.run(tilted))
    pitch, roll, yaw = unpack(tilted.shots[0].make())["attitude"].values[0]
    assert pitch == pytest.approx(0.0997 * np.cos(yaw), abs=0.005)
    assert roll == pytest.approx(-0.0997 * np.sin(yaw), abs=0.005)


def test_desk_makes_a_radargram_of_each_channel(worked):
    _, report = worked
    assert set(report.products) == {
        f"lpr-{what}-{tag}" for what in ("radargram", "time", "layers", "picture") for tag in ("2b-0001", "1-0001")
    }
    assert all(path.is_file() for path in report.products.values())
    assert "channel 2B (500 MHz)" in report.stills[0].caption
    found = {f.name: f for f in report.findings}
    assert float(found["Layer boundary 1"].value.split()[0]) == pytest.approx(12.0, abs=1.0)
    section = archive.read_layers(report.products["lpr-radargram-2b-0001"])
    columns, attrs = archive.read_table(report.products["lpr-layers-2b-0001"])
    assert section["migrated"].shape[0] == len(columns["t"]) == attrs["moving_records"]
    assert len(section.attrs["variance"]) == section["migrated"].shape[1]


def test_score_compares_with_the_ground_and_the_way(worked, shots):
    folder, _ = worked
    entries = [asdict(shot.view) for shot in shots]
    got = score.measure(folder, SimpleNamespace(entries=lambda name: entries))
    assert set(got) == set(score.FACTS)
    assert got["base_error_m"] < 0.5
    assert got["base_within"] > 0.6
    assert got["way_error"] < 0.05
    assert score.measure(folder, SimpleNamespace(entries=lambda name: [])) == {}
    lost = score.measure(folder / "browse", SimpleNamespace(entries=lambda name: entries))
    assert lost == dict.fromkeys(score.FACTS)


def test_lost_record_leaves_two_soundings(records):
    fine = [o for o in map(unpack, records) if o.attrs["mode"] == "2B"]
    whole, parts = list(joined(fine)), list(joined([fine[3], fine[0], fine[1]]))
    assert [o.sizes["trace"] for o in whole] == [sum(o.sizes["trace"] for o in fine)]
    assert [o.sizes["trace"] for o in parts] == [
        fine[0].sizes["trace"] + fine[1].sizes["trace"],
        fine[3].sizes["trace"],
    ]
    assert parts[0].attrs["stop_utc"] == fine[1].attrs["stop_utc"]


def test_desk_takes_the_real_product_too(real, tmp_path):
    name = "CE4_GRAS_LPR-1_SCI_N_20231216075001_20231217065500_0316_A"
    with Pool(1) as pool:
        desk = LprDesk(bench(tmp_path, pool))
        desk.take(archive.read(real / f"{name}.2B"))
        report = desk.finish()
    columns, attrs = archive.read_table(report.products["lpr-layers-1-0316"])
    assert attrs["product_id"] == name
    assert np.ptp(columns["east_m"]) == pytest.approx(2.869, abs=0.01)
    assert np.ptp(columns["yaw"]) > 4.0
    assert report.products["lpr-picture-1-0316"].stat().st_size > 50_000


def test_record_without_anything_usable_is_refused_at_once(draft, tmp_path):
    level2 = calibrate(draft)
    with Pool(1) as pool:
        desk = LprDesk(bench(tmp_path, pool))
        with pytest.raises(DamagedFile, match="no usable record"):
            desk.take(level2.assign(damaged=level2["damaged"] | True))
        assert not desk.finish().products


def test_records_of_turns_on_the_spot_are_told_from_those_of_the_way(records):
    level2 = calibrate(next(joined([o for o in map(unpack, records) if o.attrs["mode"] == "2B"])))
    travel = Vehicle().world.travel
    length = np.array([travel.true_m(t) for t in level2["t"].values.tolist()])
    moved = np.append(True, np.diff(length) > 1e-3)
    told = moving_records(level2)
    assert (told & moved).sum() / (told | moved).sum() > 0.9
    assert distance_m(level2, told)[0][-1] == pytest.approx(length[-1], rel=0.05)
