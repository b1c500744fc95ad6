"""Cost map and route."""

from itertools import pairwise

import numpy as np
import pytest
from rover_ground import smooth

from farside.errors import BadInput
from farside.flight.rover import Obstacles, cost_map, find_route, line_cost, plan_route, yutu2

pytest.importorskip("skimage", reason="routes need scikit-image")
FIELD = (-10.0, -10.0, 10.0, 10.0)


def level(x, y):
    return 0.0 * x


def length(route):
    return float(np.hypot(*np.diff(route, axis=0).T).sum())


def test_level_ground_costs_one_a_metre_and_the_route_is_straight():
    costs = cost_map(level, FIELD)
    assert costs.cost == pytest.approx(1.0)
    route = find_route(costs, (-7.03, -8.0), (8.0, 5.02))
    np.testing.assert_allclose(route, [(-7.03, -8.0), (8.0, 5.02)])
    assert line_cost(costs, *route) == pytest.approx(length(route))


def test_slopes_are_measured_and_barred_beyond_the_limit():
    limit = yutu2().limits.slope_deg
    for deg, open_way in ((10.0, True), (limit - 0.5, True), (limit + 0.5, False)):
        costs = cost_map(lambda x, y, deg=deg: np.tan(np.radians(deg)) * x, FIELD)
        inner = costs.slope_deg[10:-10, 10:-10]
        assert inner == pytest.approx(deg, abs=0.01)
        assert np.isfinite(costs.cost[10:-10, 10:-10]).all() == open_way
        assert costs.step_m[10:-10, 10:-10].max() < 0.02


def test_the_rover_keeps_its_reach_off_rocks_too_high_to_cross():
    rocks = Obstacles.of_rocks(
        np.array([[0.0, 0.0, 0.0], [5.0, 5.0, 0.0]]), np.array([0.8, 0.1]), np.array([0.5, 0.06])
    )
    assert len(rocks.radius) == 1
    costs = cost_map(level, FIELD, rocks)
    route = find_route(costs, (0.0, -6.0), (0.0, 6.0))
    dense = np.vstack([np.linspace(a, b, 200) for a, b in pairwise(route)])
    assert np.hypot(*dense.T).min() > 0.4 + yutu2().limits.clearance_m - costs.cell
    # tangents and arc: 12.26 m; the chain of cells alone is longer than 12.6
    assert length(route) < 12.45


def test_the_route_takes_the_gap_in_a_wall():
    def wall(x, y):
        return np.where((np.abs(y) < 0.3) & (np.abs(x - 6.0) > 2.0), 1.0, 0.0)

    costs = cost_map(wall, FIELD)
    route = find_route(costs, (-5.0, -5.0), (-5.0, 5.0))
    crossing = route[:-1][np.diff(np.sign(route[:, 1])) != 0]
    assert len(crossing)
    dense = np.vstack([np.linspace(a, b, 400) for a, b in pairwise(route)])
    assert np.isfinite(costs.at(dense[:, 0], dense[:, 1])).all()
    assert np.abs(dense[np.abs(dense[:, 1]) < 0.3][:, 0] - 6.0).max() < 2.0


def test_straightening_never_costs_more_than_the_chain_of_cells():
    from skimage.graph import MCP_Geometric

    costs = cost_map(lambda x, y: 0.6 * smooth(3.0 * x, 3.0 * y), FIELD)
    start, goal = (-9.0, -9.0), (9.0, 8.0)
    route = find_route(costs, start, goal)
    paid = sum(line_cost(costs, a, b) for a, b in pairwise(route))
    total, _ = MCP_Geometric(costs.cost, fully_connected=True).find_costs([costs.index(*start)])
    assert paid <= total[costs.index(*goal)] * costs.cell * 1.001


@pytest.mark.parametrize(
    ("goal", "what"), [((50.0, 0.0), "inside the map"), ((0.0, 0.2), "clear of rocks"), ((5.0, 5.0), "can be reached")]
)
def test_a_goal_out_of_reach_is_named(goal, what):
    def moat(x, y):
        return np.where(np.abs(np.maximum(np.abs(x - 5.0), np.abs(y - 5.0)) - 3.0) < 0.2, -1.0, 0.0)

    costs = cost_map(moat, FIELD, Obstacles(np.array([[0.0, 0.0]]), np.array([0.5])))
    with pytest.raises(BadInput, match=what):
        find_route(costs, (-5.0, -5.0), goal)


def test_a_map_too_large_to_search_is_refused_before_any_work():
    with pytest.raises(BadInput, match="cells"):
        cost_map(level, (-1000.0, -1000.0, 1000.0, 1000.0))


def test_a_route_passes_its_waypoints_in_order():
    costs = cost_map(level, FIELD)
    route = plan_route(costs, (-8.0, -8.0), [(8.0, -8.0), (8.0, 8.0)])
    assert (8.0, -8.0) in {(round(x, 9), round(y, 9)) for x, y in route}
    assert tuple(route[-1]) == (8.0, 8.0)
    assert length(route) == pytest.approx(32.0)


def test_blind_driving_that_ended_too_near_a_rock_is_no_trap():
    rock = Obstacles(np.array([[0.0, 0.0]]), np.array([0.4]))
    costs = cost_map(level, FIELD, rock)
    route = plan_route(costs, (0.9, 0.0), [(8.0, 0.0)])
    assert tuple(route[0]) == (0.9, 0.0)
    assert length(route) < 7.3
    with pytest.raises(BadInput, match="clear of rocks"):
        plan_route(cost_map(level, FIELD, Obstacles(np.array([[0.0, 0.0]]), np.array([6.0]))), (0.0, 0.0), [(9.0, 0.0)])
