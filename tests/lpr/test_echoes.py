"""The forward model against what the radar equation, Fermat and a real trace say."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.signal import hilbert

from farside.instruments.lpr import from_bytes, radar
from farside.instruments.lpr.dielectric import C_M_PER_NS, carrier_density, one_way, regolith_permittivity
from farside.payload.lpr import Ground, Layer, echoes
from farside.payload.lpr.born import add_echoes
from farside.payload.lpr.ground import STEP_M
from farside.payload.lpr.wavelet import pulses
from farside.products.lpr import calibrate

TWO = radar().channel("2B")


def test_permittivity_of_the_regolith_as_published():
    z = np.array([0.0, 0.3, 1.0, 5.0, 12.0])
    np.testing.assert_allclose(regolith_permittivity(carrier_density(z)), [2.34, 3.00, 3.29, 3.45, 3.47], atol=0.01)


@pytest.mark.parametrize("x", [0.0, 0.5, 2.0, 6.0])
def test_ray_is_the_fastest_way(x):
    h, z, n = 0.3, 3.0, 1.8
    fastest = minimize_scalar(
        lambda u: (np.hypot(u, h) + n * np.hypot(x - u, z)) / C_M_PER_NS, bounds=(0.0, max(x, 1e-9)), method="bounded",
        options={"xatol": 1e-9},
    )  # fmt: skip
    assert float(one_way(x, z, h, n)[0]) == pytest.approx(fastest.fun, abs=1e-6)


def one_point(x, z, n, loss=0.0):
    out = np.zeros((1, TWO.samples), np.float32)
    cells = int(z / STEP_M) + 4
    antenna = np.array([TWO.height_m, TWO.offset_m / 2, 10.0, TWO.interval_ns, 0.5])
    add_echoes(
        out, np.array([[x, 0.0]]), np.array([[0.0, 0.0, z, 1.0]]), False, antenna, np.full(cells, n),
        np.full(cells, loss), STEP_M, pulses(0.5, TWO.interval_ns)[0],
    )  # fmt: skip
    return out[0]


@pytest.mark.parametrize(("x", "z"), [(0.0, 2.0), (1.0, 2.0), (3.0, 5.0), (4.0, 9.0)])
def test_point_answers_when_both_antennas_say_so(x, z):
    n, half = 1.8, TWO.offset_m / 2
    exact = float(one_way(x - half, z, TWO.height_m, n)[0] + one_way(x + half, z, TWO.height_m, n)[0])
    fine = np.fft.irfft(np.fft.rfft(one_point(x, z, n)), 16 * TWO.samples)
    assert np.abs(hilbert(fine)).argmax() * TWO.interval_ns / 16 == pytest.approx(exact, abs=0.03)


def test_point_weakens_with_spreading_and_loss():
    z, n, tangent = 6.0, 1.8, 0.004
    spread = TWO.height_m + z / n
    assert np.abs(hilbert(one_point(0.0, z, n))).max() == pytest.approx(1.0 / spread**2, rel=0.03)
    lossy = np.abs(np.fft.rfft(one_point(0.0, z, n, tangent)))
    f = np.fft.rfftfreq(TWO.samples, TWO.interval_ns)
    lost = lossy / np.maximum(np.abs(np.fft.rfft(one_point(0.0, z, n))), 1e-12)
    way = 2 * n * z / C_M_PER_NS
    at = (f > 0.3) & (f < 0.8)
    np.testing.assert_allclose(lost[at], np.exp(-np.pi * f[at] * tangent * way), rtol=0.06)


def test_even_boundary_answers_as_a_mirror(monkeypatch):
    monkeypatch.setattr(Ground, "boundary", lambda self, i, place: np.full(len(place), self.layers[i].base_m))
    depth, eps = 8.0, 3.24
    ground = Ground((Layer("above", depth, eps, 0.0, 0.0), Layer("below", 20.0, 5.0, 0.0, 0.0)), 1)
    got = np.abs(hilbert(echoes(ground, TWO, np.array([[0.0, 0.0]]))[0]))
    n = np.sqrt(eps)
    through = 1.0 - ((n - 1) / (n + 1)) ** 2
    mirror = through * abs(ground.reflection(0)) / (2 * (TWO.height_m + depth / n))
    assert got.max() == pytest.approx(mirror, rel=0.06)
    assert got.argmax() * TWO.interval_ns == pytest.approx(2 * (TWO.height_m + n * depth) / C_M_PER_NS, abs=0.35)


def test_trace_has_the_range_and_decay_of_the_real_one(draft, real):
    ours = calibrate(draft)["dn"].values
    theirs = from_bytes((real / "ce4_lpr2b_seq0316_first_record.2B").read_bytes())["dn"].values
    time = draft["time_ns"].values
    peak = np.abs(ours).max(axis=1).mean()
    assert 20 * np.log10(peak / 0.70) == pytest.approx(83.7, abs=2.0)
    for low, high in ((94, 188), (188, 312), (312, 469), (469, 640)):
        at = (time >= low) & (time < high)
        assert 20 * np.log10(ours[:, at].std() / theirs[:, at].std()) == pytest.approx(0.0, abs=3.0)
