"""Craters one by one: lists of what is there, and catalogues that sharpen an elevation file."""

import numpy as np
import pytest

from farside.errors import BadInput, DamagedFile
from farside.geometry import MOON_RADIUS_M, Site
from farside.moon import Moon, read_catalogue
from farside.moon import population as pop


def test_listed_craters_are_as_many_as_the_law_says(moon):
    site, radius = Site(-45.2, 177.2), 300.0
    found = moon.craters(site, radius, 2.0)
    middles = found.where(np.linalg.norm(ups(found) - site.up, axis=1) * MOON_RADIUS_M < radius)
    for diameter in (2.0, 4.0, 8.0, 16.0):
        expected = float(pop.cumulative(diameter)) * np.pi * radius**2
        assert (middles.diameter_m >= diameter).sum() == pytest.approx(expected, abs=3 * np.sqrt(expected))
    assert np.median(middles.depth_m / middles.diameter_m) == pytest.approx(0.065, abs=0.01)
    assert (np.diff(found.diameter_m) <= 0).all()
    assert set(found.where(found.diameter_m < 1e3).source) == {"procedural"}
    assert found.drawn == pytest.approx(1.0)


def listing(known):
    return known.listing(np.ones(len(known.marks)))


def ups(found):
    return np.array([Site(lat, lon).up for lat, lon in zip(found.lat_deg, found.lon_deg, strict=True)])


def test_a_listed_crater_is_in_the_ground(moon):
    place = Site(-45.2, 177.2)
    found = moon.craters(place, 2000.0, 100.0)
    fresh = found.where((found.degradation < 0.05) & (found.diameter_m < 250))
    assert len(fresh) >= 3
    for k in range(3):
        middle = Site(fresh.lat_deg[k], fresh.lon_deg[k])
        half = 0.5 * fresh.diameter_m[k]
        z, _ = moon.grid(middle, -half, -half, half / 16, 33)
        r = np.hypot(*np.meshgrid(np.arange(-16, 17), np.arange(-16, 17)))
        rim, floor = np.median(z[(r > 14) & (r < 16)]), np.median(z[r < 3])
        assert rim - floor == pytest.approx(fresh.depth_m[k], rel=0.35)


def test_the_named_crater_north_of_the_lander_is_listed(moon, site):
    found = moon.craters(site, 30.0, 20.0)
    (named,) = np.flatnonzero((found.source == "named") & (found.diameter_m < 1e3))
    assert found.diameter_m[named] == pytest.approx(25.0)
    assert found.depth_m[named] == pytest.approx(1.7)


def test_large_craters_are_listed_where_no_file_shows_them(moon):
    found = moon.craters(Site(-44.63, 176.21), 50e3, 20e3)
    (giant,) = np.flatnonzero((found.source == "named") & (np.abs(found.diameter_m - 181_300) < 1))
    assert found.depth_m[giant] == pytest.approx(-2235 + 5960, abs=200)  # mean of its rim over the lava
    assert found.drawn[giant] == pytest.approx(1.0)
    # Von Karman has wiped out what was there before it
    assert not (
        (found.source == "procedural") & (np.linalg.norm(ups(found) - Site(-44.63, 176.21).up, axis=1) < 0.05)
    ).any()
    highland = moon.craters(Site(-53.0, 190.0), 150e3, 8e3)
    assert (highland.source == "procedural").sum() > 30
    assert highland.diameter_m.max() > 20e3


def test_craters_that_a_file_shows_are_not_listed(gld100):
    found = Moon(1, gld100).craters(Site(-50.0, 185.0), 100e3, 2000.0)
    assert len(found) == 0


def test_craters_of_a_box_have_their_middle_in_it(moon):
    found = moon.craters_in((-45.3, -45.29, 177.2, 177.22), 5.0)
    assert len(found) > 50
    assert ((found.lat_deg >= -45.3) & (found.lat_deg < -45.29)).all()
    assert ((found.lon_deg >= 177.2) & (found.lon_deg < 177.22)).all()


@pytest.fixture(scope="module")
def sharpened(gld100, catalogue):
    return Moon(1, [catalogue, gld100])


NAMED = {"Zhinyu": (-45.35, 176.14, 3690.0, 893.0), "Tianjin": (-44.94, 178.80, 4010.0, 640.0)}


@pytest.mark.parametrize("name", NAMED)
def test_catalogue_gives_named_craters_their_true_depth(gld100, sharpened, name):
    lat, lon, diameter, depth = NAMED[name]
    found = sharpened.craters(Site(lat, lon), 1000.0, 3000.0)
    k = int(np.argmin(np.abs(found.diameter_m - diameter)))
    assert found.source[k] == "catalogue"
    assert found.depth_m[k] == pytest.approx(depth, rel=0.05)
    middle, half = Site(found.lat_deg[k], found.lon_deg[k]), 0.75 * found.diameter_m[k]

    def deep(moon):
        z = moon.grid(middle, -half, -half, half / 24, 49)[0].astype(float)
        r = np.hypot(*np.meshgrid(np.arange(-24, 25), np.arange(-24, 25))) * 1.5 / 24
        return np.mean(z[(r > 0.93) & (r < 1.07)]) - z[r < 0.4].min()

    bare = Moon(1, gld100)
    bare._known = bare._known.where(np.zeros(len(bare._known.marks), bool))
    bare._lay(bare._base)
    assert deep(bare) < 0.9 * depth
    assert deep(sharpened) == pytest.approx(depth, rel=0.1)


def test_catalogue_and_elevation_file_agree_on_places(gld100, catalogue):
    """Catalogued craters sit where the file has its holes: mean offset below 120 m."""
    known = listing(read_catalogue(catalogue))
    deep = known.where(
        (known.diameter_m > 5e3) & (known.diameter_m < 12e3) & (known.depth_m > 0.13 * known.diameter_m)
        & (np.abs(known.lat_deg + 45) < 20) & (np.abs(known.lon_deg - 180) < 25)
    )  # fmt: skip
    assert len(deep) > 100
    moon, offsets = Moon(1, gld100), []
    for lat, lon, diameter in zip(deep.lat_deg, deep.lon_deg, deep.diameter_m, strict=True):
        z = moon.grid(Site(lat, lon), -0.6 * diameter, -0.6 * diameter, diameter / 50, 61)[0].astype(float)
        x = (np.arange(61) - 30) * diameter / 50
        weight = np.clip(np.percentile(z, 30) - z, 0, None)
        offsets.append([(weight * x[None]).sum() / weight.sum(), (weight * x[:, None]).sum() / weight.sum()])
    assert np.hypot(*np.median(offsets, axis=0)) < 120.0


def test_nothing_is_invented_where_the_catalogue_counts(sharpened):
    found = sharpened.craters(Site(-46.0, 178.0), 60e3, 1000.0)
    assert set(found.source) == {"catalogue"}
    assert len(found) > 50
    small = sharpened.craters(Site(-46.0, 178.0), 3e3, 100.0)
    assert (small.source == "procedural").sum() > 20


def test_named_craters_are_not_drawn_twice(sharpened):
    found = sharpened.craters(Site(-45.35, 176.15), 500.0, 2000.0)
    assert ((found.diameter_m > 3e3) & (found.diameter_m < 4.5e3)).sum() == 1


def write(path, **columns):
    path.write_text(
        ",".join(columns) + "\n" + "\n".join(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))
    )
    return path


def test_catalogue_comes_as_text_in_kilometres_too(tmp_path):
    path = write(tmp_path / "c.csv", lat=[-45.0, 10.0, 0.0], lon_e=[177.0, -20.0, 3.0], diameter_km=[2.0, 5.0, 1.0],
                 depth_km=[0.3, 0.5, "nan"])  # fmt: skip
    found = listing(read_catalogue(path))
    assert found.diameter_m == pytest.approx([5000, 2000])
    assert found.depth_m == pytest.approx([500, 300])
    assert found.lon_deg == pytest.approx([340, 177])


def test_catalogues_that_are_none_are_named(tmp_path):
    with pytest.raises(BadInput, match=r"depth_m.*diameter_m.*a column depth_m or depth_km"):
        read_catalogue(write(tmp_path / "a.csv", lat=[1.0], lon=[2.0], diameter_m=[3.0]))
    with pytest.raises(BadInput, match="row 1"):
        read_catalogue(write(tmp_path / "b.csv", lat=[1.0, 95.0], lon=[2, 2], diameter_m=[3e3, 3e3], depth_m=[90, 90]))
    with pytest.raises(BadInput, match="no such file"):
        read_catalogue(tmp_path / "none.csv")
    (tmp_path / "broken.npz").write_bytes(b"no archive")
    with pytest.raises(DamagedFile, match=r"broken\.npz"):
        read_catalogue(tmp_path / "broken.npz")
    good = write(tmp_path / "c.csv", lat=[1.0], lon=[2.0], diameter_m=[3e3], depth_m=[90.0])
    with pytest.raises(BadInput, match="an elevation file that it sharpens"):
        Moon(1, good)
