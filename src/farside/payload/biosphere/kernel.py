"""The clockwork: heat, gases, water and life of the canister stepped together by a fixed-step Runge-Kutta method."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.payload.biosphere import parts
from farside.payload.biosphere.rates import (
    CARB_G,
    GAS,
    PROTEIN_G,
    ZERO_C,
    assimilation,
    dying,
    larva_rates,
    metabolic,
    saturation_pa,
    seedling_rates,
    thermal_rate,
)

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Tables = tuple[Array, Array, Array, Array, Array]
"""Rows of stoichiometry: canister, then seedling and larva, each on shared and on own pools."""

STEFAN_BOLTZMANN = 5.670374419e-8
_EVAPORATION = 44.0e3  # J/mol
_MELTING = 6017.0
_OXYGEN_HEAT = 469e3  # J for each mole of O2 used
_WALL, _HEAT, _WARMTH, _DEGREES = parts.WALL, parts.HEAT, parts.WARMTH, parts.DEGREES
_PLANTS, _LARVAE, _POOLS = parts.PLANTS_ALIVE, parts.LARVAE_ALIVE, parts.SHARED
_N, _NS, _NL, _FIRST = parts.N_SHARED, parts.N_SEEDLING, parts.N_LARVA, parts.FIRST_SEEDLING
_O2, _CO2, _N2, _VAPOUR = parts.O2, parts.CO2, parts.N2, parts.VAPOUR
_TANK, _SOIL, _FILM, _FOOD = parts.TANK, parts.SOIL, parts.FILM, parts.FOOD


@njit(cache=True, nogil=True)
def soil_temperature(heat: float, water: float, j_per_k: float) -> float:
    """Temperature of soil with ``water`` mol of liquid or ice that holds ``heat`` J above liquid at 0 C."""
    melting = _MELTING * water
    if heat >= 0.0:
        return ZERO_C + heat / j_per_k
    if heat >= -melting:
        return ZERO_C
    return ZERO_C + (heat + melting) / j_per_k


@njit(cache=True, nogil=True)
def leaf_area(p: parts.Mustard, warmth: float, emerges: float, tissue: float, protein: float) -> float:
    """Leaf area of a seedling, m2: what its tissue makes, unfolding once it has emerged."""
    open_ = min(max((warmth - emerges) / p.unfold_cd, 0.0), 1.0)
    return p.leaf_m2_per_g * p.leaf_share * (tissue * CARB_G + protein * PROTEIN_G) * open_


@njit(cache=True, nogil=True)
def instar_of(degrees: float, hatches: float, instars: Array) -> tuple[int, float]:
    """Instar, 0 for an egg and len(instars) + 1 for a pupa, and the share of it that is over."""
    left = degrees - hatches
    if left < 0.0:
        return 0, degrees / hatches
    for k in range(instars.size):
        if left < instars[k]:
            return k + 1, left / instars[k]
        left -= instars[k]
    return instars.size + 1, 0.0


@njit(cache=True, nogil=True)
def derivative(
    y: Array, sky: Array, on: Array, c: parts.Canister, p: parts.Mustard, s: parts.Silkworm, seeds: Array, eggs: Array,
    instars: Array, tables: Tables, rates: Array, out: Array,
) -> None:  # fmt: skip
    """Rate of change of the state ``y`` into ``out``.

    sky: T^4 of the surroundings (K4), temperature of the deck (K), light on the bed (W/m2); on: heater, valve and
    shutter, 0 or 1; c, p, s: numbers of canister, plants and larvae; seeds: thermal time to germination and emergence
    and dry mass, (n, 3); eggs: degree-days to hatching, (m,); tables: rows of stoichiometry; rates: scratch, (9,).
    """
    out[:] = 0.0
    wall, pool = y[_WALL], y[_POOLS : _POOLS + _N]
    made = out[_POOLS : _POOLS + _N]
    soil = soil_temperature(y[_HEAT], pool[_SOIL], c.soil_j_per_k)
    air = 0.5 * (wall + soil)
    gas = pool[_O2] + pool[_CO2] + pool[_N2] + pool[_VAPOUR]
    pressure = gas * GAS * air / c.volume_m3
    vapour = pool[_VAPOUR] / gas * pressure
    light = sky[2] * (1.0 - on[2])

    # water: valve, evaporation, condensation and drip
    liquid = 1.0 if soil > ZERO_C else 0.0
    hold = pool[_SOIL] / (pool[_SOIL] + c.soil_hold_mol)
    rates[0] = on[1] * pool[_TANK] / c.valve_s
    rates[1] = c.exchange_mol_m2_s * c.soil_m2 * (saturation_pa(soil) * hold - vapour) / pressure
    to_wall = c.exchange_mol_m2_s * c.wall_m2 * (vapour - saturation_pa(wall)) / pressure
    rates[2] = to_wall if to_wall > 0.0 else to_wall * pool[_FILM] / (pool[_FILM] + c.film_hold_mol)
    rates[3] = pool[_FILM] / c.drip_s if wall > ZERO_C else 0.0
    for k in range(4):
        for i in range(_N):
            made[i] += rates[k] * tables[0][k, i]
    latent_soil, latent_wall = _EVAPORATION * rates[1], _EVAPORATION * rates[2]

    oxygen = pool[_O2] / (pool[_O2] + 0.02 * gas)
    c_soil, c_air = soil - ZERO_C, air - ZERO_C
    first = _FIRST
    if pool[_SOIL] > 0.0 and c_soil > 0.0:
        supply = liquid * hold
        out[_WARMTH] = thermal_rate(c_soil, p.base_c, p.best_c, p.ceiling_c) * supply * oxygen / 86400.0 * y[_PLANTS]
    else:
        supply = 0.0
    vigour = metabolic(c_air, p.q10) * y[_PLANTS]
    green = y[_PLANTS] if c_air > 0.0 else 0.0
    gross = assimilation(p, air, pool[_CO2] / gas, pool[_O2] / gas, light * c.par_umol_per_joule)
    step = (saturation_pa(air) - vapour) / pressure
    for n in range(seeds.shape[0]):
        own = y[first : first + _NS]
        mine = out[first : first + _NS]
        area = leaf_area(p, y[_WARMTH], seeds[n, 1], own[4], own[5])
        seedling_rates(
            p, own, y[_WARMTH] > seeds[n, 0], area, vigour, green, oxygen, supply, gross, step, seeds[n, 2], rates
        )
        _react(rates, tables[1], tables[2], made, mine)
        first += _NS

    food = pool[_FOOD] / (pool[_FOOD] + 1e-5)
    out[_DEGREES] = thermal_rate(c_air, s.base_c, s.best_c, s.ceiling_c) / 86400.0 * y[_LARVAE]
    warmth = thermal_rate(c_air, s.base_c, s.best_c, s.ceiling_c) / 16.0 * y[_LARVAE]
    vigour = metabolic(c_air, s.q10) * y[_LARVAE]
    for n in range(eggs.size):
        own = y[first : first + _NL]
        mine = out[first : first + _NL]
        instar, over = instar_of(y[_DEGREES], eggs[n], instars)
        feeding = 1 <= instar <= instars.size and over < 1.0 - s.moult_share
        larva_rates(s, own, feeding, instar > 0, vigour, warmth, oxygen, food, rates)
        _react(rates, tables[3], tables[4], made, mine)
        first += _NL

    out[_PLANTS] = -y[_PLANTS] * dying(c_air, p.frost_c, p.heat_c) if supply > 0.0 or y[_WARMTH] > 0.0 else 0.0
    poison = 1.0 / (1.0 + np.exp(200.0 * (0.1 - pool[_CO2] / gas))) / 3600.0
    out[_LARVAE] = -y[_LARVAE] * (dying(c_air, s.frost_c, s.heat_c) + poison)
    exchange = c.wall_soil_w_per_k * (wall - soil)
    out[_WALL] = (
        STEFAN_BOLTZMANN * c.insulation_m2 * (sky[0] - wall**4)
        + c.deck_wall_w_per_k * (sky[1] - wall)
        - exchange
        + latent_wall
    ) / c.wall_j_per_k
    out[_HEAT] = on[0] * c.heater_w + light * c.soil_m2 + exchange - latent_soil - _OXYGEN_HEAT * made[_O2]


@njit(cache=True, nogil=True)
def _react(rates: Array, shared_rows: Array, own_rows: Array, made: Array, mine: Array) -> None:
    """Add what processes at ``rates`` make of the shared and of one's own pools."""
    for k in range(shared_rows.shape[0]):
        if rates[k] != 0.0:
            for i in range(shared_rows.shape[1]):
                made[i] += rates[k] * shared_rows[k, i]
            for i in range(own_rows.shape[1]):
                mine[i] += rates[k] * own_rows[k, i]


@njit(cache=True, nogil=True)
def run(
    y: Array, skies: Array, powered: Flags, watered: Flags, step_s: float, every: int, check: int, c: parts.Canister,
    p: parts.Mustard, s: parts.Silkworm, seeds: Array, eggs: Array, instars: Array, tables: Tables, history: Array,
    controls: Array,
) -> None:  # fmt: skip
    """Step ``y`` through ``powered.size`` steps (RK4) and keep every ``every``-th state.

    skies: surroundings at each half step, (2 n + 1, 3); powered, watered: whether the payload is on and its valve
    commanded open during a step; history (kept, len(y)) and controls (kept, 3: heater duty, valve, shutter over the
    interval that ends there) are filled. Heater and shutter are switched between their limits each ``check`` steps.
    """
    k1, k2, k3, k4 = np.empty_like(y), np.empty_like(y), np.empty_like(y), np.empty_like(y)
    rates, on, duty = np.zeros(9), np.zeros(3), 0.0
    history[0], controls[0] = y, 0.0
    kept = 1
    for i in range(powered.size):
        if not powered[i]:
            on[0], on[2] = 0.0, 0.0
        elif i % check == 0:
            soil = soil_temperature(y[_HEAT], y[_POOLS + _SOIL], c.soil_j_per_k)
            on[0] = 1.0 if soil < c.heater_on_k or (on[0] > 0.0 and soil < c.heater_off_k) else 0.0
            on[2] = 1.0 if soil > c.shutter_close_k or (on[2] > 0.0 and soil > c.shutter_open_k) else 0.0
        on[1] = 1.0 if watered[i] else 0.0
        a, b, e = skies[2 * i], skies[2 * i + 1], skies[2 * i + 2]
        derivative(y, a, on, c, p, s, seeds, eggs, instars, tables, rates, k1)
        derivative(y + 0.5 * step_s * k1, b, on, c, p, s, seeds, eggs, instars, tables, rates, k2)
        derivative(y + 0.5 * step_s * k2, b, on, c, p, s, seeds, eggs, instars, tables, rates, k3)
        derivative(y + step_s * k3, e, on, c, p, s, seeds, eggs, instars, tables, rates, k4)
        for j in range(y.size):
            y[j] += step_s / 6.0 * (k1[j] + 2.0 * k2[j] + 2.0 * k3[j] + k4[j])
        duty += on[0]
        if (i + 1) % every == 0:
            history[kept] = y
            controls[kept, 0], controls[kept, 1], controls[kept, 2] = duty / every, on[1], on[2]
            kept += 1
            duty = 0.0
