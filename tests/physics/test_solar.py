"""The Sun as a light."""

import numpy as np
import pytest

from farside.errors import BadInput
from farside.physics import SOLAR_CONSTANT_W_M2, hapke_radf, solar_angular_radius, solar_irradiance
from farside.physics.hapke import Regolith

# Fact sheet lunar-surface, section 9: 10 nm means of the table, computed independently and rounded to 0.001 W m-2 nm-1
MEANS = {
    300: .525, 321: .748, 360: .976, 400: 1.504, 415: 1.734, 450: 1.991, 475: 2.029, 500: 1.919, 525: 1.870, 550: 1.867,
    566: 1.832, 575: 1.835, 600: 1.767, 604: 1.755, 625: 1.680, 643: 1.618, 650: 1.583, 675: 1.509, 689: 1.464,
    700: 1.423, 725: 1.341, 750: 1.278, 800: 1.137, 850: .979, 900: .915, 950: .823, 1000: .741, 1100: .590, 1200: .497,
    1300: .413, 1400: .344, 1500: .292, 1600: .250, 1700: .207, 1800: .169, 1900: .140, 2000: .116, 2100: .096,
    2200: .082, 2300: .069, 2400: .060, 2500: .051, 3000: .025,
}  # fmt: skip


def test_means_over_10_nm_are_those_of_the_fact_sheet():
    found = solar_irradiance(list(MEANS), width_nm=10.0) * 1e-3
    np.testing.assert_allclose(found, list(MEANS.values()), atol=5.01e-4)


def test_irradiance_falls_with_the_square_of_distance():
    np.testing.assert_allclose(solar_irradiance([550.0, 643.0], 2.0) * 4, solar_irradiance([550.0, 643.0]), rtol=1e-15)


def test_the_table_holds_1347_9_watts_and_with_what_lies_beyond_it_the_solar_constant():
    whole = float(solar_irradiance(2140.0, width_nm=3720.0)) * 3.72
    assert whole == pytest.approx(1347.9, abs=0.05)
    # beyond 4 um the Sun is a black body of 5772 K to a few percent, below 280 nm it sends 7 W m-2
    assert whole < SOLAR_CONSTANT_W_M2 == pytest.approx(1360.8, abs=0.5)
    assert whole > 0.99 * SOLAR_CONSTANT_W_M2


def test_a_band_is_the_mean_of_its_parts():
    parts = solar_irradiance(np.arange(451.25, 550.0, 2.5), width_nm=2.5)
    assert parts.size == 40
    assert float(solar_irradiance(500.0, width_nm=100.0)) == pytest.approx(parts.mean(), rel=1e-12)


def test_lines_of_the_solar_spectrum_are_there():
    # H alpha and the calcium triplet, deep enough to be seen in bands of 5 nm
    for line in (656.3, 854.2, 486.1):
        beside = solar_irradiance([line - 8.0, line + 8.0]).mean()
        assert float(solar_irradiance(line)) < 0.985 * beside


def test_the_sun_is_half_a_degree_wide():
    assert np.degrees(solar_angular_radius(1.0)) == pytest.approx(0.2664, abs=1e-4)
    assert np.degrees(solar_angular_radius(0.9833)) == pytest.approx(0.2710, abs=1e-4)


def test_radiance_of_the_site_in_red_light_is_that_of_the_fact_sheet():
    site = Regolith(0.33974, 0.22988, 0.40380, 1.71254, 0.01615, np.radians(23.66))
    radiance = float(hapke_radf(0.5, 1.0, 0.5, site)) * float(solar_irradiance(643.0, width_nm=10.0)) / np.pi
    assert radiance == pytest.approx(18.7, abs=0.05)


@pytest.mark.parametrize(("nm", "width"), [(250.0, 5.0), (281.0, 5.0), (3999.0, 5.0), (500.0, 0.0), (np.nan, 5.0)])
def test_bands_beyond_the_table_are_refused(nm, width):
    with pytest.raises(BadInput, match="280 to 4000"):
        solar_irradiance(nm, width_nm=width)
