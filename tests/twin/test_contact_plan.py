"""Contacts of Chang'e 4 and of a landing on the near side."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from farside.sky import earth_direction
from farside.twin import World, load_mission, qualities
from farside.twin.contacts import Contacts, take_turns
from farside.work import Pool, Stages


def world(folder, **site) -> World:
    mission = load_mission("chang-e-4")
    mission = mission.model_copy(update={"site": mission.site.model_copy(update=site)})
    return World(mission, qualities()["draft"], Stages(folder), Pool(1), [], lambda what: None)


@pytest.fixture(scope="module")
def far(tmp_path_factory) -> Contacts:
    return Contacts(world(tmp_path_factory.mktemp("far")))


def test_on_the_far_side_everything_goes_through_the_relay(far):
    assert far.plan.receivers(10) == [20]
    assert far.plan.receivers(40) == [30, 31, 32]


def test_the_relay_is_always_above_the_landing_site(far):
    (contact,) = [c for c in far.plan if (c.sender, c.receiver) == (10, 20)]
    assert contact.start == 0.0
    assert contact.end == pytest.approx(far.t1 - far.t0)


def test_the_relay_talks_to_one_station_at_a_time_and_rarely_to_none(far):
    turns = sorted((c.start, c.end) for c in far.plan if c.sender == 20 and c.receiver >= 30)
    assert all(a[1] <= b[0] for a, b in pairwise(turns))
    assert sum(b - a for a, b in turns) / (far.t1 - far.t0) > 0.9


def test_light_takes_what_the_geometry_says(far):
    assert 0.155 < far.light_time(10, 20, 1000.0) < 0.258
    assert 1.35 < far.light_time(20, 30, 1000.0) < 1.62
    assert far.light_time(20, 10, 1000.0) == far.light_time(10, 20, 1000.0)


def test_on_the_near_side_the_earth_is_in_view_and_the_lander_talks_to_it(tmp_path):
    near = Contacts(world(tmp_path, lat_deg=19.5, lon_deg=340.5))
    up = earth_direction(near.world.site, np.linspace(near.t0, near.t1, 50))[:, 2]
    assert np.all(up > 0.5)
    assert {30, 31, 32} & set(near.plan.receivers(10))
    assert 20 not in near.plan.receivers(10)


def test_a_station_is_kept_until_it_sets():
    turns = take_turns({1: [(0.0, 5000.0)], 2: [(3000.0, 9000.0)], 3: [(4000.0, 8000.0)]})
    assert turns == [(1, 300.0, 5000.0), (2, 5300.0, 9000.0)]
