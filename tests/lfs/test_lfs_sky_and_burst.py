"""The radio sky and the burst against published numbers."""

import numpy as np
import pytest

from farside.instruments.lfs import antenna, load
from farside.payload.lfs import Burst, arrival_time, galactic_brightness
from farside.payload.lfs.burst import decay_time, emission_radius, flux, plasma_frequency

C, K = 299_792_458.0, 1.380649e-23


@pytest.mark.parametrize(("mhz", "brightness", "kelvin"), [
    (1, 5.00e-21, 1.63e7), (3, 1.37e-20, 4.96e6), (10, 8.96e-21, 2.9e5), (40, 4.19e-21, 8.5e3),
])  # fmt: skip
def test_galaxy_is_as_bright_as_published(mhz, brightness, kelvin):
    found = float(galactic_brightness(mhz * 1e6))
    assert found == pytest.approx(brightness, rel=5e-3)
    assert found * (C / (mhz * 1e6)) ** 2 / (2 * K) == pytest.approx(kelvin, rel=1e-2)


@pytest.mark.parametrize(("mhz", "nv"), [(1, 7.0), (3, 11.6), (10, 9.4), (40, 6.4)])
def test_bare_antenna_in_the_whole_sky_has_the_published_voltage(mhz, nv):
    i = load()
    bare = i.model_copy(update={"sky_fraction": 1.0, "antennas": i.antennas.model_copy(update={"stray_pf": 0.0})})
    assert 1e9 * np.sqrt(antenna.isotropic(galactic_brightness(mhz * 1e6), bare)) == pytest.approx(nv, abs=0.06)


def test_isotropic_sky_is_the_sum_of_plane_waves_from_everywhere():
    i = load()
    cosine, width = np.linspace(-1, 1, 20_001, retstep=True)
    summed = 2 * np.pi * np.trapezoid(antenna.plane_wave(1.0, cosine, i), dx=width)
    assert antenna.isotropic(1.0, i) == pytest.approx(i.sky_fraction * summed, rel=1e-6)


@pytest.mark.parametrize(("radii", "hz"), [(1.5, 25.4e6), (3, 3.99e6), (10, 553e3), (215, 24e3)])
def test_corona_rings_at_the_published_plasma_frequencies(radii, hz):
    assert plasma_frequency(radii) == pytest.approx(hz, rel=1e-2)
    assert emission_radius(2 * plasma_frequency(radii), 2) == pytest.approx(radii, rel=1e-5)


def test_drift_is_between_that_of_the_near_and_of_the_far_corona():
    # n as r^-p drifts as f^(1 + 2/p): p = 2 far out gives 2, p = 6 near the Sun 4/3
    f = np.geomspace(0.03e6, 60e6, 2000)
    t = arrival_time(f, Burst(t=0.0, angle_deg=90.0), 1.0)
    rate = np.gradient(f, t)
    exponent = np.gradient(np.log(-rate), np.log(f))
    assert np.all(rate < 0)
    assert exponent[20] == pytest.approx(2.0, abs=0.05)
    assert 1.3 < exponent[1990] < 1.6
    mean = np.polyfit(np.log(f), np.log(-rate), 1)[0]
    assert mean == pytest.approx(1.84, abs=0.15)  # Alvarez and Haddock 1973, over 75 kHz to 550 MHz


def test_light_overtakes_a_beam_that_comes_towards_us():
    ahead, across = (Burst(t=0.0, angle_deg=a) for a in (0.0, 90.0))
    f = np.array([1e6])
    way = emission_radius(f, 2) - 1.0
    expected = across.speed_c * arrival_time(f, across, 1.0)
    assert expected == pytest.approx(way * 695_700 / 299_792.458, rel=1e-2)
    assert arrival_time(f, ahead, 1.0) == pytest.approx(arrival_time(f, across, 1.0) * (1 - 0.2), rel=1e-2)


def test_burst_peaks_at_its_flux_and_fades_as_published():
    f = np.array([1e6, 10e6])
    burst = Burst(t=0.0, slope=-1.0, flux_1mhz=1e-18)
    t = np.arange(0.0, 1500.0, 0.1)
    curve = flux(t, f, burst, 1.0)
    assert curve.max(axis=0) == pytest.approx([1e-18, 1e-19], rel=2e-2)
    late = np.searchsorted(t, arrival_time(f, burst, 1.0) + 4 * decay_time(f))
    for k, at in enumerate(late):
        steps = round(float(decay_time(f)[k]) * 10)
        assert curve[at, k] / curve[at + steps, k] == pytest.approx(np.e, rel=2e-2)
    assert decay_time(1e6) == pytest.approx(100.0, rel=1e-2)
