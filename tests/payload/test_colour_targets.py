"""Chart and flags: what the ground knows of them from drawings is what vehicles carry and cameras see."""

import numpy as np
import pytest

from farside.instruments import load, patch_reflectances, targets
from farside.payload.camera.sunlight import band_means
from farside.payload.vehicles import SPECTRUM_NM, load_vehicle, materials
from farside.physics import solar_irradiance


def middle_of(vehicle, material):
    """Middle of the box around all that is made of a material, in the vehicle's frame."""
    mesh = vehicle.mesh()
    points = mesh.vertices[np.unique(mesh.faces[mesh.part == mesh.parts.index(material)])]
    return (points.min(axis=0) + points.max(axis=0)) / 2.0


def test_patches_sit_where_drawings_have_them():
    chart, lander = targets().chart, load_vehicle("lander")
    step = chart.patch_m + chart.gap_m
    right, above = chart.middles()
    for name, place in zip(chart.patches, chart.places(right * step, above * step), strict=True):
        assert middle_of(lander, f"chart-{name}") == pytest.approx(place, abs=1.5e-3)


@pytest.mark.parametrize("carrier", ["lander", "rover"])
def test_flags_hang_where_drawings_have_them(carrier):
    flag, vehicle = targets().flags[carrier], load_vehicle(carrier)
    assert middle_of(vehicle, "red") == pytest.approx(flag.at_m, abs=1.5e-3)
    stars = middle_of(vehicle, "yellow") - flag.at_m  # in the upper corner at the hoist
    assert stars @ flag.right < -0.2 * flag.height_m
    assert stars @ flag.up > 0.0


def test_a_patch_reflects_its_whole_printed_spectrum():
    nm, printed = patch_reflectances()
    names = targets().chart.patches
    found = band_means(load("tcam"), np.array([materials()[f"chart-{n}"].spectrum for n in names]), SPECTRUM_NM)
    fine = np.arange(380.0, 780.0, 0.5)
    sun = solar_irradiance(fine, 1.0, 0.5)
    for k, band in enumerate(load("tcam").bands):
        inside = np.abs(fine - band.centre_nm) < band.width_nm / 2
        expected = [np.average(np.interp(fine, nm, one)[inside], weights=sun[inside]) for one in printed]
        assert found[:, k] == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("colour", ["red", "yellow"])
def test_a_flag_is_painted_as_its_paint_is(colour):
    assert materials()[colour].spectrum == pytest.approx(targets().paints[colour].reflectance(SPECTRUM_NM))
