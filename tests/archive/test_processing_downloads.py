"""farside process on a folder of downloads: four missions, real layouts and sizes, and what the archive has damaged."""

import json
import re
from collections import Counter

import pytest
from downloads import CE3, product
from mixture import TCAM, downloads, mscam

from farside import archive
from farside.errors import BadInput
from farside.instruments import ProductName
from farside.run import process


@pytest.fixture(scope="module")
def folder(tmp_path_factory, real_label_module):
    """The downloads, and what has to be said of those that are of no use."""
    root = tmp_path_factory.mktemp("downloads")
    return root, downloads(root, real_label_module)


@pytest.fixture(scope="module")
def real_label_module(data):
    """As ``real_label``."""
    path = data / "pds4-labels" / "TCAM-2CL-reconstructed.xml"
    if not path.is_file():
        pytest.skip("the real TCAM label is not here (FARSIDE_TEST_DATA)")
    return path.read_bytes(), TCAM


@pytest.fixture(scope="module")
def done(folder, tmp_path_factory):
    """The mixture, processed."""
    return process([folder[0]], tmp_path_factory.mktemp("out") / "products", workers=1)


@pytest.fixture(scope="module")
def report(done):
    return json.loads((done.folder / "report.json").read_text(encoding="utf-8"))


def test_each_camera_of_each_mission_gets_what_its_frames_are_good_for(done):
    made = {name.split("/")[0]: set() for name in done.products}
    for name, path in done.products.items():
        assert path.is_file(), name
        made[name.split("/")[0]].add(re.sub(r"-\d{4}", "", name.split("/")[1]))
    assert made["ce4-tcam-i-0009"] == {"tcam-portrait", "tcam-portrait-picture"}
    assert "landing-footage" in made["ce4-lcam-1-0001"]
    assert "landing-footage" in made["ce5-l-lcam-1-0001"]
    assert {"pcam-depth", "pcam-portrait", "pcam-light"} <= made["ce4-pcam-q-0362"]
    assert "pcam-portrait" in made["ce4-pcam-c-0001"]
    assert "pcam-portrait" in made["ce5-l-pcam-i-0004"]
    assert set(made) == {
        "ce4-tcam-i-0009", "ce4-lcam-1-0001", "ce5-l-lcam-1-0001", "ce4-pcam-q-0362", "ce4-pcam-c-0001",
        "ce5-l-pcam-i-0004",
    }  # fmt: skip
    assert done.failed == []


def test_every_file_of_no_use_is_one_line_with_its_reason(folder, done):
    _, no_use = folder
    lines = {line.split(": ", 1)[0].rsplit("/", 1)[1]: line.split(": ", 1)[1] for line in done.skipped}
    assert set(lines) == set(no_use)
    assert [name for name, why in no_use.items() if not lines[name].startswith(why)] == []
    assert not any("\n" in line for line in done.skipped)


def test_counts_of_the_report_add_up_to_the_files_that_came_in(folder, report):
    counts = report["counts"]
    labels = [p for p in folder[0].rglob("*") if p.is_file() and re.search(r"\.2[ABC]L$", p.name)]
    alone = [p for p in folder[0].rglob("*.2[ABC]") if not p.with_name(f"{p.name}L").exists()]
    assert counts["files"] == len(labels) + len(alone)
    assert counts["frames used"] + counts["skipped"] + counts["spare"] == counts["files"]
    assert counts["sequences"] == len(report["sequences"])


def test_each_sequence_went_to_a_batch_or_the_report_says_why_not(report, done):
    assert all(bool(one["batch"]) != bool(one["why nowhere"]) for one in report["sequences"])
    assert "went to: nowhere (no desk takes NaTeCamA: nothing is made of it)" in done.report.read_text()


def test_the_report_tells_of_each_sequence_what_came_and_where_it_went(report):
    told = {(s["mission"], s["instrument"], s["mode"], s["sequence_id"], s["level"]): s for s in report["sequences"]}
    tcam = told["CE4", "TCAM", "I", "0009", "2C"]
    assert (tcam["frames"], tcam["batch"], len(tcam["damaged"])) == (4, "ce4-tcam-i-0009", 1)
    twice = told["CE4", "PCAML", "Q", "0362", "2B"]
    assert [name.rsplit("_", 1)[1] for name in twice["more than once"][0]] == ["B.2BL", "A.2BL"]
    assert told["HX1-Ro", "NaTeCamA", "F", "00325", "2C"]["batch"] == ""
    assert told["HX1-Ro", "MSCam", "W-1-29-0001", "00256", "2B"]["frames"] == 1


def test_both_eyes_errors_stand_in_the_report(report, done):
    (pair,) = (batch for batch in report["batches"] if batch["name"] == "ce4-pcam-q-0362")
    (distance,) = (f for f in pair["findings"] if f["name"] == "Distance of what is in the middle")
    assert re.fullmatch(r"± \d+\.\d\d m", distance["error"])
    assert f"{distance['value']} {distance['error']}" in done.report.read_text(encoding="utf-8")


def test_of_two_levels_of_a_frame_the_one_of_its_camera_is_worked_on(report):
    (spare,) = (one for one in report["spare"] if CE3 in one["file"])
    assert spare["file"].endswith(".2C") and "level 2B" in spare["why"]


def test_nothing_is_taken_for_known_of_other_missions_samples(report):
    assumed = {batch["name"]: batch["assumed"] for batch in report["batches"]}
    assert assumed["ce4-pcam-q-0362"] == []
    words = " ".join(assumed["ce5-l-pcam-i-0004"])
    assert "taken to begin RGGB" in words and "bits of a sample of pcamr are not known" in words


def test_level_2_stays_where_it_lies(folder, done):
    """No copy is made of what came in, and what came in is not touched."""
    came = Counter(p.name for p in folder[0].rglob("*") if p.is_file())
    made = Counter(p.name for p in done.folder.rglob("*") if p.is_file())
    assert not set(came) & set(made)


def test_the_name_and_the_label_of_tianwen_1s_multispectral_camera_are_understood(tmp_path):
    label = mscam(tmp_path)
    name = ProductName.parse(label.name)
    assert (name.camera, name.mode, name.index, name.sequence_id) == ("MSCam", "W-1-29-0001", 5, "00256")
    frame = archive.read(label)
    a = frame.attrs
    assert (frame["dn"].shape, frame["dn"].dtype) == ((2048, 2048), "<u2")
    assert (a["instrument"], a["wavelength_nm"], a["temperature_c"]) == ("mscam", 800.0, -21.5)
    assert (a["mast_yaw_deg"], a["mast_pitch_deg"]) == (35.0, -20.0)
    assert "bits" not in a


@pytest.fixture
def five(tmp_path):
    """A small frame of Chang'e 5's panoramic camera."""
    from downloads import moved

    name = "CE5-L_GRAS_PCAMR-I-008_SCI_N_20201203054903_20201203054903_0004_A.2B"
    return moved(product(tmp_path, "pcamr"), name)


def test_who_knows_a_cameras_samples_says_so_beside_its_files(five):
    before = archive.read(five).attrs
    assert "bits" not in before and before["bayer"] == "RGGB"
    assert json.loads(before["provenance"])["assumed"] == {"bayer": "RGGB"}
    (five.parent / "farside.yaml").write_text("PCAMR: {bits: 12, bayer: GBRG}\n")
    after = archive.read(five).attrs
    assert (after["bits"], after["bayer"]) == (12, "GBRG")
    assert json.loads(after["provenance"])["assumed"] == {}


def test_a_note_that_cannot_be_is_named_for_every_file_it_spoils(five, tmp_path):
    note = five.with_name("farside.yaml")
    note.write_text("PCAMR: {bits: 99}")
    (line,) = process([five], tmp_path / "out").skipped
    assert line.startswith(f"{five}: {note}: PCAMR.bits: 99")


def test_corners_of_a_chart_are_those_of_the_file_that_they_are_told_of(five):
    name = five.name.rsplit(".", 1)[0]
    (five.parent / "farside.yaml").write_text(f"PCAMR: {{chart: {{{name}: [1, 2, 9, 2, 9, 8, 1, 8]}}}}\n")
    assert archive.read(five).attrs["chart_corners"] == [1, 2, 9, 2, 9, 8, 1, 8]


@pytest.mark.parametrize(("text", "says"), [
    ("PCAMR: {bits: 0}", r"farside\.yaml: PCAMR\.bits: 0; expected a whole number from 1 to 16"),
    ("PCAMR: {bayer: RGB}", r"PCAMR\.bayer: 'RGB'; expected RGGB"),
    ("PCAMR: {depth: 12}", r"PCAMR\.depth: 12; expected bits, bayer or chart"),
    ("PCAMR: 12", "PCAMR: 12; expected bits, bayer or chart"),
    ("PCAM: {bits: 12}", "PCAM: .*; expected a camera by its name in the files' names, such as .*PCAML, PCAMR"),
    ("- 12", "expected a camera's name"),
    ("PCAMR: {", "expected YAML"),
    ("PCAMR: {chart: {CE5: [1, 2, 3, 4]}}", r"PCAMR\.chart: .*eight numbers"),
    ("PCAMR: {chart: {CE5: [1, 2, 3, 4, 5, 6, 7, 8]}}", r"PCAMR\.chart: 'CE5'; expected a file beside it"),
])  # fmt: skip
def test_a_note_that_cannot_be_is_refused_by_file_and_field(five, text, says):
    (five.parent / "farside.yaml").write_text(text)
    with pytest.raises(BadInput, match=says):
        archive.read(five)
