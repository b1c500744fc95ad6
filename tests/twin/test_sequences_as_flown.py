"""Sequences of the mission file against the product list of the real archive, and what a quality takes of them."""

from __future__ import annotations

import csv
from types import SimpleNamespace

import pytest
from pydantic import TypeAdapter, ValidationError

from farside.geometry import t_to_utc, utc_to_t
from farside.instruments import CAMERAS, load, product_id
from farside.twin import load_mission, qualities
from farside.twin.commands.pcam_panorama import PcamPanorama
from farside.twin.mission import Command
from farside.twin.when import When

ORDER = TypeAdapter(Command)
RING = {
    "at": "2019-01-31T17:25:16Z",
    "do": "pcam.panorama",
    "with": {
        "sequence_id": "0005", "first_index": 0, "mode": "Q", "pitches_deg": [-7],
        "yaws_deg": {"start": 173.6, "step": -12.86, "count": 28}, "bursts": [[0.8, 14], [1531.2, 14]],
        "left_after_s": 5.5, "pair_every_s": 79.0,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def listed(data):
    """A function: camera ("tcam", "pcam"), sequence -> its rows of the product list."""

    def rows(camera, sequence):
        with (data / "ce4-products" / f"{camera}_products.csv").open(encoding="utf-8") as file:
            return [row for row in csv.DictReader(file) if row["sequence_id"] == sequence]

    return rows


def commanded(do, sequence):
    orders = (order for s in load_mission("chang-e-4").sequences for order in s.commands)
    (order,) = (o for o in orders if o.do == do and o.with_.sequence_id == sequence)
    return order


def plan(order, quality="full"):
    """What an order exposes at a quality, in order of time, and what the truth says was left out."""
    taken, said = [], []

    def aim(instrument, t, index, sequence_id, mast_deg=None, mode=""):
        return SimpleNamespace(
            instrument=instrument, t=t, start_utc=t_to_utc(t), index=index, sequence_id=sequence_id, mast_deg=mast_deg,
            mode=mode or "I",
        )  # fmt: skip

    def photograph(shots):
        taken.extend(shots)
        yield from ()

    vehicle = SimpleNamespace(
        t=utc_to_t(order.at), quality=qualities()[quality], aim=aim, photograph=photograph,
        thin=lambda order, taken, commanded: said.append((taken, commanded)),
    )  # fmt: skip
    list(order.run(vehicle))
    assert [shot.t for shot in taken] == sorted(shot.t for shot in taken)
    return taken, said


def name(shot):
    return product_id(vars(shot))


@pytest.mark.parametrize("sequence", ["0004", "0009"])
def test_terrain_panoramas_have_the_real_pointings_numbers_and_times(listed, sequence):
    real, (shots, _) = listed("tcam", sequence), plan(commanded("tcam.panorama", sequence))
    assert len(shots) == len(real) == 120
    for shot, row in zip(shots, real, strict=True):
        assert shot.mast_deg == (float(row["mast_yaw_deg"]), float(row["mast_pitch_deg"]))
        assert shot.index == int(row["index"])
        assert -0.5 < shot.t - utc_to_t(row["utc"]) < 1.5  # the list's times are cut to the second
    same = sum(name(shot) == row["product_id"] for shot, row in zip(shots, real, strict=True))
    assert same >= 119  # in 0004 one shot came a second early


def test_the_rovers_panorama_has_the_names_of_the_real_one(listed):
    real = [row for row in listed("pcam", "0003") if row["mode"] == "Q" and int(row["index"]) >= 6]
    shots, _ = plan(commanded("pcam.panorama", "0003"))
    assert [name(shot) for shot in shots] == [row["product_id"] for row in real]
    assert len(shots) == 112


def test_one_ring_of_28_pairs_is_commanded_the_same_way(listed):
    shots, _ = plan(ORDER.validate_python(RING))
    assert [name(shot) for shot in shots] == [row["product_id"] for row in listed("pcam", "0005")]
    yaws = sorted({shot.mast_deg[0] for shot in shots})
    gaps = [b - a for a, b in zip(yaws, [*yaws[1:], yaws[0] + 360.0], strict=True)]
    assert len(yaws) == 28
    assert min(gaps) == pytest.approx(max(gaps), abs=0.1)  # all around, without a seam


def test_the_portrait_of_the_lander_has_the_real_numbers_and_times(listed):
    real = {(r["instrument"].lower(), int(r["index"])): r for r in listed("pcam", "0002")}
    (order,) = (o for s in load_mission("chang-e-4").sequences for o in s.commands if o.do == "pcam.portrait")
    start, a = utc_to_t(order.at), order.with_
    for n in range(len(order.offsets())):
        row, place = divmod(n, len(a.yaws_deg))
        for eye, after in (("pcamr", 0.0), ("pcaml", a.left_after_s)):
            t = start + row * a.row_every_s + place * a.pair_every_s + after
            assert t == pytest.approx(utc_to_t(real[eye, a.first_index + n]["utc"]), abs=1.1)


@pytest.mark.parametrize(("do", "sequence"), [
    ("tcam.panorama", "0004"), ("tcam.panorama", "0009"), ("pcam.panorama", "0003"),
])  # fmt: skip
@pytest.mark.parametrize("quality", ["draft", "standard", "full"])
def test_a_coarse_quality_takes_some_of_the_same_exposures_and_says_how_many(do, sequence, quality):
    order = commanded(do, sequence)
    (whole, _), (shots, said) = plan(order), plan(order, quality)
    assert len(whole) == order.commanded()
    assert said == [(len(shots), len(whole))]
    assert len(shots) == order.records(qualities()[quality])
    known = [vars(shot) for shot in whole]
    assert all(vars(shot) in known for shot in shots)


def test_only_full_flights_shoot_a_panorama_again():
    again = commanded("tcam.panorama", "0009")
    assert [again.records(qualities()[q]) for q in ("draft", "standard", "full")] == [0, 0, 120]


def test_both_eyes_of_a_pair_are_always_taken_together():
    order = commanded("pcam.panorama", "0003")
    for quality in qualities():
        shots, _ = plan(order, quality)
        eyes = {eye: [s.index for s in shots if s.instrument == eye] for eye in ("pcaml", "pcamr")}
        assert eyes["pcaml"] == eyes["pcamr"]


def test_bursts_must_hold_every_pointing():
    with pytest.raises(ValidationError, match="bursts of 28 pointings in all, 1 rings of 28, got 27"):
        PcamPanorama.model_validate(RING | {"with": RING["with"] | {"bursts": [[0.0, 14], [1531.0, 13]]}})


def test_modes_are_the_two_that_the_camera_has():
    with pytest.raises(ValidationError, match="'C' or 'Q'"):
        PcamPanorama.model_validate(RING | {"with": RING["with"] | {"mode": "X"}})


def test_the_pictures_of_the_landing_are_as_many_and_as_fast_as_the_real_ones():
    (film,) = (o for s in load_mission("chang-e-4").sequences for o in s.commands if o.do == "lcam.film")
    frames = film.records(qualities()["full"])
    assert frames == 5358
    assert frames / film.with_.duration_s == pytest.approx(9.83, abs=0.005)


@pytest.mark.parametrize("vehicle", ["lander", "rover"])
def test_at_full_size_the_links_carry_home_all_pictures_before_the_flight_ends(vehicle):
    """Bits of all frames at the published rate, a tenth more for headers; contacts last nearly all the time."""
    mission, full = load_mission("chang-e-4"), qualities()["full"]
    rate = getattr(mission, vehicle).to_relay_bps
    events = dict.fromkeys(("ignition", "touchdown"), utc_to_t("2019-01-03T02:26:00Z"))
    waiting, before = 0.0, mission.span.start
    orders = [o for s in mission.sequences if s.vehicle == vehicle for o in s.commands if o.records(full)]
    pictures = [(When.parse(o.at).resolve(events), o) for o in orders if set(o.instruments()) <= set(CAMERAS)]
    for t, order in sorted(pictures, key=lambda pair: pair[0]):
        name = order.instruments()[0]
        camera = load(name, getattr(order.with_, "mode", ""))
        d, n = camera.detector, camera.pixels_per_sample
        bits = order.records(full) * d.width * d.height / n**2 * d.sent_bits / camera.compression_ratio
        waiting, before = max(0.0, waiting - rate * (t - before)) + 1.1 * bits, t
    assert 0.0 < waiting / rate < 0.7 * (mission.span.end - before)
