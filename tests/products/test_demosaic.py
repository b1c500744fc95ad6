"""Red, green and blue from a mosaic of filters."""

import numpy as np
import pytest
from colour_demosaicing import demosaicing_CFA_Bayer_Menon2007

from farside.products.demosaic import edge_aware, menon

ONES = np.ones(3)
BOTH = pytest.mark.parametrize("demosaic", [edge_aware, menon])


def mosaic(rgb):
    """The RGGB mosaic of a picture."""
    out = rgb[..., 1].copy()
    out[::2, ::2], out[1::2, 1::2] = rgb[::2, ::2, 0], rgb[1::2, 1::2, 2]
    return out.astype(np.float32)


def none(signal):
    return np.zeros(signal.shape, bool)


@pytest.mark.parametrize("shape", [(60, 80), (61, 80), (60, 81), (61, 81)])
def test_filters_along_edges_are_the_librarys(shape):
    signal = np.random.default_rng(1).random(shape, np.float32)
    found, _ = menon(signal, none(signal), ONES)
    theirs = demosaicing_CFA_Bayer_Menon2007(signal.astype(float), "RGGB")
    inside = np.s_[10:-10, 10:-10]  # at the rim theirs mix the colours
    assert found[inside] == pytest.approx(theirs[inside], abs=2e-6)


@BOTH
def test_an_even_colour_stays_what_it_is(demosaic):
    signal = mosaic(np.broadcast_to([0.8, 0.4, 0.2], (21, 30, 3)))
    found, burnt = demosaic(signal, none(signal), (1.0, 2.0, 4.0))
    assert found == pytest.approx(np.full((21, 30, 3), 0.8), abs=3e-4)
    assert not burnt.any()


def test_a_grey_slope_is_kept_along_edges():
    line, sample = np.mgrid[0:30, 0:40]
    grey = (0.1 + 0.01 * line + 0.005 * sample)[..., None] * np.ones(3)
    signal = mosaic(grey)
    inside = np.s_[10:-10, 10:-10]
    assert menon(signal, none(signal), ONES)[0][inside] == pytest.approx(grey[inside], abs=1e-6)


@BOTH
def test_noise_below_zero_survives(demosaic):
    signal = np.random.default_rng(2).normal(0.0, 0.01, (80, 80)).astype(np.float32)
    found, _ = demosaic(signal, none(signal), ONES)
    assert abs(found.mean()) < 3e-4
    assert found.min() < -0.01


PLACES = pytest.mark.parametrize("place", [(30, 34), (30, 35), (31, 34), (31, 35)])


def around(demosaic, place):
    """How much light changes, at most, where it is not burnt out, as a saturated sample grows from its picture to 1."""
    line, sample = np.mgrid[0:60, 0:70]
    signal = mosaic((0.25 + 0.2 * np.sin(0.21 * line) * np.cos(0.17 * sample))[..., None] * [1.0, 0.9, 0.8])
    saturated = none(signal)
    saturated[place] = True
    brighter = signal.copy()
    brighter[place] = 1.0
    before, burnt = demosaic(signal, saturated, ONES)
    after, _ = demosaic(brighter, saturated, ONES)
    assert burnt[place]
    assert burnt.sum() <= 25
    return np.abs(after - before)[~burnt].max() / (1.0 - signal[place])


@PLACES
def test_what_a_saturated_sample_touches_is_burnt_out(place):
    assert around(edge_aware, place) == 0.0


@PLACES
def test_beyond_what_is_burnt_out_a_saturated_sample_hardly_counts_along_edges(place):
    assert around(menon, place) < 0.03


def test_along_edges_is_nearer_to_the_truth():
    line, sample = np.mgrid[0:200, 0:240]
    rings = np.sin(0.12 * np.hypot(line - 90.0, sample - 130.0)) > 0.0
    rgb = np.where(rings[..., None], [0.60, 0.52, 0.45], [0.12, 0.11, 0.10])
    signal = mosaic(rgb) + np.random.default_rng(4).normal(0.0, 0.004, rings.shape).astype(np.float32)
    off = [np.sqrt(np.mean((way(signal, none(signal), ONES)[0] - rgb) ** 2)) for way in (edge_aware, menon)]
    assert off[1] < 0.7 * off[0]


def test_bands_are_brought_to_like_brightness_before_edges_are_followed():
    line, sample = np.mgrid[0:200, 0:240]
    rings = np.sin(0.12 * np.hypot(line - 90.0, sample - 130.0)) > 0.0
    rgb = np.where(rings[..., None], 0.6, 0.1) * np.ones(3)
    response = np.array([0.9, 0.65, 0.35])
    signal = mosaic(rgb * response)
    with_gains = menon(signal, none(signal), 1.0 / response)[0] - rgb
    without = menon(signal, none(signal), ONES)[0] / response - rgb
    assert np.square(with_gains).mean() < 0.5 * np.square(without).mean()
