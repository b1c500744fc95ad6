"""Scoring a small made-up flight: real descent, real files, a handful of frames."""

import csv
import json
import shutil
import sys
import weakref
from dataclasses import asdict

import av
import numpy as np
import pytest
import xarray as xr
from scipy.spatial.transform import Rotation

from farside import archive
from farside.cli import main
from farside.errors import BadInput, DamagedFile
from farside.flight import fly_descent, solve_halo
from farside.geometry import Equirectangular, Site, t_to_utc, utc_to_t
from farside.instruments import camera_pose, load, observation
from farside.moon import Relief, skyline
from farside.payload import View
from farside.products import calibrate
from farside.score import load_facts, score_flight
from farside.score.flown import Truth, measure_flight
from farside.score.horizon import edge_row
from farside.score.products import measure_products

SITE = Site(-45.4446, 177.5991, -5935.0)
BINNING = 12
MAST_ERROR_DEG = (0.03, -0.02, 0.01)
FILM = [utc_to_t("2019-01-03T02:20:09Z") + 100.0 * i for i in range(4)]
POINTINGS = [(170.0, 0.0), (152.0, 0.0), (170.0, -15.0)]
SCENE = "5ce4e"
EYE_M = (0.0, 0.0, 2.2)
SHOWN_LOW_DEG = 0.02
LAID_OFF_DEG, LAID_SIGMA_DEG = 0.02, 0.015


def exposure(instrument, t, index, descent, mast_deg=None):
    view = View(
        instrument=instrument, t=t, start_utc=t_to_utc(t), index=index,
        sequence_id="0004" if mast_deg else "0001", binning=BINNING, lander=descent.pose(t), rover=None,
        mast_deg=mast_deg, mast_error_deg=MAST_ERROR_DEG if mast_deg else (0.0, 0.0, 0.0), sun=(0.0, 0.0, 1.0),
        sun_distance_au=1.0, temperature_c=20.0, seed=1,
    )  # fmt: skip
    return {**asdict(view), "utc": view.start_utc, "key": "", "bytes": 100, "kept": True}


def raw(o):
    camera = load(o["instrument"])
    d, model = camera.detector, camera.camera(BINNING)
    dn = np.full((model.height, model.width), 100, np.uint8 if d.bits == 8 else np.uint16)
    mast = dict(zip(("mast_yaw_deg", "mast_pitch_deg"), o["mast_deg"], strict=True)) if o["mast_deg"] else {}
    return observation(
        dn, instrument=o["instrument"], mode=camera.mode, index=o["index"], sequence_id=o["sequence_id"], level="1",
        binning=BINNING, bits=d.bits, bayer=d.bayer, start_utc=o["start_utc"], stop_utc=o["start_utc"],
        exposure_ms=5.0, temperature_c=20.0, compression_ratio=2.0, **mast,
    )  # fmt: skip


def relief():
    """Two nested grids: a plain in a ring of hills of uneven height."""
    heights = []
    for post in (4.0, 400.0):
        x = (np.arange(129) - 64) * post
        r, az = np.hypot(x[:, None], x), np.arctan2(x, x[:, None])
        heights.append((800.0 * (1.0 + 0.5 * np.sin(5.0 * az)) * np.clip(r / 20_000.0 - 0.2, 0.0, 1.0)).astype("f4"))
    return Relief(SITE, heights, [4.0, 400.0], [np.ones_like(h) for h in heights])


def mosaic(ground, lander):
    """A panorama that shows the true horizon SHOWN_LOW_DEG too low, some sky noise, and nothing else."""
    grid = Equirectangular.around(1800, 12.0, -20.0, 180.0)
    az, _ = grid.azel(np.arange(grid.width), 0.0)
    _, low = grid.azel(0.0, np.arange(grid.height) + 0.5)
    shown = skyline(ground, lander.apply(np.array(EYE_M)), az)[0] - np.radians(SHOWN_LOW_DEG)
    share = np.clip((shown - low[:, None]) / np.radians(grid.scale_deg), 0.0, 1.0)  # of a pixel that is ground
    light = np.rint(3000.0 * share).astype(np.uint16)
    light[20, ::7] = 400
    first = t_to_utc(utc_to_t("2019-01-06T03:34:01Z"))
    return xr.Dataset(
        {"image": (("line", "sample", "band"), np.repeat(light[..., None], 3, axis=2))},
        attrs={
            "title": "panorama", "product_id": "CE4_GRAS_TCAM-I-PANO_SCI_N_20190106033401_20190106033409_0004_A",
            "instrument": "tcam", "sequence_id": "0004", "start_utc": first, "stop_utc": first, "frames": 3,
            "azimuth_from": "north", "lander_attitude": lander.r.ravel().tolist(), "eye_m": EYE_M,
            "projection": "equirectangular", "scale_deg": grid.scale_deg, "az_left_deg": grid.az_left_deg,
            "el_top_deg": grid.el_top_deg,
            "frame_index": [2 + i for i in range(len(POINTINGS))], "frame_rotation_deg": laid_deg(),
            "pointing_sigma_deg": LAID_SIGMA_DEG, "relative_sigma_deg": LAID_SIGMA_DEG,
        },
    )  # fmt: skip


def laid_deg():
    """Where the frames are laid, as rotation vectors: true but for a turn of all about the vertical, and for one more
    of the first frame.
    """
    turns = [LAID_OFF_DEG + (LAID_OFF_DEG if i == 0 else 0.0) for i in range(len(POINTINGS))]
    yaw, pitch, roll = MAST_ERROR_DEG
    spin = Rotation.from_euler("z", roll, degrees=True).as_matrix()
    true = [camera_pose("tcam", (y + yaw, p + pitch))[0] @ spin for y, p in POINTINGS]
    laid = [Rotation.from_euler("z", t, degrees=True).as_matrix() @ r for t, r in zip(turns, true, strict=True)]
    return np.degrees(Rotation.from_matrix(laid).as_rotvec()).ravel().tolist()


def film(path, frames):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        for k in range(frames):
            picture = np.full((32, 32, 3), 20 * k, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


@pytest.fixture(scope="module")
def flight(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flight")
    descent = fly_descent(SITE, utc_to_t("2019-01-03T02:14:50Z"), 0.0, lambda x, y: 0.02 * x, seed=1)
    panorama_t = utc_to_t("2019-01-06T03:34:01Z")
    every = [exposure("lcam", t, i, descent) for i, t in enumerate(FILM)]
    every += [exposure("tcam", panorama_t + 4.0 * i, 2 + i, descent, p) for i, p in enumerate(POINTINGS)]
    for o in every:
        level1 = raw(o)
        archive.write(level1, folder / "archive" / "data_raw")
        archive.write(calibrate(level1, SITE), folder / "archive" / archive.LEVEL2)
    release = folder / "release"
    release.mkdir()
    with (release / "landing.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, ["utc"])
        table.writeheader()
        table.writerows({"utc": o["utc"]} for o in every if o["instrument"] == "lcam")
    film(release / "landing.mp4", len(FILM))
    t = np.arange(descent.ignition_t, descent.touchdown_t)
    altitude = np.array([descent.telemetry(s)["altitude_m"] for s in t])
    archive.write_telemetry(folder / "telemetry", "gnc", {"t": t, "altitude_m": altitude})
    hills = relief()
    hills.save(folder / "stages" / "relief" / SCENE[:2] / SCENE)
    archive.write_layers(mosaic(hills, descent.rest), folder / "archive" / archive.DERIVED)

    lat, lon, height = SITE.geodetic(descent.rest.p)
    truth = folder / "truth"
    truth.mkdir()
    record = {
        "mission": {
            "mission": "chang-e-4", "title": "Chang'e 4",
            "span": {"start_utc": "2019-01-03T02:10:00Z", "end_utc": "2019-01-04T00:00:00Z"},
            "lander": {"instruments": ["lcam", "tcam"]},
            "sequences": [
                {"name": "landing", "commands": [{"at": "ignition", "do": "gnc.report"}]},
                {"name": "A", "commands": [{"do": "tcam.panorama", "with": {"sequence_id": "0004"}}]},
            ],
        },
        "quality": {"lcam": {"binning": BINNING}, "tcam": {"binning": BINNING}},
        "site": asdict(SITE),
        "scene": SCENE,
        "touchdown": {
            "utc": t_to_utc(descent.touchdown_t), "lat_deg": lat, "lon_deg": lon, "height_m": height,
            "pose": asdict(descent.rest),
        },
        "observations": every,
    }  # fmt: skip
    (truth / "flight.json").write_text(json.dumps(record, default=float))
    np.savez(truth / "descent.npz", **descent.arrays())
    solve_halo("2018-12-20T00:00:00Z", 2, 13_000.0).save(truth / "relay.npz")
    (folder / "record.json").write_text(json.dumps({"status": "complete"}))
    return folder


def scored(folder):
    return {row.name: row for row in score_flight(folder).rows}


@pytest.fixture(scope="module")
def verdicts(flight):
    return scored(flight)


@pytest.fixture
def copy(flight, tmp_path):
    return shutil.copytree(flight, tmp_path / "flight")


def rewrite(path, change):
    """Change a JSON file."""
    body = json.loads(path.read_text())
    change(body)
    path.write_text(json.dumps(body))


def one(folder, pattern):
    return sorted(folder.rglob(pattern))[0]


def test_the_twin_landed_as_chang_e_4_did(verdicts):
    wrong = [
        row.name for row in verdicts.values()
        if row.verdict == "off" and not row.name.endswith("panorama frame") and "of the panorama" not in row.name
    ]  # fmt: skip
    assert wrong == []
    assert verdicts["Sun at touchdown, elevation"].verdict == "ok"
    assert verdicts["Relay, lowest elevation"].measured > 21.0
    assert verdicts["Earth, highest elevation"].measured < 0.0


def test_a_panorama_of_three_pointings_is_found_to_be_too_small(verdicts):
    assert verdicts["Pointings of the panorama"].measured == 3
    assert verdicts["Pointings of the panorama"].verdict == "off"
    assert verdicts["Panorama frames"].verdict == "not applicable"


def test_the_pointing_error_is_the_one_put_into_the_mast(verdicts):
    yaw, pitch, roll = MAST_ERROR_DEG
    # yaw turns about the vertical, roll about the line of sight: at low pitch they are nearly at right angles
    assert verdicts["Panorama pointing error, rms"].measured == pytest.approx(
        np.hypot(np.hypot(yaw, pitch), roll), rel=0.1
    )


def test_frames_laid_askew_are_told_from_a_panorama_laid_askew(verdicts):
    apart = LAID_OFF_DEG * np.sqrt(2.0) / 3.0  # of three frames one is off
    for name, unit in (("", 1.0), (" over its stated sigma", LAID_SIGMA_DEG)):
        whole = verdicts[f"Panorama as laid, error of the whole{name}"]
        assert whole.measured == pytest.approx(4.0 / 3.0 * LAID_OFF_DEG / unit, rel=1e-3)
    for name, unit in ((", rms", 1.0), (" over their stated sigma", LAID_SIGMA_DEG)):
        between = verdicts[f"Panorama as laid, frames against each other{name}"]
        assert between.measured == pytest.approx(apart / unit, rel=1e-3)


def test_every_fact_is_measured_under_its_key(flight):
    truth = Truth.of(flight)
    parked = {"rover_on_surface_utc", "rover_way_m"}  # this flight's rover never leaves the deck
    assert {f.key for f in load_facts("as_flown").facts} - parked == measure_flight(truth).keys()
    assert {f.key for f in load_facts("against_truth").facts} == measure_products(flight, truth).keys()


# The horizon ---------------------------------------------------------------------------------------------------------

HORIZON = "Panorama horizon against the true terrain, median"
HORIZON_80 = "Panorama horizon against the true terrain, 80 % within"


def test_a_horizon_shown_too_low_is_measured_to_a_fraction_of_a_pixel(verdicts):
    assert verdicts[HORIZON].measured == pytest.approx(-SHOWN_LOW_DEG, abs=0.01)  # pixels of 0.2 deg
    assert verdicts[HORIZON].verdict == verdicts[HORIZON_80].verdict == "ok"


def test_the_true_horizon_is_the_highest_ground():
    ground = relief()
    eye = np.array(EYE_M)
    az = np.radians([0.0, 18.0, 54.0])
    ring = np.arange(30.0, 25_600.0, 3.0)
    brute = [np.arctan2(ground.height(ring * np.sin(a), ring * np.cos(a)) - 2.2, ring).max() for a in az]
    np.testing.assert_allclose(skyline(ground, eye, az)[0], brute, atol=np.radians(0.003))


@pytest.mark.parametrize(
    ("column", "row"),
    [
        ([0, 0, 0, 100, 200, 200, 200, 200, 200, 200, 200], 3.0),
        ([0, 0, 0, 50, 200, 200, 200, 200, 200, 200, 200], 3.0 + 1 / 3),
        ([0, 90, 0, 0, 100, 200, 200, 200, 200, 200, 200, 200], 4.0),
        ([0] * 12, np.nan),
        ([200] * 12, np.nan),
        ([0, 90, 0, 0, 0, 0], np.nan),
    ],
)
def test_the_edge_is_where_light_reaches_half_the_grounds(column, row):
    assert edge_row(np.array(column, float)) == pytest.approx(row, nan_ok=True)


@pytest.mark.parametrize("rows", [40, -40])
def test_a_panorama_laid_askew_is_off(copy, rows):
    label = one(copy / "archive" / archive.DERIVED, "*PANO*.xml")
    whole = archive.read_layers(label)
    whole["image"][:] = np.roll(whole["image"].to_numpy(), rows, axis=0)
    archive.write_layers(whole, label.parent)
    rows_ = scored(copy)
    assert rows_[HORIZON].verdict == rows_[HORIZON_80].verdict == "off"


def test_without_its_stages_a_flight_has_no_horizon_to_compare(copy):
    shutil.rmtree(copy / "stages")
    rows = scored(copy)
    assert rows[HORIZON].verdict == rows[HORIZON_80].verdict == "not applicable"
    assert rows["Panorama pointing error, rms"].verdict == "ok"


def test_a_panorama_that_was_never_levelled_is_judged_in_the_landers_frame(copy):
    def unlevelled(body):
        body["attrs"] |= {"azimuth_from": "lander +y", "lander_attitude": np.eye(3).ravel().tolist()}

    rewrite(one(copy / "archive" / archive.DERIVED, "*PANO*.json"), unlevelled)
    rows = scored(copy)
    assert rows[HORIZON].verdict == "not applicable"
    assert rows["Panorama pointing error, rms"].verdict == "ok"


# What is lost --------------------------------------------------------------------------------------------------------


def test_a_lost_frame_is_missed(copy):
    next(p for p in archive.labels(copy / "archive" / "data_raw") if "LCAM" in p.name).unlink()
    table = copy / "release" / "landing.csv"
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:-1]))
    rows = scored(copy)
    assert rows["Records lost on the way"].measured == 1
    assert rows["Footage frames lost"].measured == 1


def test_a_frame_twice_does_not_make_up_for_a_lost_one(copy):
    table = copy / "release" / "landing.csv"
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join([*lines[:-1], lines[1]]))
    assert scored(copy)["Footage frames lost"].measured == 1


def test_a_film_shorter_than_its_table_has_lost_frames(copy):
    film(copy / "release" / "landing.mp4", len(FILM) - 2)
    assert scored(copy)["Footage frames lost"].measured == 2


@pytest.mark.parametrize("pattern", ["*TCAM*.2C", "*TCAM*.2CL", "*LCAM*.2A", "*LCAM*.2AL"])
@pytest.mark.parametrize("left", [0.0, 0.5])
def test_a_level_2_file_cut_short_is_seen(copy, pattern, left):
    path = one(copy / "archive" / archive.LEVEL2, pattern)
    path.write_bytes(path.read_bytes()[: int(left * path.stat().st_size)])
    rows = scored(copy)
    assert rows["Level-2 frames unreadable"].measured == rows["Level-2 frames missing"].measured == 1
    assert rows["Level-2 frames unreadable"].verdict == rows["Level-2 frames missing"].verdict == "off"


def test_a_label_of_nonsense_is_unreadable(copy):
    path = one(copy / "archive" / archive.LEVEL2, "*TCAM*.2CL")
    text = path.read_text()
    assert "<offset" in text
    path.write_text(text.replace('<offset unit="byte">0<', '<offset unit="byte">nought<'))
    assert scored(copy)["Level-2 frames unreadable"].measured == 1


def test_a_level_2_frame_removed_whole_is_missing(copy):
    for path in (copy / "archive" / archive.LEVEL2).glob("*LCAM-1-0000*"):
        path.unlink()
    rows = scored(copy)
    assert rows["Level-2 frames missing"].measured == 1
    assert rows["Level-2 frames unreadable"].measured == 0


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("release/landing.mp4", ("Footage frames lost", "Footage time error, largest")),
        ("release/landing.csv", ("Footage frames lost", "Footage time error, largest")),
        ("telemetry", ("Altitude error below 100 m, largest",)),
        ("archive/data_derived", ("Panorama frames missing", "Panorama pointing error, rms", HORIZON)),
        ("archive/data_chang_e", ("Level-2 frames missing", "Panorama pointing error, rms")),
        ("archive/data_raw", ("Records lost on the way",)),
    ],
)
def test_a_product_that_should_be_there_and_is_not_is_off(copy, what, names):
    path = copy / what
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    rows = scored(copy)
    assert [rows[name].verdict for name in names] == ["off"] * len(names)


def test_of_all_frames_only_one_is_in_memory_at_a_time(flight, monkeypatch):
    seen, alive = [], []
    read = archive.read

    def watched(label):
        alive.append(sum(ref() is not None for ref in seen))
        frame = read(label)
        seen.append(weakref.ref(frame["dn"].to_numpy()))
        return frame

    monkeypatch.setattr(archive, "read", watched)
    score_flight(flight)
    assert len(alive) == 2 * (len(FILM) + len(POINTINGS))
    assert max(alive) <= 1


# Other missions ------------------------------------------------------------------------------------------------------


def without(camera):
    def change(record):
        record["mission"]["lander"]["instruments"].remove(camera)
        record["observations"] = [o for o in record["observations"] if o["instrument"] != camera]

    return change


@pytest.mark.parametrize(
    ("camera", "files", "names"),
    [
        ("lcam", ("release", "archive"), ("First landing-camera frame", "Footage frames lost")),
        (
            "tcam",
            ("archive",),
            ("First panorama frame", "Pointings of the panorama", "Panorama frames missing", HORIZON),
        ),
    ],
)
def test_a_flight_without_a_camera_is_not_blamed_for_its_pictures(copy, camera, files, names):
    rewrite(copy / "truth" / "flight.json", without(camera))
    for path in [p for f in files for p in (copy / f).rglob("*") if camera.upper() in p.name or f == "release"]:
        path.unlink()
    rows = scored(copy)
    assert {rows[name].verdict for name in names} == {"not applicable"}
    assert rows["Records lost on the way"].verdict == rows["Level-2 frames missing"].verdict == "ok"


def test_a_camera_aboard_that_took_nothing_is_not_as_flown(copy):
    def idle(record):
        record["observations"] = [o for o in record["observations"] if o["instrument"] != "tcam"]

    rewrite(copy / "truth" / "flight.json", idle)
    rows = scored(copy)
    assert rows["First panorama frame"].verdict == "off"
    assert rows["Panorama frames missing"].verdict == "not applicable"


def test_a_flight_that_was_never_told_to_report_needs_no_telemetry(copy):
    rewrite(copy / "truth" / "flight.json", lambda record: record["mission"].pop("sequences"))
    shutil.rmtree(copy / "telemetry")
    assert scored(copy)["Altitude error below 100 m, largest"].verdict == "not applicable"


def test_observations_of_instruments_nobody_knows_are_passed_over(copy):
    other = {"instrument": "neutrons", "t": 0.0, "sequence_id": "0001", "index": 0, "kept": True, "traces": 12}
    rewrite(copy / "truth" / "flight.json", lambda record: record["observations"].append(other))
    assert scored(copy)["Records lost on the way"].verdict == "ok"


# Damage --------------------------------------------------------------------------------------------------------------


def test_a_folder_that_is_no_flight_is_refused(tmp_path):
    with pytest.raises(BadInput, match="finished flight"):
        score_flight(tmp_path)
    with pytest.raises(BadInput, match="finished flight"):
        score_flight(tmp_path / "nowhere")


def test_a_flight_under_way_is_to_be_flown_to_its_end_first(copy):
    rewrite(copy / "record.json", lambda record: record.update(status="in progress"))
    with pytest.raises(BadInput, match="'in progress'; expected a flight that is over"):
        score_flight(copy)


DAMAGE = [
    ("record.json", b"{"),
    ("record.json", b"[]"),
    ("record.json", b"{}"),
    ("record.json", b"\xff\xfe"),
    ("truth/flight.json", b"{}"),
    ("truth/flight.json", b"[]"),
    ("truth/flight.json", b""),
    ("truth/flight.json", b"\xff"),
    ("truth/flight.json", None),
    ("truth/descent.npz", b"half a file"),
    ("truth/descent.npz", b""),
    ("truth/descent.npz", None),
    ("truth/relay.npz", b"half a file"),
    ("truth/relay.npz", None),
    ("release/landing.csv", b"time,frame\n1,2\n"),
    ("release/landing.csv", b"utc\nyesterday\n"),
    ("release/landing.csv", b"utc\n\xff\n"),
    ("release/landing.mp4", b"half a film"),
    ("release/landing.mp4", b""),
    ("telemetry/gnc.parquet", b"half a file"),
    ("PANO.json", b'{"attrs": {'),
    ("PANO.json", b"[]"),
    ("PANO.json", b'{"attrs": {"instrument": "tcam", "lander_attitude": [1, 2]}}'),
    ("PANO.tif", b"half a file"),
    ("PANO.tif", b""),
    ("PANO.tif", None),
    ("relief.json", b"{}"),
    ("heights.npy", b""),
    ("heights.npy", None),
]


@pytest.mark.parametrize(("what", "content"), DAMAGE, ids=[f"{what}-{content}"[:60] for what, content in DAMAGE])
def test_what_is_damaged_is_named_in_one_line(copy, monkeypatch, capsys, what, content):
    path = copy / what
    if not path.exists():
        start, ending = what.rsplit(".", 1)
        path = one(copy, f"*{start}*.{ending}")
    path.unlink() if content is None else path.write_bytes(content)
    monkeypatch.setattr(sys, "argv", ["farside", "score", str(copy)])
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr()
    assert end.value.code not in (0, None)
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert (path.parent if "stages" in path.parts else path).name in line


def test_a_truth_record_says_which_of_its_values_is_wrong(copy):
    rewrite(copy / "truth" / "flight.json", lambda record: record["touchdown"].update(utc="teatime"))
    with pytest.raises(DamagedFile, match=r"touchdown\.utc: .*teatime"):
        score_flight(copy)
    rewrite(copy / "truth" / "flight.json", lambda record: record["touchdown"].update(utc="2019-01-03T02:26:20Z"))
    rewrite(copy / "truth" / "flight.json", lambda record: record["observations"][0].pop("sun"))
    with pytest.raises(DamagedFile, match=r"lcam: 0\.sun: Field required"):
        score_flight(copy)


def test_a_trajectory_without_an_array_is_damaged(copy):
    path = copy / "truth" / "descent.npz"
    with np.load(path) as arrays:
        rest = {name: arrays[name] for name in arrays if name != "mass_kg"}
    np.savez(path, **rest)
    with pytest.raises(DamagedFile, match="mass_kg"):
        score_flight(copy)
    np.savez(path, **rest, mass_kg=np.ones(3))
    with pytest.raises(DamagedFile, match="different lengths"):
        score_flight(copy)
