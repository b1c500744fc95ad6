"""What keeping an orbit took: burns, departures, cost and losses of all trials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_YEAR_S = 365.25 * 86_400.0


@dataclass(frozen=True)
class Upkeep:
    """Result of ``maintain``; times in TDB s past J2000.

    start, stop: what was flown. burn_times: (n,). burns: (trials, n, 3), changes of velocity as made, m/s, ICRF; zero
    where none was made. times: (m,), departures: (trials, m), distance from the orbit, km, NaN once lost. lost_at:
    (trials,), when a trial was lost, NaN for those kept.
    """

    start: float
    stop: float
    burn_times: Array
    burns: Array
    times: Array
    departures: Array
    lost_at: Array

    @property
    def lost(self) -> NDArray[np.bool_]:
        """Which trials lost the orbit, (trials,)."""
        return np.isfinite(self.lost_at)

    @property
    def sizes(self) -> Array:
        """Size of each burn, (trials, n), m/s."""
        return np.linalg.norm(self.burns, axis=2)

    @property
    def cost(self) -> Array:
        """Velocity spent a year by each trial, (trials,), m/s; infinite for a lost one: no sum would have kept it."""
        spent = self.sizes.sum(axis=1) / ((self.stop - self.start) / _YEAR_S)
        return np.where(self.lost, np.inf, spent)

    @property
    def worst(self) -> Array:
        """Largest departure of each trial, (trials,), km; infinite for a lost one."""
        return np.where(self.lost, np.inf, np.max(np.nan_to_num(self.departures), axis=1))

    def summary(self) -> dict[str, float]:
        """Trials and how many were lost; cost a year (m/s), departures (km) and burns.

        Mean and standard deviation are of the trials kept, percentiles of all: half lost makes the median infinite.
        NaN where no trial was kept or no burn made.
        """
        kept, sizes = self.cost[~self.lost], self.sizes[~self.lost]
        made = sizes[sizes > 0.0]
        return {
            "trials": len(self.lost_at),
            "lost": int(self.lost.sum()),
            "cost_mean_m_s": _mean(kept),
            "cost_std_m_s": float(np.std(kept)) if len(kept) else np.nan,
            **{f"cost_p{p}_m_s": _percentile(self.cost, p) for p in (5, 50, 95)},
            **{f"departure_p{p}_km": _percentile(self.worst, p) for p in (50, 95, 100)},
            "burns_a_year": _mean((sizes > 0.0).sum(axis=1)) * _YEAR_S / (self.stop - self.start),
            "burn_mean_m_s": _mean(made),
            "burn_largest_m_s": float(made.max()) if len(made) else np.nan,
        }


def _mean(values: NDArray) -> float:
    return float(np.mean(values)) if len(values) else np.nan


def _percentile(values: Array, percent: float) -> float:
    # of the values themselves: between a finite and an infinite one lies nothing
    return float(np.percentile(values, percent, method="inverted_cdf"))
