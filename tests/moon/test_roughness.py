"""Statistics of the relief against the fact sheet (sections 6 and 13)."""

import numpy as np
import pytest

from farside.geometry import Site
from farside.moon import Moon


def lags(z, k):
    d = np.concatenate([(z[k:] - z[:-k]).ravel(), (z[:, k:] - z[:, :-k]).ravel()])
    return np.sqrt(np.mean(d * d))


def median_slope_deg(z, k, post):
    gx = (z[:, k:] - z[:, :-k])[:-k] / (k * post)
    gy = (z[k:] - z[:-k])[:, :-k] / (k * post)
    return np.degrees(np.arctan(np.median(np.hypot(gx, gy))))


def hurst(z, lag):
    return np.polyfit(np.log(lag), np.log([lags(z, k) for k in lag]), 1)[0]


MARE = [(-44.9 - 0.08 * k, 176.8 + 0.1 * k) for k in range(10)]
HIGHLAND = [(-53, 190), (-57, 184), (-30, 175), (-52, 186), (-55, 195), (5, 194), (2, 192), (-35, 170)]
SEEDS = [20190103, 1, 2]


def at_17_metres(places):
    """Median slope (degrees) at 17 m and Hurst exponent from 8 to 136 m of squares of 2 km; every seed, every place."""
    slopes, exponents = [], []
    for seed in SEEDS:
        ground = Moon(seed)
        for lat, lon in places:
            site = Site(lat, lon, float(ground.elevation(lat, lon, 4.25)))
            z = ground.grid(site, -1000.0, -1000.0, 4.25, 471)[0].astype(float)
            slopes.append(median_slope_deg(z, 4, 4.25))
            exponents.append(hurst(z, [2, 4, 8, 16, 32]))
    return np.median(slopes), np.mean(exponents)


def test_mare_is_as_rough_at_17_metres_as_measured():
    slope, exponent = at_17_metres(MARE)
    assert slope == pytest.approx(2.0, abs=0.3)
    assert exponent == pytest.approx(0.76, abs=0.1)


def test_highland_is_as_rough_at_17_metres_as_measured():
    slope, exponent = at_17_metres(HIGHLAND)
    assert slope == pytest.approx(7.5, abs=1.0)
    assert exponent == pytest.approx(0.95, abs=0.05)


def test_regolith_is_rough_at_the_scale_of_a_hand(moon, site):
    slopes, exponents, heights = [], [], []
    for place in (site, Site(-45.3, 177.2, -5935.0), Site(-45.6, 177.0, -5935.0)):
        z = moon.grid(place, -1.5, -1.5, 0.0025, 1201)[0].astype(float)
        slopes.append(median_slope_deg(z, 3, 0.0025))
        exponents.append(hurst(z, [3, 6, 12, 24, 50]))
        window = z[:1200, :1200].reshape(24, 50, 24, 50).transpose(0, 2, 1, 3).reshape(-1, 2500)
        heights.append(1e3 * window.std(1))
    assert np.mean(slopes) == pytest.approx(10, abs=2)
    assert 0.60 <= np.mean(exponents) <= 0.85
    heights = np.concatenate(heights)
    assert np.median(heights) == pytest.approx(4.0, abs=1.0)
    assert heights.min() > 0.5 and np.percentile(heights, 99) < 18.0


def test_highland_is_rougher_than_mare_at_every_baseline(moon):
    steps = np.arange(60) / 64
    highland, mare = [], []
    for lat, lon in ((-53.0, 190.0), (-57.0, 184.0), (-30.0, 175.0)):
        highland.append(moon.elevation((lat + steps)[:, None], (lon + steps)[None], 474.0))
    mare.append(moon.elevation((-45.6 + steps)[:, None], (176.7 + steps)[None], 474.0))
    for k, target in ((1, 58), (2, 115), (4, 220), (8, 396)):
        rough = np.median([lags(z, k) for z in highland])
        assert rough == pytest.approx(target, rel=0.30)
        assert rough > 3 * lags(mare[0], k)
