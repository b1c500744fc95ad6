"""The ground: layers with undulating boundaries, and rocks, all a function of a seed and of the place.

Depths count from the local surface: layers are taken to follow the relief of one drive. A place is (east, north) in
metres of the site frame. The same ground answers every drive over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.instruments.lpr import carrier_density, regolith_permittivity
from farside.work import rng

Array = NDArray[np.float64]

STEP_M = 0.05
"""Spacing of the depth profiles."""
TILE_M = 8.0
"""Rocks are drawn tile by tile."""
WAVES = 48


@dataclass(frozen=True)
class Layer:
    """One unit: its base (m, mean depth), permittivity (constant, or the regolith's profile), loss tangent, rocks."""

    name: str
    base_m: float
    permittivity: float | str
    loss_tangent: float
    rocks_per_m3: float


@dataclass(frozen=True)
class Ground:
    """Layers from the top, the seed of all that is drawn, and the scale of the fine regolith's permittivity."""

    layers: tuple[Layer, ...]
    seed: int
    permittivity_scale: float = 1.0

    @property
    def depths(self) -> Array:
        """Depths of the profiles, m, from 0 to just below the last layer."""
        return np.arange(0.0, self.layers[-1].base_m + 2 * STEP_M, STEP_M)

    def permittivity(self) -> Array:
        """Relative permittivity at ``depths``."""
        z = self.depths
        out = regolith_permittivity(carrier_density(z)) * self.permittivity_scale
        top = 0.0
        for layer in self.layers:
            if not isinstance(layer.permittivity, str):
                out[z >= top] = layer.permittivity
            top = layer.base_m
        return out

    def mean_index(self) -> Array:
        """Mean refractive index from the surface to each of ``depths``."""
        return _mean(np.sqrt(self.permittivity()))

    def mean_loss(self) -> Array:
        """Mean loss tangent from the surface to each of ``depths``."""
        bases = np.array([layer.base_m for layer in self.layers])
        which = np.searchsorted(bases, self.depths, side="right").clip(0, len(bases) - 1)
        return _mean(np.array([layer.loss_tangent for layer in self.layers])[which])

    def boundary(self, i: int, place: Array) -> Array:
        """Depth (m, below the surface) of the base of layer ``i`` at places (n, 2)."""
        return self.layers[i].base_m + _undulation(self.seed, i, place)

    def reflection(self, i: int) -> float:
        """Reflection coefficient of the base of layer ``i`` at normal incidence, of the field."""
        eps, z = self.permittivity(), self.layers[i].base_m
        above, below = np.sqrt(np.interp([z - 2 * STEP_M, z + 2 * STEP_M], self.depths, eps))
        return float((above - below) / (above + below))

    def rocks(self, track: Array, within_m: float) -> Array:
        """Rocks no farther to the side of a track (n, 2) than ``within_m``: (k, 4) east, north, depth, diameter, m."""
        from scipy.spatial import cKDTree

        edge = TILE_M * np.ceil(within_m / TILE_M)
        corners = [
            np.floor((track + np.array([i, j])) / TILE_M) for i in (-edge, 0.0, edge) for j in (-edge, 0.0, edge)
        ]
        tiles = np.unique(np.concatenate(corners).astype(int), axis=0)
        found = np.concatenate([self._tile(int(i), int(j)) for i, j in tiles])
        distance, _ = cKDTree(track).query(found[:, :2], distance_upper_bound=within_m)
        return found[np.isfinite(distance)]

    def _tile(self, i: int, j: int) -> Array:
        rule = _defaults()["rocks"]
        (small, large), power = rule["diameter_m"], rule["exponent"]
        parts, top = [np.empty((0, 4))], 0.0
        for k, layer in enumerate(self.layers):
            draw = rng(self.seed, "lpr", "rocks", i, j, k)
            n = draw.poisson(layer.rocks_per_m3 * TILE_M**2 * (layer.base_m - top)) if layer.rocks_per_m3 else 0
            rocks = draw.random((n, 4))
            rocks[:, :2] = (rocks[:, :2] + (i, j)) * TILE_M
            rocks[:, 2] = top + rocks[:, 2] * (layer.base_m - top)
            share = 1.0 - (small / large) ** power
            rocks[:, 3] = small * (1.0 - share * rocks[:, 3]) ** (-1.0 / power)
            parts.append(rocks[rocks[:, 2] > rocks[:, 3]])  # none sticks out of the surface
            top = layer.base_m
        return np.concatenate(parts)

    def scattering(self, rocks: Array, centre_ghz: float) -> Array:
        """Scattering amplitude f (m) of rocks: Rayleigh's for small ones, a mirror's for large; their 1 / f add up.

        Rayleigh: k^2 a^3 (m - 1) / (m + 2) of the permittivity ratio m; mirror: reflection coefficient times a / 2.
        """
        rock = _defaults()["rocks"]["permittivity"]
        eps = np.interp(rocks[:, 2], self.depths, self.permittivity())
        a = rocks[:, 3] / 2.0
        k = 2.0 * np.pi * centre_ghz * np.sqrt(eps) / 0.299792458
        rayleigh = k**2 * a**3 * (rock / eps - 1.0) / (rock / eps + 2.0)
        mirror = 0.5 * a * (np.sqrt(rock) - np.sqrt(eps)) / (np.sqrt(rock) + np.sqrt(eps))
        return -rayleigh * mirror / (rayleigh + mirror)


def site_ground(seed: int) -> Ground:
    """The ground of the landing site as radar has published it; what is not known is drawn from ``seed``."""
    fields = _defaults()
    scatter = rng(seed, "lpr", "permittivity").normal(0.0, fields["permittivity_scatter"])
    return Ground(tuple(Layer(**layer) for layer in fields["layers"]), seed, float(np.exp(scatter)))


def check_ground(ground: Ground) -> None:
    """Raise BadInput for layers that are not in order, or hold nothing to travel through."""
    tops = [0.0, *(layer.base_m for layer in ground.layers)]
    for i, layer in enumerate(ground.layers):
        where = f"layers.{i}"
        if layer.base_m <= tops[i]:
            raise BadInput("ground", f"{where}.base_m", layer.base_m, f"a depth below {tops[i]} m")
        if layer.permittivity != "carrier" and not (
            isinstance(layer.permittivity, float | int) and layer.permittivity >= 1
        ):
            raise BadInput("ground", f"{where}.permittivity", layer.permittivity, 'a number from 1, or "carrier"')


@cache
def _defaults() -> dict[str, Any]:
    text = (files("farside.payload.lpr") / "ground.yaml").read_text(encoding="utf-8")
    fields: dict[str, Any] = yaml.safe_load(text)
    return fields


def corridor_m() -> float:
    """Distance from the track beyond which rocks are left out, m."""
    return float(_defaults()["rocks"]["corridor_m"])


def _mean(values: Array) -> Array:
    """Mean from the first value to each, by trapezoids."""
    total = np.concatenate([[0.0], np.cumsum((values[1:] + values[:-1]) / 2.0)])
    return np.concatenate([values[:1], total[1:] / np.arange(1, len(values))])


def _undulation(seed: int, i: int, place: Array) -> Array:
    """Height of a boundary's waves, m, at places (n, 2): plane waves of random direction and phase."""
    rule = _defaults()["undulation"]
    draw = rng(seed, "lpr", "boundary", i)
    short, long = rule["wavelength_m"]
    length = short * (long / short) ** draw.random(WAVES)
    heading, phase = draw.uniform(0.0, 2.0 * np.pi, (2, WAVES))
    height = length ** rule["exponent"] * np.sqrt(draw.exponential(1.0, WAVES))
    height *= rule["rms_m"] * np.sqrt(2.0 / np.sum(height**2))
    wave = 2.0 * np.pi / length * np.stack([np.cos(heading), np.sin(heading)])
    return np.asarray(np.cos(place @ wave + phase) @ height)
