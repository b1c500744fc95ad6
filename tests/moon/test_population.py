"""How many craters, against the fact sheet (section 3) and against what the surface really carries."""

import numpy as np
import pytest

from farside.geometry import MOON_RADIUS_M, Site
from farside.moon import marks as mk
from farside.moon import population as pop
from farside.moon import profile
from farside.moon.gather import gather, scatter


def test_production_is_the_neukum_function():
    d = np.array([10, 20, 50, 100, 200, 500, 1e3, 2e3, 4e3, 8e3, 16e3])
    sheet = [3.05e4, 3.77e3, 210, 23.3, 2.40, 8.75e-2, 6.74e-3, 7.14e-4, 1.38e-4, 4.82e-5, 2.15e-5]
    assert pop.production(d, 3.6) * 1e6 == pytest.approx(sheet, rel=0.01)


def test_equilibrium_takes_over_where_the_counts_of_trask_and_minton_have_it():
    assert 0.0336 < pop.EQUILIBRIUM < 0.079
    d = np.linspace(100, 500, 4001)
    crossing = d[np.argmin(np.abs(np.log(pop.production(d, 3.6) * d**2 / pop.EQUILIBRIUM)))]
    assert 230 < crossing < 390


def gathered(moon, layer, radius_m, lat=-45.2, lon=177.2):
    up = Site(lat, lon).up
    found = moon._gather(np.array([layer]), up, radius_m / MOON_RADIUS_M, moon._features.patches)
    inside = np.linalg.norm(found[:, :3] - up, axis=1) * MOON_RADIUS_M < radius_m
    return found[inside]


@pytest.mark.parametrize("smallest", [1000 / 2**i for i in range(4, 15)])
def test_every_octave_holds_the_craters_it_should(moon, smallest):
    layer = next(row for row in pop.layers()[0] if row[pop.KIND] == pop.CRATER and np.isclose(row[pop.DMIN], smallest))
    radius = 60 * smallest
    found = gathered(moon, layer, radius)
    d = found[:, mk.DIAMETER]
    for diameter in smallest * np.array([1, 1.25, 1.5]):
        expected = (pop.cumulative(diameter) - pop.cumulative(2 * smallest)) * np.pi * radius**2
        assert (d >= diameter).sum() == pytest.approx(expected, abs=2.5 * np.sqrt(expected) + 0.05 * expected)
    table = profile.table()[found[:, mk.ROW].astype(int)]
    assert np.median(table.max(1) - table.min(1)) == pytest.approx(0.065, abs=0.01)


def test_lava_carries_fewer_large_craters_than_highland(moon):
    layer = next(row for row in pop.layers()[0] if row[pop.DMIN] == 1000.0)
    mare = len(gathered(moon, layer, 45e3, -44.9, 176.6)) / 45**2
    highland = len(gathered(moon, layer, 60e3, -53.0, 190.0)) / 60**2
    assert mare < 0.5 * highland


def test_no_fresh_crater_lies_under_the_landing_place(moon, site):
    clear = moon._features.clear[0]
    found = moon._strewn_craters(site.up, 1e-9, 0.01).marks
    found = found[(found[:, mk.DIAMETER] >= clear[4]) & (found[:, mk.AGE] < clear[5])]
    assert len(found) >= 1
    away = np.linalg.norm(found[:, :3] - site.up, axis=1) * MOON_RADIUS_M
    assert np.all(away >= clear[3] + 0.6 * found[:, mk.DIAMETER])


def test_craters_lie_as_densely_everywhere():
    """The faces of the cube stretch: at their middles, edges and corners as many must fall on a square kilometre."""
    layer = next(row for row in pop.layers()[0] if np.isclose(row[pop.DMIN], 1000 / 2**6))
    expected = layer[pop.DENSITY] * np.pi * 4000.0**2
    counts = []
    for seed in range(3):
        ground = scatter(np.array([layer]), seed, np.zeros((0, 5)), np.zeros((0, 6)))
        for lat, lon in ((0, 0), (0, 90), (90, 0), (-90, 0), (0, 45), (45, 0), (35.26, 45), (-35.26, 135), (20, 200)):
            up = Site(lat, lon).up
            found, n = gather(ground, 0, 1, *up, 4000 / MOON_RADIUS_M, 1e-6, np.empty((64, mk.COLUMNS)), 0)
            counts.append(int((np.linalg.norm(found[:n, :3] - up, axis=1) * MOON_RADIUS_M < 4000).sum()))
    assert np.mean(counts) == pytest.approx(expected, abs=3 * np.sqrt(expected / len(counts)))
    assert np.var(counts) == pytest.approx(expected, rel=0.7)  # Poisson


def test_gathering_misses_nothing(moon):
    """Against all craters of a wide cap, looked through one by one."""
    rng = np.random.default_rng(2)
    rows = pop.layers()[0][-4:-1]
    for lat, lon in ((-45.0, 180.0), (35.2, 45.1), (-89.99, 0.0), (10.0, 20.0)):
        middle = Site(lat, lon).up
        everything = moon._gather(rows, middle, 60e3 / MOON_RADIUS_M, moon._features.patches)
        for _ in range(5):
            q = middle + rng.normal(0, 5e3 / MOON_RADIUS_M, 3)
            q /= np.linalg.norm(q)
            d = q - everything[:, :3]
            along = (d * everything[:, mk.E : mk.E + 3]).sum(1)
            reaching = ((d**2).sum(1) + along**2) * everything[:, mk.SHARP] < profile.REACH**2
            own = moon._gather(rows, q, 0.0, moon._features.patches)
            assert {tuple(m) for m in everything[reaching]} <= {tuple(m) for m in own}
