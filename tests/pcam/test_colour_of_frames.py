"""Colours of a frame by the twin's camera against the spectra that its scene is made of."""

from dataclasses import dataclass

import colour
import cv2
import numpy as np
import pytest
from skimage.color import deltaE_ciede2000

from farside.instruments import Band, load
from farside.payload import View, radiance
from farside.physics import solar_irradiance
from farside.products.colour import adapted, d65, observed, sunlight, to_xyz
from farside.products.portrait.light import colour_light

NM = np.arange(380.0, 781.0)
NODES_NM = (380.0, 415.0, 460.0, 545.0, 566.0, 604.0, 620.0, 643.0, 690.0, 780.0)
"""Between them everything in the scene runs straight."""
BINNING = 12


@dataclass(frozen=True)
class Narrow(View):
    """A view through a filter of 1 nm."""

    nm: float = 550.0

    def numbers(self):
        camera = load(self.instrument, self.mode)
        band = Band(name="narrow", centre_nm=self.nm, width_nm=1.0, efficiency=1.0)
        bare = camera.detector.model_copy(update={"bayer": ""})
        return camera.model_copy(update={"bands": (band,), "acali": (1.0,), "detector": bare})


@pytest.fixture(scope="module")
def true(scene, look):
    """XYZ (line, sample, 3) of what the left eye is shown; Y of a white surface in full sunlight is 1."""
    view = look("pcaml", binning=BINNING)
    out = 0.0
    for nm, node in zip(NODES_NM, np.eye(len(NODES_NM)), strict=True):
        light = radiance(scene, Narrow(**vars(view), nm=nm))
        share = np.pi * light / solar_irradiance(nm, view.sun_distance_au, 1.0)
        out = out + share[..., None] * observed(np.interp(NM, NODES_NM, node))
    return out


def differences(true, xyz, lit):
    """CIEDE2000 of lit pixels after one factor of brightness."""
    factor = np.median(true[lit][:, 1]) / np.median(xyz[lit][:, 1])
    white = colour.XYZ_to_xy(d65())
    both = (colour.XYZ_to_Lab(p @ adapted().T, white) for p in (true[lit], factor * xyz[lit]))
    return deltaE_ciede2000(*both)


def test_a_frame_has_the_colours_of_its_scene(true, shoot):
    light, burnt = colour_light(shoot("pcaml", binning=BINNING))
    share = light / sunlight("pcaml")
    brightness = true[..., 1].astype(np.float32)
    square = np.ones((5, 5), np.uint8)
    even = cv2.dilate(brightness, square) < 1.5 * cv2.erode(brightness, square)  # away from edges
    lit = (brightness > 0.02) & ~burnt & even
    assert lit.mean() > 0.1
    off = differences(true, share @ to_xyz("pcaml").T, lit)
    assert off.mean() < 1.0
    assert np.percentile(off, 95) < 2.0
