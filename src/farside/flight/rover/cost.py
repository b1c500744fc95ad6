"""What a step of the way costs: slope, steps, roughness and rocks on a grid of cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from farside.errors import BadInput
from farside.flight.rover.footing import Height
from farside.flight.rover.vehicle import Rover, yutu2

Array = NDArray[np.float64]

LARGEST_CELLS = 3_000_000


@dataclass(frozen=True)
class Obstacles:
    """Things to keep off: centres (n, 2) east, north; radius (n,), m, without the rover's own reach."""

    centre: Array
    radius: Array

    @classmethod
    def of_rocks(
        cls, position: ArrayLike, diameter: ArrayLike, height: ArrayLike, rover: Rover | None = None
    ) -> Obstacles:
        """The rocks (n, 3), (n,), (n,) m that are too high to drive over."""
        high = np.asarray(height) > (rover or yutu2()).limits.rock_m
        return cls(np.asarray(position, float)[high, :2], 0.5 * np.asarray(diameter, float)[high])

    def with_disc(self, x: float, y: float, radius: float) -> Obstacles:
        """These and one more, such as the lander."""
        return Obstacles(np.vstack([self.centre, [x, y]]), np.append(self.radius, radius))


@dataclass(frozen=True)
class CostMap:
    """Cost of a metre in each cell, (rows north rising, columns east rising); 1 on level ground, infinite where barred.

    west, south: middle of the first cell; cell: side, m. slope_deg, step_m, roughness_m: what the cost was made of.
    """

    west: float
    south: float
    cell: float
    cost: Array
    slope_deg: Array
    step_m: Array
    roughness_m: Array

    def index(self, x: float, y: float) -> tuple[int, int]:
        """Row and column of the cell that holds a point. Raises BadInput outside the map."""
        i, j = round((y - self.south) / self.cell), round((x - self.west) / self.cell)
        rows, columns = self.cost.shape
        if not (0 <= i < rows and 0 <= j < columns):
            east, north = self.west + (columns - 1) * self.cell, self.south + (rows - 1) * self.cell
            inside = f"a point inside the map, {self.west:.0f} to {east:.0f} m east, {self.south:.0f} to {north:.0f} m"
            raise BadInput("rover drive", "waypoint", (round(x, 2), round(y, 2)), f"{inside} north")
        return i, j

    def at(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Cost at points inside the map, nearest cell; infinite outside; shapes alike."""
        i = np.rint((np.asarray(y, float) - self.south) / self.cell).astype(int)
        j = np.rint((np.asarray(x, float) - self.west) / self.cell).astype(int)
        rows, columns = self.cost.shape
        inside = (i >= 0) & (i < rows) & (j >= 0) & (j < columns)
        return np.where(inside, self.cost[np.clip(i, 0, rows - 1), np.clip(j, 0, columns - 1)], np.inf)


def cost_map(
    height: Height,
    bounds: tuple[float, float, float, float],
    obstacles: Obstacles | None = None,
    cell: float = 0.1,
    rover: Rover | None = None,
) -> CostMap:
    """Judge the ground inside ``bounds`` (west, south, east, north, m).

    Slope: of the ground averaged over the wheelbase; roughness: standard deviation about that average; step: highest
    less lowest post within a wheel's diameter, minus what a plane of that slope has. Barred: slopes and steps beyond
    the rover's limits, and everything within its reach of a barred step or an obstacle. The cost of a metre grows with
    the square of each over its scale. Raises BadInput for a map that is empty or too large.
    """
    rover = rover or yutu2()
    limits, wheels = rover.limits, rover.wheels
    west, south, east, north = bounds
    columns, rows = round((east - west) / cell) + 1, round((north - south) / cell) + 1
    if min(rows, columns) < 3 or rows * columns > LARGEST_CELLS:
        raise BadInput("rover drive", "map", bounds, f"west, south, east, north of 3 to {LARGEST_CELLS} cells")
    x, y = np.meshgrid(west + cell * np.arange(columns), south + cell * np.arange(rows))
    z = np.asarray(height(x, y), float)

    base = max(3, 1 + 2 * round(0.5 * (wheels.axles_m[2] - wheels.axles_m[0]) / cell))
    level = ndimage.uniform_filter(z, base, mode="nearest")
    slope = np.hypot(*np.gradient(level, cell))
    roughness = np.sqrt(np.maximum(ndimage.uniform_filter((z - level) ** 2, base, mode="nearest"), 0.0))
    foot = max(3, 1 + 2 * round(wheels.radius_m / cell))
    rise = ndimage.maximum_filter(z, foot, mode="nearest") - ndimage.minimum_filter(z, foot, mode="nearest")
    step = np.maximum(rise - slope * (foot - 1) * cell * np.sqrt(2.0), 0.0)

    reach = round(limits.clearance_m / cell)
    barred = ndimage.distance_transform_edt(step <= limits.step_m) <= reach if (step > limits.step_m).any() else None
    slope_deg = np.degrees(np.arctan(slope))
    cost = 1.0 + (slope_deg / limits.slope_scale_deg) ** 2
    cost += (roughness / limits.roughness_scale_m) ** 2 + (step / limits.step_scale_m) ** 2
    cost[slope_deg > limits.slope_deg] = np.inf
    if barred is not None:
        cost[barred] = np.inf
    if obstacles is not None:
        for (cx, cy), radius in zip(obstacles.centre, obstacles.radius, strict=True):
            _bar(cost, x[0], y[:, 0], cx, cy, radius + limits.clearance_m)
    return CostMap(west, south, cell, cost, slope_deg, step, roughness)


def _bar(cost: Array, x: Array, y: Array, cx: float, cy: float, radius: float) -> None:
    """Bar the cells of a disc, in place."""
    j0, j1 = np.searchsorted(x, [cx - radius, cx + radius])
    i0, i1 = np.searchsorted(y, [cy - radius, cy + radius])
    inside = np.hypot(x[None, j0:j1] - cx, y[i0:i1, None] - cy) <= radius
    cost[i0:i1, j0:j1][inside] = np.inf
