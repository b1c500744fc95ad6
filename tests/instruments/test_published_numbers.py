"""What the instruments' YAML files say, against the fact sheets."""

import numpy as np
import pytest

from farside.errors import BadInput
from farside.instruments import CAMERAS, load


def test_fields_of_view_are_the_derived_ones():
    for name, degrees in {"lcam": 43.7, "tcam": 22.64}.items():
        camera = load(name).camera()
        assert np.degrees(2 * np.arctan(camera.width / 2 * camera.pixel_rad)) == pytest.approx(degrees, abs=0.05)


def test_equal_radiance_gives_signals_in_the_ratio_of_the_labels_acali():
    tcam = load("tcam")
    signal = np.array([b.efficiency * b.width_nm * b.centre_nm for b in tcam.bands])
    product = signal * tcam.acali
    assert product / product[0] == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize("name", CAMERAS)
def test_full_well_fills_the_converter(name):
    d = load(name).detector
    assert d.bias_dn + d.full_well_e / d.gain_e_per_dn == pytest.approx(d.full_scale, rel=0.05)


@pytest.mark.parametrize("binning", [1, 2, 4, 8])
def test_binned_camera_sees_the_same_field(binning):
    full, binned = load("lcam").camera(), load("lcam").camera(binning)
    n = full.width // binning
    for edge in (0.5, n / 2, n + 0.5):
        assert binned.rays(edge, edge) == pytest.approx(
            full.rays((edge - 0.5) * binning + 0.5, (edge - 0.5) * binning + 0.5)
        )


def test_unknown_instrument_is_named():
    with pytest.raises(BadInput, match=r"wcam.*lcam, tcam"):
        load("wcam")
