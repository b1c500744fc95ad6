"""How many craters, against the fact sheet (section 3) and against what the surface really carries."""

import numpy as np
import pytest

from farside.geometry import MOON_RADIUS_M, Site
from farside.moon import marks as mk
from farside.moon import population as pop
from farside.moon import profile


def test_production_is_the_neukum_function():
    d = np.array([10, 20, 50, 100, 200, 500, 1e3, 2e3, 4e3, 8e3, 16e3])
    sheet = [3.05e4, 3.77e3, 210, 23.3, 2.40, 8.75e-2, 6.74e-3, 7.14e-4, 1.38e-4, 4.82e-5, 2.15e-5]
    assert pop.production(d, 3.6) * 1e6 == pytest.approx(sheet, rel=0.01)


def test_equilibrium_takes_over_below_230_metres():
    d = np.linspace(100, 400, 3001)
    crossing = d[np.argmin(np.abs(np.log(pop.production(d, 3.6) * d**2 / pop.EQUILIBRIUM)))]
    assert crossing == pytest.approx(230, abs=15)


def gathered(moon, layer, radius_m, lat=-45.2, lon=177.2):
    up = Site(lat, lon).up
    found = moon._gather(np.array([layer]), up, radius_m / MOON_RADIUS_M, 1e-6)
    inside = np.linalg.norm(found[:, :3] - up, axis=1) * MOON_RADIUS_M < radius_m
    return found[inside]


@pytest.mark.parametrize("smallest", [1000 / 2**14, 1000 / 2**10, 1000 / 2**6, 1000 / 2**4])
def test_every_octave_holds_the_craters_it_should(moon, smallest):
    layer = next(row for row in pop.layers()[0] if row[pop.KIND] == pop.CRATER and np.isclose(row[pop.DMIN], smallest))
    radius = 60 * smallest
    found = gathered(moon, layer, radius)
    d = found[:, mk.DIAMETER]
    for diameter in smallest * np.array([1, 1.25, 1.5]):
        expected = (pop.cumulative(diameter) - pop.cumulative(2 * smallest)) * np.pi * radius**2
        assert (d >= diameter).sum() == pytest.approx(expected, abs=2.5 * np.sqrt(expected) + 0.05 * expected)
    table = profile.table()[found[:, mk.ROW].astype(int)]
    assert np.median(pop.DEPTH * (table.max(1) - table.min(1))) == pytest.approx(0.065, abs=0.01)


def test_lava_carries_fewer_large_craters_than_highland(moon):
    layer = next(row for row in pop.layers()[0] if row[pop.DMIN] == 1000.0)
    mare = len(gathered(moon, layer, 45e3, -44.9, 176.6)) / 45**2
    highland = len(gathered(moon, layer, 60e3, -53.0, 190.0)) / 60**2
    assert mare < 0.5 * highland


def test_no_fresh_crater_lies_under_the_landing_place(moon, site):
    clear = moon._clear[0]
    found = moon._gather(moon._layers, site.up, 1e-9, 0.005)
    found = found[(found[:, mk.DIAMETER] >= clear[4]) & (found[:, mk.AGE] < clear[5]) & (found[:, mk.ROW] < 64)]
    away = np.linalg.norm(found[:, :3] - site.up, axis=1) * MOON_RADIUS_M
    assert np.all(away >= clear[3] + 0.6 * found[:, mk.DIAMETER])
