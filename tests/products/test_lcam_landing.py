"""What a landing film tells: an analytic descent over painted ground, from frames to maps and films."""

import csv
import json

import av
import cv2
import numpy as np
import pytest
import rasterio
from painted_ground import BINNING, SHAPE, START, Ground, frame, picture
from scipy.spatial.transform import Rotation

from farside import archive
from farside.errors import BadInput, DamagedFile
from farside.geometry import Azimuthal, Site
from farside.instruments import camera_pose, load
from farside.instruments.gnc import PHASES
from farside.products.lcam import Wishes, footage
from farside.products.lcam.ortho import Sheet
from farside.products.lcam.place import find_in_map
from farside.products.lcam.plane import calibration, ground_to_pixels
from farside.products.lcam.relief_map import relief_map
from farside.products.lcam.sight import Sight, posts
from farside.products.lcam.trajectory import expected

K = calibration(load("lcam").camera(BINNING))
MOUNT, CENTRE = camera_pose("lcam")
SITE = Site(-45.4446, 177.5991)
REST_S, FRAMES = 20.0, 19
GROUND = Ground(shortest=0.15, longest=30.0, count=260, seed=3)


def lander(t):
    """It comes straight down from 86 m, drifts a little, and rests at 20 s."""
    left = np.maximum(REST_S - np.asarray(t, float), 0.0)
    place = np.column_stack([0.01 * left**2, -0.006 * left**2, 0.19 * left**2 + 0.5 * left])
    turned = Rotation.from_rotvec(np.column_stack([0 * left, 0 * left, np.full_like(left, 0.5)]))
    return place, turned.as_matrix()


def eye(t):
    place, axes = lander(np.atleast_1d(t))
    return (place + axes @ CENTRE)[0], (axes @ MOUNT)[0]


def telemetry():
    t = np.arange(0.0, REST_S + 4.0)
    place, axes = lander(t)
    velocity = (lander(t + 1e-4)[0] - lander(t - 1e-4)[0]) / 2e-4
    velocity[t >= REST_S] = 0.0
    landed, flying = PHASES.index("landed"), PHASES.index("slow descent")
    return {
        "t": START + t, "altitude_m": place[:, 2], "velocity_mps": velocity, "position_m": place,
        "quaternion": Rotation.from_matrix(axes).as_quat(scalar_first=True),
        "phase": np.where(t >= REST_S, landed, flying),
    }  # fmt: skip


def shot(seconds, k):
    p, r = eye(seconds + 1e-3)
    to_ground = np.linalg.inv(ground_to_pixels(K, p, r))
    taken = frame(picture(GROUND.sharper(p[2] / K[0, 0]), to_ground, seed=k), seconds, k)
    taken.attrs["stop_utc"] = taken.attrs["start_utc"]
    return taken


@pytest.fixture(scope="module")
def frames():
    """Denser towards the ground, as heights go."""
    left = REST_S * 0.86 ** np.arange(FRAMES)
    return [shot(round(REST_S - s, 3), k) for k, s in enumerate(left)]


@pytest.fixture(scope="module")
def made(frames, tmp_path_factory):
    out = tmp_path_factory.mktemp("landing")
    return footage(frames, out, telemetry(), SITE, Wishes(overlay=True, derived=out / "derived")), out


def said(report, name):
    return next(f for f in report.findings if f.name == name)


def test_way_down_comes_back_within_its_errors(made):
    report, _ = made
    columns, attrs = archive.read_table(report.products["landing-way"])
    true = np.array([eye(t)[0] for t in columns["t"] - START])
    sigma = np.sqrt(np.einsum("nii->ni", columns["covariance"].reshape(-1, 6, 6)))[:, :3]
    off = np.abs(columns["position_m"] - true)
    assert len(true) == FRAMES + 1
    assert (off < 3.0 * sigma).mean() > 0.98
    assert np.linalg.norm(off, axis=1).max() < 0.3
    assert attrs["reference_frame"] == "LANDING_ENU"
    assert report.descent.position_m.shape == (FRAMES + 1, 3)
    assert np.allclose(report.descent.landing_covariance_m2, attrs["landing_covariance_m2"])


def test_csv_says_the_same_as_the_table(made):
    report, _ = made
    columns, _ = archive.read_table(report.products["landing-way"])
    with report.products["landing-way-csv"].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["up_m"]) for row in rows] == pytest.approx(columns["position_m"][:, 2])
    assert float(rows[0]["sigma_up_m"]) == pytest.approx(np.sqrt(columns["covariance"][0].reshape(6, 6)[2, 2]))


def test_ortho_image_lies_where_the_ground_is(made):
    report, _ = made
    with rasterio.open(report.products["landing-ortho-20m"]) as file:
        light, sigma = file.read(1), file.read(2)
        assert file.bounds.left == pytest.approx(-10.0)
        assert "Equidistant" in file.crs.to_wkt()
    east, north = posts(20.0 / len(light), len(light))
    truth = GROUND.sharper(20.0 / len(light)).light(east, north)
    inside = np.isfinite(light)
    assert inside.mean() > 0.9
    window = np.s_[40:-40, 40:-40]
    here, there = (cv2.GaussianBlur(np.nan_to_num(a[window]).astype(np.float32), (0, 0), 2.0) for a in (light, truth))
    shift, _ = cv2.phaseCorrelate(here - here.mean(), there - there.mean())
    off = np.hypot(*shift) * 20.0 / len(light)
    assert off < 3.0 * np.nanmedian(sigma) + 0.02
    assert off < 0.1


def test_layers_under_a_label_are_the_same_map(made):
    report, _ = made
    product = archive.read_layers(report.products["ce4_lcam-landing-20m-ortho"])
    with rasterio.open(report.products["landing-ortho-20m"]) as file:
        assert np.array_equal(product["light"], file.read(1), equal_nan=True)
    assert product.attrs["reference_frame"] == "LANDING_ENU"
    assert json.loads(product.attrs["provenance"])["step"] == "landing"


def test_steady_film_holds_the_ground_still(made):
    report, _ = made
    with av.open(str(report.products["landing-steady"])) as film:
        pictures = [f.to_ndarray(format="gray").astype(np.float32) for f in film.decode(video=0)]
    columns, _ = archive.read_table(report.products["landing-way"])
    height = columns["position_m"][columns["frame"] >= 0, 2]
    top = slice(0, SHAPE[0] * 3 // 4)  # the overlay is below
    for k in (2, 8):
        zoom = height[k] / height[k + 1]
        middle = (SHAPE[1] - 1) / 2, (SHAPE[0] - 1) / 2
        closer = cv2.warpAffine(pictures[k], cv2.getRotationMatrix2D(middle, 0.0, zoom), SHAPE[::-1])
        shift, _ = cv2.phaseCorrelate(
            closer[top] - closer[top].mean(), pictures[k + 1][top] - pictures[k + 1][top].mean()
        )
        assert np.hypot(*shift) < 1.0


def test_place_is_named_with_its_frame(made):
    report, _ = made
    place = said(report, "Place on the Moon")
    assert "45.44460° S" in place.value
    assert "MOON_ME" in place.meaning
    assert said(report, "Landing point").error.startswith("±")
    assert "FIRST_FRAME_ENU" in said(report, "Landing point").meaning


def test_without_telemetry_heights_are_shares_of_one_another(frames, tmp_path):
    report = footage(frames, tmp_path)
    ratio = float(said(report, "Height of the first frame that hangs together").value.split()[0].replace(",", ""))
    (curve,) = report.curves
    true = eye(0.0)[0][2] / eye(float(curve.t[-1]) - START)[0][2]
    assert ratio == pytest.approx(true, rel=0.05)
    assert "telemetry" in said(report, "Way down by the film").meaning
    assert {"landing-footage", "landing-steady"} <= report.products.keys()
    assert report.descent is None


@pytest.mark.parametrize("spoil", [
    lambda gnc: {**gnc, "t": gnc["t"] + 1e8},
    lambda gnc: {**gnc, "altitude_m": gnc["altitude_m"] * np.nan},
    lambda gnc: {name: values[:0] for name, values in gnc.items()},
], ids=["of another time", "no numbers", "empty"])  # fmt: skip
def test_telemetry_that_tells_nothing_of_the_film_is_named_and_not_used(frames, tmp_path, spoil):
    report = footage(frames[-4:], tmp_path, spoil(telemetry()), wishes=Wishes(stabilise=False))
    assert said(report, "Telemetry").value == "not used"
    assert "Without telemetry" in said(report, "Way down by the film").meaning


def test_telemetry_in_another_order_is_the_same_telemetry(frames, tmp_path):
    gnc, some = telemetry(), frames[-6:]
    turned = {name: values[::-1] for name, values in gnc.items()}
    one, other = (footage(some, tmp_path / name, told, SITE, Wishes(stabilise=False)) for name, told in
                  (("one", gnc), ("other", turned)))  # fmt: skip
    assert one.findings == other.findings
    assert said(one, "Landing point").value


def test_telemetry_without_a_column_is_refused_by_its_name(frames, tmp_path):
    gnc = telemetry()
    del gnc["phase"]
    with pytest.raises(BadInput, match=r"telemetry: .*phase"):
        footage(frames, tmp_path, gnc)


def test_frames_that_are_lost_are_counted(frames, tmp_path):
    class Shelf:
        def __len__(self):
            return 6

        def __getitem__(self, k):
            if k == 2:
                raise DamagedFile("LCAM-1-0002", "is shorter than its label says")
            return frames[k if k < 4 else k + 3]

    report = footage(Shelf(), tmp_path, wishes=Wishes(stabilise=False))
    assert said(report, "Frames in the film").error == "1 cannot be read, 3 more missing, by their numbers"


def test_a_film_too_thin_says_so(frames, tmp_path):
    report = footage([frames[0], frames[-1]], tmp_path, telemetry(), SITE)
    assert "hang together" in said(report, "Way down by the film").meaning
    with pytest.raises(BadInput):
        footage([], tmp_path)


def test_expectation_of_telemetry_is_where_the_ground_goes():
    expect = expected(telemetry(), load("lcam").camera(BINNING))
    a, b = ground_to_pixels(K, *eye(3.0)), ground_to_pixels(K, *eye(5.0))
    true = b @ np.linalg.inv(a)
    assert np.allclose(expect(START + 3.0, START + 5.0), true / true[2, 2], rtol=1e-3, atol=0.5)


def test_relief_is_found_by_parallax():
    """A dome of 1.5 m, seen from 60 m and 30 m up."""

    def dome(east, north):
        return 1.5 * np.exp(-((east - 4.0) ** 2 + (north + 3.0) ** 2) / 18.0)

    def seen(height, drift):
        p = np.array([drift, 0.0, height])
        r = np.diag([1.0, 1.0, 1.0])
        j, i = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(float)
        rays = np.stack([i, j, np.ones_like(i)], axis=-1) @ np.linalg.inv(K).T
        z = np.zeros(SHAPE)
        for _ in range(30):
            far = (z - p[2]) / rays[..., 2]
            east, north = p[0] + far * rays[..., 0], p[1] + far * rays[..., 1]
            z = dome(east, north)
        light = GROUND.sharper(height / K[0, 0]).light(east, north)
        return Sight(0, light.astype(np.float32), np.ones(SHAPE, np.uint8), K, p, r, 1e-8 * np.eye(6))

    sights = [seen(60.0, 0.0), *(seen(b, 0.5) for b in (24.0, 28.0, 34.0))]
    found = relief_map(sights, [(0, k) for k in (1, 2, 3)], 1e-8 * np.eye(24), 20.0)
    true = dome(*found.places)
    known = np.isfinite(found.height)
    assert known.mean() > 0.7
    off = (found.height - true)[known]
    assert np.sqrt(np.mean(off**2)) < 0.2
    assert np.corrcoef(found.height[known], true[known])[0, 1] > 0.9
    assert (np.abs(off) < 3.0 * found.sigma[known]).mean() > 0.9


def test_landing_point_is_found_in_an_orbital_map(tmp_path):
    """The map sees the ground 120 m away from where the site is thought to be."""
    spacing, count = 4.0, 500
    east, north = posts(spacing, count)
    ground = Ground(shortest=20.0, longest=300.0, seed=8)
    path = tmp_path / "map.tif"
    there = Azimuthal("equidistant", SITE.lat_deg, SITE.lon_deg)
    with rasterio.open(
        path, "w", driver="GTiff", width=count, height=count, count=1, dtype="uint8", crs=there.wkt,
        transform=rasterio.Affine(spacing, 0.0, -1000.0, 0.0, -spacing, 1000.0),
    ) as file:  # fmt: skip
        file.write(ground.light(east - 90.0, north + 80.0).clip(0, 255).astype(np.uint8), 1)
    fine = posts(2.0, 300)
    light = (0.02 * ground.light(*fine)).astype(np.float32)
    sheet = Sheet(2.0, light, np.ones_like(light), np.zeros(light.shape, np.int32), None)
    place = find_in_map([sheet], path, SITE, START)
    x, y = there.xy(*np.radians([place.lat_deg, place.lon_deg]))
    assert (float(x), float(y)) == pytest.approx((90.0, -80.0), abs=2.0)
    assert (np.abs([x - 90.0, y + 80.0]) < 3.0 * place.sigma_m + 0.2).all()
    assert place.correlation > 0.9
    other = Ground(shortest=20.0, longest=300.0, seed=9)
    strange = Sheet(2.0, other.light(*fine).astype(np.float32), sheet.sigma, sheet.source, None)
    with pytest.raises(BadInput, match="correlation"):
        find_in_map([strange], path, SITE, START)
