"""Level 2 from level 1."""

import numpy as np
import painted_world as world
import pytest

from farside import archive
from farside.errors import BadInput
from farside.instruments import load, observation
from farside.products import calibrate

BINNING = {"lcam": 32, "tcam": 48}


def flat(name, share, exposure_ms=10.0, temperature_c=20.0):
    """Raw frame whose light, on the optical axis, fills ``share`` (per Bayer colour) of the range above the bias."""
    camera = load(name)
    model = camera.camera(BINNING[name])
    d = camera.detector
    dark = d.dark_e_per_s * 2 ** ((temperature_c - d.reference_temperature_c) / d.dark_doubling_k)
    zero = d.bias_dn + dark * exposure_ms * 1e-3 / d.gain_e_per_dn
    signal = np.zeros((model.height, model.width))
    if d.bayer:
        red, green, blue = share
        signal[::2, ::2], signal[::2, 1::2], signal[1::2, ::2], signal[1::2, 1::2] = red, green, green, blue
    else:
        signal[:] = share[0]
    if d.bayer:  # level 2A is not flat-fielded
        j, i = np.mgrid[1 : model.height + 1, 1 : model.width + 1]
        signal *= model.rays(i, j)[..., 2] ** 4
    dn = np.rint(zero + signal * (d.full_scale - d.bias_dn)).clip(0, d.full_scale)
    mast = {"mast_yaw_deg": -172.0, "mast_pitch_deg": -30.0} if camera.mast else {}
    return observation(
        dn.astype(np.uint16 if d.bits > 8 else np.uint8), instrument=name, mode=camera.mode, index=143,
        sequence_id="0009", level="1", start_utc="2019-01-11T19:57:09.000Z", stop_utc="2019-01-11T19:57:09.000Z",
        exposure_ms=exposure_ms, binning=BINNING[name], bits=d.bits, bayer=d.bayer, temperature_c=temperature_c,
        compression_ratio=2.0, **mast,
    )  # fmt: skip


@pytest.mark.parametrize("temperature_c", [-20.0, 20.0, 60.0])
def test_bias_and_dark_signal_are_gone_at_any_temperature(temperature_c):
    for name in ("lcam", "tcam"):
        dn = calibrate(flat(name, [0.0, 0.0, 0.0], 200.0, temperature_c), world.LANDER)["dn"]
        assert int(dn.max()) <= 1


def test_colours_end_in_their_bands_linear_in_the_light():
    dn = calibrate(flat("tcam", [0.8, 0.4, 0.2]), world.LANDER)["dn"].to_numpy()
    assert dn.dtype == np.uint8
    assert np.abs(dn.astype(int) - [204, 102, 51]).max() <= 1


def test_landing_camera_stays_grey_at_level_2a():
    frame = calibrate(flat("lcam", [0.5]), world.LANDER)
    assert frame.attrs["level"] == "2A"
    assert frame["dn"].dims == ("line", "sample")
    assert np.abs(frame["dn"].astype(int) - 128).max() <= 1
    assert (frame.attrs["x0"], frame.attrs["y0"]) == load("lcam").camera(32).principal_pixel


def test_saturated_samples_say_so_whatever_is_subtracted():
    raw = flat("tcam", [0.5, 0.5, 0.5])
    raw["dn"][10, 20] = 1023
    dn = calibrate(raw, world.LANDER)["dn"].to_numpy()
    assert (dn[10, 20] == 255).all()
    assert np.count_nonzero(dn == 255) <= 27


def test_label_of_image_143_has_the_sun_of_the_real_one():
    attrs = calibrate(flat("tcam", [0.5, 0.5, 0.5]), world.LANDER).attrs
    assert attrs["sun_incidence_deg"] == pytest.approx(72.938297, abs=0.0005)
    assert attrs["sun_azimuth_deg"] == pytest.approx(288.443746, abs=0.0005)
    assert attrs["camera_position_m"] == pytest.approx([0.095217, 0.099420, 2.172139])
    assert attrs["camera_rotation_deg"] == pytest.approx([-59.233529, 12.648912, -163.976745])


@pytest.mark.parametrize("name", ["lcam", "tcam"])
def test_level_2_survives_the_archive(name, tmp_path):
    frame = calibrate(flat(name, [0.5, 0.4, 0.3]), world.LANDER)
    back = archive.read(archive.write(frame, tmp_path))
    assert np.array_equal(back["dn"], frame["dn"])
    for key in set(frame.attrs) & set(back.attrs) - {"provenance"}:  # of a frame that was read, its files
        expected = frame.attrs[key]
        assert back.attrs[key] == (expected if isinstance(expected, str) else pytest.approx(expected, abs=6e-7))


def test_frame_is_not_calibrated_twice():
    with pytest.raises(BadInput, match="2A"):
        calibrate(calibrate(flat("lcam", [0.5]), world.LANDER), world.LANDER)
