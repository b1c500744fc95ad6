"""One trial: a craft flown and kept once, with errors in what is known and what is done.

At each burn time the ground believes the craft in a state that is off by the error of orbit determination, chooses a
burn by that, and the craft makes it with an error of its own. Unloading the wheels pushes a little. The craft flies on
in the full model, under a sunlight that is not quite the one believed in. Nothing is linear in the flight; the
strategies may be.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from farside.flight.perturbed import SCALE, Propagator, Spacecraft
from farside.flight.stationkeeping.errors import KeepingErrors
from farside.flight.stationkeeping.strategy import Guide
from farside.work import rng

Array = NDArray[np.float64]

_MM_S = 1e-6 / SCALE[3]
_M_S = 1e3 * SCALE[3]


@dataclass(frozen=True)
class Plan:
    """What all trials share: a flight in legs, each of which begins with a burn, an unloading of the wheels or both.

    starts: (m,), TDB s past J2000. burns: (m,), which burn begins a leg, or -1; unloads: (m,), whether an unloading
    does. seen: (m, k), when the craft is looked at, the last time being the leg's end; held: (m, k, 3), the orbit
    there, km. first: (6,), the orbit at the beginning, LU and LU/TU. missed: burns that are not made.
    """

    guide: Guide
    errors: KeepingErrors
    spacecraft: Spacecraft
    lost_km: float
    missed: Container[int]
    seed: int
    starts: Array
    burns: NDArray[np.intp]
    unloads: NDArray[np.bool_]
    seen: Array
    first: Array
    held: Array


def fly(job: tuple[Plan, int]) -> tuple[Array, Array, float]:
    """Burns (n, 3) in m/s, departures (m k,) in km, and when the orbit was lost or NaN, of a plan's trial."""
    plan, trial = job
    e, count, chance = plan.errors, int(plan.burns.max()) + 1, rng(plan.seed, "stationkeeping", trial)
    # drawn at once and in this order: every strategy meets the same errors
    known = chance.standard_normal((count + 1, 6)) * ([e.position_km / SCALE[0]] * 3 + [e.velocity_mm_s * _MM_S] * 3)
    scales = 1.0 + e.burn_scale * chance.standard_normal(count)
    offsets = e.burn_fixed_mm_s * _MM_S * chance.standard_normal((count, 3))
    sunlight = 1.0 + e.sunlight_bias * chance.standard_normal() + e.sunlight_noise * chance.standard_normal(count)
    pushes = e.unloading_mm_s * _MM_S * chance.standard_normal((len(plan.starts), 3)) * plan.unloads[:, None]

    model, truth = (Propagator(plan.spacecraft, float(plan.starts[0]), variations=False) for _ in range(2))
    made, departures = np.zeros((count, 3)), np.full(plan.seen.shape, np.nan)
    state = plan.first + known[count]
    for leg, start in enumerate(plan.starts.tolist()):
        if (k := int(plan.burns[leg])) >= 0:
            burn = plan.guide.burn(k, state + known[k], model)
            if np.linalg.norm(burn) > e.dead_band_mm_s * _MM_S and k not in plan.missed:
                made[k] = burn * scales[k] + offsets[k]
            state[3:] += made[k]
            truth.fly(replace(plan.spacecraft, cr=plan.spacecraft.cr * float(sunlight[k])))
        state[3:] += pushes[leg]
        path = truth.sample(state, start, plan.seen[leg])
        departures[leg] = np.linalg.norm(path[:, :3] * SCALE[0] - plan.held[leg], axis=1)
        far = ~(departures[leg] < plan.lost_km)
        if far.any():
            lost = int(far.argmax())
            departures[leg, lost + 1 :] = np.nan
            return made * _M_S, departures.ravel(), float(plan.seen[leg, lost])
        state = path[-1]
    return made * _M_S, departures.ravel(), np.nan
