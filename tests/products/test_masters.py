"""Calibration frames on the ground: master darks and flats, hot pixels, and the way from radiance to radiance."""

import json

import numpy as np
import painted_world as world
import pytest

from farside import archive
from farside.instruments import load, observation
from farside.payload.camera.detector import dark_pattern, sensitivity
from farside.payload.camera.optics import band_pattern, electron_rate
from farside.payload.camera.sensor import expose
from farside.products import Bench, calibrate
from farside.products.flat import lens_falloff
from farside.products.lcam import LcamDesk
from farside.products.masters import Masters, clipped_mean, master_dark, master_flat, mend
from farside.products.portrait import PcamDesk
from farside.products.rover import RoverDesk
from farside.products.tcam import TcamDesk
from farside.work import Pool

SEED, WARM_C, BINNING = 7, 21.0, 2


def shot(name, radiance, index=0, binning=1, told_ms=None, light=None, temperature_c=WARM_C):
    """A level-1 frame of radiance, one number or (line, sample)."""
    camera = load(name)
    model = camera.camera(binning)
    even = np.broadcast_to(np.asarray(radiance, np.float32), (model.height, model.width)).copy()
    dn, exposure_ms = expose(even, camera, binning, temperature_c, SEED, light, index, told_ms=told_ms)
    mast = {"mast_yaw_deg": -172.0, "mast_pitch_deg": -30.0} if camera.on_mast and not light else {}
    return observation(
        dn, instrument=name, mode=camera.mode, index=index, sequence_id="0004", level="1", bits=camera.detector.bits,
        start_utc="2019-01-11T19:57:09.000Z", stop_utc="2019-01-11T19:57:09.010Z", exposure_ms=exposure_ms,
        exposure_mode="AUTOMATIC", binning=binning, bayer=camera.detector.bayer, temperature_c=temperature_c,
        compression_ratio=1.0, **mast, **({"light": light} if light else {}),
    )  # fmt: skip


def darks(name, count, **more):
    return [shot(name, 0.0, k, light="dark", **more) for k in range(count)]


def flats(name, count, **more):
    return [shot(name, load(name).flat_radiance, 2 + k, light="flat", **more) for k in range(count)]


@pytest.fixture(scope="module")
def tcam():
    """Masters of the terrain camera."""
    dark = master_dark(darks("tcam", 4, binning=BINNING))
    return Masters(dark, master_flat(flats("tcam", 6, binning=BINNING), dark))


def test_read_noise_is_what_two_darks_differ_by():
    d = load("tcam").detector
    a, b = (f["dn"].to_numpy().astype(float) for f in darks("tcam", 2, told_ms=1.0))
    good = dark_pattern(load("tcam"), 1, SEED) < 10.0
    variance = (a - b)[good].var() / 2
    shot_noise = d.dark(WARM_C) * 1e-3 / d.gain_e_per_dn**2
    found = np.sqrt(variance - shot_noise - 1 / 12) * d.gain_e_per_dn
    assert found == pytest.approx(d.read_noise_e, rel=0.01)


def test_dark_signal_is_what_longer_darks_have_more():
    d = load("tcam").detector
    short, long = (master_dark(darks("tcam", 2, told_ms=ms)) for ms in (1.0, 200.0))
    good = dark_pattern(load("tcam"), 1, SEED) < 10.0
    counts = long.rate[good].mean(dtype=float) * 0.2 - short.rate[good].mean(dtype=float) * 1e-3
    mean = d.dark(WARM_C) * dark_pattern(load("tcam"), 1, SEED)[good].mean(dtype=float)
    assert counts / 0.199 * d.gain_e_per_dn == pytest.approx(mean, rel=0.01)


def test_a_master_knows_each_pixels_dark_signal(tcam):
    camera = load("tcam")
    d = camera.detector
    true = d.dark(WARM_C) * dark_pattern(camera, BINNING, SEED) / d.gain_e_per_dn
    noise = np.hypot(d.read_noise_e / d.gain_e_per_dn / BINNING, 0.29) / np.sqrt(4) / 0.2
    off = (tcam.dark.rate - true)[~tcam.dark.hot]
    assert off.mean(dtype=float) == pytest.approx(0.0, abs=0.05)
    assert off.std() == pytest.approx(noise, rel=0.25)
    assert (tcam.dark.exposure_ms, tcam.dark.temperature_c) == (200.0, WARM_C)


def test_hot_pixels_are_found_and_few_others(tcam):
    camera = load("tcam")
    true = dark_pattern(camera, BINNING, SEED) > 20.0
    assert (tcam.dark.hot & true).sum() == true.sum()
    assert (tcam.dark.hot & ~(dark_pattern(camera, BINNING, SEED) > 1.4)).mean() < 2e-6


def test_a_binned_dark_has_no_hot_pixels_by_rounding():
    hot = master_dark(darks("tcam", 2, binning=8)).hot
    assert 0 < hot.mean() < 8 * 8 * 2 * load("tcam").detector.hot_share


def test_a_master_flat_is_lens_and_pixels(tcam):
    camera = load("tcam")
    true = lens_falloff(camera.camera(BINNING)) * sensitivity(camera, BINNING, SEED)
    off = tcam.flat.relative[~tcam.dark.hot] / true[~tcam.dark.hot]
    assert off.mean(dtype=float) == pytest.approx(1.0, abs=5e-4)
    assert off.std() < 0.004  # six frames of 200 to 1 (blue: 120 to 1); bins of pixels differ by 0.005


def test_frames_of_one_size_with_a_flash_in_one_have_the_mean_of_the_others():
    rng = np.random.default_rng(2)
    stack = [rng.normal(40.0, 1.0, (40, 50)).astype(np.float32) for _ in range(5)]
    calm = np.mean(stack[:4], axis=0)
    stack[4][10, 20] = 900.0
    mean = clipped_mean(stack)
    assert mean[10, 20] == pytest.approx(calm[10, 20], rel=1e-6)
    assert np.delete(mean.ravel(), 10 * 50 + 20) == pytest.approx(
        np.delete(np.mean(stack, axis=0).ravel(), 10 * 50 + 20), rel=1e-3
    )


def test_bad_pixels_get_the_median_of_good_neighbours_of_their_colour():
    image = np.tile(np.array([[10.0, 20.0], [30.0, 40.0]], np.float32), (6, 6))
    bad = np.zeros(image.shape, bool)
    expected = image.copy()
    for place in ((4, 4), (4, 6), (0, 0), (11, 11), (5, 4)):
        bad[place] = True
        image[place] = 999.0
    mend(image, bad, 2)
    assert np.array_equal(image, expected)


def test_a_bad_pixel_without_a_good_neighbour_is_left():
    image = np.full((3, 3), 5.0, np.float32)
    mend(image, np.ones((3, 3), bool), 1)
    assert np.array_equal(image, np.full((3, 3), 5.0))


def scenery(name, binning):
    """Radiance that rises from left to right, with a slow wave from top to bottom."""
    model = load(name).camera(binning)
    y, x = np.mgrid[0 : model.height, 0 : model.width]
    return (6.0 + 34.0 * x / model.width) * (1.0 + 0.2 * np.sin(9.0 * y / model.height))


def biases(name, masters, binning):
    """Per cent by which radiance from level 2 is off, of all pixels and the worst tenth by brightness; its noise."""
    camera = load(name)
    d, truth = camera.detector, scenery(name, binning)
    raw = shot(name, truth, 9, binning)
    level = calibrate(raw, world.LANDER, masters)
    share = level["dn"].to_numpy().astype(float) / (2 ** int(level.attrs["bits"]) - 1)
    pattern = np.tile(band_pattern(camera), (truth.shape[0] // 2 + 1, truth.shape[1] // 2 + 1))
    pattern = pattern[: truth.shape[0], : truth.shape[1]]
    if share.ndim == 3:
        share = np.take_along_axis(share, pattern[..., None], axis=2)[..., 0]
    if level.attrs["level"] == "2A":
        share = share / lens_falloff(camera.camera(binning))
    unit = (d.full_scale - d.bias_dn) * d.gain_e_per_dn
    light = share * unit / (electron_rate(camera)[pattern] * raw.attrs["exposure_ms"] * 1e-3)
    use = level["dn"].to_numpy().reshape(*truth.shape, -1).max(axis=2) < 2 ** int(level.attrs["bits"]) - 1
    light, truth = light[use], truth[use]
    tenths = [abs(light[k].sum() / truth[k].sum() - 1) for k in np.array_split(np.argsort(truth, kind="stable"), 10)]
    return 100 * abs(light.sum() / truth.sum() - 1), 100 * max(tenths), float(np.std(light / truth))


def test_radiance_comes_back_with_and_without_masters(tcam):
    without, worst, noise = biases("tcam", Masters(), BINNING)
    with_them, worst_with, noise_with = biases("tcam", tcam, BINNING)
    assert max(without, with_them) < 0.1
    assert max(worst, worst_with) < 0.5
    assert noise_with < noise


@pytest.mark.parametrize("name", ["lcam", "pcaml"])
def test_radiance_comes_back_from_other_levels(name):
    dark = master_dark(darks(name, 2, binning=2))
    for masters in (Masters(), Masters(dark, master_flat(flats(name, 3, binning=2), dark))):
        whole, worst, _ = biases(name, masters, 2)
        assert whole < 0.2
        assert worst < 0.5


def test_hot_pixels_are_gone_from_level_2(tcam):
    camera = load("tcam")
    raw = shot("tcam", 2.0, 3, BINNING, told_ms=60.0)
    hot = dark_pattern(camera, BINNING, SEED) > 20.0
    assert hot.sum() > 100
    plain, mended = (calibrate(raw, world.LANDER, m)["dn"].to_numpy().astype(int) for m in (Masters(), tcam))
    usual = np.median(mended, axis=(0, 1))
    assert (plain[hot] - usual).max() > 18
    assert np.abs(mended[hot] - usual).max() < 9


def test_a_shorter_dark_gives_its_mean_alone():
    """Scaled up, its noise would be in every frame."""
    raw = shot("tcam", 8.0, 3, BINNING, told_ms=60.0)
    short = Masters(master_dark(darks("tcam", 2, binning=BINNING, told_ms=1.0)))
    noise = [calibrate(raw, world.LANDER, m)["dn"].to_numpy()[400:500, 500:600].std() for m in (Masters(), short)]
    assert noise[1] == pytest.approx(noise[0], rel=0.02)


def test_a_master_from_the_cold_knows_the_warm():
    cold = Masters(master_dark(darks("tcam", 2, binning=4, temperature_c=10.0)))
    raw = shot("tcam", 0.0, 3, binning=4, told_ms=200.0, temperature_c=40.0)
    dn = calibrate(raw, world.LANDER, cold)["dn"].to_numpy()
    # 16 times as much dark signal, 39 DN of 10 bits
    assert np.quantile(dn, 0.999) <= 2
    assert int(dn.max()) < 40  # lukewarm pixels that do not stand out of the cold


# Desks ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def bench(tmp_path):
    for folder in ("archive", "release", "browse"):
        (tmp_path / folder).mkdir()
    return Bench(
        tmp_path / "archive", tmp_path / "release", tmp_path / "browse", world.LANDER, Pool(1), lambda table: None
    )


@pytest.mark.parametrize(
    ("kind", "name"), [(LcamDesk, "lcam"), (TcamDesk, "tcam"), (PcamDesk, "pcaml"), (RoverDesk, "navcaml")]
)
def test_desks_put_calibration_frames_aside(kind, name, bench):
    desk = kind(bench)
    chart = shot(name, 20.0, 5, 16, light="chart")
    frames = [*darks(name, 2, binning=16), *flats(name, 2, binning=16), chart]
    assert [desk.take(frame) for frame in frames] == [None] * 5
    report = desk.finish()
    assert not report.products
    assert not report.stills
    kept = archive.labels(bench.archive / archive.RAW)
    assert sorted(archive.read(path).attrs["light"] for path in kept) == ["chart", "dark", "dark", "flat", "flat"]
    assert not (bench.archive / archive.LEVEL2).exists()


def test_scenery_after_them_is_calibrated_with_masters_and_says_so(bench):
    desk = TcamDesk(bench)
    desk.take(shot("tcam", 20.0, 10, 16))
    for frame in (*darks("tcam", 2, binning=16), *flats("tcam", 2, binning=16)):
        desk.take(frame)
    desk.take(shot("tcam", 20.0, 11, 16))
    desk.take(shot("tcam", 20.0, 12, 12))  # another size: no masters
    said = {
        frame.attrs["index"]: json.loads(frame.attrs["provenance"])["inputs"]
        for frame in (calibrated(desk, index) for index in (10, 11, 12))
    }
    assert {index: len(inputs) for index, inputs in said.items()} == {10: 1, 11: 5, 12: 1}
    assert {one["product"].split("_")[2] for one in said[11]} == {f"TCAM-I-{n:03d}" for n in (0, 1, 2, 3, 11)}


def calibrated(desk, index):
    """The frame as the desk calibrates it (labels do not carry provenance)."""
    binning = 12 if index == 12 else 16
    raw = shot("tcam", 20.0, index, binning)
    return calibrate(raw, world.LANDER, desk._shelf.masters(raw) if index > 10 else Masters())
