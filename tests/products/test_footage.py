"""The landing film."""

import csv

import av
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from farside.errors import BadInput
from farside.geometry import t_to_utc, utc_to_t
from farside.instruments import load, observation, pinhole
from farside.products.flat import lens_falloff
from farside.products.lcam.footage import cut

START = utc_to_t("2019-01-03T02:20:09Z")
SIZE, COUNT, STEP = 128, 24, 22.7


@pytest.fixture(scope="module")
def frames():
    ground = gaussian_filter(np.random.default_rng(3).normal(size=(SIZE, SIZE + COUNT)), 2)
    ground = 120 + 40 * ground / ground.std()
    falloff = lens_falloff(load("lcam").camera(1024 // SIZE))
    return [
        observation(
            np.rint(ground[:, k : k + SIZE] * falloff).clip(0, 255).astype(np.uint8), instrument="lcam", mode="1",
            index=k, sequence_id="0001", level="2A", binning=1024 // SIZE, exposure_ms=2.0,
            start_utc=t_to_utc(START + STEP * k), product_id=f"CE4_GRAS_LCAM-1-{k:04d}",
        )
        for k in range(COUNT)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def telemetry():
    t = START + np.arange(-10.0, 400.0)
    return {"t": t, "altitude_m": 12000 - 30 * (t - START), "position_m": np.outer(t - START, [0.0, -20.0, -30.0])}


def decoded(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        pictures = [frame.to_ndarray(format="gray").astype(float) for frame in container.decode(stream)]
        return pictures, float(stream.average_rate), stream.codec.canonical_name


def test_every_frame_is_in_the_film_in_its_place(frames, tmp_path):
    film = cut(frames[::-1], tmp_path / "landing.mp4")
    pictures, rate, codec = decoded(film.path)
    assert codec == "av1"
    assert len(pictures) == film.frames == COUNT
    assert rate == film.rate_fps
    for k, picture in enumerate(pictures):
        misfit = [np.abs(picture - f["dn"].to_numpy() / lens_falloff(pinhole(f))).mean() for f in frames]
        assert int(np.argmin(misfit)) == k
        assert misfit[k] < 4


def test_two_films_of_the_same_frames_are_the_same_bytes(frames, telemetry, tmp_path):
    films = [cut(frames, tmp_path / x / "landing.mp4", telemetry, overlay=True) for x in "ab"]
    for a, b in zip(*[(f.path, f.table, f.poster, f.path.with_suffix(".json")) for f in films], strict=True):
        assert a.read_bytes() == b.read_bytes()


def test_film_starts_before_it_is_wholly_loaded(frames, tmp_path):
    data = cut(frames, tmp_path / "landing.mp4").path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_table_has_true_times_and_the_pose_where_telemetry_reaches(frames, telemetry, tmp_path):
    film = cut(frames, tmp_path / "landing.mp4", telemetry)
    with film.table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["utc"] for r in rows] == [f.attrs["start_utc"] for f in frames]
    assert float(rows[10]["altitude_m"]) == pytest.approx(12000 - 30 * 227, abs=0.1)
    assert float(rows[10]["position_m_1"]) == pytest.approx(-20 * 227, abs=0.1)
    assert float(rows[10]["film_s"]) == pytest.approx(10 / film.rate_fps, abs=1e-3)
    assert rows[-1]["altitude_m"] == ""  # the report ended before the film


def test_overlay_writes_only_into_its_corner(frames, telemetry, tmp_path):
    plain = decoded(cut(frames, tmp_path / "a.mp4", telemetry).path)[0]
    labelled = decoded(cut(frames, tmp_path / "b.mp4", telemetry, overlay=True).path)[0]
    difference = np.abs(np.array(labelled) - plain)
    assert difference[5][-20:, : SIZE // 2].max() > 60
    assert difference[5][: SIZE // 2].mean() < 3


def test_steps_of_the_exposure_do_not_flicker(frames, tmp_path):
    stepped = [f.copy(deep=True) for f in frames]
    for k, frame in enumerate(stepped):
        if k % 2:
            frame["dn"][:] = np.rint(frame["dn"] * 1.2).clip(0, 255)
            frame.attrs["exposure_ms"] = 2.4
    means = np.array([p.mean() for p in decoded(cut(stepped, tmp_path / "landing.mp4").path)[0]])
    assert np.abs(np.diff(means)).max() / means.mean() < 0.05


def test_nothing_to_show_is_said_so(tmp_path):
    with pytest.raises(BadInput):
        cut([], tmp_path / "landing.mp4")
    assert not list(tmp_path.iterdir())
