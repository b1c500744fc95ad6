"""Statistics of the relief against the fact sheet (sections 6 and 13)."""

import numpy as np
import pytest

from farside.geometry import Site


def lags(z, k):
    d = np.concatenate([(z[k:] - z[:-k]).ravel(), (z[:, k:] - z[:, :-k]).ravel()])
    return np.sqrt(np.mean(d * d))


def median_slope_deg(z, k, post):
    gx = (z[:, k:] - z[:, :-k])[:-k] / (k * post)
    gy = (z[k:] - z[:-k])[:, :-k] / (k * post)
    return np.degrees(np.arctan(np.median(np.hypot(gx, gy))))


def hurst(z, lag):
    return np.polyfit(np.log(lag), np.log([lags(z, k) for k in lag]), 1)[0]


def test_mare_is_as_rough_at_17_metres_as_the_sheet_says(moon):
    slopes, exponents = [], []
    for k in range(10):
        z, _ = moon.grid(Site(-44.9 - 0.08 * k, 176.8 + 0.1 * k, -5935.0), -1000.0, -1000.0, 4.25, 471)
        slopes.append(median_slope_deg(z.astype(float), 4, 4.25))
        exponents.append(hurst(z.astype(float), [2, 4, 8, 16, 32]))
    assert np.median(slopes) == pytest.approx(2.0, abs=0.3)
    assert np.mean(exponents) == pytest.approx(0.76, abs=0.1)


def test_regolith_is_rough_at_the_scale_of_a_hand(moon, site):
    z, _ = moon.grid(site, -1.5, -1.5, 0.0025, 1201)
    z = z.astype(float)
    assert median_slope_deg(z, 3, 0.0025) == pytest.approx(10, abs=2)
    assert 0.6 <= hurst(z, [3, 6, 12, 24, 50]) <= 0.87
    window = z[:1200, :1200].reshape(24, 50, 24, 50).transpose(0, 2, 1, 3).reshape(-1, 2500)
    plane = np.stack([np.ones(2500), *(np.mgrid[:50, :50].reshape(2, -1))], 1)
    flat = window.T - plane @ np.linalg.lstsq(plane, window.T, rcond=None)[0]
    assert 1.0 < 1e3 * np.median(flat.std(0)) < 6.0


def test_highland_is_rougher_than_mare_at_every_baseline(moon):
    steps = np.arange(60) / 64
    highland, mare = [], []
    for lat, lon in ((-53.0, 190.0), (-57.0, 184.0), (-30.0, 175.0)):
        highland.append(moon.elevation((lat + steps)[:, None], (lon + steps)[None], 474.0))
    mare.append(moon.elevation((-45.6 + steps)[:, None], (176.7 + steps)[None], 474.0))
    for k, target in ((1, 58), (2, 115), (4, 220), (8, 396)):
        rough = np.median([lags(z, k) for z in highland])
        assert rough == pytest.approx(target, rel=0.45)
        assert rough > 3 * lags(mare[0], k)
