"""How fast a burst drifts: the power law df/dt = -K f^alpha along its ridge (Alvarez and Haddock 1973)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


class Drift(NamedTuple):
    """Exponent alpha with its 95 % interval, K at 1 MHz in Hz s-1, and the ridge t = t0 + C (f / f0)^(1 - alpha)."""

    exponent: float
    low: float
    high: float
    rate_1mhz: float
    t0: float
    c: float
    f0: float

    def time(self, frequency: ArrayLike) -> Array:
        """Times (s, same origin as the ridge's) at frequencies in Hz."""
        return self.t0 + self.c * (np.asarray(frequency, float) / self.f0) ** (1.0 - self.exponent)


def drift(frequency: Array, time: Array, sigma: Array) -> Drift:
    """Fit the power law to a ridge: Hz, s and standard errors in s, each (n,), n >= 5.

    The drift rate is integrated, so that no differences of noisy times are taken. Errors grow by the root of chi2
    over its degrees of freedom where the ridge is further from a power law than they say; the interval is Student's.
    """
    from scipy.optimize import least_squares
    from scipy.special import stdtrit

    f0 = float(np.exp(np.mean(np.log(frequency))))
    x = frequency / f0

    def residual(p: Array) -> Array:
        return (p[0] + np.exp(p[1] - p[2] * np.log(x)) - time) / sigma

    span = max(float(np.ptp(time)), 1e-3)
    start = [time.min() - 0.3 * span, np.log(0.5 * span), 0.8]
    fit = least_squares(residual, start, loss="soft_l1", x_scale=[span, 1.0, 1.0], max_nfev=2000)
    freedom = len(x) - 3
    excess = max(1.0, float(np.sum(residual(fit.x) ** 2)) / freedom)
    error = float(np.sqrt(np.linalg.inv(fit.jac.T @ fit.jac)[2, 2] * excess))
    t0, log_c, beta = (float(v) for v in fit.x)
    half = float(stdtrit(freedom, 0.975)) * error
    alpha = 1.0 + beta
    rate = f0 / (np.exp(log_c) * beta) * (1e6 / f0) ** alpha
    return Drift(alpha, alpha - half, alpha + half, float(rate), t0, float(np.exp(log_c)), f0)
