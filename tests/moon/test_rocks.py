"""Rocks against the fact sheet (section 7)."""

import numpy as np
import pytest

from farside.errors import BadInput
from farside.geometry import Site
from farside.moon import rocks


def test_counts_follow_from_the_area_law():
    assert 100 * rocks.count([0.05, 0.1, 0.3, 1.0]) == pytest.approx([7.0, 2.8, 0.49, 0.025], rel=0.03)


def test_rocks_cover_the_share_of_ground_seen_in_the_panoramas(moon):
    rng, share = np.random.default_rng(0), []
    for _ in range(150):
        found = moon.rocks(Site(-45.6 + rng.uniform(-0.6, 0.6), 177.0 + rng.uniform(-0.8, 0.8)), 56.42, 0.02)
        share.append((np.pi / 4 * found.diameter**2).sum() / 1e4)
    larger_than_2_cm = np.exp(-0.02 * rocks.FALLOFF)
    assert np.mean(share) == pytest.approx(0.0021 * larger_than_2_cm, abs=0.0005)


def test_rocks_of_a_box_are_those_of_the_circle_round_it(moon):
    box = (-45.4456, -45.4436, 177.598, 177.6005)
    found = moon.rocks_in(box, 0.1)
    middle = Site(-45.4446, 177.59925)
    lat, lon, _ = middle.geodetic(found.position)
    assert len(found) > 30
    assert ((lat >= box[0]) & (lat < box[1]) & (lon >= box[2]) & (lon < box[3])).all()
    around = moon.rocks(middle, 100.0, 0.1)
    assert set(found.shape) <= set(around.shape)
    lat, lon, _ = middle.geodetic(around.position)
    inside = (lat >= box[0]) & (lat < box[1]) & (lon >= box[2]) & (lon < box[3])
    assert inside.sum() == len(found)


def test_a_box_without_inside_is_named(moon):
    for box in ((10.0, 5.0, 0.0, 1.0), (-91.0, 0.0, 0.0, 1.0), (0.0, 1.0, 5.0, 5.0)):
        with pytest.raises(BadInput, match="box"):
            moon.rocks_in(box, 1.0)


def test_a_rock_is_the_same_from_every_circle_that_holds_it(moon, site):
    near, wide = moon.rocks(site, 15.0, 0.1), moon.rocks(site, 30.0, 0.1)
    inside = np.hypot(wide.position[:, 0], wide.position[:, 1]) < 14.9
    own = np.hypot(near.position[:, 0], near.position[:, 1]) < 14.9
    assert np.array_equal(wide.shape[inside], near.shape[own])
    assert np.array_equal(wide.position[inside], near.position[own])


def test_rocks_stand_on_the_ground_and_are_flatter_than_wide(moon, site):
    found = moon.rocks(site, 30.0, 0.05)
    ratio = found.height / found.diameter
    assert len(found) > 50 and np.all(np.diff(found.diameter) <= 0)
    assert ratio.mean() == pytest.approx(0.6, abs=0.04)
    assert np.abs(found.position[:, 2]).max() < 6


def test_no_rock_that_a_lander_would_avoid_lies_at_the_landing_place(moon, site):
    found = moon.rocks(site, 15.0, 0.05)
    away = np.hypot(found.position[:, 0], found.position[:, 1])
    assert away[found.diameter >= 0.2].min() > 6.0
    assert (away < 6.0).sum() > 5


def test_fresh_craters_are_rocky(moon):
    zhinyu = Site(-45.34, 176.15)
    usual = Site(-45.6, 177.4)
    assert len(moon.rocks(zhinyu, 60.0, 0.2)) > 3 * len(moon.rocks(usual, 60.0, 0.2))
