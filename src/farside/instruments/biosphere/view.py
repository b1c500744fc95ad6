"""A pinhole view of the canister: between points in the canister frame (mm) and pixels counted from 0."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class View:
    """A camera at ``position`` that has ``target`` in the middle of its picture, the canister's z axis upwards in it.

    position, target: (3,) mm in the canister frame; focal_px: focal length in pixels; width, height: pixels.
    """

    position: Array
    target: Array
    focal_px: float
    width: int
    height: int

    @cached_property
    def axes(self) -> Array:
        """Right, down and forward of the picture as rows, (3, 3)."""
        forward = (self.target - self.position) / np.linalg.norm(self.target - self.position)
        right = np.cross(forward, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        return np.array([right, np.cross(forward, right), forward])

    @property
    def middle(self) -> Array:
        """Sample and line of the optical axis, (2,)."""
        return np.array([(self.width - 1) / 2.0, (self.height - 1) / 2.0])

    def project(self, points: Array) -> Array:
        """Sample, line and depth in mm of points (n, 3), as (n, 3)."""
        x, y, z = self.axes @ (np.asarray(points, float) - self.position).T
        return np.stack([self.focal_px * x / z + self.middle[0], self.focal_px * y / z + self.middle[1], z], axis=-1)

    def rays(self) -> Array:
        """Unit directions (line, sample, 3) in the canister frame."""
        u = (np.arange(self.width) - self.middle[0]) / self.focal_px
        v = (np.arange(self.height) - self.middle[1]) / self.focal_px
        uu, vv = np.meshgrid(u, v)
        rays = np.stack([uu, vv, np.ones_like(uu)], axis=-1) @ self.axes
        return rays / np.linalg.norm(rays, axis=-1, keepdims=True)

    def on_soil(self) -> Array:
        """Where the ray of each pixel meets the plane z = 0: x and y in mm (line, sample, 2), NaN where it does not."""
        rays = self.rays()
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = np.where(rays[..., 2] < 0, -self.position[2] / rays[..., 2], np.nan)
        return self.position[:2] + distance[..., None] * rays[..., :2]

    def pixel_area(self) -> Array:
        """Area in mm2 that a pixel covers of a surface at the soil that faces the camera, (line, sample)."""
        distance = np.linalg.norm(self.on_soil() - self.position[:2], axis=-1)
        return (distance**2 + self.position[2] ** 2) / self.focal_px**2
