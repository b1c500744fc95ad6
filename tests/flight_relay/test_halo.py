"""Periodic halo orbits against the JPL three-body catalogue."""

import numpy as np
import pytest

from farside.errors import BadInput
from farside.flight.cr3bp import LU_KM, MU
from farside.flight.halo import CATALOGUE, Halo, southern_halo

JACOBI_AND_STABILITY = [
    (3.152118856537, 606.11),
    (3.149258418297, 576.75),
    (3.146144201231, 545.97),
    (3.142203749361, 508.78),
    (3.132895458425, 428.26),
    (3.110280812639, 271.31),
    (3.075322120630, 115.43),
    (3.047909522304, 46.65),
    (3.023750675282, 11.76),
    (3.015178340090, 1.047),
]


@pytest.mark.parametrize(("row", "expected"), list(zip(CATALOGUE, JACOBI_AND_STABILITY, strict=True)))
def test_catalogue_orbits_close_with_the_tabled_constant_and_stability(row, expected):
    halo = Halo(*row)
    assert halo.closure() < 1e-10
    assert halo.jacobi == pytest.approx(expected[0], abs=1e-12)
    assert halo.stability == pytest.approx(expected[1], abs=0.01)


def test_orbit_of_queqiao_is_the_tabled_member_and_closes():
    halo = southern_halo(13000.0)
    tabled = (1.1797684050315971, -0.0333587372948117, -0.1619879713483011, 3.4063942680465)
    np.testing.assert_allclose((halo.x0, halo.z0, halo.vy0, halo.period), tabled, rtol=0, atol=1e-13)
    assert halo.closure() < 1e-12
    assert halo.jacobi == pytest.approx(3.147294226196, abs=1e-12)
    assert halo.stability == pytest.approx(557.195, abs=0.001)


def test_catalogue_member_between_seeds_is_found_by_its_amplitude():
    x0, z0, vy0, period = CATALOGUE[5]
    halo = southern_halo(z0 * LU_KM + 700.0)
    back = southern_halo(z0 * LU_KM)
    assert halo.jacobi < back.jacobi
    np.testing.assert_allclose((back.x0, back.z0, back.vy0, back.period), (x0, -z0, vy0, period), atol=1e-11)


def test_southern_halo_stays_behind_the_moon_and_dips_south():
    halo = southern_halo(13000.0)
    states = halo.states(np.arange(200) / 200)
    from_moon = (states[:, :3] - [1.0 - MU, 0.0, 0.0]) * LU_KM
    assert from_moon[:, 0].min() > 0.0
    assert from_moon[:, 2].min() == pytest.approx(-13000.0, abs=1.0)
    distance = np.linalg.norm(from_moon, axis=1)
    assert 50_000 < distance.min() < distance.max() < 76_500


def test_phases_may_come_in_any_order_and_wrap():
    halo = southern_halo(13000.0)
    np.testing.assert_allclose(halo.states([0.7, 0.2, 1.2]), halo.states([0.2, 0.7, 0.2])[[1, 0, 0]], atol=1e-12)


def test_amplitudes_outside_the_family_are_refused():
    for amplitude in (0.0, 80_000.0):
        with pytest.raises(BadInput, match="z_amplitude_km"):
            southern_halo(amplitude)
