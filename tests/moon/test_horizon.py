"""The skyline at the landing place, against the mask of the fact sheet (section 2)."""

import numpy as np
import pytest

from farside.geometry import MOON_RADIUS_M, Site
from farside.moon import Moon

MASK_DEG = [0.55, 1.14, 1.37, 1.47, 2.14, 1.88, 1.49, 1.59, 2.24, 2.59, 2.23, 2.69, 1.99, 1.10, 0.31, 0.41, 0.48, 0.39,
            0.32, 0.35, 0.69, 0.42, 0.79, 0.47]  # fmt: skip


def skyline(moon, resolution_m=250.0):
    site = Site(-45.4446, 177.5991)
    eye = MOON_RADIUS_M + float(moon.elevation(site.lat_deg, site.lon_deg, resolution_m)) + 1.5
    a, d = np.radians(np.arange(0, 360, 15.0)), np.arange(500, 350e3, 250.0) / MOON_RADIUS_M
    east, north, up = site.axes
    level = np.sin(a)[:, None] * east + np.cos(a)[:, None] * north
    p = np.cos(d)[None, :, None] * up + np.sin(d)[None, :, None] * level[:, None]
    r = MOON_RADIUS_M + moon.at(p, resolution_m)[0]
    return np.degrees(np.arctan2(r * np.cos(d) - eye, r * np.sin(d))).max(1)


def test_built_in_land_resembles_the_skyline_of_the_site(moon):
    error = skyline(moon) - MASK_DEG
    assert np.sqrt(np.mean(error**2)) < 0.5
    assert np.corrcoef(skyline(moon), MASK_DEG)[0, 1] > 0.85


def test_published_terrain_gives_the_measured_skyline(gld100):
    # procedural relief below the file's posts may raise the near horizon a little
    assert skyline(Moon(1, gld100)) == pytest.approx(MASK_DEG, abs=0.1)
