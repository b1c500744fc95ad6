"""A relay kept on its orbit by burns, flown many times over with errors in what is known and what is done.

At each burn time the ground believes the craft in a state that is off by the error of orbit determination, chooses a
burn by that, and the craft makes it with an error of its own. Wheels are unloaded, which pushes a little. The craft
then flies on in the full model, under a sunlight that is not quite the one believed in. Nothing is linear in the
flight; the strategies may be.
"""

from __future__ import annotations

from collections.abc import Container
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.flight.perturbed import SCALE, Propagator, Spacecraft
from farside.flight.relay import RelayOrbit, queqiao
from farside.flight.stationkeeping.errors import KeepingErrors
from farside.flight.stationkeeping.numbers import values
from farside.flight.stationkeeping.reference import Reference
from farside.flight.stationkeeping.strategy import Guide, Strategy
from farside.flight.stationkeeping.upkeep import Upkeep
from farside.work import Pool, Workers, rng

Array = NDArray[np.float64]

_DAY_S = 86_400.0
_MM_S = 1e-6 / SCALE[3]


def maintain(
    orbit: RelayOrbit,
    strategy: Strategy,
    errors: KeepingErrors | None = None,
    days: float = 365.25,
    trials: int = 100,
    seed: int = 0,
    *,
    spacing_days: float | None = None,
    spacecraft: Spacecraft | None = None,
    missed: Container[int] = (),
    workers: Workers | None = None,
) -> Upkeep:
    """Keep a relay on an orbit for some days from its start, in so many trials.

    errors, spacing_days, spacecraft: None takes those of stationkeeping.yaml and Queqiao. spacing_days: from burn to
    burn. missed: numbers of burns, from 0, that are not made; ``range(n, 10**9)`` for all from burn n on. workers: who
    flies the trials; None takes threads. Results depend on neither them nor their number.
    Raises BadInput for a spacing longer than half a revolution, and for an orbit too short for the days and for what
    the strategy looks ahead.
    """
    errors = KeepingErrors.assumed() if errors is None else errors
    spacecraft = _queqiao() if spacecraft is None else spacecraft
    spacing = (values("rhythm")["spacing_days"] if spacing_days is None else spacing_days) * _DAY_S
    if trials < 1:
        raise BadInput("stationkeeping", "trials", trials, "1 or more")
    reference = Reference(orbit, spacecraft)
    _check(reference, strategy, days, spacing)
    plan = _plan(reference, strategy, errors, days, spacing, missed, seed)
    with nullcontext(workers) if workers else Pool() as crew:
        flown = list(crew.map(_fly, zip(repeat(plan), range(trials))))
    burns, departures, lost_at = (np.array(column) for column in zip(*flown, strict=True))
    stop = orbit.start + days * _DAY_S
    return Upkeep(orbit.start, stop, plan.times[:-1], burns, plan.seen.ravel(), departures, lost_at)


def _check(reference: Reference, strategy: Strategy, days: float, spacing: float) -> None:
    half = reference.revolution_s / 2.0
    if not 0.0 < spacing <= half:
        expected = f"more than 0 and at most half a revolution, {half / _DAY_S:.2f} days"
        raise BadInput("stationkeeping", "spacing_days", spacing / _DAY_S, expected)
    most = reference.days - strategy.ahead * reference.revolution_s / _DAY_S
    if not spacing <= days * _DAY_S <= most * _DAY_S:
        expected = (
            f"from one spacing to {most:.1f}: the orbit lasts {reference.days:.1f} days, of which this strategy looks "
            f"{strategy.ahead:g} revolutions ahead"
        )
        raise BadInput("stationkeeping", "days", days, expected)


@dataclass(frozen=True)
class _Plan:
    """What all trials share. times: (n + 1,), of burns and the end; seen: (n, k), when departures are looked at."""

    guide: Guide
    errors: KeepingErrors
    spacecraft: Spacecraft
    missed: Container[int]
    seed: int
    times: Array
    first: Array
    seen: Array
    held: Array


def _plan(
    reference: Reference,
    strategy: Strategy,
    errors: KeepingErrors,
    days: float,
    spacing: float,
    missed: Container[int],
    seed: int,
) -> _Plan:
    start, span = reference.orbit.start, days * _DAY_S
    times = start + np.append(np.arange(int(np.ceil(span / spacing - 1e-9))) * spacing, span)
    looks = int(np.ceil(spacing / _DAY_S))
    seen = times[:-1, None] + np.diff(times)[:, None] * (np.arange(looks) + 1.0) / looks
    return _Plan(
        strategy.guide(reference, times[:-1]),
        errors,
        reference.spacecraft,
        missed,
        seed,
        times,
        reference.states(start),
        seen,
        reference.orbit.position(seen),
    )


def _fly(job: tuple[_Plan, int]) -> tuple[Array, Array, float]:
    """One trial: burns (n, 3) in m/s, departures (n k,) in km, and when it was lost or NaN."""
    plan, trial = job
    e, burns, chance = plan.errors, len(plan.times) - 1, rng(plan.seed, "stationkeeping", trial)
    # drawn at once and in this order: every strategy meets the same errors
    known = chance.standard_normal((burns + 1, 6)) * ([e.position_km / SCALE[0]] * 3 + [e.velocity_mm_s * _MM_S] * 3)
    scales = 1.0 + e.burn_scale * chance.standard_normal(burns)
    offsets = e.burn_fixed_mm_s * _MM_S * chance.standard_normal((burns, 3))
    unloadings = e.unloading_mm_s * _MM_S * chance.standard_normal((burns, 3))
    sunlight = 1.0 + e.sunlight_bias * chance.standard_normal() + e.sunlight_noise * chance.standard_normal(burns)

    model, truth = (Propagator(plan.spacecraft, float(plan.times[0]), variations=False) for _ in range(2))
    made, departures = np.zeros((burns, 3)), np.full(plan.seen.shape, np.nan)
    state = plan.first + known[burns]
    for k, start in enumerate(plan.times[:-1].tolist()):
        burn = plan.guide.burn(k, state + known[k], model)
        if np.linalg.norm(burn) > e.dead_band_mm_s * _MM_S and k not in plan.missed:
            made[k] = burn * scales[k] + offsets[k]
        state[3:] += made[k] + unloadings[k]
        truth.fly(replace(plan.spacecraft, cr=plan.spacecraft.cr * float(sunlight[k])))
        path = truth.sample(state, start, plan.seen[k])
        departures[k] = np.linalg.norm(path[:, :3] * SCALE[0] - plan.held[k], axis=1)
        far = ~(departures[k] < values("rhythm")["lost_km"])
        if far.any():
            first = int(far.argmax())
            departures[k, first + 1 :] = np.nan
            return made * SCALE[3] * 1e3, departures.ravel(), float(plan.seen[k, first])
        state = path[-1]
    return made * SCALE[3] * 1e3, departures.ravel(), np.nan


def _queqiao() -> Spacecraft:
    craft = queqiao()
    return Spacecraft(craft["mass_kg"], craft["area_m2"], craft["cr"])
