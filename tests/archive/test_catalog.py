"""What lies in a folder: sequences of real campaigns, what is missing, twice or damaged, and never a traceback."""

import csv
import os
import re
import shutil
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from downloads import attached, data_of, moved, product, say, spoil
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farside import archive
from farside.errors import BadInput, FarsideError


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    """A small TCAM label and its data file, to make others of."""
    return product(tmp_path_factory.mktemp("pattern"))


@pytest.fixture
def copies(pattern, tmp_path):
    """A function: index, folder, changes of the name -> label of one more frame of a sequence."""
    text, octets = pattern.read_text(), data_of(pattern).read_bytes()

    def copy(index, folder=".", **changes):
        name = data_of(pattern).name.replace("-143_", f"-{index:03d}_")
        for old, new in changes.values():
            name = name.replace(old, new)
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / name).write_bytes(octets)
        label = tmp_path / folder / f"{name}L"
        label.write_text(text.replace(data_of(pattern).name, name))
        return label

    return copy


def only(found):
    (sequence,) = found.sequences
    return sequence


def test_every_campaign_of_2019_is_one_sequence_for_each_eye_and_mode(pattern, data, tmp_path):
    """2,804 real names; counts and times of sequences.csv, which was made from the same lists by other means."""
    text, octets = pattern.read_text(), data_of(pattern).read_bytes()
    for name in ("tcam_products.csv", "pcam_products.csv"):
        with (data / "ce4-products" / name).open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                folder = tmp_path / row["instrument"] / row["archive_month"]
                folder.mkdir(parents=True, exist_ok=True)
                product_file = folder / f"{row['product_id']}.{row['level']}"
                product_file.write_bytes(octets)
                label = text.replace(data_of(pattern).name, product_file.name)
                product_file.with_name(f"{product_file.name}L").write_text(
                    re.sub(r"<(start|stop)_date_time>[^<]*<", rf"<\1_date_time>{row['utc']}<", label)
                )
    found = archive.catalog([tmp_path])
    assert found.damaged == 0
    assert sum(len(s.readable) for s in found.sequences) == 2804
    together = defaultdict(list)
    for s in found.sequences:
        assert s.duplicates == ()
        together[s.key.instrument[:4], s.key.sequence_id].append(s)  # PCAM of PCAML and PCAMR
    with (data / "ce4-products" / "sequences.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(together)
    for row in rows:
        group = together[row["instrument"], row["sequence_id"]]
        assert sum(len(s.frames) for s in group) == int(row["frames"])
        assert min(s.frames[0].start_utc for s in group) == row["first_utc"]
        assert max(s.frames[-1].start_utc for s in group) == row["last_utc"]
        for eye, mode, column in (("L", "C", "left_colour"), ("R", "Q", "right_pan")):
            count = sum(len(s.frames) for s in group if s.key[1:3] == (f"PCAM{eye}", mode))
            assert count == int(row[column])
    tcam = [s for s in found.sequences if s.key.instrument == "TCAM"]
    ends = [(s.takes[0][0].name.index, s.takes[-1][0].name.index) for s in tcam]
    assert (ends, [s.gaps for s in tcam]) == ([(2, 121), (25, 144)], [(), ()])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(indices=st.lists(st.integers(0, 40), min_size=1, max_size=12))
def test_gaps_and_frames_make_up_the_whole_run_of_numbers(copies, tmp_path, indices):
    for path in tmp_path.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for place, index in enumerate(indices):
        copies(index, folder=str(place))
    sequence = only(archive.catalog([tmp_path]))
    missing = {n for a, b in sequence.gaps for n in range(a, b + 1)}
    assert missing == set(range(min(indices), max(indices) + 1)) - set(indices)
    twice = {index for index in indices if indices.count(index) > 1}
    assert {files[0].name.index for files in sequence.duplicates} == twice
    assert len(sequence.readable) == len(set(indices))
    assert len(sequence.frames) == len(indices)


def test_frames_come_in_the_order_of_time_whatever_the_digits_of_their_seconds(copies, tmp_path):
    order = ["09Z", "09.05Z", "09.100Z", "09.100001Z", "09.2", "10Z"]
    for index, second in zip((5, 1, 4, 2, 3, 0), order, strict=True):
        say(copies(index), "start_date_time", f"2019-01-11T19:57:{second}")
    assert [f.name.index for f in only(archive.catalog([tmp_path])).frames] == [5, 1, 4, 2, 3, 0]


def test_frames_of_one_second_come_in_the_order_of_their_index(copies, tmp_path):
    for index in (12, 3, 7):
        copies(index)
    assert [f.name.index for f in only(archive.catalog([tmp_path])).frames] == [3, 7, 12]


def test_of_a_frame_that_is_there_twice_the_readable_and_latest_one_is_taken(copies, tmp_path):
    copies(1, "old")
    latest = copies(1, "new", version=("_A.2C", "_B.2C"))
    cut = copies(1, "newest", version=("_A.2C", "_C.2C"))
    data_of(cut).write_bytes(b"\0" * 10)
    sequence = only(archive.catalog([tmp_path]))
    assert [f.label for f in sequence.readable] == [latest]
    assert [f.name.version for f in sequence.duplicates[0]] == ["B", "A", "C"]
    assert [f.label for f in sequence.damaged] == [cut]


def test_missions_modes_eyes_levels_and_sequences_are_kept_apart(copies, tmp_path):
    copies(1)
    copies(2, sequence=("_0009_", "_0010_"))
    copies(3, mode=("TCAM-I", "TCAM-A"))
    copies(4, mission=("CE4_", "CE3_"))
    copies(5, level=(".2C", ".2B"))
    copies(6, mission=("CE4_", "Ce4_"))  # the tag may be in mixed case
    found = archive.catalog([tmp_path])
    assert sorted(len(s.frames) for s in found.sequences) == [1, 1, 1, 1, 2]


def test_products_without_an_index_are_told_apart_by_their_time(copies, tmp_path):
    copies(0, camera=("TCAM-I-000", "LPR-1"))
    copies(0, camera=("TCAM-I-000", "LPR-1"), time=("20190111195709", "20190111205709"))
    sequence = only(archive.catalog([tmp_path]))
    assert len(sequence.takes) == 2
    assert sequence.gaps == sequence.duplicates == ()


@pytest.fixture
def wreck(copies, tmp_path):
    """Fourteen files of one sequence, most of them damaged; index to the reason told, empty for a good one."""
    copies(1)
    data_of(copies(2)).unlink()
    copies(3).unlink()
    data_of(copies(4)).write_bytes(b"\0" * 100)
    copies(5).write_bytes(b"")
    copies(6).write_bytes(copies(6).read_bytes()[:3000])
    copies(7).write_bytes(b"<html><body>404</body></html>")
    spoil(copies(8), ("<axis_name>Band", "<axis_name>Line"))
    say(copies(9), "file_size", "1323302912")
    say(copies(10), "elements", "")
    say(copies(11), "start_date_time", "")
    say(copies(12), "file_name", "")
    copies(13).chmod(0)
    say(copies(14), "focal_length", "0")
    return tmp_path, {
        1: "", 2: "label without data", 3: "data without a label", 4: "cut short: 100 bytes of 11826", 5: "not XML",
        6: "not XML", 7: "describes no image", 8: "axes", 9: "", 10: "elements ''", 11: "", 12: "",
        13: "" if os.access(tmp_path, os.W_OK) and os.geteuid() == 0 else "cannot be read", 14: "",
    }  # fmt: skip


def test_every_damaged_file_is_told_with_its_reason_and_the_rest_listed(wreck):
    folder, reasons = wreck
    sequence = only(archive.catalog([folder]))
    assert [f.name.index for f in sequence.frames] == list(reasons)
    for frame in sequence.frames:
        why = reasons[frame.name.index]
        assert why in frame.damage if why else not frame.damage, (frame.name.index, frame.damage)
        assert "\n" not in frame.damage
    assert [f.name.index for f in sequence.readable] == [index for index, why in reasons.items() if not why]


def test_the_catalog_calls_damaged_what_the_reader_refuses_and_nothing_else(wreck):
    folder, _ = wreck
    for frame in only(archive.catalog([folder])).frames:
        try:
            archive.read(frame.label)
            refused = False
        except FarsideError:
            refused = True
        assert refused == bool(frame.damage), frame.label


def test_labels_of_unknown_name_belong_where_they_say_or_to_no_sequence(copies, tmp_path):
    copies(1).rename(tmp_path / "first.2CL")
    (tmp_path / "junk.2CL").write_bytes(b"junk")
    say(copies(2).rename(tmp_path / "second.2CL"), "file_name", "second.2C")
    found = archive.catalog([tmp_path])
    assert {(f.name.index, f.label.suffix, f.damage) for f in only(found).frames} == {
        (1, ".2CL", ""), (2, ".2C", "data without a label"),
    }  # fmt: skip
    assert sorted(Path(stray.path).name for stray in found.strays) == ["junk.2CL", "second.2CL"]
    assert found.damaged == 3


DERIVED = {
    "product_id": "CE4_GRAS_TCAM-PORTRAIT_SCI_N_20190111195709_20190111195709_0009_A", "instrument": "tcam",
    "title": "portrait", "start_utc": "2019-01-11T19:57:09Z", "stop_utc": "2019-01-11T19:57:09Z",
}  # fmt: skip


def test_level_1_and_2_and_attached_labels_are_listed_and_what_is_made_of_them_is_not(raw_frame, copies, tmp_path):
    copies(1)
    archive.write(raw_frame("tcam", index=2), tmp_path / "archive" / "data_raw")
    derived = xr.Dataset({"height": (("line", "sample"), np.zeros((2, 2), np.float32), {"units": "m"})}, attrs=DERIVED)
    archive.write_layers(derived, tmp_path / "archive" / "data_derived")
    archive.write_bundle(tmp_path / "archive", "a test")
    whole, _ = attached(tmp_path, lines=54, samples=400)
    cut, _ = attached(tmp_path, lines=54, samples=400, name=whole.stem.replace("056", "057"))
    cut.write_bytes(cut.read_bytes()[:-1])
    found = archive.catalog([tmp_path])
    assert [(s.key.mission, s.key.level, len(s.frames), len(s.damaged)) for s in found.sequences] == [
        ("CE3", "2B", 2, 1), ("CE4", "1", 1, 0), ("CE4", "2C", 1, 0),
    ]  # fmt: skip
    assert found.strays == ()


def test_labels_of_other_instruments_ask_for_the_lengths_of_their_tables(data):
    """The real radar file is whole; the other label lies there without its data."""
    found = archive.catalog([data / "lpr"])
    channels = {s.key.mode: s for s in found.sequences}
    (whole,) = channels["1"].frames
    assert (whole.damage, whole.octets) == ("", whole.data.stat().st_size)
    assert [frame.damage for frame in channels["2B"].frames] == ["label without data"]


def test_single_files_and_several_folders_are_taken_and_nothing_twice(copies, tmp_path):
    a, b = copies(1, "a"), copies(2, "b")
    sequence = only(archive.catalog([a, tmp_path / "b", b, data_of(a), tmp_path / "a" / ".." / "b"]))
    assert [f.label for f in sequence.frames] == [a, b]
    assert [f.damage for f in only(archive.catalog([data_of(a)])).frames] == [""]


def test_a_broken_label_of_level_1_still_has_its_data_beside_it(raw_frame, tmp_path):
    label = archive.write(raw_frame("tcam"), tmp_path)
    label.write_text(label.read_text()[:2000])
    (frame,) = only(archive.catalog([tmp_path])).damaged
    assert (frame.data, frame.octets) == (label.with_suffix(".img"), label.with_suffix(".img").stat().st_size)
    assert "not XML" in frame.damage


def test_a_path_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadInput, match="expected a folder of products"):
        archive.catalog([tmp_path / "nowhere"])


def test_frames_of_a_sequence_go_into_the_reader_as_they_are(copies, tmp_path):
    for index in (3, 1, 2):
        copies(index)
    frames = archive.Frames([f.label for f in only(archive.catalog([tmp_path])).readable])
    assert [f.attrs["index"] for f in frames] == [1, 2, 3]
    assert all(np.array_equal(f["dn"], frames[0]["dn"]) for f in frames)


def test_a_renamed_file_keeps_its_place(tmp_path):
    name = "CE6_GRAS_LCAM-1-5357_SCI_N_20190103022914_20190103022914_0001_A.2A"
    label = moved(product(tmp_path, "lcam", binning=8), name)
    assert only(archive.catalog([tmp_path])).frames[0].label == label


def test_a_start_that_is_no_time_is_told_by_the_name(copies, tmp_path):
    say(copies(1), "start_date_time", "2019-13-45T99:00:00Z")
    (frame,) = only(archive.catalog([tmp_path])).frames
    assert frame.start_utc == "2019-01-11T19:57:09Z"


def test_names_without_capitals_are_names(copies, tmp_path):
    copies(1)
    for label in (copies(2), copies(3)):
        data_of(label).rename(tmp_path / data_of(label).name.lower())
        label.rename(tmp_path / label.name.lower())
    sequence = only(archive.catalog([tmp_path]))
    assert [frame.damage for frame in sequence.frames] == ["", "", ""]
    assert [archive.read(frame.label).attrs["index"] for frame in sequence.readable] == [1, 2, 3]


def test_what_is_no_file_is_passed_over(copies, tmp_path):
    label = copies(1)
    os.mkfifo(label.with_name(label.name.replace("-001_", "-002_")))
    os.mkfifo(data_of(label).with_name(data_of(label).name.replace("-001_", "-003_")))
    assert [frame.name.index for frame in only(archive.catalog([tmp_path])).frames] == [1]
