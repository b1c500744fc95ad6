"""From radiance to counts."""

import numpy as np
import pytest
from scipy import stats

from farside.instruments import load
from farside.instruments.biosphere import camera as biosphere_camera
from farside.payload.camera.detector import dark_pattern, sensitivity
from farside.payload.camera.optics import band_pattern, electron_rate
from farside.payload.camera.sensor import expose

WARM_C = 20.0


def electronics(name, **changes):
    instrument = load(name)
    return instrument.model_copy(update={"detector": instrument.detector.model_copy(update=changes)})


def grey(name, **changes):
    """A camera without filters, fall-off or differences between its pixels."""
    camera = electronics(name, bayer="", prnu=0.0, dsnu=0.0, hot_share=0.0, **changes)
    optics = camera.optics.model_copy(update={"illumination": (0.0,)})
    return camera.model_copy(update={"bands": camera.bands[:1], "optics": optics})


def even(camera, binning, radiance):
    model = camera.camera(binning)
    return np.full((model.height, model.width), radiance, np.float32)


def test_photon_transfer_gives_back_the_gain():
    """Variance of the difference of equal frames against their mean is a line of slope 1 / gain."""
    camera = electronics("tcam", bayer="")
    camera = camera.model_copy(update={"bands": camera.bands[:1]})
    shape = (camera.detector.height, camera.detector.width)
    ramp = np.broadcast_to(np.linspace(1.0, 60.0, 60, dtype=np.float32).repeat(-(-shape[1] // 60))[: shape[1]], shape)
    a, b = (expose(ramp, camera, 1, WARM_C, 5, frame)[0].astype(float) for frame in (1, 2))
    mean, variance = [], []
    for level in np.unique(ramp[0])[1:]:
        at = ramp[0] == level
        mean.append((a[:, at] + b[:, at]).mean() / 2)
        variance.append((a[:, at] - b[:, at]).var() / 2)
    slope, offset = np.polyfit(np.array(mean) - camera.detector.bias_dn, variance, 1)
    d = camera.detector
    # the ramp's dimmest levels weigh little: gain to one per cent
    assert 1 / slope == pytest.approx(d.gain_e_per_dn, rel=0.01)
    assert offset == pytest.approx((d.read_noise_e / d.gain_e_per_dn) ** 2 + 1 / 12, abs=0.15)


@pytest.mark.parametrize("electrons", [0.4, 5.0, 300.0, 9000.0])
def test_electrons_follow_poissons_law(electrons):
    """A converter of one electron a count without read noise shows them: variance = mean, and the distribution."""
    camera = grey("tcam", gain_e_per_dn=1.0, bits=15, full_well_e=1e6, read_noise_e=0.0, dark_e_per_s=0.0, bias_dn=0)
    light = even(camera, 1, electrons / electron_rate(camera)[0] / 6e-3)
    dn, _ = expose(light, camera, 1, WARM_C, 5, "x", told_ms=6.0)
    sample = dn.ravel()[:1_000_000].astype(float)
    n = sample.size
    assert sample.mean() == pytest.approx(electrons, abs=5 * np.sqrt(electrons / n))
    # variance of the variance of a Poisson sample: (2 m^2 + m) / n
    assert sample.var() == pytest.approx(electrons, abs=5 * np.sqrt((2 * electrons**2 + electrons) / n))
    levels = np.arange(sample.max() + 1)
    off = np.cumsum(np.bincount(dn.ravel()[:n])) / n - stats.poisson.cdf(levels, electrons)
    assert np.abs(off).max() < 2.0 / np.sqrt(n)


@pytest.mark.parametrize(("name", "binning"), [("lcam", 2), ("tcam", 4), ("navcaml", 2), ("hazcamr", 4)])
def test_counts_are_the_electrons_of_the_scene_over_the_gain(name, binning):
    camera = load(name)
    model, d = camera.camera(binning), camera.detector
    dn, exposure_ms = expose(even(camera, binning, 20.0), camera, binning, WARM_C, 5, "any")
    middle = np.s_[model.height // 2 - 10 : model.height // 2 + 10, model.width // 2 - 10 : model.width // 2 + 10]
    rate = electron_rate(camera)[band_pattern(camera)].mean()
    expected = (20.0 * rate + d.dark_e_per_s) * exposure_ms * 1e-3 / d.gain_e_per_dn + d.bias_dn
    assert dn[middle].mean() == pytest.approx(expected, rel=0.01)


def test_filters_split_equal_radiance_as_the_labels_radiometric_parameters_say():
    camera = load("tcam")
    red, green, blue = electron_rate(camera)
    assert [red / green, red / blue] == pytest.approx(
        [camera.acali[1] / camera.acali[0], camera.acali[2] / camera.acali[0]], rel=0.01
    )
    assert band_pattern(camera).tolist() == [[0, 1], [1, 2]]


@pytest.mark.parametrize("camera", [load("lcam"), load("tcam"), load("pcaml"), load("navcaml"), biosphere_camera()])
def test_the_well_is_full_where_the_converter_ends(camera):
    """Published numbers hang together: full well over the counts above the bias is the gain."""
    d = camera.detector
    assert d.full_well_e / (d.full_scale - d.bias_dn) == pytest.approx(d.gain_e_per_dn, rel=0.03)


def test_signal_to_noise_at_full_scale_is_that_of_pcam():
    """44 dB (Yang 2015): 158 to 1."""
    camera = grey("pcaml")
    d = camera.detector
    dn, _ = expose(even(camera, 1, 24_000.0 / electron_rate(camera)[0] / 6e-3), camera, 1, WARM_C, 5, told_ms=6.0)
    signal, noise = dn.mean() - d.bias_dn, dn.std()
    assert 20 * np.log10(signal / noise) == pytest.approx(44.0, abs=0.4)


def test_exposure_brings_a_grey_scene_to_the_reference_brightness():
    camera = load("lcam")
    dn, _ = expose(even(camera, 2, 20.0), camera, 2, WARM_C, 5, "x")
    assert dn.mean() == pytest.approx(camera.exposure.reference_brightness, rel=0.06)


def test_bright_metal_keeps_the_exposure_short_enough_not_to_saturate():
    camera = load("lcam")
    scene = even(camera, 2, 5.0)
    scene[:60] = 300.0
    dn, _ = expose(scene, camera, 2, WARM_C, 5, "x")
    assert (dn == camera.detector.full_scale).mean() < 1 - camera.exposure.saturation_quantile


@pytest.mark.parametrize(("told", "taken"), [(7.4, 7.0), (7.6, 8.0), (0.1, 1.0), (5000.0, 200.0)])
def test_a_commanded_exposure_is_the_nearest_that_the_camera_has(told, taken):
    camera = load("tcam")
    assert expose(even(camera, 16, 20.0), camera, 16, WARM_C, 5, "x", told_ms=told)[1] == taken


def test_light_beyond_the_well_is_lost():
    camera = grey("tcam", full_well_e=10_000.0)
    d = camera.detector
    dn, _ = expose(even(camera, 4, 5000.0), camera, 4, WARM_C, 5, told_ms=200.0)
    assert dn.mean() == pytest.approx(10_000.0 / d.gain_e_per_dn + d.bias_dn, abs=0.5)


def test_a_dark_frame_is_bias_and_dark_signal_and_noise():
    camera = grey("tcam", dark_e_per_s=5000.0)
    d = camera.detector
    dn, exposure_ms = expose(even(camera, 1, 0.0), camera, 1, WARM_C, 5, "x")
    assert exposure_ms == camera.exposure.max_ms  # in the dark the meter opens the shutter as long as it can
    dark_e = 5000.0 * 0.2
    assert dn.mean() == pytest.approx(d.bias_dn + dark_e / d.gain_e_per_dn, abs=0.01)
    assert dn.var() == pytest.approx((dark_e + d.read_noise_e**2) / d.gain_e_per_dn**2 + 1 / 12, rel=0.01)


def test_warm_detectors_have_more_dark_signal():
    camera = electronics("tcam", dark_e_per_s=2e4, prnu=0.0, hot_share=0.0)
    black = even(camera, 8, 0.0)
    cool, warm = (expose(black, camera, 8, t, 5, "x")[0].mean() - camera.detector.bias_dn for t in (20.0, 27.5))
    assert warm / cool == pytest.approx(2.0, rel=0.01)


def test_pixels_differ_in_dark_signal_as_the_numbers_say():
    camera = electronics("tcam", hot_share=0.0, dsnu=0.1)
    pattern = dark_pattern(camera, 1, 5)
    assert pattern.mean() == pytest.approx(1.0, abs=1e-3)
    assert pattern.std() == pytest.approx(0.1, rel=0.01)
    assert sensitivity(camera, 1, 5).std() == pytest.approx(camera.detector.prnu, rel=0.01)


def test_hot_pixels_stay_where_they_are():
    camera = electronics("tcam", dsnu=0.0)
    d, black = camera.detector, even(camera, 1, 0.0)
    hot = dark_pattern(camera, 1, 5) > 1.0
    assert hot.mean() == pytest.approx(d.hot_share, rel=0.2)
    excess = (dark_pattern(camera, 1, 5)[hot] - 1.0) * d.dark_e_per_s
    assert excess.mean() == pytest.approx(d.hot_e_per_s, rel=0.2)
    assert excess.std() == pytest.approx(d.hot_e_per_s, rel=0.3)  # exponential
    strong = dark_pattern(camera, 1, 5) > 60.0
    first, second = (expose(black, camera, 1, WARM_C, 5, n, told_ms=200.0)[0] for n in (1, 2))
    assert min(first[strong].min(), second[strong].min()) > 100
    assert np.quantile(first[~hot], 0.9999) < 60
    assert not np.array_equal(dark_pattern(camera, 1, 6) > 1.0, hot)
    assert not np.array_equal(dark_pattern(electronics("pcaml", dsnu=0.0), 1, 5) > 1.0, hot)


def test_bins_are_means_of_the_same_pixels():
    camera = load("tcam")
    native, binned = dark_pattern(camera, 1, 5), dark_pattern(camera, 4, 5)
    assert binned[10, 20] == pytest.approx(native[40:44, 80:84].mean(), rel=1e-6)
    assert sensitivity(camera, 4, 5).std() == pytest.approx(camera.detector.prnu / 4, rel=0.02)


def test_binned_pixels_have_the_noise_of_a_mean():
    camera = grey("tcam", dark_e_per_s=0.0)
    d = camera.detector
    electrons = 8000.0
    dn, _ = expose(even(camera, 2, electrons / electron_rate(camera)[0] / 6e-3), camera, 2, WARM_C, 5, told_ms=6.0)
    assert dn.var() == pytest.approx((electrons + d.read_noise_e**2) / 4 / d.gain_e_per_dn**2 + 1 / 12, rel=0.01)


def test_noise_differs_between_frames_and_sensitivities_do_not():
    camera = load("lcam")
    scene = even(camera, 4, 20.0)
    first, second, again = (expose(scene, camera, 4, WARM_C, 5, n)[0].astype(float) for n in (1, 2, 1))
    np.testing.assert_array_equal(first, again)
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] > 0.0
    assert (first != second).mean() > 0.1


def test_a_compander_sends_the_root_of_what_the_converter_gives():
    camera, plain = electronics("tcam", compander_bits=8), load("tcam")
    scene = even(camera, 4, 20.0)
    sent, straight = (expose(scene, c, 4, WARM_C, 5, "x")[0] for c in (camera, plain))
    assert sent.dtype == np.uint8
    assert np.abs(sent - np.sqrt(straight / 1023) * 255).max() <= 0.5 + 1e-9
