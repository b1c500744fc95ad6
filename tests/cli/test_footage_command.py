"""farside footage at the shell: films and what they tell, or one line that says why not."""

from __future__ import annotations

import json
import re
import shutil

import cv2
import numpy as np
import pytest
import rasterio
from click.testing import Result
from typer.testing import CliRunner

from farside import archive
from farside.cli import app
from farside.errors import BadInput
from farside.geometry import Site
from farside.instruments import observation
from farside.products import calibrate

FRAMES, SIZE, CLOSER = 14, 256, 1.04


def farside(*words: object) -> Result:
    return CliRunner().invoke(app, ["footage", *map(str, words)])


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    """Ground that comes closer, as level-2 files without telemetry; one file is cut short."""
    folder = tmp_path_factory.mktemp("frames")
    draw = np.random.default_rng(4).normal(size=(2 * SIZE, 2 * SIZE)).astype(np.float32)
    ground = sum(s * cv2.GaussianBlur(draw, (0, 0), s) for s in (2.0, 4.0, 8.0))
    for k in range(FRAMES):
        to = np.array([[CLOSER**-k, 0, SIZE * (1 - 0.5 * CLOSER**-k)], [0, CLOSER**-k, SIZE * (1 - 0.5 * CLOSER**-k)]])
        seen = cv2.warpAffine(ground, to, (SIZE, SIZE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        raw = observation(
            np.rint(120 + 30 * seen / ground.std()).clip(0, 255).astype(np.uint8), instrument="lcam", mode="1", index=k,
            sequence_id="0001", level="1", binning=4, bits=8, bayer="", start_utc=f"2019-01-03T02:25:{k:02d}.000Z",
            stop_utc=f"2019-01-03T02:25:{k:02d}.002Z", exposure_ms=2.0, exposure_mode="AUTOMATIC", temperature_c=20.0,
            compression_ratio=8.0,
        )  # fmt: skip
        label = archive.write(calibrate(raw, Site(-45.4446, 177.5991)), folder)
    data = label.with_name(label.name[:-1])
    data.write_bytes(data.read_bytes()[:1000])
    return folder


def test_frames_alone_become_films_and_shares_of_heights(frames, tmp_path):
    done = farside(frames, "--out", tmp_path)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "landing.mp4").is_file()
    assert (tmp_path / "landing-steady.mp4").is_file()
    assert "1 cannot be read" in done.output
    assert "13 of 13" in done.output
    ratio = float(done.output.split(" times that of the last")[0].split()[-1])
    assert ratio == pytest.approx(CLOSER ** (FRAMES - 2), rel=0.01)
    assert "Without telemetry" in done.output


def test_programs_get_the_same_as_json(frames, tmp_path):
    done = farside(frames, "--out", tmp_path, "--no-stabilise", "--json")
    *stages, last = done.stdout.splitlines()
    assert {json.loads(line)["event"] for line in stages} == {"stage"}
    told = json.loads(last)
    assert told["film"] == "CE4-LCAM-1-0001"
    assert told["products"]["landing-footage"].endswith("landing.mp4")
    assert "landing-steady" not in told["products"]
    assert any(finding["name"] == "Frames that hang together" for finding in told["findings"])


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--lat", 1.0], "both or none"),
        (["--lat", "nan", "--lon", 1.0], "a latitude from -90 to 90"),
        (["--lat", 1.0, "--lon", 1e9], "an east longitude from -180 to 360"),
        (["--map", "x.tif"], "--lat and --lon"),
        (["--map", __file__, "--lat", 1.0, "--lon", 1.0], "a GeoTIFF"),
        (["--telemetry", "nowhere"], "a folder with gnc.parquet in it"),
    ],
    ids=["half a place", "no latitude", "no longitude", "map without a place", "no map", "no telemetry there"],
)
def test_what_cannot_be_done_is_one_line(frames, tmp_path, words, why):
    done = farside(frames, "--out", tmp_path / "out", *words)
    assert done.exit_code != 0
    assert why in str(done.exception)
    assert "\n" not in str(done.exception)
    assert not (tmp_path / "out").exists()


def test_folder_without_landing_frames_is_named(tmp_path):
    done = farside(tmp_path, "--out", tmp_path / "out")
    assert isinstance(done.exception, BadInput)
    assert "landing camera" in str(done.exception)


def test_a_folder_with_other_things_in_it_stays_as_it_is_and_one_of_ours_is_written_again(frames, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    done = farside(frames, "--out", tmp_path)
    assert "a new or empty folder" in str(done.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    for _ in range(2):
        done = farside(frames, "--out", tmp_path / "landing", "--no-stabilise", "--quiet")
        assert done.exit_code == 0, done.output
    said = json.loads((tmp_path / "landing" / "footage.json").read_text())["CE4-LCAM-1-0001"]
    assert said["files"]["landing-footage"] == "landing.mp4"
    assert any(finding["name"] == "Frames in the film" for finding in said["findings"])


def test_frames_of_no_use_are_named_and_the_rest_is_a_film(frames, tmp_path):
    folder = shutil.copytree(frames, tmp_path / "frames")
    labels = archive.labels(folder)
    odd, mute, alone = labels[1:4]
    odd.write_text(odd.read_text().replace(f"<elements>{SIZE}<", f"<elements>{SIZE // 2}<"))
    mute.write_text(re.sub(r"(<exposure_time[^>]*>)[^<]*", r"\1", mute.read_text()))
    alone.unlink()
    done = farside(folder, "--out", tmp_path / "out", "--no-stabilise")
    assert done.exit_code == 0, done.output
    assert "Frames in the film: 10, 3 cannot be read, 1 of another size" in done.stdout
    skipped = [line for line in done.stderr.splitlines() if line.startswith("farside: skipped: ")]
    assert len(skipped) == 4
    for label, why in ((odd, "128 x 128 pixels"), (mute, "exposure_time"), (alone, "its label beside it")):
        assert any(label.stem in line and why in line for line in skipped)
    said = json.loads((tmp_path / "out" / "footage.json").read_text())["CE4-LCAM-1-0001"]
    assert [f"farside: skipped: {line}" for line in said["skipped"]] == skipped


def test_nothing_is_left_of_what_an_earlier_run_made_and_this_one_does_not(frames, tmp_path):
    assert farside(frames, "--out", tmp_path).exit_code == 0
    (tmp_path / "landing-notes.csv").write_text("mine")
    assert (tmp_path / "landing-steady.mp4").is_file()
    assert farside(frames, "--out", tmp_path, "--no-stabilise").exit_code == 0
    assert not list(tmp_path.glob("landing-steady*"))
    assert (tmp_path / "landing.mp4").is_file()
    assert (tmp_path / "landing-notes.csv").is_file()


def test_map_that_cannot_be_used_without_sizes_is_not_passed_over(frames, tmp_path):
    map_file = tmp_path / "map.tif"
    profile = {"driver": "GTiff", "width": 8, "height": 8, "count": 1, "dtype": "uint8", "crs": "IAU_2015:30100"}
    with rasterio.open(map_file, "w", transform=rasterio.Affine(0.1, 0, 0.6, 0, -0.1, 1.4), **profile) as file:
        file.write(np.arange(64, dtype=np.uint8).reshape(1, 8, 8))
    done = farside(frames, "--out", tmp_path / "out", "--map", map_file, "--lat", 1, "--lon", 1, "--no-stabilise")
    assert done.exit_code == 0, done.output
    assert "by the map: not sought" in done.stdout
    done = farside(frames, "--out", tmp_path / "elsewhere", "--map", map_file, "--lat", 9, "--lon", 1)
    assert "nothing at" in str(done.exception)
    assert not (tmp_path / "elsewhere").exists()
