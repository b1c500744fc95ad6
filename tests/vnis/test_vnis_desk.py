"""From received records to spectra: the desk, in whatever order and with whatever gaps they come."""

import json

import measurement as m
import numpy as np
import pytest

from farside import archive
from farside.instruments.vnis import pack, to_bytes, unpack
from farside.payload.vnis import load_target, observe, truth
from farside.products.desk import Bench
from farside.products.vnis import VnisDesk, spectrum
from farside.work import Pool


@pytest.fixture
def desk(tmp_path):
    with Pool(1) as pool:
        folders = [tmp_path / name for name in ("archive", "release", "browse")]
        yield VnisDesk(Bench(*folders, m.SITE, pool, lambda table: None))


def received(raw, folder):
    """The raw observations as a desk is given them: through record and level 1."""
    return [archive.read(archive.write(unpack(pack(o)), folder)) for o in raw]


def numbers(report, sequence="0001"):
    path = report.products[f"vnis-{sequence}"]
    return json.loads(path.with_suffix(".json").read_text())["attrs"]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 1, 3, 0)])
def test_spectrum_is_the_same_in_whatever_order_records_come(desk, tmp_path, order):
    raw = received(m.raw("soil", frames=16), tmp_path / "level1")
    for n in order:
        desk.take(raw[n])
    found = numbers(desk.finish())
    expected = spectrum(*m.level2(m.raw("soil", frames=16)))
    assert found["calibration"] == "white panel"
    for name in ("feo_wt", "band_1_nm", "band_2_nm"):
        assert found[name] == pytest.approx(float(expected[name]), rel=2e-3)


def test_desk_reports_table_picture_and_findings_with_errors(desk, tmp_path):
    for observation in received(m.raw("rock", frames=16), tmp_path / "level1"):
        desk.take(observation)
    report = desk.finish()
    assert set(report.products) == {"vnis-0001", "vnis-0001-picture"}
    assert all(path.is_file() for path in report.products.values())
    assert report.stills[0].path.stat().st_size > 20_000
    iron = report.findings[0]
    assert iron.name == "Target 0001: iron oxide"
    true = truth(load_target("rock"), m.view()).attrs["feo_wt"]
    assert abs(float(iron.value.split()[0]) - true) < 2.5
    assert iron.error.startswith("±")


def test_without_its_panel_a_target_is_calibrated_in_the_end(desk, tmp_path):
    for observation in received(m.raw("soil")[2:], tmp_path / "level1"):
        desk.take(observation)
    assert numbers(desk.finish())["calibration"] == "laboratory"


def test_half_a_measurement_is_said_to_be_one(desk, tmp_path):
    for observation in received(m.raw("soil")[:3], tmp_path / "level1"):
        desk.take(observation)
    report = desk.finish()
    assert not report.products
    assert report.findings[0].value == "incomplete"


def test_level_2_files_give_the_same_spectrum_as_the_counts_they_came_from(desk):
    level2 = m.level2(m.raw("soil"))
    for observation in level2:
        desk.take(observation)
    assert numbers(desk.finish())["feo_wt"] == pytest.approx(float(spectrum(*level2)["feo_wt"]), rel=2e-3)


def test_files_as_the_archive_has_them_give_a_spectrum(desk, tmp_path):
    # names of elements in other letter case, text that is not UTF-8, and much left out
    for observation in m.level2(m.raw("soil")):
        a = observation.attrs
        name = a["product_id"].replace("_A", "_B")
        (tmp_path / f"{name}.2B").write_bytes(to_bytes(observation))
        angles = "".join(
            f"<Center_Point><{key}>{a[value]:.4f}</{key}></Center_Point>"
            for key, value in (("Incidence_Angle", "emission_deg"), ("phase_angle", "phase_deg"))
        )
        text = (
            '<?xml version="1.0" encoding="GB18030"?><Product_Observational xmlns="http://pds.nasa.gov/pds4/pds/v1">'
            "<Observation_Area><comment>\u6708\u58e4</comment><Time_Coordinates>"
            f"<start_date_time>{a['start_utc']}</start_date_time><stop_date_time>{a['stop_utc']}</stop_date_time>"
            f"</Time_Coordinates><Mission_Area><Angle_Pointing_Results>{angles}<Solar><incidence_angle>"
            f"{a['sun_incidence_deg']:.4f}</incidence_angle></Solar></Angle_Pointing_Results></Mission_Area>"
            f"</Observation_Area><File_Area_Observational><File><file_name>{name}.2B</file_name></File>"
            "</File_Area_Observational></Product_Observational>"
        )
        (tmp_path / f"{name}.2BL").write_bytes(text.encode("gb18030"))
        desk.take(archive.read(tmp_path / f"{name}.2B"))
    found = numbers(desk.finish())
    assert found["calibration"] == "archive"
    assert found["feo_wt"] == pytest.approx(float(spectrum(*m.level2(m.raw("soil")))["feo_wt"]), rel=1e-2)


def test_repeated_measurements_of_a_target_are_averaged(desk):
    first, second = (
        m.level2(observe(load_target("soil"), m.view(index=n, utc=f"2019-01-04T06:{n}0:00Z"))) for n in (1, 5)
    )
    for observation in (*first, *second):
        desk.take(observation)
    mean = spectrum(
        *(a.assign(radiance=0.5 * (a["radiance"] + b["radiance"])) for a, b in zip(first, second, strict=True))
    )
    found = numbers(desk.finish())
    assert found["feo_wt"] == pytest.approx(float(mean["feo_wt"]), abs=0.05)
    assert found["r750"] == pytest.approx(float(mean["r750"]), rel=2e-4)
    assert not np.isclose(found["r750"], float(spectrum(*first)["r750"]), rtol=1e-6)
