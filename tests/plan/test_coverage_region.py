"""Regions of the Moon: what words mean, and that areas are those of the sphere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.errors import BadInput
from farside.flight.coverage import NAMED, region


def test_a_quarter_of_the_moon_lies_south_of_thirty_degrees():
    moon = region("moon", 1.0)
    south = np.degrees(np.arcsin(moon.up[:, 2])) < -30.0
    assert moon.area[south].sum() == pytest.approx(0.25, abs=1e-12)


def test_the_far_side_is_the_half_that_the_earth_does_not_see():
    up = region("far-side").up
    assert len(up) == 8100
    assert up[:, 0].max() < 0.0


@settings(max_examples=20, deadline=None)
@given(
    south=st.floats(-90, 80), high=st.floats(1, 100), west=st.floats(-180, 360), wide=st.floats(1, 359),
    cell=st.floats(0.5, 20),
)  # fmt: skip
def test_areas_of_a_box_are_those_between_its_parallels(south, high, west, wide, cell):
    north, east = min(south + high, 90.0), (west + wide) % 360.0
    box = region(f"{south},{north},{west},{east}", cell)
    row = box.spread(box.area).sum(axis=1)
    edges = np.sin(np.radians(np.linspace(south, north, len(row) + 1)))
    assert row == pytest.approx(np.diff(edges) / (edges[-1] - edges[0]), abs=1e-12)
    assert box.cell_deg[1] * len(box.lon_deg) == pytest.approx(wide, abs=1e-9)


@pytest.mark.parametrize("name", NAMED)
def test_every_cell_finds_itself(name):
    area = region(name, 4.0)
    lat = np.degrees(np.arcsin(np.clip(area.up[:, 2], -1.0, 1.0)))
    lon = np.degrees(np.arctan2(area.up[:, 1], area.up[:, 0]))
    found = [area.index(a, b) for a, b in zip(lat, lon, strict=True)]
    assert found == list(range(len(found)))


def test_places_outside_belong_to_no_cell():
    box = region("-60,-30,150,210", 1.0)
    assert box.index(-45.4, 177.6) is not None
    assert box.index(-61.0, 177.6) is None
    assert box.index(-45.4, 149.0) is None
    assert box.index(-45.4, -150.5) is not None
    assert region("moon").index(90.0, 0.0) is not None
    assert region("-60,-30,350,10", 1.0).index(-45.0, 3.0) is not None


def test_a_polygon_with_the_corners_of_a_box_is_that_box():
    box, polygon = region("-20,10,-15,25", 0.5), region("-20,-15 -20,25 10,25 10,-15", 0.5)
    assert polygon.up == pytest.approx(box.up, abs=1e-12)
    assert polygon.area == pytest.approx(box.area, abs=1e-12)


def test_a_triangle_holds_half_of_its_box():
    triangle = region("0,100 0,120 10,100", 0.1)
    assert triangle.inside.mean() == pytest.approx(0.5, abs=0.01)
    assert triangle.index(1.0, 101.0) is not None
    assert triangle.index(9.0, 119.0) is None


@pytest.mark.parametrize("cell", [0.7, 2.0, 3.0, 7.0, 30.0])
def test_poles_and_edges_lie_in_a_region_whatever_its_cells(cell):
    assert region("south-pole", cell).index(-90.0, 0.0) is not None
    assert region("north-pole", cell).index(90.0, 360.0) is not None
    box = region("-60,-30,150.1,210.3", cell)
    assert box.index(-60.0, 150.1) == 0
    assert box.index(-60.1, 150.2) is None and box.index(-59.0, 210.4) is None


@pytest.mark.parametrize(
    ("words", "cell", "expected"),
    [
        ("far", 2.0, "one of far-side"),
        ("", 2.0, "one of far-side"),
        ("-60,-30,150", 2.0, "one of far-side"),
        ("-95,-30,150,160", 2.0, "latitudes from -90 to 90"),
        ("-60,-30,150,400", 2.0, "longitudes from -180 to 360"),
        ("-30,-60,150,160", 2.0, "south below north"),
        ("-60,-30,150,150", 2.0, "west and east that differ"),
        ("-60,nan,150,160", 2.0, "latitudes from -90 to 90"),
        ("0,100 0,101", 2.0, "one of far-side"),
        ("0,100 0,101 0,102", 2.0, "a polygon with area"),
        ("0,100 10,100 10,101 1,101 1,110 0,110", 30.0, "smaller cells"),
        ("far-side", 0.0, "0.1 to 30 deg"),
        ("far-side", float("nan"), "0.1 to 30 deg"),
    ],
)
def test_words_that_mean_no_region_are_refused_with_what_may_be(words, cell, expected):
    with pytest.raises(BadInput, match=expected):
        region(words, cell)
