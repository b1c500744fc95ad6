"""A single frame as a picture."""

import numpy as np
import painted_world as world
from PIL import Image

from farside.instruments import load, observation
from farside.physics import solar_irradiance
from farside.products import calibrate, write_still


def test_spectrally_flat_ground_is_grey_in_a_colour_still(tmp_path):
    tcam = load("tcam")
    sun = solar_irradiance([b.centre_nm for b in tcam.bands], 1.0, [b.width_nm for b in tcam.bands])
    light = sun / np.array(tcam.acali)
    frame = calibrate(world.raw_frame(0), world.LANDER)
    ramp = np.linspace(0.2, 1.0, frame["dn"].shape[1])[None, :, None]
    frame["dn"][:] = np.rint(250 * ramp * light / light.max()).astype(np.uint8)
    with Image.open(write_still(frame, tmp_path / "still.png")) as image:
        picture = np.asarray(image).astype(int)
    assert picture.shape == frame["dn"].shape
    assert np.ptp(picture, axis=2).max() <= 3  # 8 bit
    assert picture[0, -1].min() > 200


def test_grey_frame_gives_a_grey_picture(tmp_path):
    dn = np.tile(np.arange(64, dtype=np.uint8) * 2, (32, 1))
    frame = observation(dn, instrument="lcam", acali=[1.0])
    with Image.open(write_still(frame, tmp_path / "still.png")) as image:
        assert image.mode == "L"
        assert (np.diff(np.asarray(image).astype(int), axis=1) >= 0).all()
