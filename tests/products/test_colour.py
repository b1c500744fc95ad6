"""Colours from a camera's bands, against the spectra that they are of."""

import colour
import numpy as np
import pytest
from colour.quality import SDS_TCS
from skimage.color import deltaE_ciede2000

from farside.instruments import load
from farside.physics import hapke_radf, known_bands, regolith_at, solar_irradiance
from farside.products.colour import (
    adapted,
    d65,
    linear_srgb,
    observed,
    sun_white,
    sunlight,
    to_srgb,
    to_xyz,
    xyz_to_srgb,
)

FINE = np.arange(380.0, 780.1, 0.5)
NM = np.arange(380.0, 781.0)
CAMERAS = ("tcam", "pcaml", "pcamr")


def spectrum(distribution):
    """A reflectance of the library at FINE."""
    return np.interp(FINE, distribution.wavelengths, distribution.values)


def soil(place="von_karman", cosine=0.87):
    return np.array([float(hapke_radf(cosine, 1.0, cosine, regolith_at(nm, known_bands(place)))) for nm in FINE])


def seen(camera, reflectance):
    """Light over sunlight in each band: rectangles, as the camera's numbers say."""
    out = []
    for band in load(camera).bands:
        inside = np.abs(FINE - band.centre_nm) < 0.5 * band.width_nm
        out.append(np.average(reflectance[inside], weights=solar_irradiance(FINE[inside], 1.0, 0.5)))
    return np.array(out)


def lab(xyz):
    return colour.XYZ_to_Lab(np.asarray(xyz) @ adapted().T, colour.XYZ_to_xy(d65()))


def differences(camera, reflectances):
    """CIEDE2000 of each surface in the camera's colours from what an eye sees."""
    true = [observed(np.interp(NM, FINE, r)) for r in reflectances]
    found = [to_xyz(camera) @ seen(camera, r) for r in reflectances]
    return deltaE_ciede2000(lab(true), lab(found))


def test_xyz_of_surfaces_in_sunlight_is_the_librarys():
    sun = colour.SpectralDistribution(solar_irradiance(NM, 1.0, 1.0), NM)
    observer = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"]
    for patch in colour.SDS_COLOURCHECKERS["ColorChecker N Ohta"].values():
        theirs = colour.sd_to_XYZ(patch, observer, sun, method="Integration") / 100.0
        assert observed(np.interp(NM, patch.wavelengths, patch.values)) == pytest.approx(theirs, abs=1e-3)


def test_screen_and_adaptation_are_the_published_ones():
    srgb = [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]  # IEC 61966-2-1
    assert xyz_to_srgb() == pytest.approx(np.array(srgb), abs=5e-4)
    theirs = colour.adaptation.matrix_chromatic_adaptation_VonKries(sun_white(), d65(), transform="Bradford")
    assert adapted() == pytest.approx(theirs, abs=2e-4)
    assert adapted() @ sun_white() == pytest.approx(d65())


@pytest.mark.parametrize("camera", CAMERAS)
def test_white_in_sunlight_is_white_on_the_screen(camera):
    assert to_srgb(camera) @ np.ones(3) == pytest.approx(np.ones(3), abs=1e-12)
    light = np.multiply.outer(np.array([[0.2, 0.7]], np.float32), sunlight(camera))
    found = linear_srgb(light, np.zeros((1, 2), bool), camera)
    assert found == pytest.approx(np.repeat([[[0.2], [0.7]]], 3, axis=2), rel=1e-6)


@pytest.mark.parametrize("camera", CAMERAS)
def test_the_chart_has_its_published_colours(camera):
    chart = [spectrum(s) for s in colour.SDS_COLOURCHECKERS["ColorChecker N Ohta"].values()]
    off = differences(camera, chart)
    assert off.mean() < 2.0
    assert np.percentile(off, 95) < 4.0


@pytest.mark.parametrize("camera", CAMERAS)
def test_surfaces_that_no_matrix_was_fitted_to_have_their_colours_too(camera):
    """The test colours of the CIE, of which eight are pale and six saturated."""
    samples = [spectrum(s) for s in SDS_TCS["CIE 1995"].values()]
    assert differences(camera, samples).mean() < 2.0


@pytest.mark.parametrize("place", ["von_karman", "moon"])
@pytest.mark.parametrize("cosine", [0.15, 0.5, 1.0])
def test_soil_is_a_slightly_warm_grey_within_half_a_unit(place, cosine):
    ground = soil(place, cosine)
    assert differences("tcam", [ground])[0] < 0.5
    red, green, blue = to_srgb("tcam") @ seen("tcam", ground) / ground[FINE == 545.0]
    assert 1.15 < red / green < 1.35
    assert 0.70 < blue / green < 0.90


def test_a_saturated_sample_knows_no_colour():
    light = np.array([[[9.0, 3.0, 1.0], [9.0, 3.0, 1.0]]], np.float32)
    found = linear_srgb(light, np.array([[True, False]]), "tcam")
    assert np.ptp(found[0, 0]) < 1e-6 * found[0, 0].max()
    assert np.ptp(found[0, 1]) > 0.5 * found[0, 1].max()


def test_a_panchromatic_frame_stays_grey():
    light = np.full((2, 2, 3), 0.3, np.float32)
    assert np.ptp(linear_srgb(light, np.zeros((2, 2), bool), "pcaml", "Q")) == 0.0


def test_without_the_matrix_colours_are_far_off():
    """What division by sunlight alone would give: the reason why there is a matrix."""
    chart = [spectrum(s) for s in colour.SDS_COLOURCHECKERS["ColorChecker N Ohta"].values()]
    true = [observed(np.interp(NM, FINE, r)) for r in chart]
    plain = [np.linalg.solve(xyz_to_srgb() @ adapted(), seen("tcam", r)) for r in chart]
    assert deltaE_ciede2000(lab(true), lab(plain)).mean() > 2.0 * differences("tcam", chart).mean()
