"""Relays of simple motion, by what the house asks of an orbit: start, stop, position, velocity, extremes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from farside.sky import GM_MOON, moon_rotation


@dataclass(frozen=True)
class Circling:
    """A circle about the Moon's centre in a plane through the ICRF z axis, turned by ``node`` about it."""

    start: float
    stop: float
    radius_km: float
    node: float = 0.0
    phase: float = 0.0

    @property
    def speed(self) -> float:
        return float(np.sqrt(GM_MOON / self.radius_km))

    @property
    def extremes(self) -> tuple[float, float, float]:
        return self.radius_km, self.radius_km, self.speed

    def position(self, t):
        a, out, z = self._of(t)
        return self.radius_km * (np.cos(a) * out + np.sin(a) * z)

    def velocity(self, t):
        a, out, z = self._of(t)
        return self.speed * (-np.sin(a) * out + np.cos(a) * z)

    def _of(self, t):
        angle = self.phase + self.speed / self.radius_km * (np.asarray(t, float)[..., None] - self.start)
        return angle, np.array([np.cos(self.node), np.sin(self.node), 0.0]), np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Hovering:
    """A relay that keeps its place over the turning Moon."""

    start: float
    stop: float
    place_km: tuple[float, float, float]

    @property
    def extremes(self) -> tuple[float, float, float]:
        distance = float(np.linalg.norm(self.place_km))
        return distance, distance, 1e-6

    def position(self, t):
        return np.einsum("...ji,j->...i", moon_rotation(t), np.array(self.place_km))
