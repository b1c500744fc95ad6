"""Full scale of frames whose bits are known, and of those whose bits nobody has published."""

import numpy as np
import pytest

from farside.errors import BadInput
from farside.instruments import observation
from farside.products.demosaic import menon
from farside.products.full_scale import UNIT, burnt, full_scale
from farside.products.portrait.light import colour_light


def frame(dn, **attrs):
    said = {"product_id": "X", "instrument": "pcaml", "mode": "C", "level": "2B", "acali": [0.1, 0.15, 0.3],
            "exposure_ms": 6.0, "bayer": "RGGB"}  # fmt: skip
    return observation(np.asarray(dn, np.uint16), **(said | attrs))


@pytest.fixture
def dim():
    """Noise about one level: the brightest sample is only the luckiest."""
    return np.random.default_rng(3).normal(300.0, 20.0, (64, 96)).astype(np.uint16)


def test_known_bits_say_what_is_burnt(dim):
    dim[3, 4] = 1023
    known = frame(dim, bits=10)
    assert full_scale(known) == 1023
    assert np.argwhere(burnt(known)).tolist() == [[3, 4]]


def test_without_bits_the_brightest_of_a_dim_frame_is_not_burnt(dim):
    assert not burnt(frame(dim)).any()


@pytest.mark.parametrize("bits", [{}, {"bits": 12}])
@pytest.mark.parametrize("top", [255, 340, 1023, 2047])
def test_counts_that_pile_up_are_burnt_wherever_full_scale_is(dim, top, bits):
    bright = dim * (top / 340.0)
    bright[20:40, 30:50] = 5000.0  # a lit foil
    clipped = np.minimum(bright, top).astype(np.uint16)
    mask = burnt(frame(clipped, **bits))
    assert mask[20:40, 30:50].all()
    assert (clipped[mask] == top).all()


def test_an_even_surface_is_not_burnt():
    assert not burnt(frame(np.full((32, 32), 300))).any()


def test_a_black_frame_is_not_burnt():
    assert not burnt(frame(np.zeros((32, 32)))).any()


def test_counts_beyond_any_known_scale_are_refused_with_what_helps(dim):
    dim[0, 0] = UNIT + 1
    with pytest.raises(
        BadInput, match=r"X: dn: 4096; expected counts up to 4095, or the camera's bits in a farside\.yaml"
    ):
        full_scale(frame(dim))


def test_light_of_frames_without_bits_has_one_unit_whatever_their_brightest(dim):
    one, two = frame(dim), frame(2 * dim)
    assert np.allclose(colour_light(two)[0], 2.0 * colour_light(one)[0], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("bayer", "down", "right"), [("GRBG", 0, 1), ("GBRG", 1, 0), ("BGGR", 1, 1)])
def test_mosaics_that_begin_elsewhere_give_the_same_colours(bayer, down, right):
    """The same scene through the same filters, cut out one line or sample later."""
    y, x = np.mgrid[0:48, 0:64]
    scene = 200.0 + 80.0 * np.sin(y / 5.0)[..., None] * np.cos(x / 7.0)[..., None] * [1.0, 0.8, 0.5]
    mosaic = scene[..., 1].copy()
    mosaic[0::2, 0::2], mosaic[1::2, 1::2] = scene[0::2, 0::2, 0], scene[1::2, 1::2, 2]
    gains = {"acali": [1.0, 1.0, 1.0], "exposure_ms": 1.0, "bits": 10}
    whole, _ = colour_light(frame(mosaic, **gains), menon)
    cut, _ = colour_light(frame(mosaic[down:, right:], bayer=bayer, **gains), menon)
    inner = (slice(8, 38), slice(8, 54))
    assert np.allclose(cut[inner], whole[down:, right:][inner], atol=1e-6)
