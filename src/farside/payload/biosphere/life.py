"""The truth of the experiment: what was put in, what was commanded, and everything that came of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import Site, t_to_utc
from farside.instruments.biosphere import numbers
from farside.payload.biosphere import kernel, parts
from farside.payload.biosphere.chemistry import ELEMENTS, atoms, model, molar_mass, pools, rows
from farside.payload.biosphere.rates import GAS, saturation_pa
from farside.payload.biosphere.surroundings import surroundings
from farside.work import rng

Array = NDArray[np.float64]
STEP_S = 30.0


@dataclass(frozen=True)
class Plan:
    """What is commanded, TDB s past J2000: power on and off, and the release of water; None is never."""

    power_on_t: float
    power_off_t: float | None = None
    water_t: float | None = None


@dataclass(frozen=True, eq=False)
class Brood:
    """What was put in.

    seeds: thermal time to germination and to emergence in C d (infinite: dead) and dry mass in g, (n, 3);
    eggs: degree-days to hatching, (m,).
    """

    seeds: Array
    eggs: Array


@dataclass(frozen=True, eq=False)
class Life:
    """Truth over time. t: (k,) TDB s past J2000; states: (k, n); controls: heater duty, valve, shutter, (k, 3)."""

    t: Array
    states: Array
    controls: Array
    light: Array
    brood: Brood

    def shared(self, name: str) -> Array:
        """Moles of a shared pool (``air.o2``) over time, (k,)."""
        return self.states[:, parts.SHARED + pools("shared").index(name)]

    @cached_property
    def seedlings(self) -> Array:
        """Moles of each seedling's pools over time, (k, seedlings, pools)."""
        end = parts.FIRST_SEEDLING + len(self.brood.seeds) * parts.N_SEEDLING
        return self.states[:, parts.FIRST_SEEDLING : end].reshape(len(self.t), -1, parts.N_SEEDLING)

    @cached_property
    def larvae(self) -> Array:
        """Moles of each larva's pools over time, (k, larvae, pools)."""
        start = parts.FIRST_SEEDLING + len(self.brood.seeds) * parts.N_SEEDLING
        return self.states[:, start:].reshape(len(self.t), -1, parts.N_LARVA)

    @cached_property
    def elements(self) -> Array:
        """Moles of C, H, O and N in the canister over time, (k, 4)."""
        shared = self.states[:, parts.SHARED : parts.FIRST_SEEDLING] @ atoms("shared")
        return shared + self.seedlings.sum(1) @ atoms("seedling") + self.larvae.sum(1) @ atoms("larva")

    @property
    def residual(self) -> dict[str, float]:
        """Largest relative change of the amount of each element: the balance that must close."""
        change = np.abs(self.elements / self.elements[0] - 1.0).max(axis=0)
        return dict(zip(ELEMENTS, change.tolist(), strict=True))

    @cached_property
    def soil_k(self) -> Array:
        """Soil temperature, (k,)."""
        c = parts.canister(_volume_m3())
        heat, water = self.states[:, parts.HEAT], self.shared("soil.h2o")
        return np.array([kernel.soil_temperature(h, w, c.soil_j_per_k) for h, w in zip(heat, water, strict=True)])

    @property
    def wall_k(self) -> Array:
        """Wall temperature, (k,)."""
        return self.states[:, parts.WALL]

    @cached_property
    def air_k(self) -> Array:
        """Air temperature: that between wall and soil, (k,)."""
        return 0.5 * (self.wall_k + self.soil_k)

    @cached_property
    def gas(self) -> Array:
        """Moles of air, (k,)."""
        return sum((self.shared(f"air.{g}") for g in ("o2", "co2", "n2", "h2o")), np.zeros(len(self.t)))

    @cached_property
    def pressure_pa(self) -> Array:
        """Pressure of the air, (k,)."""
        return self.gas * GAS * self.air_k / _volume_m3()

    @cached_property
    def humidity(self) -> Array:
        """Relative humidity of the air, 0 to about 1, (k,)."""
        full = np.array([saturation_pa(t) for t in self.air_k])
        return self.shared("air.h2o") / self.gas * self.pressure_pa / full

    @cached_property
    def ppfd(self) -> Array:
        """Photosynthetic photon flux on the bed, umol/m2/s, (k,)."""
        return self.light * (1.0 - self.controls[:, 2]) * parts.canister(_volume_m3()).par_umol_per_joule

    @property
    def warmth(self) -> Array:
        """Thermal time of the seeds, C d, (k,)."""
        return self.states[:, parts.WARMTH]

    @cached_property
    def leaf_m2(self) -> Array:
        """Leaf area of each seedling over time, (k, seedlings)."""
        p, tissue = parts.mustard(), self.seedlings[:, :, 4:6]
        grams = tissue @ molar_mass("seedling")[4:6]
        opened = np.clip((self.warmth[:, None] - self.brood.seeds[:, 1]) / p.unfold_cd, 0.0, 1.0)
        return p.leaf_m2_per_g * p.leaf_share * grams * opened

    @cached_property
    def sprouts_t(self) -> Array:
        """When each seedling comes up, (seedlings,); NaN for those that have not."""
        up = np.searchsorted(self.warmth, self.brood.seeds[:, 1])
        out = np.full(len(up), np.nan)
        for n in np.flatnonzero(up < len(self.t)):
            out[n] = np.interp(
                self.brood.seeds[n, 1], self.warmth[up[n] - 1 : up[n] + 1], self.t[up[n] - 1 : up[n] + 1]
            )
        return out

    @property
    def first_sprout_t(self) -> float | None:
        """When the first seedling comes up, or None."""
        up = self.sprouts_t[np.isfinite(self.sprouts_t)]
        return float(up.min()) if up.size else None

    def at(self, values: Array, t: float) -> Array:
        """``values`` (k, ...) of this truth at t, linear in time. Raises BadInput for a time that it does not cover."""
        if not self.t[0] - 1e-3 <= t <= self.t[-1] + 1e-3:
            covered = f"a time from {t_to_utc(float(self.t[0]), 0)} to {t_to_utc(float(self.t[-1]), 0)}"
            raise BadInput("biosphere", "t", t_to_utc(t, 0), covered)
        i = int(np.clip(np.searchsorted(self.t, t) - 1, 0, len(self.t) - 2))
        share = np.clip((t - self.t[i]) / (self.t[i + 1] - self.t[i]), 0.0, 1.0)
        return np.asarray(values[i] + share * (values[i + 1] - values[i]))


def brood(seed: int) -> Brood:
    """Seeds and eggs as drawn for a flight."""
    m, s, draw = model()["mustard"], model()["silkworm"], rng(seed, "biosphere", "brood")
    quick = draw.standard_normal((m["count"], 2))
    germinates = m["germinate_cd"] * np.exp(m["spread"] * quick[:, 0])
    emerges = m["emerge_cd"] * np.exp(m["spread"] * (0.8 * quick[:, 0] + 0.6 * quick[:, 1]))
    emerges = np.maximum(emerges, germinates + 10.0)
    dead = draw.random(m["count"]) > m["viable"]
    mass = 1e-3 * m["seed_mg"] * np.exp(m["seed_spread"] * draw.standard_normal(m["count"]))
    seeds = np.stack([np.where(dead, np.inf, germinates), np.where(dead, np.inf, emerges), mass], axis=1)
    eggs = s["egg_dd"] + s["hatch_spread_dd"] * draw.standard_normal(s["count"])
    return Brood(seeds, eggs)


def live(site: Site, plan: Plan, until_t: float, seed: int, every_s: float = 120.0, step_s: float = STEP_S) -> Life:
    """The experiment from power-on to ``until_t``, its truth kept every ``every_s`` seconds.

    A function of its arguments alone: what is commanded after a time changes nothing before it. Raises BadInput for a
    time before power-on, or where steps do not divide the interval.
    """
    every = round(every_s / step_s)
    if abs(every * step_s - every_s) > 1e-6 or every < 1:
        raise BadInput("biosphere", "every_s", every_s, f"a multiple of the step, {step_s:g} s")
    if until_t <= plan.power_on_t:
        raise BadInput("biosphere", "until_t", until_t, "a time after power-on")
    kept = int(np.ceil((until_t - plan.power_on_t) / every_s)) + 1
    steps = (kept - 1) * every
    t = np.asarray(plan.power_on_t + 0.5 * step_s * np.arange(2 * steps + 1), np.float64)
    off = np.inf if plan.power_off_t is None else plan.power_off_t
    powered = t[:-1:2] < off
    watered = powered & (t[:-1:2] >= (np.inf if plan.water_t is None else plan.water_t))
    skies = surroundings(site, t, t < off)
    put_in, check = brood(seed), max(1, round(model()["canister"]["control_s"] / step_s))
    y = _start(put_in)
    history, controls = np.empty((kept, y.size)), np.empty((kept, 3))
    tables = (rows("canister")[0], *rows("seedling"), *rows("larva"))
    kernel.run(
        y, skies, powered, watered, step_s, every, check,
        parts.canister(_volume_m3()), parts.mustard(), parts.silkworm(), put_in.seeds, put_in.eggs,
        np.array(model()["silkworm"]["instars_dd"], float), tables, history, controls,
    )  # fmt: skip
    return Life(t[:: 2 * every], history, controls, skies[:: 2 * every, 2], put_in)


def _volume_m3() -> float:
    return float(numbers()["canister"]["volume_l"]) * 1e-3


def _start(put_in: Brood) -> Array:
    """The state at power-on: dry seeds, incubated eggs, water in its tank."""
    c, m, s = (model()[key] for key in ("canister", "mustard", "silkworm"))
    shared = dict.fromkeys(pools("shared"), 0.0)
    gas = c["start_pa"] * _volume_m3() / (GAS * c["start_k"])
    vapour = gas * c["start_humidity"] * saturation_pa(c["start_k"]) / c["start_pa"]
    dry = gas - vapour
    shared["air.h2o"], shared["air.co2"], shared["air.o2"] = vapour, dry * c["start_co2"], dry * c["start_o2"]
    shared["air.n2"] = dry - shared["air.co2"] - shared["air.o2"]
    grams = dict(zip(pools("shared"), molar_mass("shared"), strict=True))
    shared["tank.h2o"] = numbers()["canister"]["water_ml"] / grams["tank.h2o"]
    eaten = model()["processes"]["larva"]["eat"]
    meal = {name: -eaten[name] for name in ("food.carb", "food.protein", "food.h2o")}
    meals = s["food_dry_g"] / (grams["food.carb"] + meal["food.protein"] * grams["food.protein"])
    for name, part in meal.items():
        shared[name] = meals * part
    seed_g, mass = molar_mass("seedling"), put_in.seeds[:, 2:]
    stores = np.array([m["oil_share"], m["carb_share"], m["protein_share"], 0.0, 0.0, 0.0, m["seed_water"]])
    larva = np.array([s["carb_share"], s["protein_share"], s["oil_share"], s["water"]]) * s["egg_dry_mg"] * 1e-3
    head = [c["start_k"], c["soil_j_per_k"] * (c["start_k"] - 273.15), 0.0, s["incubated_dd"], 1.0, 1.0]
    egg = np.tile(larva / molar_mass("larva"), len(put_in.eggs))
    return np.concatenate([head, list(shared.values()), (mass * stores / seed_g).ravel(), egg])
