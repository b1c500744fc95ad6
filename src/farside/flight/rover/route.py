"""The way from one waypoint to the next: cheapest chain of cells, straightened where that costs no more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.flight.rover.cost import CostMap

Array = NDArray[np.float64]
Place = tuple[float, float]

CORNERS = 64
"""Points of a chain of cells that may become corners of the route."""
STEP_OFF_M = 2.0
"""Where blind driving ended too near an obstacle, the next route first goes straight to free ground this near."""


def plan_route(costs: CostMap, start: Place, waypoints: Sequence[Place]) -> Array:
    """Polyline (n, 2), east and north (m), from where the rover stands through all waypoints in turn.

    Raises BadInput as ``find_route`` does.
    """
    way = np.array([start], float)
    free = _free_ground(costs, start)
    if free != start:
        way = np.vstack([way, free])
    for waypoint in waypoints:
        way = np.vstack([way, find_route(costs, (float(way[-1, 0]), float(way[-1, 1])), waypoint)[1:]])
    return way


def find_route(costs: CostMap, start: Place, goal: Place) -> Array:
    """Polyline (n, 2), east and north (m), from start to goal; straight between its points.

    The cheapest 8-connected way (scikit-image MCP_Geometric, Dijkstra with diagonal steps), then the cheapest
    polyline through some of its points. Raises BadInput for a start or goal that is outside the map or barred, and
    for a goal that cannot be reached.
    """
    from skimage.graph import MCP_Geometric

    for name, place in (("start", start), ("waypoint", goal)):
        if not np.isfinite(costs.cost[costs.index(*place)]):
            raise BadInput(
                "rover drive", name, _short(place), "ground within the slope and step limits, clear of rocks"
            )
    a, b = costs.index(*start), costs.index(*goal)
    search = MCP_Geometric(costs.cost, fully_connected=True)
    total, _ = search.find_costs([a], [b])
    if not np.isfinite(total[b]):
        raise BadInput("rover drive", "waypoint", _short(goal), f"a place that can be reached from {_short(start)}")
    cells = np.array(search.traceback(b), float)
    way = np.column_stack([costs.west + costs.cell * cells[:, 1], costs.south + costs.cell * cells[:, 0]])
    way[0], way[-1] = start, goal
    return _straighten(costs, way) if len(way) > 2 else np.array([start, goal], float)


def line_cost(costs: CostMap, a: Array, b: Array) -> float:
    """Cost of the straight line between two points (2,): the integral of the map along it."""
    length = float(np.hypot(*(b - a)))
    n = max(2, int(np.ceil(2.0 * length / costs.cell)) + 1)
    at = a + (b - a) * ((np.arange(n) + 0.5) / n)[:, None]
    return length * float(costs.at(at[:, 0], at[:, 1]).mean())


def _straighten(costs: CostMap, way: Array) -> Array:
    """The cheapest polyline whose corners are points of the way, in order.

    Dynamic programming over at most CORNERS points; between neighbours among them the way itself is always possible.
    """
    price = costs.at(way[:, 0], way[:, 1])
    along = np.append(0.0, np.cumsum(np.hypot(*np.diff(way, axis=0).T) * 0.5 * (price[1:] + price[:-1])))
    corner = np.unique(np.linspace(0, len(way) - 1, min(len(way), CORNERS)).round().astype(int))
    best, before, straight = np.full(len(corner), np.inf), np.zeros(len(corner), int), np.zeros(len(corner), bool)
    best[0] = 0.0
    for j in range(1, len(corner)):
        best[j], before[j] = best[j - 1] + along[corner[j]] - along[corner[j - 1]], j - 1
        for i in range(j):
            total = best[i] + line_cost(costs, way[corner[i]], way[corner[j]])
            if total <= best[j]:
                best[j], before[j], straight[j] = total, i, True
    kept, j = [len(way) - 1], len(corner) - 1
    while j > 0:
        i = before[j]
        kept += [int(corner[i])] if straight[j] else list(range(corner[j] - 1, corner[i] - 1, -1))
        j = int(i)
    return way[kept[::-1]]


def _free_ground(costs: CostMap, start: Place) -> Place:
    """The start, or the middle of the nearest free cell where its own is barred but one is near."""
    if np.isfinite(costs.cost[costs.index(*start)]):
        return start
    i, j = np.nonzero(np.isfinite(costs.cost))
    x, y = costs.west + costs.cell * j, costs.south + costs.cell * i
    far = np.hypot(x - start[0], y - start[1])
    if not len(far) or far.min() > STEP_OFF_M:
        return start
    k = int(np.argmin(far))
    return float(x[k]), float(y[k])


def _short(place: Place) -> tuple[float, float]:
    return round(float(place[0]), 2), round(float(place[1]), 2)
