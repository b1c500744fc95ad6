"""The Sun as a light."""

import numpy as np
import pytest

from farside.errors import BadInput
from farside.physics import hapke_radf, solar_angular_radius, solar_irradiance
from farside.physics.hapke import Regolith


def test_irradiance_is_that_of_the_table_and_falls_with_the_square_of_distance():
    assert solar_irradiance(550.0) == pytest.approx(1867.0)
    assert solar_irradiance([550.0, 643.0], 2.0) == pytest.approx([1867.0 / 4, 1618.0 / 4])


def test_the_table_carries_most_of_the_solar_constant():
    nm = np.arange(300.0, 3000.0, 1.0)
    assert np.trapezoid(solar_irradiance(nm), nm) * 1e-3 == pytest.approx(1328.0, abs=25.0)


def test_the_sun_is_half_a_degree_wide():
    assert np.degrees(solar_angular_radius(1.0)) == pytest.approx(0.2664, abs=1e-4)
    assert np.degrees(solar_angular_radius(0.9833)) == pytest.approx(0.2710, abs=1e-4)


def test_radiance_of_the_site_in_red_light_is_that_of_the_fact_sheet():
    site = Regolith(0.33974, 0.22988, 0.40380, 1.71254, 0.01615, np.radians(23.66))
    radiance = float(hapke_radf(0.5, 1.0, 0.5, site)) * float(solar_irradiance(643.0)) / np.pi
    assert radiance == pytest.approx(18.7, abs=0.05)


def test_wavelengths_beyond_the_table_are_refused():
    with pytest.raises(BadInput, match="300 to 3000"):
        solar_irradiance(250.0)
