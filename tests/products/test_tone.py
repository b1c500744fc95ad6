"""The look for release."""

import numpy as np
from PIL import Image

from farside.products.tone import TONE, WHITE, save, shown


def curve(x):
    """The stated curve, in its own words."""
    y = WHITE * x if WHITE * x < WHITE else 1.0 - (1.0 - WHITE) * np.exp((WHITE - WHITE * x) / (1.0 - WHITE))
    return 255.0 * (12.92 * y if y <= 0.0031308 else 1.055 * y ** (1 / 2.4) - 0.055)


def test_pictures_follow_the_stated_curve():
    light = np.array([-0.1, 0.0, 0.002, 0.18, 0.5, 1.0, 1.5, 4.0], np.float32)
    expected = np.array([curve(max(x, 0.0)) for x in light.tolist()])
    assert np.abs(shown(light).astype(float) - expected).max() <= 1.0
    assert shown(light)[:2].tolist() == [0, 0]


def test_brighter_light_is_never_darker_on_the_screen():
    assert (np.diff(shown(np.linspace(0.0, 5.0, 3000, dtype=np.float32)).astype(int)) >= 0).all()


def test_pictures_say_their_tone_curve_and_nothing_else(tmp_path):
    picture = np.zeros((8, 9, 3), np.uint8)
    with Image.open(save(picture, tmp_path / "a.png")) as png, Image.open(save(picture, tmp_path / "a.jpg")) as jpeg:
        assert png.text == {"Description": TONE}
        assert jpeg.info["comment"].decode() == TONE
        assert not jpeg.getexif()
    assert save(picture, tmp_path / "b.png").read_bytes() == (tmp_path / "a.png").read_bytes()


def test_the_busiest_picture_can_be_written(tmp_path):
    """More octets than pixels: as a JPEG in one piece it needs more room than Pillow takes by itself."""
    noise = np.random.default_rng(1).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    path = save(noise, tmp_path / "noise.jpg")
    with Image.open(path) as picture:
        assert picture.size == (400, 300)
    assert path.stat().st_size > 300 * 400
