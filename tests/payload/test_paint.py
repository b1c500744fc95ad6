"""What a camera's filters make of paint."""

import numpy as np
import pytest

from farside.instruments import load
from farside.payload.camera.sunlight import band_means
from farside.physics import solar_irradiance


def test_a_filter_sees_the_mean_of_paint_over_its_band():
    tcam, red = load("tcam"), np.array([[0.54, 0.045, 0.035], [0.3, 0.3, 0.3]])
    nm = np.arange(380.0, 780.0, 0.25)
    spectrum = np.interp(nm, [460.0, 545.0, 620.0], red[0][::-1])
    sun = solar_irradiance(nm, 1.0, 1.0)
    for k, band in enumerate(tcam.bands):
        inside = np.abs(nm - band.centre_nm) < band.width_nm / 2
        expected = np.average(spectrum[inside], weights=sun[inside])
        assert band_means(tcam, red)[0, k] == pytest.approx(expected, rel=0.003)
    assert np.allclose(band_means(tcam, red)[1], 0.3)
