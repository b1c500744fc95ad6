"""Maps of coverage against elevations computed one by one, windows at a place, and where the answer is known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from circling import Circling, Hovering

from farside.errors import BadInput
from farside.flight import RelayOrbit
from farside.flight.coverage import coverage_map, region, service
from farside.geometry import MOON_RADIUS_M, Site, utc_to_t
from farside.sky import moon_rotation

START = utc_to_t("2027-03-01")
DAY = 86_400.0


def elevations(orbit, up: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Geometric, of a relay at places on the sphere, cell by cell: (k, n), radians."""
    relay = np.einsum("nij,nj->ni", moon_rotation(t), orbit.position(t))
    rows = []
    for u in up:
        r = relay - MOON_RADIUS_M * 1e-3 * u
        rows.append(np.arcsin(r @ u / np.linalg.norm(r, axis=1)))
    return np.array(rows)


def by_samples(orbits, up: np.ndarray, t: np.ndarray, mask_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """Share of samples with a relay, and longest run without one times the step."""
    seen = np.any([elevations(orbit, up, t) > np.radians(mask_deg) for orbit in orbits], axis=0)
    gaps = []
    for row in seen:
        edges = np.flatnonzero(np.diff(np.concatenate([[0], (~row).astype(int), [0]])))
        gaps.append(max((edges[1::2] - edges[::2]) * (t[1] - t[0]), default=0.0))
    return seen.mean(axis=1), np.array(gaps)


@pytest.mark.parametrize("mask_deg", [0.0, 5.0, 35.0])
def test_map_agrees_with_elevations_one_by_one(mask_deg):
    stop = START + 2.0 * DAY
    orbits = [Circling(START, stop, 4000.0), Circling(START, stop, 9000.0, node=1.2, phase=2.0)]
    area = region("moon", 30.0)
    found = coverage_map(orbits, area, START, stop, mask_deg, step_s=30.0)
    t = np.linspace(START, stop, 8_641)  # 20 s
    share, gap = by_samples(orbits, area.up, t, mask_deg)
    assert found.share == pytest.approx(share, abs=5e-4)
    # one pass that one of the two does not see joins two gaps
    assert np.median(np.abs(found.longest_gap_s - gap)) < 30.0
    assert (np.abs(found.longest_gap_s - gap) < 40.0).mean() > 0.95


def test_steps_an_order_longer_lose_little():
    stop = START + 3.0 * DAY
    orbit, area = Circling(START, stop, 6000.0), region("moon", 15.0)
    coarse, fine = (coverage_map([orbit], area, START, stop, 5.0, step) for step in (300.0, 15.0))
    assert np.abs(coarse.share - fine.share).max() < 1e-3


def test_a_relay_that_hovers_is_seen_inside_a_circle_of_known_size():
    stop, distance, mask = START + DAY, 20_000.0, np.radians(10.0)
    area = region("moon", 2.0)
    found = coverage_map([Hovering(START, stop, (-distance, 0.0, 0.0))], area, START, stop, 10.0)
    reach = np.arccos(MOON_RADIUS_M * 1e-3 * np.cos(mask) / distance) - mask
    inside = area.up[:, 0] < -np.cos(reach)
    assert np.array_equal(found.share, inside.astype(float))
    assert np.array_equal(found.longest_gap_s, np.where(inside, 0.0, DAY))
    assert found.always == found.mean_share
    assert found.mean_share == pytest.approx((1.0 - np.cos(reach)) / 2.0, abs=0.003)


def test_two_relays_together_are_never_worse_than_either():
    stop = START + DAY
    pair = [Circling(START, stop, 3000.0, node=k, phase=k) for k in range(2)]
    area = region("far-side", 10.0)
    first, second, both = (coverage_map(some, area, START, stop, step_s=60.0) for some in (pair[:1], pair[1:], pair))
    assert (both.share >= np.maximum(first.share, second.share)).all()
    assert (both.longest_gap_s <= np.minimum(first.longest_gap_s, second.longest_gap_s) + 1e-6).all()


def test_cells_are_followed_alike_alone_and_among_others():
    stop = START + DAY
    orbit, area = Circling(START, stop, 5000.0), region("-30,30,100,160", 10.0)
    found = coverage_map([orbit], area, START, stop)
    lat, lon = area.lat_deg[2], area.lon_deg[4]
    alone = coverage_map([orbit], region(f"{lat - 5},{lat + 5},{lon - 5},{lon + 5}", 10.0), START, stop)
    assert alone.share[0] == found.share[area.index(lat, lon)]


def test_map_of_the_halo_orbit_agrees_with_windows_at_a_place(orbit: RelayOrbit):
    start, stop = utc_to_t("2019-01-03"), utc_to_t("2020-01-03")
    place = Site(0.0, 110.0)
    seen = service("halo", orbit, place, [], start, stop).site
    cell = region("-1,1,109,111", 2.0)
    found = coverage_map([orbit], cell, start, stop)
    gaps = [b - a for (_, a), (b, _) in pairwise(seen)]
    assert found.share[0] == pytest.approx(sum(b - a for a, b in seen) / (stop - start), abs=1e-5)
    assert found.longest_gap_s[0] == pytest.approx(max(gaps), abs=60.0)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"orbits": []}, "one relay or more"),
        ({"mask_deg": -1.0}, "0 deg or more, below 90"),
        ({"mask_deg": float("nan")}, "0 deg or more, below 90"),
        ({"mask_deg": 90.0}, "0 deg or more, below 90"),
        ({"stop": START}, "a time after"),
    ],
)
def test_what_makes_no_map_is_refused(changed, expected):
    asked = {"orbits": [Circling(START, START + DAY, 5000.0)], "start": START, "stop": START + DAY, "mask_deg": 5.0}
    asked |= changed
    with pytest.raises(BadInput, match=expected):
        coverage_map(asked["orbits"], region("far-side", 30.0), asked["start"], asked["stop"], asked["mask_deg"])
