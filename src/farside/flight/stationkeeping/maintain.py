"""A relay kept on its orbit by burns, in many trials."""

from __future__ import annotations

from collections.abc import Container
from contextlib import nullcontext
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.flight.perturbed import Spacecraft
from farside.flight.relay import RelayOrbit, queqiao_craft
from farside.flight.stationkeeping.errors import KeepingErrors
from farside.flight.stationkeeping.numbers import values
from farside.flight.stationkeeping.reference import Reference
from farside.flight.stationkeeping.strategy import Strategy
from farside.flight.stationkeeping.trial import Plan, fly
from farside.flight.stationkeeping.upkeep import Upkeep
from farside.work import Pool, Workers

Array = NDArray[np.float64]

_DAY_S = 86_400.0
_SHORTEST_DAYS = 0.1


def maintain(
    orbit: RelayOrbit,
    strategy: Strategy,
    errors: KeepingErrors | None = None,
    days: float = 365.25,
    trials: int = 100,
    seed: int = 0,
    *,
    spacing_days: float | None = None,
    unloading_days: float | None = None,
    spacecraft: Spacecraft | None = None,
    missed: Container[int] = (),
    workers: Workers | None = None,
) -> Upkeep:
    """Keep a relay on an orbit for some days from its start, in so many trials.

    errors, spacecraft: None takes those of stationkeeping.yaml and Queqiao. spacing_days: from burn to burn, the first
    at the start; None takes Queqiao's rhythm, and a whole revolution where a departure grows less than tenfold in it,
    as on near-rectilinear orbits: those should begin far from the Moon, for a burn near it does harm.
    unloading_days: from unloading to unloading of the wheels; None unloads them with each burn. missed: numbers of
    burns, from 0, that are not made; ``range(n, 10**9)`` for all from burn n on. workers: who flies the trials; None
    takes threads. Results depend on neither them nor their number.
    Raises BadInput for a spacing longer than half a revolution (where departures grow slowly, than a whole one), and
    for an orbit too short for the days and for what the strategy looks ahead.
    """
    reference = Reference(orbit, queqiao_craft() if spacecraft is None else spacecraft)
    spacing = _rhythm(reference, spacing_days)
    unloading = spacing if unloading_days is None else unloading_days
    if trials < 1:
        raise BadInput("stationkeeping", "trials", trials, "1 or more")
    if not unloading >= _SHORTEST_DAYS:
        raise BadInput("stationkeeping", "unloading_days", unloading, f"{_SHORTEST_DAYS:g} or more")
    _check_days(reference, strategy, days, spacing)
    starts, burns, unloads = _legs(days, spacing, unloading)
    looks = int(np.ceil(min(spacing, unloading)))
    lengths = np.diff(np.append(starts, days * _DAY_S))
    seen = orbit.start + starts[:, None] + lengths[:, None] * (np.arange(looks) + 1.0) / looks
    burn_times = orbit.start + starts[burns >= 0]
    plan = Plan(
        strategy.guide(reference, burn_times),
        KeepingErrors.assumed() if errors is None else errors,
        reference.spacecraft,
        values("rhythm")["lost_km"],
        missed,
        seed,
        orbit.start + starts,
        burns,
        unloads,
        seen,
        reference.states(orbit.start),
        orbit.position(seen),
    )
    with nullcontext(workers) if workers else Pool() as crew:
        flown = list(crew.map(fly, zip(repeat(plan), range(trials))))
    made, departures, lost_at = (np.array(column) for column in zip(*flown, strict=True))
    return Upkeep(orbit.start, orbit.start + days * _DAY_S, burn_times, made, seen.ravel(), departures, lost_at)


def _rhythm(reference: Reference, spacing: float | None) -> float:
    """Days from burn to burn, as asked for or as usual on such an orbit."""
    revolution = reference.revolution_s / _DAY_S
    longest, what = (revolution, "a") if reference.calm else (revolution / 2.0, "half a")
    if spacing is None:
        return longest if reference.calm else min(values("rhythm")["spacing_days"], longest)
    if not _SHORTEST_DAYS <= spacing <= longest:
        expected = f"from {_SHORTEST_DAYS:g} to {what} revolution, {longest:.2f} days"
        raise BadInput("stationkeeping", "spacing_days", spacing, expected)
    return spacing


def _check_days(reference: Reference, strategy: Strategy, days: float, spacing: float) -> None:
    most = reference.days - strategy.ahead * reference.revolution_s / _DAY_S
    if not spacing <= days <= most:
        expected = (
            f"from one spacing to {most:.1f}: the orbit lasts {reference.days:.1f} days, of which this strategy looks "
            f"{strategy.ahead:g} revolutions ahead"
        )
        raise BadInput("stationkeeping", "days", days, expected)


def _legs(days: float, spacing: float, unloading: float) -> tuple[Array, NDArray[np.intp], NDArray[np.bool_]]:
    """Legs between burns and unloadings: starts (m,), s; which burn begins one, or -1; whether an unloading does."""

    def every(step: float) -> Array:
        # to the millisecond, so that what falls together is one
        return np.round(np.arange(int(np.ceil(days / step - 1e-9))) * step * _DAY_S, 3)

    burn_times, unloading_times = every(spacing), every(unloading)
    starts = np.union1d(burn_times, unloading_times)
    burns = np.where(np.isin(starts, burn_times), np.searchsorted(burn_times, starts), -1)
    return starts, burns, np.isin(starts, unloading_times)
