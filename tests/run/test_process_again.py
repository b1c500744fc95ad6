"""farside process once more: interrupted and gone on, with files added or changed, with other workers."""

import json
import shutil
import sys

import pytest
from counts import LANDER, frame, landing, portrait

from farside import archive
from farside.errors import BadInput, OutOfSpace
from farside.run import process
from farside.run.progress import Silence

process_module = sys.modules["farside.run.process"]


class Interrupted(Silence):
    """Somebody presses control-C after so many frames."""

    def __init__(self, frames):
        self.left = frames

    def count(self, what, done, total, utc):
        if what == "files":
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def times(folder):
    return {p.relative_to(folder): p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A landing and a portrait, and dark frames that were taken after it."""
    root = tmp_path_factory.mktemp("counts")
    landing(root)
    portrait(root)
    for k in range(2):
        frame(root, "pcaml", 90 + k, 500 + k, sequence="0009", light="dark")
    return root


@pytest.fixture(scope="module")
def straight(folder, tmp_path_factory):
    """What comes of it in one go, with one worker."""
    return process([folder], tmp_path_factory.mktemp("straight") / "out", LANDER, workers=1)


def test_products_are_the_same_bytes_whatever_the_number_of_workers(folder, straight, tmp_path):
    process([folder], tmp_path / "out", LANDER, workers=3)
    assert contents(tmp_path / "out") == contents(straight.folder)


@pytest.mark.parametrize("frames", [3, 7])
def test_an_interrupted_run_goes_on_to_the_same_bytes(folder, straight, tmp_path, frames, monkeypatch):
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        process([folder], out, LANDER, workers=1, progress=Interrupted(frames))
    assert json.loads((out / "report.json").read_text()) == {"status": "in progress"}
    noted = sum(len(p.read_text().splitlines()) for p in out.rglob("frames.jsonl"))
    assert noted >= frames - 1
    made = []
    level2 = process_module.level2
    monkeypatch.setattr(process_module, "level2", lambda *args: made.append(1) or level2(*args))
    process([folder], out, LANDER, workers=1)
    assert len(made) == 9 - noted  # 5 of the landing, 4 of the portrait; none is calibrated twice
    assert contents(out) == contents(straight.folder)


def test_a_finished_run_makes_nothing_again(straight, folder, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(straight.folder, out)
    before = times(out)
    again = process([folder], out, LANDER)
    after = times(out)
    batches = {name.split("/")[0] for name in again.products}
    assert {p for p in after if batches & set(p.parts) and after[p] != before[p]} == set()
    assert list(again.products) == list(straight.products)


def test_files_that_come_later_change_only_their_own_batch(folder, straight, tmp_path):
    some, out = tmp_path / "some", tmp_path / "out"
    some.mkdir()
    for path in folder.glob("*LCAM*"):
        shutil.copy(path, some)
    process([some], out, LANDER)
    before = times(out)
    for path in folder.glob("*PCAM*"):
        shutil.copy(path, some)
    process([some], out, LANDER)
    film = [p for p in before if "ce4-lcam-1-0001" in p.parts]
    assert film and all(times(out)[p] == before[p] for p in film)
    batches = ("archive", "browse", "made")
    ours, theirs = contents(out), contents(straight.folder)
    assert {k: v for k, v in ours.items() if k.startswith(batches)} == {
        k: v for k, v in theirs.items() if k.startswith(batches)
    }


def test_what_changes_is_made_again(folder, tmp_path):
    some, out = tmp_path / "some", tmp_path / "out"
    shutil.copytree(folder, some)
    process([some], out, LANDER)
    before = contents(out / "archive")
    (first,) = some.glob("*LCAM-1-0000*.img")
    first.write_bytes(bytes(255 - octet for octet in first.read_bytes()))
    old = [out / "release" / batch / "no-more.jpg" for batch in ("ce4-lcam-1-0001", "ce4-pcam-c-0002")]
    for path in old:
        path.write_bytes(b"of an earlier run")
    process([some], out, LANDER)
    assert [path.exists() for path in old] == [False, True]  # the second batch was not made again
    changed = {name for name, octets in contents(out / "archive").items() if octets != before[name]}
    assert changed == {name for name in before if "LCAM-1-0000" in name and name.endswith(".2A")} != set()


def test_a_file_of_ours_that_was_spoiled_is_made_again(folder, straight, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(straight.folder, out)
    (data,) = out.rglob("*LCAM-1-0003*.2A")
    whole = data.read_bytes()
    data.write_bytes(whole[:100])
    shutil.rmtree(out / "release" / "ce4-lcam-1-0001")  # so that the batch is worked on once more
    process([folder], out, LANDER)
    assert data.read_bytes() == whole


def test_dark_frames_count_whenever_they_were_taken(folder, straight, tmp_path):
    """And only for the camera that took them."""
    without = process([p for p in folder.glob("*.xml") if "_0009_" not in p.name], tmp_path / "out", LANDER)
    with_them, bare = (contents(out / "archive") for out in (straight.folder, without.folder))
    changed = {name for name, octets in with_them.items() if bare[name] != octets and name.endswith(".2B")}
    assert changed == {name for name in bare if "PCAML-C" in name and name.endswith(".2B")} != set()
    assert json.loads((straight.folder / "report.json").read_text())["counts"]["calibration frames"] == 2


def test_what_was_made_is_no_input_of_the_next_run(folder, tmp_path):
    some = tmp_path / "some"
    shutil.copytree(folder, some)
    first = process([some], some / "out", LANDER)
    second = process([some], some / "out", LANDER)
    assert first.products == second.products
    assert second.skipped == []


def test_a_full_disk_is_no_damaged_file(folder, tmp_path, monkeypatch):
    def full(*args):
        raise OutOfSpace("the disk is full")

    monkeypatch.setattr(archive, "write", full)
    with pytest.raises(OutOfSpace):
        process([folder], tmp_path / "out", LANDER, workers=1)


def test_a_fault_in_one_batch_costs_no_other(folder, tmp_path, monkeypatch):
    from farside.products.portrait import PcamDesk

    def broken(self):
        raise ZeroDivisionError("float division\nby zero")

    monkeypatch.setattr(PcamDesk, "finish", broken)
    done = process([folder], tmp_path / "out", LANDER)
    assert {name.split("/")[0] for name in done.products} == {"ce4-lcam-1-0001"}
    (line,) = done.failed
    assert line.startswith("ce4-pcam-c-0002: unexpected ZeroDivisionError: float division by zero")
    monkeypatch.undo()
    again = process([folder], tmp_path / "out", LANDER)
    assert again.failed == [] and "ce4-pcam-c-0002/pcam-portrait-0002" in again.products


def test_a_file_that_nobody_foresaw_costs_no_other(folder, straight, tmp_path, monkeypatch):
    from farside.products.portrait import PcamDesk

    take = PcamDesk.take

    def strange(self, observation):
        if observation.attrs["index"] == 1 and observation.attrs["instrument"] == "pcamr":
            raise KeyError("nobody knows")
        return take(self, observation)

    monkeypatch.setattr(PcamDesk, "take", strange)
    done = process([folder], tmp_path / "out", LANDER)
    (line,) = done.skipped
    assert "PCAMR-C-001" in line and line.endswith("unexpected KeyError: 'nobody knows'; please report it")
    assert "ce4-pcam-c-0002/pcam-portrait-0002" in done.products and done.failed == []


def test_counts_without_a_place_are_named_and_the_rest_is_made(folder, tmp_path):
    done = process([folder], tmp_path / "out")
    assert len(done.skipped) == 9
    assert all("site: None; expected the lander's place (--lat, --lon)" in line for line in done.skipped)


def test_both_modes_of_a_sequence_are_kept_apart(tmp_path):
    came = tmp_path / "came"
    portrait(came, 1)
    for e, eye in enumerate(("pcamr", "pcaml")):
        frame(came, eye, 0, 200 + e, mode="Q", binning=32)
    done = process([came], tmp_path / "out", LANDER)
    assert {name.split("/")[0] for name in done.products} == {"ce4-pcam-c-0002", "ce4-pcam-q-0002"}


def test_a_folder_of_an_earlier_processing_is_told_from_others(folder, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.txt").write_text("my own report")
    with pytest.raises(BadInput, match="new or empty"):
        process([folder], tmp_path / "out", LANDER)
