"""Red, green and blue from a mosaic of filters."""

import numpy as np
import pytest
from colour_demosaicing import demosaicing_CFA_Bayer_Malvar2004

from farside.products.demosaic import edge_aware, malvar

ONES = np.ones(3)
BOTH = pytest.mark.parametrize("demosaic", [edge_aware, malvar])


def mosaic(rgb):
    """The RGGB mosaic of a picture."""
    out = rgb[..., 1].copy()
    out[::2, ::2], out[1::2, 1::2] = rgb[::2, ::2, 0], rgb[1::2, 1::2, 2]
    return out.astype(np.float32)


def none(signal):
    return np.zeros(signal.shape, bool)


@pytest.mark.parametrize("shape", [(40, 60), (41, 60), (40, 61), (41, 61)])
def test_malvars_filters_are_the_librarys(shape):
    signal = np.random.default_rng(1).random(shape, np.float32)
    found, _ = malvar(signal, none(signal), ONES)
    theirs = demosaicing_CFA_Bayer_Malvar2004(signal.astype(float), "RGGB")
    assert found[2:-2, 2:-2] == pytest.approx(theirs[2:-2, 2:-2], abs=2e-6)  # at the edge theirs mix the colours


@BOTH
def test_an_even_colour_stays_what_it_is(demosaic):
    signal = mosaic(np.broadcast_to([0.8, 0.4, 0.2], (21, 30, 3)))
    found, burnt = demosaic(signal, none(signal), (1.0, 2.0, 4.0))
    assert found == pytest.approx(np.full((21, 30, 3), 0.8), abs=3e-4)
    assert not burnt.any()


def test_a_grey_slope_is_kept_by_malvars_filters():
    line, sample = np.mgrid[0:30, 0:40]
    grey = (0.1 + 0.01 * line + 0.005 * sample)[..., None] * np.ones(3)
    signal = mosaic(grey)
    assert malvar(signal, none(signal), ONES)[0][2:-2, 2:-2] == pytest.approx(grey[2:-2, 2:-2], abs=1e-6)


@BOTH
def test_noise_below_zero_survives(demosaic):
    signal = np.random.default_rng(2).normal(0.0, 0.01, (80, 80)).astype(np.float32)
    found, _ = demosaic(signal, none(signal), ONES)
    assert abs(found.mean()) < 3e-4
    assert found.min() < -0.01


@BOTH
@pytest.mark.parametrize("place", [(10, 14), (10, 15), (11, 14), (11, 15)])
def test_whatever_a_saturated_sample_touches_is_burnt_out(demosaic, place):
    signal = np.random.default_rng(3).random((24, 30), np.float32) * np.float32(0.5)
    saturated = none(signal)
    saturated[place] = True
    brighter = signal.copy()
    brighter[place] = 1.0
    before, burnt = demosaic(signal, saturated, ONES)
    after, _ = demosaic(brighter, saturated, ONES)
    assert not (before != after).any(axis=2)[~burnt].any()
    assert burnt.sum() <= 25


def test_malvars_filters_are_nearer_to_the_truth_at_edges_of_grey_things():
    line, sample = np.mgrid[0:200, 0:240]
    discs = np.sin(0.12 * np.hypot(line - 90.0, sample - 130.0)) > 0.0
    rgb = np.where(discs[..., None], [0.60, 0.52, 0.45], [0.12, 0.11, 0.10])
    signal = mosaic(rgb) + np.random.default_rng(4).normal(0.0, 0.004, discs.shape).astype(np.float32)
    off = [np.sqrt(np.mean((way(signal, none(signal), ONES)[0] - rgb) ** 2)) for way in (edge_aware, malvar)]
    assert off[1] < 0.85 * off[0]
