"""The colour chart as the terrain camera's desk gets it: as a calibration frame, or in its pictures."""

import numpy as np
import pytest
from PIL import Image

from farside import archive
from farside.geometry import Pose, Site, utc_to_t
from farside.instruments import point_at, targets
from farside.payload import Scene, View, observe
from farside.products import Bench, calibrate
from farside.products.portrait.picture import write_portrait
from farside.products.tcam import TcamDesk
from farside.sky import sun_direction
from farside.work import Pool

LANDER = Site(-45.4446, 177.5991)
UTC = "2019-01-11T03:40:36.000Z"


class Level:
    """Level ground."""

    heights = (np.zeros((65, 65), np.float32),)
    posts_m = (0.25,)
    albedo = (np.ones((65, 65), np.float32),)


@pytest.fixture(scope="module")
def raw():
    """Counts of one frame of the chart on the lander, which loses nothing on its way."""
    sun = sun_direction(LANDER, np.array([utc_to_t(UTC)]))[0]
    view = View(
        instrument="tcam", t=utc_to_t(UTC), start_utc=UTC, index=90, sequence_id="0090", binning=8,
        lander=Pose.of(np.zeros(3), np.eye(3)), rover=None, mast_deg=point_at("tcam", np.array(targets().chart.at_m)),
        mast_error_deg=(0.05, -0.05, 0.0), sun=tuple(float(x) for x in sun), sun_distance_au=0.9834,
        temperature_c=20.0, seed=3, light="chart",
    )  # fmt: skip
    return observe(Scene.build(Level()), view)


@pytest.fixture
def desk(tmp_path):
    folders = [tmp_path / name for name in ("archive", "release", "browse")]
    for folder in folders:
        folder.mkdir()
    return TcamDesk(Bench(*folders, LANDER, Pool(1), lambda table: None))


def test_a_calibration_frame_of_the_chart_tells_the_white_balance(desk, raw):
    assert desk.take(raw) is None
    report = desk.finish()
    assert set(report.products) == {"tcam-chart", "tcam-chart-picture"}
    columns, attrs = archive.read_table(report.products["tcam-chart"])
    assert len(columns["patch"]) == attrs["chart_patches"] == 24
    assert attrs["white_balance"] == pytest.approx([1.0, 1.0, 1.0], abs=0.02)  # the twin's bands are the published ones
    assert columns["ciede2000"].mean(axis=0).max() < 2.5
    assert [finding.name for finding in report.findings] == ["White balance by the chart", "Colours of the chart"]
    assert report.stills[0].path.stat().st_size > 10_000


def test_pictures_of_a_camera_with_wrong_bands_have_the_charts_colours(desk, raw, tmp_path):
    """A portrait in whose frames the chart is: it tells the matrix, and grey is grey in the picture."""
    gains = np.array([1.15, 1.0, 0.8])
    frame = calibrate(raw.drop_attrs().assign_attrs({k: v for k, v in raw.attrs.items() if k != "light"}), LANDER)
    wrong = np.rint(frame["dn"].to_numpy() * gains * 0.8).clip(0, 255).astype(np.uint8)
    desk.take(frame.assign(dn=(frame["dn"].dims, wrong)))
    report = desk.finish()
    whole = archive.read_layers(report.products["tcam-portrait-0090"])
    assert whole.attrs["colour_from"] == "chart"
    assert whole.attrs["white_balance"] == pytest.approx(gains, rel=0.03)
    told = tint(report.products["tcam-portrait-0090-picture"])
    del whole.attrs["colour_matrix"]
    assert told < 25.0 < 35.0 < tint(write_portrait(whole, tmp_path / "published.jpg"))


def tint(path):
    """How far red, green and blue of the grey deck are apart in a picture, of 255."""
    picture = np.asarray(Image.open(path), float)
    return np.ptp(np.median(picture[picture.shape[0] // 2 :].reshape(-1, 3), axis=0))
