"""The parameters as the kernel takes them, and where things lie in the vector of state."""

from __future__ import annotations

from typing import NamedTuple

from farside.payload.biosphere.chemistry import model, pools

WALL, HEAT, WARMTH, DEGREES, PLANTS_ALIVE, LARVAE_ALIVE, SHARED = range(7)
"""Wall temperature, K; soil enthalpy above liquid water at 0 C, J; thermal time of seeds, C d; degree-days of larvae;
share of either's metabolism that is not dead; first of the shared pools."""
N_SHARED, N_SEEDLING, N_LARVA = (len(pools(kind)) for kind in ("shared", "seedling", "larva"))
FIRST_SEEDLING = SHARED + N_SHARED
O2, CO2, N2, VAPOUR, TANK, SOIL, FILM, FOOD = range(8)
"""Shared pools by their place among them; FOOD is the diet's carbohydrate."""


class Canister(NamedTuple):
    """Numbers of the vessel, section canister of model.yaml, and its volume."""

    volume_m3: float
    wall_j_per_k: float
    soil_j_per_k: float
    wall_soil_w_per_k: float
    deck_wall_w_per_k: float
    insulation_m2: float
    soil_m2: float
    wall_m2: float
    exchange_mol_m2_s: float
    soil_hold_mol: float
    film_hold_mol: float
    drip_s: float
    valve_s: float
    heater_w: float
    heater_on_k: float
    heater_off_k: float
    shutter_close_k: float
    shutter_open_k: float
    par_umol_per_joule: float


class Mustard(NamedTuple):
    """Numbers of the plants that rates need, section mustard of model.yaml."""

    base_c: float
    best_c: float
    ceiling_c: float
    unfold_cd: float
    mobilise_per_day: float
    grow_per_day: float
    growth_respiration: float
    maintenance_per_day: float
    seed_respiration_mg_g_h: float
    q10: float
    imbibed_water: float
    tissue_water: float
    drink_s: float
    leaf_m2_per_g: float
    leaf_share: float
    vcmax: float
    jmax: float
    rd: float
    conductance_mol_m2_s: float
    frost_c: float
    heat_c: float


class Silkworm(NamedTuple):
    """Numbers of the larvae that rates need, section silkworm of model.yaml."""

    moult_share: float
    base_c: float
    best_c: float
    ceiling_c: float
    eat_per_day: float
    burn_protein: float
    fatten: float
    oxygen_ml_h: float
    oxygen_rest: float
    oxygen_egg: float
    mass_exponent: float
    q10: float
    tissue_water: float
    frost_c: float
    heat_c: float


def canister(volume_m3: float) -> Canister:
    """The vessel's numbers for a biological volume."""
    spec, light = model()["canister"], model()["surroundings"]
    chosen = {key: float(spec[key]) for key in Canister._fields[1:-1]}
    return Canister(volume_m3, **chosen, par_umol_per_joule=light["par_share"] * light["umol_per_joule"])


def mustard() -> Mustard:
    """The plants' numbers."""
    return Mustard(**{key: float(model()["mustard"][key]) for key in Mustard._fields})


def silkworm() -> Silkworm:
    """The larvae's numbers."""
    return Silkworm(**{key: float(model()["silkworm"][key]) for key in Silkworm._fields})
