"""How fast things happen: saturating rates in mol/s, one number a process, in the order of model.yaml."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.payload.biosphere.parts import Mustard, Silkworm

Array = NDArray[np.float64]

GAS = 8.314462618
ZERO_C = 273.15
WATER_G, CARB_G, PROTEIN_G, OIL_G = 18.015, 30.026, 22.065, 885.453
_DAY = 86400.0


@njit(cache=True, nogil=True)
def saturation_pa(t_k: float) -> float:
    """Vapour pressure over water, below 0 C over ice (Alduchov and Eskridge 1996)."""
    c = t_k - ZERO_C
    if c >= 0.0:
        return 610.94 * np.exp(17.625 * c / (c + 243.04))
    c = max(c, -150.0)
    return 611.21 * np.exp(22.587 * c / (c + 273.86))


@njit(cache=True, nogil=True)
def thermal_rate(c: float, base: float, best: float, ceiling: float) -> float:
    """Degrees above base that count for development: linear to the best, then falling to 0 at the ceiling."""
    if c <= base or c >= ceiling:
        return 0.0
    if c <= best:
        return c - base
    return (best - base) * (ceiling - c) / (ceiling - best)


@njit(cache=True, nogil=True)
def metabolic(c: float, q10: float) -> float:
    """Factor on metabolism, 1 at 25 C: Q10, fading to nothing from 3 to 0 C and from 40 to 46 C."""
    cold = min(max(c / 3.0, 0.0), 1.0)
    hot = min(max((46.0 - c) / 6.0, 0.0), 1.0)
    return q10 ** ((c - 25.0) / 10.0) * cold * cold * (3.0 - 2.0 * cold) * hot


@njit(cache=True, nogil=True)
def dying(c: float, frost_c: float, heat_c: float) -> float:
    """Share of the living lost in a second: within an hour or so beyond the limits."""
    return (1.0 / (1.0 + np.exp(2.0 * (c - frost_c))) + 1.0 / (1.0 + np.exp(2.0 * (heat_c - c)))) / 3600.0


@njit(cache=True, nogil=True)
def assimilation(p: Mustard, t_k: float, co2: float, o2: float, ppfd: float) -> float:
    """Gross CO2 uptake of leaves, mol/m2/s (Farquhar 1980 with the temperatures of Bernacchi 2001).

    co2, o2: mol/mol of air; ppfd: umol/m2/s. Below the compensation point it is negative (photorespiration) and stays
    finite, so that CO2 is never drawn below zero.
    """
    x = (t_k - 298.15) / (298.15 * GAS * t_k) * 1e3
    vcmax, jmax = p.vcmax * np.exp(65.33 * x), p.jmax * np.exp(43.9 * x)
    kc, ko, star = 404.9 * np.exp(79.43 * x), 278.4 * np.exp(36.38 * x), 42.75 * np.exp(37.83 * x)
    ci = 0.7 * co2 * 1e6
    light = 0.36 * 0.85 * ppfd
    j = (light + jmax - np.sqrt((light + jmax) ** 2 - 2.8 * light * jmax)) / 1.4
    by_light = 0.25 * j * (ci - star) / (ci + 2.0 * star)
    by_enzyme = vcmax * (ci - star) / (ci + kc * (1.0 + 1e3 * o2 / ko))
    return 1e-6 * min(by_light, by_enzyme)


@njit(cache=True, nogil=True)
def seedling_rates(
    p: Mustard, own: Array, germinated: bool, leaf_m2: float, vigour: float, green: float, oxygen: float,
    supply: float, gross: float, vapour_step: float, dry_seed_g: float, out: Array,
) -> None:  # fmt: skip
    """Rates of a seedling's processes, mol/s, into ``out``, (9,).

    own: its pools; leaf_m2: its leaf area; vigour: metabolic factor times the share alive; green: that share
    where nothing is frozen; oxygen, supply: how freely
    the air gives oxygen and the soil water, 0 to 1; gross: assimilation a square metre; vapour_step: mole fraction of
    vapour at the leaf above the air's; dry_seed_g: of the seed as sown.
    """
    oil, carb, protein, sugar, tissue, tissue_protein, sap = own
    pace = vigour * oxygen
    mobile = p.mobilise_per_day / _DAY * pace if germinated else 0.0
    out[0], out[1], out[2] = mobile * oil, mobile * carb, mobile * protein
    wet = sap / (sap + 0.3 * dry_seed_g / WATER_G)
    out[3] = p.seed_respiration_mg_g_h * 1e-3 / 44.0 / 3600.0 * dry_seed_g * pace * wet**4 * carb / (carb + 1e-6)
    out[4] = p.grow_per_day / _DAY * pace * sugar
    kept = p.maintenance_per_day / _DAY * tissue + p.rd * 1e-6 * leaf_m2
    out[5] = p.growth_respiration * out[4] + kept * pace * sugar / (sugar + 0.02 * tissue + 1e-8)
    out[6] = gross * leaf_m2 * green * (1.0 if gross > 0.0 else sugar / (sugar + 1e-7))
    body_g = tissue * CARB_G + tissue_protein * PROTEIN_G
    wanted = (p.imbibed_water * dry_seed_g + p.tissue_water * body_g) / WATER_G
    out[8] = p.conductance_mol_m2_s * leaf_m2 * max(vapour_step, 0.0) * sap / (sap + 1e-6)
    out[7] = supply * ((wanted - sap) / p.drink_s + out[8])


@njit(cache=True, nogil=True)
def larva_rates(
    s: Silkworm, own: Array, feeding: bool, hatched: bool, vigour: float, warmth: float, oxygen: float,
    food: float, out: Array,
) -> None:  # fmt: skip
    """Rates of a larva's (or egg's) processes, mol/s, into ``out``, (6,).

    own: its pools; feeding, hatched: whether it does; vigour: Q10 factor times the share alive; warmth: feeding's
    factor, 1 at 26 C; oxygen, food: how freely there is some, 0 to 1.
    """
    carb, protein, oil, water = own
    dry_g = carb * CARB_G + protein * PROTEIN_G + oil * OIL_G
    out[0] = s.eat_per_day / _DAY * protein * warmth * food * oxygen if feeding else 0.0
    out[2] = s.burn_protein * out[0]
    out[4] = s.fatten * out[0] * carb / (carb + 0.1 * protein)
    activity = 1.0 if feeding else (s.oxygen_rest if hatched else s.oxygen_egg)
    fresh_g = dry_g + water * WATER_G
    demand = activity * s.oxygen_ml_h * fresh_g**s.mass_exponent / 22414.0 / 3600.0 * vigour * oxygen
    sweet = carb / (carb + 0.1 * protein)
    out[1] = demand * sweet
    out[3] = demand * (1.0 - sweet) / 80.0 * oil / (oil + 0.0005 * protein)
    spare = water - s.tissue_water * dry_g / WATER_G
    out[5] = max(spare, 0.0) / 7200.0 if hatched else 0.0
