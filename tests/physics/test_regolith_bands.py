"""How the parameters of regolith run with wavelength, on the tables they are guided by."""

import numpy as np
import pytest
import yaml

from farside.errors import BadInput
from farside.physics import Bands, Regolith, hapke_radf, known_bands, regolith_at, roughness, von_karman_regolith

STANDARD = np.cos(np.radians([30.0, 0.0, 30.0]))


@pytest.fixture(scope="module")
def tables():
    from importlib.resources import files

    return yaml.safe_load((files("farside.physics") / "regolith.yaml").read_text(encoding="utf-8"))


def brightness(soil, angles=STANDARD):
    return float(hapke_radf(*angles, soil))


def bands_of(tables, site):
    seven = tables["seven_bands_nm"]
    return Bands(*(tuple(np.interp(tables["bands_nm"], seven, tables[site][key])) for key in Bands._fields))


@pytest.mark.parametrize("relief", ["resolved", "unresolved"])
@pytest.mark.parametrize("place", ["von_karman", "moon"])
def test_in_the_three_bands_the_parameters_are_the_mapped_ones(tables, place, relief):
    for k, nm in enumerate(tables["bands_nm"]):
        soil = regolith_at(nm, known_bands(place), relief)
        assert [soil.w, soil.b, soil.c, soil.bs0, soil.hs] == pytest.approx(
            [tables[place][x][k] for x in Bands._fields]
        )
        assert np.degrees(soil.roughness) == pytest.approx({"resolved": 12.0, "unresolved": 23.66}[relief])


@pytest.mark.parametrize(("nm", "within"), [(321, 0.055), (360, 0.04), (604, 0.01), (689, 0.04)])
@pytest.mark.parametrize("site", ["apollo_11", "apollo_14"])
@pytest.mark.parametrize("angles", [(30, 0, 30), (60, 0, 60), (60, 60, 60)])
def test_between_and_below_the_bands_both_apollo_sites_are_met_as_stated(tables, site, nm, within, angles):
    k = tables["seven_bands_nm"].index(nm)
    true = Regolith(*(tables[site][key][k] for key in Bands._fields), roughness("unresolved"))
    found = regolith_at(float(nm), bands_of(tables, site), "unresolved")
    angles = np.cos(np.radians(angles))
    assert brightness(found, angles) == pytest.approx(brightness(true, angles), rel=within)


def test_beyond_643_nm_reflectance_rises_as_that_of_mature_mare_soils(tables):
    mare = tables["mature_mare"]
    at_643 = brightness(von_karman_regolith(643.0))
    found = [brightness(von_karman_regolith(float(nm))) / at_643 for nm in mare["wavelength_nm"]]
    np.testing.assert_allclose(found, mare["over_643"], rtol=2e-3)


def test_soil_reddens_without_a_step():
    # but for the joint at 643 nm, where a line gives way to another, brightness has no kink of a percent
    nm = np.arange(321.0, 2390.0, 1.0)
    factor = np.array([brightness(von_karman_regolith(float(x))) for x in nm])
    assert (np.diff(factor) > 0.0).all()
    assert np.abs(np.diff(np.log(factor))).max() < 0.006


def test_mature_mare_slope_is_that_of_soils_measured_in_the_laboratory(data):
    vnis = data / "vnis"
    with np.load(vnis / "lunar_soil_spectra.npz") as soils, np.load(vnis / "ce4_vnis_reflectance.npz") as seen:
        nm = seen["wavelength_nm"]
        names = [line.split(",")[0] for line in (vnis / "lunar_soil_chemistry.csv").read_text().splitlines()[1:]]
        mare = [soils["reflectance"][k] for k, name in enumerate(names) if name.split()[0] in ("10084", "15041")]
        mare.append(soils["reflectance"][names.index("79221 0-45um")])
        yutu = seen["reff_smoothed"][seen["usable"] & (seen["target_code"] == 0)]
    model = {
        x: brightness(von_karman_regolith(x)) / brightness(von_karman_regolith(643.0)) for x in (900.0, 1550.0, 2390.0)
    }
    for x, ratio in model.items():
        measured = np.mean([np.interp(x, nm, s) / np.interp(643.0, nm, s) for s in mare])
        assert ratio == pytest.approx(measured, rel=3e-3)
    at_site = {x: np.median([np.interp(x, nm, s) / np.interp(643.0, nm, s) for s in yutu]) for x in model}
    assert at_site[900.0] == pytest.approx(model[900.0], rel=0.03)
    assert at_site[1550.0] == pytest.approx(model[1550.0], rel=0.03)
    assert at_site[2390.0] == pytest.approx(0.87 * model[2390.0], rel=0.01)


def test_von_karman_is_red_and_dark():
    w = [von_karman_regolith(nm).w for nm in (460.0, 545.0, 620.0)]
    assert w == sorted(w)
    assert von_karman_regolith(566.0).w == pytest.approx(0.2946)


@pytest.mark.parametrize("nm", [320.0, 2391.0, float("nan")])
def test_a_wavelength_without_parameters_is_refused(nm):
    with pytest.raises(BadInput, match="321 to 2390"):
        von_karman_regolith(nm)
