"""The column: refractive index down to every depth, first as published, then as the diffractions of a drive have it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from farside.instruments.lpr import carrier_density, regolith_permittivity
from farside.instruments.lpr.dielectric import C_M_PER_NS

Array = NDArray[np.float64]

STEP_M = 0.05
DEEPEST_M = 400.0


@dataclass(frozen=True)
class Column:
    """A column of ground: mean refractive index from the surface to each depth, and its standard deviation.

    scale: factor on the published index; scale_sd: its relative standard deviation, which is that of every depth down
    to known_m. Below, what is published adds its own, in proportion to the way not known.
    """

    scale: float
    scale_sd: float
    known_m: float

    def mean_index(self, depth_m: Array) -> Array:
        """Mean index from the surface to depths, of any shape."""
        z, mean, _, _ = _published()
        return np.asarray(self.scale * np.interp(depth_m, z, mean))

    def permittivity(self, depth_m: Array) -> Array:
        """Relative permittivity at depths."""
        z, _, index, _ = _published()
        return np.asarray((self.scale * np.interp(depth_m, z, index)) ** 2)

    def index_sd(self, depth_m: Array) -> Array:
        """Relative standard deviation of ``mean_index``."""
        z, mean, index, sd = _published()
        unknown = np.where(z > self.known_m, index * sd, 0.0)
        below = np.cumsum(unknown) * STEP_M / np.maximum(mean * z, 1e-9)
        return np.asarray(np.hypot(self.scale_sd, np.interp(depth_m, z, below)))

    def time_ns(self, depth_m: Array, height_m: float) -> Array:
        """Two-way time of a vertical echo from depths, the air below the antenna included."""
        z = np.asarray(depth_m, float)
        return 2.0 * (height_m + self.mean_index(z) * z) / C_M_PER_NS

    def depth_m(self, time_ns: Array, height_m: float) -> Array:
        """Depth of a vertical echo that arrives at two-way times; 0 before the surface's."""
        z = _published()[0]
        return np.interp(time_ns, self.time_ns(z, height_m), z)


def published_column(mode: str) -> Column:
    """The column as published: nothing of this drive known. Channel 1 sees deeper and hardly the top."""
    return Column(1.0, _rows()[0]["index_sd"], 12.0 if mode != "1" else 0.0)


@cache
def _rows() -> list[dict[str, Any]]:
    text = (files("farside.products.lpr") / "column.yaml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = yaml.safe_load(text)
    return rows


@cache
def _published() -> tuple[Array, Array, Array, Array]:
    """Depths, mean index to them, index and its relative standard deviation there."""
    z = np.arange(0.0, DEEPEST_M, STEP_M)
    index, sd = np.sqrt(regolith_permittivity(carrier_density(z))), np.empty_like(z)
    top = 0.0
    for row in _rows():
        below = z >= top
        if row["permittivity"] != "carrier":
            index[below] = np.sqrt(row["permittivity"])
        sd[below] = row["index_sd"]
        top = row["base_m"] or DEEPEST_M
    total = np.concatenate([[0.0], np.cumsum((index[1:] + index[:-1]) / 2.0)])
    mean = np.concatenate([index[:1], total[1:] / np.arange(1, len(z))])
    return z, mean, index, sd
