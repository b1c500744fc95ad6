"""farside panorama at the shell: a record and its report, or one line that says why not."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from farside import archive
from farside.cli import app
from farside.errors import BadInput
from farside.geometry import Site
from farside.instruments import load, observation
from farside.products import calibrate

YAWS = 170.0 - 18.0 * np.arange(20)


def farside(*words: object) -> Result:
    return CliRunner().invoke(app, ["panorama", *map(str, words)])


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    """A ring of frames of stripes, as files of level 2."""
    folder, camera = tmp_path_factory.mktemp("frames"), load("tcam").camera(12)
    for n, yaw in enumerate(YAWS):
        dn = np.full((camera.height, camera.width), 500, np.uint16)
        dn[:, :: 4 + n % 3] = 300
        raw = observation(
            dn, instrument="tcam", mode="I", index=2 + n, sequence_id="0004", level="1", binning=12, bits=10,
            start_utc=f"2019-01-06T03:34:{n:02d}.000Z", stop_utc=f"2019-01-06T03:34:{n:02d}.006Z", exposure_ms=6.0,
            exposure_mode="AUTOMATIC", temperature_c=20.0, compression_ratio=2.0, bayer="RGGB", mast_yaw_deg=float(yaw),
            mast_pitch_deg=-15.0,
        )  # fmt: skip
        archive.write(calibrate(raw, Site(-45.4446, 177.5991)), folder)
    return folder


@pytest.fixture(scope="module")
def laid(frames, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "site-a"
    return farside(frames, "--out", out), out


def test_a_ring_of_frames_becomes_a_record_with_pictures_tiles_and_a_report(laid):
    done, out = laid
    assert done.exit_code == 0, done.output
    assert "20 of 20 frames" in done.stdout
    (label,) = out.glob("*PANO*.xml")
    mosaic = archive.read_layers(label)
    assert mosaic.attrs["frames"] == 20
    assert all((out / f"ce4-tcam-0004{end}").exists() for end in (".jpg", "-grid.jpg", ".dzi", "_files"))
    said = json.loads((out / "panorama.json").read_text())["ce4-tcam-0004"]
    assert said["measures"]["used"] == 20
    assert len(said["measures"]["frames"]) == 20


def test_another_projection_goes_beside_the_first_and_json_names_the_files(laid, frames):
    _, out = laid
    done = farside(frames, "--out", out, "--projection", "polar", "--width", 300, "--json")
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["event"] == "panorama"
    assert all(Path(path).exists() for path in last["files"].values())
    assert set(json.loads((out / "panorama.json").read_text())) == {"ce4-tcam-0004", "ce4-tcam-0004-polar"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--projection", "round"], "projection: 'round'; expected one of equirectangular"),
        (["--width", 0], "width: 0; expected pixels"),
        (["--width", 1_000_000], "width: 1000000; expected at most"),
        (["--az-left", "nan"], "az_left: nan; expected an azimuth"),
        (["--az-left", "1e20"], "az_left: 1e+20; expected an azimuth"),
    ],
)
def test_options_that_cannot_be_are_named_before_any_work(frames, tmp_path, options, said):
    done = farside(frames, "--out", tmp_path / "out", *options)
    assert isinstance(done.exception, BadInput)
    assert said in str(done.exception)
    assert not (tmp_path / "out").exists()


def test_folders_without_frames_and_folders_of_others_are_refused_in_one_line(frames, tmp_path):
    (tmp_path / "mine.txt").write_text("diary")
    command = [sys.executable, "-m", "farside", "panorama", str(tmp_path), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("farside: farside panorama: PATH: ")
    assert isinstance(farside(frames, "--out", tmp_path).exception, BadInput)
    assert (tmp_path / "mine.txt").read_text() == "diary"


def test_a_panorama_that_is_refused_says_why_and_ends_with_1(frames, tmp_path):
    folder = shutil.copytree(frames, tmp_path / "frames")
    for label in archive.labels(folder)[::2]:  # which of two cameras it was nobody knows
        label.write_text(re.sub(r"(<focal_length[^>]*>)[^<]*", r"\g<1>17.0", label.read_text()))
    done = farside(folder, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "ce4-tcam-0004 refused: panorama: frames: " in done.stderr
    assert "refused" in json.loads((tmp_path / "out" / "panorama.json").read_text())["ce4-tcam-0004"]


@pytest.mark.parametrize("width", [2, 9])
def test_a_map_may_be_coarser_than_any_frame(frames, tmp_path, width):
    done = farside(frames, "--out", tmp_path, "--projection", "vertical", "--width", width)
    assert done.exit_code == 0, done.exception
    (label,) = tmp_path.glob("*PANO*.xml")
    assert archive.read_layers(label)["image"].shape == (width, width, 3)


def test_of_frames_none_of_which_can_be_read_the_reason_is_told(frames, tmp_path):
    folder = shutil.copytree(frames, tmp_path / "frames")
    (folder / "farside.yaml").write_text("TCAM: {bits: 99}")
    done = farside(folder, "--out", tmp_path / "out")
    assert "farside.yaml: TCAM.bits: 99" in str(done.exception)


@pytest.mark.parametrize("text", ['{"cut', "[1]", '{"mine": 1}'])
def test_a_spoilt_record_costs_no_panorama(frames, tmp_path, text):
    (tmp_path / "panorama.json").write_text(text)
    done = farside(frames, "--out", tmp_path, "--width", 200)
    assert done.exit_code == 0, done.exception
    assert set(json.loads((tmp_path / "panorama.json").read_text())) == {"ce4-tcam-0004"}
