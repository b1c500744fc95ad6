"""Heat in the ground: conduction downwards, radiation from the surface (Hayne et al. 2017, appendix A).

    absorbed sunlight      eps sigma T0^4
           |                    ^
    ===== T0 ===================|=======   surface: no mass, its balance holds at every instant
      --- T1 ---   first cell
      --- T2 ---          K = contact(z) (1 + chi (T / 350 K)^3)
         ...              rho(z) c(T) dT/dt = d/dz (K dT/dz)
      --- Tm ---   last cell
           ^
    heat from the interior

Cells hold energy, so that what the surface takes in and what the ground stores agree to rounding. Steps are implicit
and of second order (BDF2 in the energy, Newton's method in the temperatures), so that they need not be short where the
cells are thin.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numba import njit
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput
from farside.physics.planck import STEFAN_BOLTZMANN

Array = NDArray[np.float64]

_TIGHT_K, _PASSES = 1e-7, 60
_NIGHT_W_M2 = 5.0


@dataclass(frozen=True)
class Soil:
    """Thermal properties: see thermal.yaml for meaning, units and sources. Lengths in metres, the rest SI."""

    density_surface: float
    density_deep: float
    density_scale_m: float
    contact_surface: float
    contact_deep: float
    chi: float
    heat_capacity: tuple[float, ...]
    emissivity: float
    heat_flow: float

    def density(self, depth_m: ArrayLike) -> Array:
        """Bulk density, kg m-3, shape of ``depth_m``."""
        fluffy = np.exp(-np.asarray(depth_m, float) / self.density_scale_m)
        return self.density_deep - (self.density_deep - self.density_surface) * fluffy

    def contact(self, depth_m: ArrayLike) -> Array:
        """Conductivity by contact of grains, W m-1 K-1, shape of ``depth_m``: linear in density."""
        fluffy = np.exp(-np.asarray(depth_m, float) / self.density_scale_m)
        return self.contact_deep - (self.contact_deep - self.contact_surface) * fluffy

    def conductivity(self, depth_m: ArrayLike, kelvin: ArrayLike) -> Array:
        """W m-1 K-1, broadcast shape."""
        return self.contact(depth_m) * (1.0 + self.chi * (np.asarray(kelvin, float) / 350.0) ** 3)


@dataclass(frozen=True, eq=False)
class Column:
    """Cells of ground from the surface down, (m,): edges (m + 1,), middles and what each holds and passes on.

    gap: between the middles of a cell and of the one above (the surface for the first); contact: conductivity there.
    """

    soil: Soil
    edges_m: Array
    depth_m: Array
    gap_m: Array
    contact: Array
    mass: Array


@cache
def thermal_spec() -> dict[str, Any]:
    """thermal.yaml."""
    return yaml.safe_load((files("farside.physics") / "thermal.yaml").read_text(encoding="utf-8"))


@cache
def lunar_soil() -> Soil:
    """Regolith as Hayne et al. (2017) find it nearly everywhere."""
    s = thermal_spec()
    rho, k = s["density_kg_m3"], s["conductivity_w_m_k"]
    return Soil(
        rho["surface"], rho["deep"], rho["scale_m"], k["surface"], k["deep"],
        s["radiative_chi"], tuple(s["heat_capacity_j_kg_k"]), s["emissivity"], s["heat_flow_w_m2"],
    )  # fmt: skip


def column(
    soil: Soil, first_m: float | None = None, growth: float | None = None, bottom_m: float | None = None
) -> Column:
    """A column of cells, the first ``first_m`` thick, each ``growth`` times the one above, at least to ``bottom_m``."""
    grid = thermal_spec()["grid"]
    first, ratio = first_m or grid["first_m"], growth or grid["growth"]
    cells = int(np.ceil(np.log1p((bottom_m or grid["bottom_m"]) * (ratio - 1.0) / first) / np.log(ratio)))
    edges = first * (ratio ** np.arange(cells + 1) - 1.0) / (ratio - 1.0)
    middle = 0.5 * (edges[1:] + edges[:-1])
    gap = np.diff(middle, prepend=0.0)
    return Column(soil, edges, middle, gap, soil.contact(edges[:-1]), soil.density(middle) * np.diff(edges))


def orbital_albedo(mu0: ArrayLike, normal: float) -> Array:
    """Bolometric albedo that an orbiter's radiometer needs at cosines of incidence, shape of mu0 (see thermal.yaml)."""
    law = thermal_spec()["orbital_albedo"]
    share = np.arccos(np.clip(np.asarray(mu0, float), 0.0, 1.0)) / (0.25 * np.pi)
    return normal + law["a"] * share**3 + law["b"] * (0.5 * share) ** 8


def conduct(ground: Column, kelvin: Array, absorbed: Array, step_s: float, every: int = 1) -> tuple[Array, Array]:
    """Temperatures at the end of each step of ``step_s`` seconds, from those of the cells at the start.

    kelvin: (m,) at the start, left at the end's; absorbed: W m-2 taken in by the surface at the end of each step, (n,).
    Returns the surface (n,) and the cells after every ``every``-th step (n // every, m), K. Raises BadInput for fluxes
    that are not numbers or below 0.
    """
    if not (np.isfinite(absorbed).all() and (absorbed >= 0.0).all()):
        raise BadInput("ground", "absorbed", float(np.nanmin(absorbed)), "finite fluxes of at least 0 W m-2")
    surface = np.empty(absorbed.size)
    cells = np.empty((absorbed.size // every, kelvin.size))
    s = ground.soil
    _run(
        np.ascontiguousarray(absorbed, np.float64), float(step_s), kelvin, ground.mass, ground.gap_m, ground.contact,
        s.chi, np.array(s.heat_capacity), s.emissivity, s.heat_flow, surface, cells, every,
    )  # fmt: skip
    return surface, cells


def settle(ground: Column, kelvin: Array, mean: Array, below_m: float = 0.25) -> None:
    """Shift the cells below ``below_m`` so that on average the interior's heat, and no other, flows through them.

    kelvin: (m,), changed in place; mean: (m,) over a time after which everything repeats. The deep ground would take
    decades to find that balance by itself.
    """
    first = int(np.searchsorted(ground.depth_m, below_m))
    aim = mean.copy()
    for k in range(first, aim.size):
        between = 0.5 * (aim[k - 1] + mean[k])
        conductivity = ground.contact[k] * (1.0 + ground.soil.chi * (between / 350.0) ** 3)
        aim[k] = aim[k - 1] + ground.soil.heat_flow / conductivity * ground.gap_m[k]
    kelvin[first:] += (aim - mean)[first:]


def spin_up(ground: Column, absorbed: Array, step_s: float, passes: int) -> tuple[Array, Array]:
    """Temperatures of the cells (m,) after a span of fluxes has come over ``passes`` times, settled in between.

    absorbed: W m-2 at the end of each step over a span that repeats: one lunation, or eight years, which are 99.
    Also returns the surface over the last pass, shape of absorbed.
    """
    kelvin = np.full(ground.depth_m.size, _guess(ground, absorbed))
    for _ in range(passes - 1):
        _, cells = conduct(ground, kelvin, absorbed, step_s, every=min(4, absorbed.size))
        settle(ground, kelvin, cells.mean(axis=0))
    surface, _ = conduct(ground, kelvin, absorbed, step_s, every=absorbed.size)
    return kelvin, surface


def _guess(ground: Column, absorbed: Array) -> float:
    """Where the ground's mean temperature may lie: that of a surface which keeps only a few watts from the day."""
    glow = np.maximum(absorbed, _NIGHT_W_M2) / (ground.soil.emissivity * STEFAN_BOLTZMANN)
    return float(np.mean(glow**0.25))


@njit(cache=True, nogil=True, error_model="numpy")
def _energy(kelvin, c):  # type: ignore[no-untyped-def]
    """Heat content, J kg-1: the integral of the capacity from 0 K."""
    return kelvin * (c[0] + kelvin * (c[1] / 2 + kelvin * (c[2] / 3 + kelvin * (c[3] / 4 + kelvin * c[4] / 5))))


@njit(cache=True, nogil=True, error_model="numpy")
def _capacity(kelvin, c):  # type: ignore[no-untyped-def]
    return c[0] + kelvin * (c[1] + kelvin * (c[2] + kelvin * (c[3] + kelvin * c[4])))


@njit(cache=True, nogil=True, error_model="numpy")
def _run(  # type: ignore[no-untyped-def]
    absorbed, step, kelvin, mass, gap, contact, chi, heat, emissivity, heat_flow, surface, cells, every
):
    """See ``conduct``. x: the surface and the cells below it; a pass solves their linearised balances at once."""
    m = kelvin.size
    x, change = np.empty(m + 1), np.empty(m + 1)
    low, middle, high = np.empty(m + 1), np.empty(m + 1), np.empty(m + 1)
    now, before = np.empty(m), np.empty(m)
    x[0] = kelvin[0]
    for i in range(m):
        x[i + 1] = kelvin[i]
        now[i] = _energy(kelvin[i], heat)
        before[i] = now[i]
    for n in range(absorbed.size):
        # the first step has only one state to start from: backward Euler
        a, b, c = (1.5, 2.0, -0.5) if n > 0 else (1.0, 1.0, 0.0)
        for _ in range(_PASSES):
            glow = emissivity * STEFAN_BOLTZMANN * x[0] ** 3
            change[0] = absorbed[n] - glow * x[0]
            middle[0] = -4.0 * glow
            for i in range(m):
                rate = mass[i] / step
                change[i + 1] = -rate * (a * _energy(x[i + 1], heat) - b * now[i] - c * before[i])
                middle[i + 1] = -rate * a * _capacity(x[i + 1], heat)
            for i in range(m):
                mean = 0.5 * (x[i] + x[i + 1])
                pores = chi * (mean / 350.0) ** 3
                k = contact[i] * (1.0 + pores) / gap[i]
                slope = 1.5 * contact[i] * pores / mean / gap[i] * (x[i] - x[i + 1])
                down = k * (x[i] - x[i + 1])
                change[i] -= down
                change[i + 1] += down
                middle[i] -= slope + k
                high[i] = k - slope
                low[i + 1] = slope + k
                middle[i + 1] += slope - k
            change[m] += heat_flow
            for i in range(1, m + 1):
                share = low[i] / middle[i - 1]
                middle[i] -= share * high[i - 1]
                change[i] -= share * change[i - 1]
            change[m] = -change[m] / middle[m]
            largest = abs(change[m])
            for i in range(m - 1, -1, -1):
                change[i] = (-change[i] - high[i] * change[i + 1]) / middle[i]
                largest = max(largest, abs(change[i]))
            for i in range(m + 1):
                x[i] += change[i]
            if largest < _TIGHT_K:
                break
        for i in range(m):
            before[i] = now[i]
            now[i] = _energy(x[i + 1], heat)
        surface[n] = x[0]
        if (n + 1) % every == 0:
            for i in range(m):
                cells[(n + 1) // every - 1, i] = x[i + 1]
    for i in range(m):
        kelvin[i] = x[i + 1]
