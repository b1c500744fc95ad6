"""What comes off the panoramic camera's desk."""

import numpy as np
import pytest

from farside import archive
from farside.geometry import t_to_utc, utc_to_t
from farside.products import Bench
from farside.products.portrait import PcamDesk
from farside.work import Pool


@pytest.fixture
def desk(tmp_path):
    for folder in ("archive", "release", "browse"):
        (tmp_path / folder).mkdir()
    return PcamDesk(
        Bench(tmp_path / "archive", tmp_path / "release", tmp_path / "browse", None, Pool(1), lambda table: None)
    )


def test_pairs_become_a_portrait_a_depth_map_and_an_anaglyph(desk, shoot):
    shown = [
        desk.take(shoot(eye, 0.0, above, 6 + k)) for k, above in enumerate((6.0, -4.0)) for eye in ("pcamr", "pcaml")
    ]
    assert [still is not None for still in shown] == [False, True, False, True]
    report = desk.finish()
    assert set(report.products) == {
        "pcam-dem-0002", "pcam-dem-0002-geotiff", "pcam-ortho-0002-geotiff", "pcam-depth-0002", "pcam-depth-0002-006",
        "pcam-light-0002", "pcam-portrait-0002", "pcam-portrait-0002-picture", "pcam-portrait-0002-right",
    }  # fmt: skip
    assert len(report.stills) == 4
    assert report.portraits[0].anaglyph.is_file()
    assert all(still.path.is_file() for still in report.stills)
    assert report.portraits == report.stills[:1]
    depth = archive.read_layers(report.products["pcam-depth-0002"])
    assert depth.attrs["index"] == 7  # it shows more than sky
    distance = next(f for f in report.findings if f.name.startswith("Distance"))
    assert float(distance.value.removesuffix(" m")) == pytest.approx(11.5, abs=1.0)


def test_one_eye_still_makes_a_portrait(desk, shoot):
    desk.take(shoot("pcamr"))
    report = desk.finish()
    assert set(report.products) == {"pcam-portrait-0002", "pcam-portrait-0002-picture"}
    whole = archive.read_layers(report.products["pcam-portrait-0002"])
    assert np.count_nonzero(whole["weight"]) > 0.9 * whole["weight"].size


def test_a_ring_is_no_portrait_but_keeps_its_pairs(desk, shoot):
    for k, yaw in enumerate((0.0, 120.0)):
        for eye in ("pcamr", "pcaml"):
            desk.take(shoot(eye, yaw, -5.0, 6 + k))
    report = desk.finish()
    assert {name for name in report.products if "depth" in name} == {"pcam-depth-0002-006", "pcam-depth-0002-007"}
    assert not report.portraits
    assert ("Pairs of a panorama", "2") in [(f.name, f.value) for f in report.findings]
    assert len(list(desk.bench.archive.rglob("*_0002_B.2B"))) == 4


def test_eyes_that_looked_at_different_times_cost_their_own_depths_only(desk, shoot):
    for k in range(2):
        for eye in ("pcamr", "pcaml"):
            frame = shoot(eye, 0.0, -4.0, 6 + k)
            if (eye, k) == ("pcaml", 1):
                for key in ("start_utc", "stop_utc"):
                    frame.attrs[key] = t_to_utc(utc_to_t(frame.attrs[key]) + 3600.0)
            desk.take(frame)
    report = desk.finish()
    assert {"pcam-depth-0002", "pcam-dem-0002", "pcam-portrait-0002"} <= set(report.products)
    assert "pcam-depth-0002-007" not in report.products
    (told,) = [f for f in report.findings if f.name == "Depth map"]
    assert told.value == "none"
    assert "Pair 7 of sequence 0002" in told.meaning
    assert "3615 s apart" in told.meaning


def test_of_a_long_sequence_some_frames_are_shown(desk, shoot, monkeypatch):
    monkeypatch.setattr("farside.products.portrait.desk.SHOWN", 2)
    monkeypatch.setattr("farside.products.portrait.desk.SHOWN_EVERY", 4)
    shown = [desk.take(shoot("pcaml", 0.0, 0.0, 6 + k)) is not None for k in range(5)]
    assert shown == [True, True, False, True, False]


def of_another_mission(frame, **more):
    """The frame as if Chang'e 6 had taken it."""
    return frame.assign_attrs(mission="CE6-L", product_id=frame.attrs["product_id"].replace("CE4", "CE6-L"), **more)


def test_products_are_called_by_the_mission_of_their_labels(desk, shoot):
    for eye in ("pcamr", "pcaml"):
        desk.take(of_another_mission(shoot(eye, 0.0, -4.0, 6)))
    made = {name: path.stem for name, path in desk.finish().products.items() if path.suffix == ".xml"}
    assert {"pcam-depth-0002", "pcam-dem-0002", "pcam-portrait-0002"} <= set(made)
    assert all(stem.startswith("CE6-L_GRAS_PCAM") for stem in made.values())


def test_the_pair_that_is_worked_on_shows_most_light_whatever_the_bits(desk, shoot, bits=12):
    """Of 12 bits a sensor's offset is four times as many counts, and sky as dark as before."""
    level2 = desk.bench.archive / archive.LEVEL2
    level2.mkdir()
    (level2 / "farside.yaml").write_text("".join(f"PCAM{eye}: {{bits: {bits}, bayer: RGGB}}\n" for eye in "LR"))
    for k, above in enumerate((25.0, -4.0)):
        for eye in ("pcamr", "pcaml"):
            frame = shoot(eye, 0.0, above, 6 + k)
            dn = np.rint((0.985 * frame["dn"].to_numpy() / 1023.0 + 0.015) * (2**bits - 1))
            desk.take(of_another_mission(frame.assign(dn=(frame["dn"].dims, dn.astype(np.uint16))), bits=bits))
    assert archive.read_layers(desk.finish().products["pcam-depth-0002"]).attrs["index"] == 7
