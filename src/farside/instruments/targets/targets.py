"""What vehicles carry so that cameras can be checked by its colours: a chart of patches, and flags."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated

import numpy as np
import yaml
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Field

Array = NDArray[np.float64]
Vector = tuple[float, float, float]
Size = Annotated[float, Field(gt=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Target(_Part):
    """A flat thing on a vehicle: its middle, and unit vectors along its edges, in the vehicle's frame."""

    at_m: Vector
    right: Vector
    up: Vector

    def places(self, across: Array, along: Array) -> Array:
        """Points (..., 3) in the vehicle's frame, m, of what lies so far to the right of its middle and above it, m."""
        return np.array(self.at_m) + across[..., None] * np.array(self.right) + along[..., None] * np.array(self.up)


class Flag(Target):
    """A flag, three wide to two high."""

    height_m: Size


class Chart(Target):
    """Patches in rows from the upper left, a gap between each two; neutral: the grey ones, from white."""

    vehicle: str
    columns: int = Field(gt=0)
    patch_m: Size
    gap_m: Size
    patches: tuple[str, ...]
    neutral: tuple[str, ...]

    @property
    def rows(self) -> int:
        """So many."""
        return -(-len(self.patches) // self.columns)

    def middles(self) -> tuple[Array, Array]:
        """How far the middle of each patch is to the right of the chart's and above it, patches, (n,) each."""
        row, column = np.divmod(np.arange(len(self.patches)), self.columns)
        return column - 0.5 * (self.columns - 1), 0.5 * (self.rows - 1) - row


class Paint(_Part):
    """A pigment whose reflectance steps up from blue to red."""

    low: float = Field(ge=0.0, le=1.0)
    high: float = Field(ge=0.0, le=1.0)
    edge_nm: Size
    width_nm: Size

    def reflectance(self, nm: ArrayLike) -> Array:
        """At wavelengths (n,), nm."""
        step = 1.0 + np.exp((self.edge_nm - np.asarray(nm, float)) / self.width_nm)
        return np.asarray(self.low + (self.high - self.low) / step)


class Targets(_Part):
    """All of them; flags by the vehicle that carries them, paints by their names."""

    chart: Chart
    flags: dict[str, Flag]
    paints: dict[str, Paint]


@cache
def targets() -> Targets:
    """Colour targets as drawings have them."""
    return Targets.model_validate(yaml.safe_load(_file("targets.yaml")))


@cache
def patch_reflectances() -> tuple[Array, Array]:
    """Wavelengths (nm,), nm, and printed reflectances (patches, nm) of the chart, its patches in their order."""
    rows = np.loadtxt(_file("chart.csv").splitlines(), delimiter=",", comments="#")
    return rows[:, 0], rows[:, 1:].T


def _file(name: str) -> str:
    return (files("farside.instruments.targets") / name).read_text(encoding="utf-8")
