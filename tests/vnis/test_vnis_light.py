"""Minerals and their light: what the spectrometer is given to see."""

import measurement as m
import numpy as np
import pytest

from farside.errors import BadInput
from farside.payload.vnis import Mixture, load_target, truth
from farside.payload.vnis.light import Scene, radiance_factor
from farside.payload.vnis.minerals import Mineral, grain_albedo, iron_absorption, minerals
from farside.payload.vnis.target import Target
from farside.physics import hapke_radf, planck, von_karman_regolith

NM = np.arange(450.0, 2400.0, 5.0)


def test_planck_at_346_k_is_the_published_value():
    assert planck(2395.0, 346.0) == pytest.approx(4.35e-5, rel=0.01)


def test_planck_sums_to_stefan_and_boltzmann():
    nm = np.linspace(500.0, 400_000.0, 400_000)
    total = np.pi * np.trapezoid(planck(nm, 300.0), nm)
    assert total == pytest.approx(5.670374419e-8 * 300.0**4, rel=2e-3)


def test_clear_grains_only_scatter_and_black_ones_only_reflect():
    def grain(k):
        return Mineral("test", 3.0, 1.7, 0.0, k, 0.0, 0.0, ())

    assert grain_albedo(NM, grain(0.0), 50.0) == pytest.approx(1.0, abs=0.02)
    reflect = (0.7**2 + 0.5**2) / (2.7**2 + 0.5**2) + 0.05
    assert grain_albedo(NM, grain(0.5), 500.0) == pytest.approx(reflect, abs=1e-3)


def test_bands_of_minerals_lie_where_the_crystals_put_them():
    for name, low, high in (("orthopyroxene", 900, 940), ("clinopyroxene", 970, 1030), ("olivine", 1030, 1070)):
        near = (NM > 800) & (NM < 1150)
        albedo = grain_albedo(NM, minerals()[name], 60.0)[near]
        line = np.interp(NM[near], [NM[near][0], NM[near][-1]], [albedo[0], albedo[-1]])
        assert low <= NM[near][np.argmin(albedo / line)] <= high


def test_metallic_iron_reddens_and_hides_bands():
    soil = load_target("soil").ground
    fresh, old = (Mixture(soil.parts, soil.grain_um, iron, soil.photometry).albedo(NM) for iron in (0.0, 0.5))
    assert (old < fresh).all()
    assert (old / fresh)[NM == 2000] > 1.3 * (old / fresh)[NM == 600]
    assert (np.diff(iron_absorption(NM, minerals()["glass"], 0.1)) < 0).all()


def test_albedo_of_a_mixture_of_one_mineral_is_that_minerals():
    photometry = load_target("soil").ground.photometry
    one = Mixture((("olivine", 0.3), ("olivine", 0.7)), 80.0, 0.0, photometry)
    assert one.albedo(NM) == pytest.approx(grain_albedo(NM, minerals()["olivine"], 80.0))
    assert one.feo_wt == pytest.approx(minerals()["olivine"].feo_wt)


def test_mixtures_that_cannot_be_are_refused():
    photometry = load_target("soil").ground.photometry
    with pytest.raises(BadInput, match="cheese"):
        Mixture((("cheese", 1.0),), 50.0, 0.0, photometry)
    with pytest.raises(BadInput, match="sum to 1"):
        Mixture((("olivine", 0.5),), 50.0, 0.0, photometry)
    with pytest.raises(BadInput, match="target"):
        load_target("cheese")


def test_pixels_reflect_as_the_shared_photometry_says():
    target = load_target("soil")
    p = target.ground.photometry
    c = np.cos(np.radians([[62.0], [45.0], [80.0]]))
    factor = radiance_factor(target, Scene(*c, np.zeros(1)), np.array([750.0]))[0, 0]
    w = float(target.ground.albedo(np.array([750.0]))[0])
    soil = type(von_karman_regolith(600.0))(w, p.b, p.c, p.bs0, p.hs, float(np.radians(p.roughness_deg)))
    assert factor == pytest.approx(float(hapke_radf(*c[:, 0], soil)), rel=1e-12)


def test_stone_and_soil_in_one_field_add_by_area():
    rock = load_target("rock")
    c = np.cos(np.radians([[30.0], [0.0], [30.0]]))
    bare, covered, half = (radiance_factor(rock, Scene(*c, np.array([s])), NM)[0] for s in (0.0, 1.0, 0.5))
    assert half == pytest.approx(0.5 * (bare + covered), rel=1e-12)


def test_relief_has_the_slopes_it_is_the_sum_of():
    flat = Target(load_target("soil").ground, 0.0)
    x = np.linspace(-0.1, 0.1, 50)
    assert np.abs(flat.slopes(x, 0 * x, 1)).max() == 0.0
    dx, _ = load_target("soil").slopes(x, 0 * x, 1)
    assert 0.02 < dx.std() < 0.4


def test_soil_looks_like_the_one_in_flight():
    # fact sheet spectrometer, section 6: R750 0.076 at low Sun, 1600/750 about 1.7, FeO 7.4-18.8 wt% (Zeng 2021)
    found = truth(load_target("soil"), m.view())
    reff = found["reff"]
    assert 0.08 < float(reff.sel(wavelength_nm=750)) < 0.16
    assert 1.4 < float(reff.sel(wavelength_nm=1600) / reff.sel(wavelength_nm=750)) < 2.1
    assert 7.4 < found.attrs["feo_wt"] < 18.8
