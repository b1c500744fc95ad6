"""Maps of the Moon against PROJ, and what each projection is chosen for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.errors import BadInput
from farside.geometry import MOON_RADIUS_M, Azimuthal, Cylindrical, Site

KINDS = ("stereographic", "orthographic", "equal_area", "equidistant")
CENTRES = ((-45.4446, 177.5991), (-90.0, 0.0), (90.0, 30.0), (0.0, 180.0), (23.81, 182.3))
MAPS = [Azimuthal(kind, *centre) for kind in KINDS for centre in CENTRES]
MAPS += [Cylindrical(), Cylindrical(-45.4446, 177.5991), Cylindrical(30.0, 0.0)]
SPHERE = f"+proj=longlat +R={MOON_RADIUS_M:.0f} +no_defs"


def places(m):
    """Latitudes and longitudes (radians) that the map shows: within 89 degrees of its centre."""
    rng = np.random.default_rng(4)
    lat, lon = np.arcsin(rng.uniform(-1, 1, 4000)), rng.uniform(0, 2 * np.pi, 4000)
    if isinstance(m, Cylindrical):
        return lat, lon
    up = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)
    near = up @ Site(m.lat0_deg, m.lon0_deg).up > np.cos(np.radians(89.0))
    return lat[near], lon[near]


@pytest.mark.parametrize("m", MAPS, ids=str)
@pytest.mark.parametrize("text", ["proj", "wkt"])
def test_maps_are_those_of_proj_by_string_and_by_well_known_text(m, text):
    from rasterio.crs import CRS
    from rasterio.warp import transform

    crs = CRS.from_string(m.proj) if text == "proj" else CRS.from_wkt(m.wkt)
    lat, lon = places(m)
    theirs = transform(CRS.from_string(SPHERE), crs, np.degrees(lon), np.degrees(lat))
    np.testing.assert_allclose(m.xy(lat, lon), theirs, rtol=0, atol=2e-6)
    back = transform(crs, CRS.from_string(SPHERE), *m.xy(lat, lon))
    found = m.latlon(*m.xy(lat, lon))
    np.testing.assert_allclose(np.degrees(found[0]), back[1], rtol=0, atol=1e-10)
    turn = np.radians(back[0]) - found[1]
    np.testing.assert_allclose(np.sin(turn / 2) * np.cos(lat), 0, atol=2e-12)


@pytest.mark.parametrize("m", MAPS, ids=str)
def test_the_way_there_and_back_loses_less_than_a_micrometre(m):
    lat, lon = places(m)
    found = m.latlon(*m.xy(lat, lon))
    assert np.abs(found[0] - lat).max() * MOON_RADIUS_M < 1e-6
    assert np.abs(np.sin((found[1] - lon) / 2) * np.cos(lat)).max() * MOON_RADIUS_M < 1e-6


@given(st.sampled_from(KINDS), st.floats(-1e-3, 1e-3), st.floats(-1e-3, 1e-3))
def test_a_step_near_the_centre_is_a_step_on_the_ground(kind, x, y):
    m = Azimuthal(kind, -45.4446, 177.5991)
    lat, lon = m.latlon(x, y)
    found = m.xy(lat, lon)
    np.testing.assert_allclose(found, (x, y), atol=2e-9)


def area_and_angle(m, lat, lon, h=1e-5):
    """Area on the map over area on the ground, and cosine between the images of east and north."""
    east = (np.array(m.xy(lat, lon + h)) - np.array(m.xy(lat, lon - h))) / (2 * h * MOON_RADIUS_M * np.cos(lat))
    north = (np.array(m.xy(lat + h, lon)) - np.array(m.xy(lat - h, lon))) / (2 * h * MOON_RADIUS_M)
    cosine = (east * north).sum(0) / np.linalg.norm(east, axis=0) / np.linalg.norm(north, axis=0)
    return np.abs(east[0] * north[1] - east[1] * north[0]), cosine, np.linalg.norm(east, axis=0)


def test_each_projection_keeps_what_it_is_chosen_for():
    lat, lon = np.radians([-45.0, -20.0, -60.0, 10.0]), np.radians([178.0, 150.0, 230.0, 190.0])
    centre = (-45.4446, 177.5991)
    np.testing.assert_allclose(area_and_angle(Azimuthal("equal_area", *centre), lat, lon)[0], 1.0, atol=1e-8)
    np.testing.assert_allclose(area_and_angle(Azimuthal("stereographic", *centre), lat, lon)[1], 0.0, atol=1e-8)
    up = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)
    range_m = MOON_RADIUS_M * np.arccos(up @ Site(*centre).up)
    np.testing.assert_allclose(np.hypot(*Azimuthal("equidistant", *centre).xy(lat, lon)), range_m, rtol=1e-9)
    seen = MOON_RADIUS_M * up @ Site(*centre).axes.T
    np.testing.assert_allclose(np.array(Azimuthal("orthographic", *centre).xy(lat, lon)).T, seen[:, :2], atol=1e-6)
    along = np.radians(-45.0) * np.ones(3)
    scale = area_and_angle(Cylindrical(-45.0, 180.0), along, np.radians([10.0, 100.0, 300.0]))[2]
    np.testing.assert_allclose(scale, 1.0, atol=1e-9)


def test_what_a_map_cannot_show_is_not_a_number():
    far = np.radians([45.4446, 0.0]), np.radians([357.5991, 0.0])
    assert np.isnan(Azimuthal("orthographic", -45.4446, 177.5991).xy(*far)).all()
    for kind in KINDS:
        assert np.isnan(Azimuthal(kind, -90.0, 0.0).xy(np.pi / 2, 0.0)).all()
    assert np.isnan(Azimuthal("orthographic", 0, 0).latlon(1.01 * MOON_RADIUS_M, 0.0)).all()
    assert np.isnan(Azimuthal("equal_area", 0, 0).latlon(2.01 * MOON_RADIUS_M, 0.0)).all()
    assert np.isnan(Azimuthal("equidistant", 0, 0).latlon(3.15 * MOON_RADIUS_M, 0.0)).all()
    assert np.isnan(Cylindrical().latlon(0.0, 1.6 * MOON_RADIUS_M)).all()


def test_longitudes_come_back_east_from_0_to_360_and_maps_reach_half_a_turn():
    x, _ = Cylindrical(0.0, 180.0).xy(0.0, np.radians([-170.0, 190.0, 170.0, 0.1, 359.9]))
    np.testing.assert_allclose(x / MOON_RADIUS_M, np.radians([10, 10, -10, -179.9, 179.9]))
    lon = Cylindrical(0.0, 0.0).latlon([-1e5, 1e5], 0.0)[1]
    assert lon[0] > np.pi > lon[1] > 0


def test_projections_that_do_not_exist_are_named():
    with pytest.raises(BadInput, match="kind: 'mercator'; expected one of stereographic, orthographic"):
        Azimuthal("mercator", 0.0, 0.0)
    with pytest.raises(BadInput, match="lat0_deg: 91"):
        Azimuthal("orthographic", 91.0, 0.0)
    with pytest.raises(BadInput, match="lat_ts_deg: 90"):
        Cylindrical(90.0)
