"""farside catalog at the shell: a table for people, JSON lines for programs, one line for what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

NAME = "CE4_GRAS_TCAM-I-{:03d}_SCI_N_20190111195709_20190111195709_0009_A.2C"
LABEL = """<?xml version="1.0"?>
<Product_Observational>
  <Observation_Area><Time_Coordinates><start_date_time>2019-01-11T19:57:09.000Z</start_date_time></Time_Coordinates>
  </Observation_Area>
  <File_Area_Observational><File><file_name>{}</file_name></File>
    <Array_2D_Image><offset>0</offset><axes>2</axes><Element_Array><data_type>UnsignedByte</data_type></Element_Array>
      <Axis_Array><axis_name>Line</axis_name><elements>10</elements></Axis_Array>
      <Axis_Array><axis_name>Sample</axis_name><elements>100</elements></Axis_Array>
    </Array_2D_Image>
  </File_Area_Observational>
</Product_Observational>
"""


def catalog(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "farside", "catalog", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def folder(tmp_path):
    """Six frames of ten: one of them cut short, one without data, one without a label; and a label that is junk."""
    for index in (1, 2, 3, 4, 9, 10):
        name = NAME.format(index)
        (tmp_path / name).write_bytes(b"\0" * 1000)
        (tmp_path / f"{name}L").write_text(LABEL.format(name))
    (tmp_path / NAME.format(2)).write_bytes(b"\0" * 999)
    (tmp_path / NAME.format(3)).unlink()
    (tmp_path / f"{NAME.format(4)}L").unlink()
    (tmp_path / "download.2CL").write_text("junk")
    return tmp_path


def test_a_person_sees_one_line_for_each_sequence_and_each_thing_that_is_wrong(folder):
    done = catalog(folder)
    assert done.returncode == 0
    head, row, *rest = done.stdout.splitlines()
    assert head.split() == "mission instrument sequence level frames first UTC last UTC size damaged".split()  # noqa: SIM905
    assert row.split() == ["CE4", "TCAM-I", "0009", "2C", "6", *["2019-01-11T19:57:09"] * 2, "5", "kB", "3"]
    assert "missing: 5 to 8" in rest[0]
    assert [line.split(": ")[-1] for line in rest[1:4]] == [
        ["cut short", "999 bytes of 1000"][1], "label without data", "data without a label",
    ]  # fmt: skip
    assert "in no sequence: " in rest[4]
    assert rest[5:] == ["1 sequence, 7 files, 4 damaged"]


def test_a_program_gets_one_json_object_for_each_sequence(folder):
    sequence, stray = map(json.loads, catalog(folder, "--json").stdout.splitlines())
    assert (sequence["mission"], sequence["instrument"], sequence["mode"]) == ("CE4", "TCAM", "I")
    assert (sequence["frames"], sequence["bytes"], sequence["missing"]) == (6, 4999, [[5, 8]])
    assert [Path(path).name for path in sequence["readable"]] == [f"{NAME.format(n)}L" for n in (1, 9, 10)]
    assert {d["why"] for d in sequence["damaged"]} == {
        "cut short: 999 bytes of 1000", "label without data", "data without a label",
    }  # fmt: skip
    assert stray["event"] == "damaged"
    assert stray["file"].endswith("download.2CL")


def test_a_long_list_of_damage_is_cut_for_people_only(folder):
    for index in range(20, 40):
        (folder / NAME.format(index)).write_bytes(b"\0" * 1000)
    assert "damaged: and 13 more (--json names all)" in catalog(folder).stdout
    assert len(json.loads(catalog(folder, "--json").stdout.splitlines()[0])["damaged"]) == 23


def test_help_teaches_what_is_listed():
    said = catalog("--help").stdout
    assert "label without data" in said
    assert "--json" in said


@pytest.mark.parametrize("where", ["nowhere", "empty"])
def test_a_folder_with_nothing_in_it_is_refused_in_one_line(tmp_path, where):
    (tmp_path / "empty").mkdir()
    done = catalog(tmp_path / where)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("farside: ")
    assert where in line
