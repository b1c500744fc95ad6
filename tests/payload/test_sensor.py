"""From radiance to counts."""

import numpy as np
import pytest

from farside.instruments import load
from farside.payload.camera.optics import band_pattern, electron_rate
from farside.payload.camera.sensor import expose


def electronics(name, **changes):
    instrument = load(name)
    return instrument.model_copy(update={"detector": instrument.detector.model_copy(update=changes)})


def test_photon_transfer_gives_back_the_gain():
    """Variance of the difference of equal frames against their mean is a line of slope 1 / gain."""
    camera = electronics("tcam", bayer="")
    camera = camera.model_copy(update={"bands": camera.bands[:1]})
    shape = (camera.detector.height, camera.detector.width)
    ramp = np.broadcast_to(np.linspace(1.0, 60.0, 60, dtype=np.float32).repeat(-(-shape[1] // 60))[: shape[1]], shape)
    a, b = (expose(ramp, camera, 1, 20.0, 5, frame)[0].astype(float) for frame in (1, 2))
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


@pytest.mark.parametrize(("name", "binning"), [("lcam", 2), ("tcam", 4)])
def test_counts_are_the_electrons_of_the_scene_over_the_gain(name, binning):
    camera = load(name)
    model, d = camera.camera(binning), camera.detector
    scene = np.full((model.height, model.width), 20.0, np.float32)
    dn, exposure_ms = expose(scene, camera, binning, 20.0, 5, "any")
    middle = np.s_[model.height // 2 - 20 : model.height // 2 + 20, model.width // 2 - 20 : model.width // 2 + 20]
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


def test_exposure_brings_a_grey_scene_to_the_reference_brightness():
    camera = load("lcam")
    model = camera.camera(2)
    dn, _ = expose(np.full((model.height, model.width), 20.0, np.float32), camera, 2, 20.0, 5, "x")
    assert dn.mean() == pytest.approx(camera.exposure.reference_brightness, rel=0.06)


def test_bright_metal_keeps_the_exposure_short_enough_not_to_saturate():
    camera = load("lcam")
    model = camera.camera(2)
    scene = np.full((model.height, model.width), 5.0, np.float32)
    scene[:60] = 300.0
    dn, _ = expose(scene, camera, 2, 20.0, 5, "x")
    assert (dn == camera.detector.full_scale).mean() < 1 - camera.exposure.saturation_quantile


def test_warm_detectors_have_more_dark_signal():
    camera = electronics("tcam", dark_e_per_s=2e4, prnu=0.0)
    model = camera.camera(8)
    black = np.zeros((model.height, model.width), np.float32)
    cool, warm = (expose(black, camera, 8, t, 5, "x")[0].mean() - camera.detector.bias_dn for t in (20.0, 27.5))
    assert warm / cool == pytest.approx(2.0, rel=0.01)


def test_noise_differs_between_frames_and_sensitivities_do_not():
    camera = load("lcam")
    model = camera.camera(4)
    scene = np.full((model.height, model.width), 20.0, np.float32)
    first, second, again = (expose(scene, camera, 4, 20.0, 5, n)[0].astype(float) for n in (1, 2, 1))
    np.testing.assert_array_equal(first, again)
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] > 0.0
    assert (first != second).mean() > 0.1
