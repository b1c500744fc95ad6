"""The landing region on the published elevation model, against what was measured there (lunar-surface.md 2 and 13)."""

import numpy as np
import pytest

from farside.geometry import MOON_RADIUS_M, Site
from farside.moon import Moon

LANDER = Site(-45.4446, 177.5991)
FEATURES = {  # latitude, longitude, distance (km) and azimuth (deg) from the lander, heights (km): floor, centre or rim
    "Hegu": (-46.30, 177.57, 25.9, 181, {"floor": -6.08}),
    "Tianjin": (-44.93, 178.81, 30.2, 59, {"rim": -5.89, "floor": -6.35}),
    "Zhinyu": (-45.34, 176.15, 31.0, 275, {"rim": -5.79, "floor": -6.52}),
    "Mons Tai": (-44.56, 175.83, 46.5, 305, {"centre": -4.70}),
    "Von Karman L": (-47.83, 177.90, 72.6, 175, {"centre": -6.42}),
    "Von Karman M": (-49.44, 174.95, 133, 203, {}),
    "Alder": (-48.63, 182.12, 134, 138, {"centre": -6.83}),
    "Finsen": (-42.29, 182.28, 140, 49, {"centre": -4.87}),
    "Leibnitz": (-38.24, 179.35, 222, 11, {"centre": -5.78}),
}
RADIUS_M = {"Hegu": 1100.0, "Tianjin": 1950.0, "Zhinyu": 1900.0}


@pytest.fixture(scope="module")
def bare(gld100):
    """The elevation model alone, metres at latitudes and longitudes in degrees."""
    land = Moon(1, gld100)._land
    return lambda lat, lon: land.heights(np.radians(lat), np.radians(lon))


def test_landing_place_has_the_elevation_of_the_file(bare):
    found = bare(np.array([LANDER.lat_deg]), np.array([LANDER.lon_deg]))[0]
    assert found == pytest.approx(-5951.7, abs=1.0)
    assert found == pytest.approx(-5935.0, abs=25.0)  # Liu et al. 2019, in the frame of Chang'e 2's model


@pytest.mark.parametrize("name", FEATURES)
def test_features_lie_where_they_are_seen_from_the_lander(name):
    lat, lon, km, azimuth, _ = FEATURES[name]
    place = Site(lat, lon)
    arc = np.arccos(LANDER.up @ place.up) * MOON_RADIUS_M * 1e-3
    east, north, _ = LANDER.axes @ place.up
    assert arc == pytest.approx(km, abs=0.51 if km > 100 else 0.06)
    assert np.degrees(np.arctan2(east, north)) % 360 == pytest.approx(azimuth, abs=0.6)


@pytest.mark.parametrize("name", [name for name, row in FEATURES.items() if row[4]])
def test_features_have_their_measured_heights(bare, name):
    lat, lon, *_, heights = FEATURES[name]
    if "centre" in heights:
        assert bare(np.array([lat]), np.array([lon]))[0] == pytest.approx(1e3 * heights["centre"], abs=6)
    radius = np.degrees(RADIUS_M.get(name, 0.0) / MOON_RADIUS_M)
    angle = np.radians(np.arange(0, 360, 10.0))
    share = {"floor": np.arange(0.0, 0.75, 0.125)[:, None], "rim": np.arange(0.95, 1.3, 0.05)[:, None]}
    for part in heights.keys() - {"centre"}:
        rings = bare(
            lat + radius * share[part] * np.cos(angle),
            lon + radius * share[part] * np.sin(angle) / np.cos(np.radians(lat)),
        )
        found = rings.mean(1).max() if part == "rim" else np.percentile(rings, 5)
        assert found == pytest.approx(1e3 * heights[part], abs=70), part


def test_floor_of_von_karman_is_flat_and_low(bare):
    rng = np.random.default_rng(0)
    patch = bare(rng.uniform(-46.6, -45.2, 4000), rng.uniform(176.5, 178.5, 4000))
    assert patch.mean() == pytest.approx(-5956, abs=10)
    assert patch.std() == pytest.approx(30, abs=8)
