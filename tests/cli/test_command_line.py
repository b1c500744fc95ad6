"""What a person meets at the shell: help, lists, and one clear line for everything that is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from farside.cli import main
from farside.twin import builtin


def farside(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "farside", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=cwd)


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on standard error of a command that was refused."""
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("farside: ")
    return line


def test_help_teaches_the_commands():
    done = farside("--help")
    assert done.returncode == 0
    assert all(word in done.stdout for word in ("fly", "missions", "score"))
    assert "draft" in farside("fly", "--help").stdout


def test_missions_lists_the_built_in_ones():
    said = farside("missions").stdout
    assert "chang-e-4" in said
    assert str(builtin()["chang-e-4"]) in said
    assert json.loads(farside("missions", "--json").stdout)["mission"] == "chang-e-4"


def test_an_unknown_mission(tmp_path):
    assert "'apollo-18'" in complaint(farside("fly", "apollo-18", cwd=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_malformed_yaml(tmp_path):
    (tmp_path / "bad.yaml").write_text("mission: [\n")
    assert "line 2" in complaint(farside("fly", "bad.yaml", cwd=tmp_path))
    assert [p.name for p in tmp_path.iterdir()] == ["bad.yaml"]


def test_an_epoch_outside_the_ephemeris(tmp_path):
    text = builtin()["chang-e-4"].read_text().replace("2019-01-03T02:10:00Z", "1066-10-14T09:00:00Z")
    (tmp_path / "hastings.yaml").write_text(text)
    line = complaint(farside("fly", "hastings.yaml", cwd=tmp_path))
    assert "span.start_utc" in line
    assert "1066" in line
    assert [p.name for p in tmp_path.iterdir()] == ["hastings.yaml"]


def test_an_unknown_quality(tmp_path):
    assert "draft, standard, full" in complaint(farside("fly", "chang-e-4", "--quality", "best", cwd=tmp_path))


def test_a_terrain_file_without_georeference(tmp_path):
    import rasterio

    path = tmp_path / "dem.tif"
    with rasterio.open(path, "w", driver="GTiff", width=8, height=8, count=1, dtype="float32") as file:
        file.write(np.zeros((1, 8, 8), np.float32))
    line = complaint(farside("fly", "chang-e-4", "--terrain", path, "--out", tmp_path / "out", "--quality", "draft"))
    assert "dem.tif" in line
    assert not (tmp_path / "out").exists()


def test_a_terrain_file_that_is_not_there(tmp_path):
    complaint(farside("fly", "chang-e-4", "--terrain", tmp_path / "no.tif", "--out", tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_terrain_file_of_another_place(tmp_path):
    import rasterio
    from rasterio.transform import from_origin

    path = tmp_path / "dem.tif"
    moon = "+proj=longlat +R=1737400 +no_defs"
    shape = {"width": 64, "height": 64, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", driver="GTiff", crs=moon, transform=from_origin(10, 11, 0.02, 0.02), **shape) as file:
        file.write(np.zeros((1, 64, 64), np.float32))
    line = complaint(farside("fly", "chang-e-4", "--terrain", path, "--out", tmp_path / "out"))
    assert "no heights at -45.4446 N 177.5991 E" in line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words", [("--workers", "-1"), ("--seed", "9" * 30), ("--out", "/dev/null/x"), ("--out", "x" * 300)]
)
def test_options_out_of_range(tmp_path, words):
    done = farside("fly", "chang-e-4", *words, cwd=tmp_path)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


def test_frames_in_processes_and_on_a_cluster_at_once(tmp_path):
    words = "fly", "chang-e-4", "--processes", "--cluster", "tcp://127.0.0.1:8786", "--out", tmp_path / "out"
    assert "expected either processes or a cluster" in complaint(farside(*words))
    assert not (tmp_path / "out").exists()


def test_a_cluster_that_is_no_address(tmp_path):
    words = "fly", "chang-e-4", "--cluster", "the big one", "--out", tmp_path / "out"
    assert "'the big one'; expected the address of a Dask scheduler" in complaint(farside(*words))
    assert not (tmp_path / "out").exists()


def test_a_folder_with_another_flight_is_left_alone(tmp_path):
    (tmp_path / "record.json").write_text(json.dumps({"mission_sha256": "0", "seed": 1, "quality": "full"}))
    (tmp_path / "archive").mkdir()
    line = complaint(farside("fly", "chang-e-4", "--out", tmp_path))
    assert "another mission_sha256 and seed and quality" in line
    assert (tmp_path / "archive").is_dir()


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    assert "empty folder" in complaint(farside("fly", "chang-e-4", "--out", tmp_path))
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_disk_that_is_too_small(tmp_path):
    small = tmp_path / "disk"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", small], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        line = complaint(farside("fly", "chang-e-4", "--quality", "draft", "--out", small / "ce4"))
        assert "GB" in line
        assert not (small / "ce4" / "archive").exists()
    finally:
        subprocess.run(["umount", small], check=True)


def test_scoring_what_is_no_flight(tmp_path):
    complaint(farside("score", tmp_path))


def test_a_command_that_is_interrupted_says_so(tmp_path, monkeypatch, capsys):
    def stopped(paths: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("farside.archive.catalog", stopped)
    monkeypatch.setattr("sys.argv", ["farside", "catalog", str(tmp_path)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 130
    assert capsys.readouterr().err == "farside: interrupted; the same command, given again, finishes it\n"
