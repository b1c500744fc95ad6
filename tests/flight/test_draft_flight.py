"""The draft mission, flown once: its products against the truth, its bytes against the ledger."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from shadow_oracle import view_of

from farside import archive, products
from farside.flight import solve_halo
from farside.geometry import Pose, Site, azel, utc_to_t
from farside.instruments import names, unpack
from farside.instruments.gnc import PHASES
from farside.moon import Relief
from farside.payload import Scene, observe
from farside.twin import load_mission

pytestmark = pytest.mark.xdist_group("flight")


@pytest.fixture(scope="module")
def relief(flight) -> Relief:
    (folder,) = (flight.folder / "stages" / "relief").glob("*/*")
    return Relief.load(folder)


@pytest.fixture(scope="module")
def panorama(flight):
    return archive.read_layers(flight.products["tcam-panorama"])


def test_nothing_in_the_score_is_off(flight):
    off = [f"{row.name}: {row.shown}, expected {row.expected}" for row in flight.score().rows if row.verdict == "off"]
    assert off == []


def test_every_byte_generated_was_delivered_and_is_the_same_byte(flight):
    record = flight.record
    assert record["status"] == "complete"
    assert record["balance"]["closes"]
    assert record["balance"]["generated"] == record["balance"]["delivered"] > 0
    assert all(row["intact"] for row in record["ledger"])
    received = {hashlib.sha256(p.read_bytes()).hexdigest() for p in (flight.folder / "received").iterdir()}
    records = [row for row in record["ledger"] if row["name"].split("-")[0] in names()]
    assert received == {row["sha256"] for row in records}
    assert {row["name"].split("-")[0] for row in records} == set(names())
    assert sum(row["name"].startswith(("lcam-", "tcam-0004")) for row in records) == 24 + 60


def test_nothing_travels_faster_than_light_or_the_link(flight):
    for row in flight.record["ledger"]:
        if row["source"].startswith("ipn:10.") and row["destination"].startswith("ipn:40."):
            took = row["delivered_s"] - row["generated_s"]
            assert took >= 1.5 + row["octets"] * 8 / 555_000


def test_the_panorama_command_took_the_125_bit_forward_link(flight, truth):
    sent = next(e["t"] for e in truth["events"] if e["what"] == "sequence sent: panorama A")
    aboard = next(e["t"] for e in truth["events"] if e["what"] == "sequence aboard: panorama A")
    row = next(row for row in flight.record["ledger"] if row["destination"] == "ipn:10.3")
    assert aboard - sent > row["octets"] * 8 / 125
    assert aboard < utc_to_t("2019-01-06T03:34:01Z")


def test_the_received_frame_is_what_the_camera_saw(flight, truth, relief):
    """Rendered again from the truth alone, a frame differs from the received one by no more than its compression."""
    views = [view_of(o) for o in truth["observations"] if o["instrument"] == "lcam"]
    scene = Scene.build(relief)  # without rocks: they are no more than specks from this height
    records = [unpack(p.read_bytes()) for p in (flight.folder / "received").iterdir()]
    for view in (views[0], views[4], views[8]):
        seen = next(r for r in records if r.attrs["instrument"] == "lcam" and r.attrs["index"] == view.index)
        again = observe(scene, view)["dn"].to_numpy().astype(float)
        error = again - seen["dn"].to_numpy()
        assert np.sqrt(np.mean(error**2)) < 6.0
        assert again.std() > 5.0  # there is something to compare


def test_the_panorama_shows_the_true_horizon(truth, panorama, relief):
    """Where ground meets sky, the mosaic shows it where the terrain has it: pointing and levelling."""
    grid = products.grid_of(panorama)
    light = panorama["image"].to_numpy().sum(axis=2)
    lander = truth["touchdown"]["pose"]
    pose = Pose.of(np.array(lander["position"]), np.array(lander["rotation"]))
    eye = pose.apply(np.array(panorama.attrs["eye_m"]))
    misses = []
    for column in range(4, grid.width, 29):
        sky_to_ground = light[:, column].astype(float)
        first = int(np.flatnonzero(sky_to_ground > 0.0)[0])
        half = 0.5 * sky_to_ground[first + 4]
        k = first + int(np.flatnonzero(sky_to_ground[first:] > half)[0])
        edge = k - (sky_to_ground[k] - half) / (sky_to_ground[k] - sky_to_ground[k - 1])
        az, el = grid.azel(float(column), edge)
        s = np.geomspace(20.0, 200_000.0, 6000)
        x, y = eye[0] + s * np.sin(az), eye[1] + s * np.cos(az)
        true = np.arctan2(relief.height(x, y) - eye[2], s).max()
        misses.append(np.degrees(el - true))
    pixel = grid.scale_deg
    assert abs(np.median(misses)) < 0.5 * pixel
    assert np.percentile(np.abs(misses), 80) < 1.5 * pixel


def test_the_rover_stands_where_the_panorama_shows_it(truth, panorama):
    """The rover's shadowed, blue and gold shape breaks the ground's even brightness in its true direction."""
    view = view_of(next(o for o in truth["observations"] if (o["instrument"], o["sequence_id"]) == ("tcam", "0004")))
    assert view.rover is not None
    lander = truth["touchdown"]["pose"]
    eye = Pose.of(np.array(lander["position"]), np.array(lander["rotation"])).apply(np.array(panorama.attrs["eye_m"]))
    az, el = azel(view.rover.apply(np.array([0.0, 0.0, 0.6])) - eye)
    grid = products.grid_of(panorama)
    column, row = (round(float(c)) for c in grid.pixel(az, el))
    image = panorama["image"].to_numpy().sum(axis=2).astype(float)
    half = round(np.degrees(0.5 / np.hypot(*(view.rover.p - eye)[:2])) / grid.scale_deg)
    columns = np.arange(column - half, column + half + 1) % grid.width
    there = image[row - half : row + half + 1][:, columns]
    beside = image[row - half : row + half + 1][:, (columns + 6 * half) % grid.width]
    assert there.std() / there.mean() > 3.0 * beside.std() / beside.mean()


def test_sun_in_the_labels_is_the_sun_of_the_real_image_143(flight):
    """Our first panorama frame, labelled for the real one's time by the same code, gives the real label's Sun."""
    frame = archive.read(next((flight.folder / "archive").rglob("*TCAM-I-002*.2CL")))
    again = products.calibrate(
        unpack(
            next(
                p.read_bytes()
                for p in (flight.folder / "received").iterdir()
                if (a := unpack(p.read_bytes()).attrs)["instrument"] == "tcam" and a["index"] == 2
            )
        ).assign_attrs(start_utc="2019-01-11T19:57:09.000Z", stop_utc="2019-01-11T19:57:09.000Z"),
        load_mission("chang-e-4").place(),
    )
    assert frame.attrs["lander_lat_deg"] == pytest.approx(-45.4446)
    assert again.attrs["sun_incidence_deg"] == pytest.approx(72.938297, abs=0.005)
    assert again.attrs["sun_azimuth_deg"] == pytest.approx(288.443746, abs=0.005)


def test_telemetry_on_earth_tells_the_descent(flight):
    gnc = archive.read_telemetry(flight.folder / "telemetry", "gnc")
    descent = np.load(flight.folder / "truth" / "descent.npz")
    during = gnc["t"] < descent["t"][-1]
    true = np.interp(gnc["t"][during], descent["t"], descent["altitude_m"])
    assert np.abs(gnc["altitude_m"][during] - true).max() < 0.005 * 15_000
    assert set(PHASES) == {PHASES[k] for k in np.unique(gnc["phase"].astype(int))}
    assert np.all(np.diff(gnc["t"]) > 0)


def test_the_footage_has_every_frame(flight):
    import av

    with av.open(str(flight.products["landing-footage"])) as film:
        frames = [frame.to_ndarray(format="gray") for frame in film.decode(video=0)]
    assert len(frames) == 24
    assert min(frame.std() for frame in frames) > 2.0


def test_the_gallery_is_finished_and_whole(flight):
    shown = (flight.folder / "release" / "flight.js").read_text()
    content = json.loads(shown[shown.index("{") : shown.rindex(")")])
    assert content["finished"]
    assert len(content["panoramas"]) == 1
    assert content["footage"]["readings"][-1]["altitude_m"] == 0.0
    assert [e["name"] for e in content["events"]].count("Touchdown") == 1
    assert all(check["verdict"] != "off" for check in content["checks"])


def test_the_panorama_can_be_zoomed_to_its_own_pixels_and_says_how_wrong_it_is(flight):
    text = (flight.folder / "release" / "flight.js").read_text()
    (panorama,) = json.loads(text[text.index("{") : text.rindex(")")])["panoramas"]
    tiles, record = panorama["tiles"], archive.read_layers(flight.products["tcam-panorama"])
    assert (tiles["height"], tiles["width"]) == record["image"].shape[:2]
    largest = flight.folder / "release" / tiles["folder"] / str((tiles["width"] - 1).bit_length())
    columns, rows = (-(-tiles[side] // tiles["tile"]) for side in ("width", "height"))
    assert len(list(largest.glob(f"*_*.{tiles['format']}"))) == columns * rows
    assert "±" in panorama["error"]


def test_every_desk_has_its_page_with_findings_and_charts(flight):
    release = flight.folder / "release"
    for desk in products.DESKS:
        assert (release / f"{desk.name}.html").is_file()
        page = json.loads(re.fullmatch(r'farside\("page", (.*)\)\s*', (release / f"{desk.name}.js").read_text())[1])
        assert page["findings"], desk.name
        assert page["charts"] or desk.name not in ("lander", "rover", "relay", "biosphere")


def test_products_do_not_need_the_truth(flight, tmp_path):
    """Archive and telemetry alone, copied away from the truth, give the panorama again, to the last bit."""
    for part in ("archive", "telemetry"):
        shutil.copytree(flight.folder / part, tmp_path / part)
    frames = [archive.read(p) for p in sorted((tmp_path / "archive").rglob("*TCAM*_0004_A.2CL"))]
    gnc = archive.read_telemetry(tmp_path / "telemetry", "gnc")
    before = gnc["quaternion"][gnc["t"] < utc_to_t(frames[0].attrs["start_utc"])][-1]
    attitude = Rotation.from_quat(before.astype(float), scalar_first=True).as_matrix()
    first = archive.read_layers(flight.products["tcam-panorama"])
    again = products.panorama(frames, attitude)
    np.testing.assert_array_equal(again["image"], first["image"])


def test_site_frame_and_label_agree_on_where_it_landed(flight, truth):
    site = Site(**truth["site"])
    lat, lon, height = site.geodetic(np.array(truth["touchdown"]["pose"]["position"]))
    assert (float(lat), float(lon)) == pytest.approx((-45.4446, 177.5991), abs=2e-5)
    assert float(height) == pytest.approx(-5935.0, abs=25.0)


def test_the_front_page_begins_with_lander_and_rover_as_they_photographed_each_other(flight):
    text = (flight.folder / "release" / "flight.js").read_text()
    shown = json.loads(text[text.index("{") : text.rindex("}") + 1])["pictures"][:2]
    for picture, camera in zip(shown, ("lander's terrain camera", "rover's panoramic camera"), strict=True):
        assert camera in picture["caption"]
    assert all((flight.folder / "release" / picture["src"]).is_file() for picture in shown)


def test_the_relays_orbit_lies_beside_the_gallery_as_the_flight_used_it(flight):
    release = flight.folder / "release"
    assert (release / "orbit.html").is_file()
    assert '"href":"orbit.html"' in (release / "flight.js").read_text()
    shown = json.loads(re.fullmatch(r'farside\("orbit", (.*)\)\s*', (release / "orbit.js").read_text())[1])
    (relay,) = shown["orbits"]
    path = 1e3 * np.frombuffer(base64.b64decode(relay["path"]), "<f4").reshape(-1, 3)
    spec = load_mission("chang-e-4").relay.orbit
    orbit = solve_halo(spec.epoch_utc, spec.revolutions, spec.z_amplitude_km)
    t = utc_to_t(shown["start_utc"]) + shown["step_s"] * np.arange(shown["count"])
    assert np.abs(path - orbit.position(t)).max() < 0.01  # km: float32
    passes = nearest_passes(t, path)
    assert len(passes) > 1
    assert relay["period_s"] == pytest.approx(np.diff(passes).mean(), abs=3600.0)
    always = np.arange(orbit.start, orbit.stop, 600.0)  # single revolutions take 13.6 to 15.9 days
    whole = np.diff(nearest_passes(always, orbit.position(always)))
    assert whole.mean() / 86_400.0 == pytest.approx(14.8, abs=0.05)
    assert whole.min() - 3600.0 < relay["period_s"] < whole.max() + 3600.0


def nearest_passes(t, path):
    """Times at which a path (n, 3) about the Moon is nearest to it."""
    r = np.linalg.norm(path, axis=1)
    return t[1:-1][(r[1:-1] <= r[:-2]) & (r[1:-1] < r[2:])]
