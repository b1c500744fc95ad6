"""Tables of states, and the polynomials between them that the kernel or message they come from asks for.

A polynomial goes through the states of a window about the time asked for: as many before as after it, or, where their
number is odd, about the nearest state; at the ends of the table the window stays inside. As SPICE chooses it (NAIF,
SPK required reading, types 9 and 13).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class StateTable:
    """States (n, 6), km and km/s, at increasing times (n,), TDB s past J2000.

    window: states that a polynomial goes through, n at most. hermite: one polynomial through positions and velocities,
    whose slope is the velocity; otherwise positions and velocities are interpolated each by itself (Lagrange).
    """

    times: Array
    states: Array
    window: int
    hermite: bool

    @property
    def pieces(self) -> int:
        """Number of polynomials."""
        return len(self.times) - 1

    def value(self, t: Array) -> Array:
        """Positions (n, 3), km, at times (n,)."""
        return self._interpolated(t, 0)

    def rate(self, t: Array) -> Array:
        """Velocities (n, 3), km/s, at times (n,)."""
        return self._interpolated(t, 3)

    def _interpolated(self, t: Array, column: int) -> Array:
        out = np.empty((len(t), 3))
        if self.hermite:
            _hermite(self.times, self.states, self.window, t, column == 3, out)
        else:
            _lagrange(self.times, self.states, self.window, t, column, out)
        return out


@njit(cache=True, nogil=True, error_model="numpy")
def _first(times: np.ndarray, window: int, t: float) -> int:
    """Index of the first state of the window about t."""
    low = min(max(np.searchsorted(times, t, side="right") - 1, 0), times.shape[0] - 2)
    if window % 2:
        near = low if t - times[low] < times[low + 1] - t else low + 1
        first = near - window // 2
    else:
        first = low + 1 - window // 2
    return int(min(max(first, 0), times.shape[0] - window))


@njit(cache=True, nogil=True, error_model="numpy")
def _lagrange(times: np.ndarray, states: np.ndarray, window: int, t: np.ndarray, column: int, out: np.ndarray) -> None:
    """Neville's scheme (1934) on three columns from ``column``: writes out (n, 3)."""
    work = np.empty(window)
    for i in range(t.shape[0]):
        first = _first(times, window, t[i])
        for axis in range(3):
            for k in range(window):
                work[k] = states[first + k, column + axis]
            for order in range(1, window):
                for k in range(window - order):
                    a, b = times[first + k], times[first + k + order]
                    work[k] = ((b - t[i]) * work[k] + (t[i] - a) * work[k + 1]) / (b - a)
            out[i, axis] = work[0]


@njit(cache=True, nogil=True, error_model="numpy")
def _hermite(times: np.ndarray, states: np.ndarray, window: int, t: np.ndarray, slope: bool, out: np.ndarray) -> None:
    """Divided differences with every node twice: writes the value, or the slope, of three polynomials to out (n, 3)."""
    count = 2 * window
    nodes, work = np.empty(count), np.empty(count)
    for i in range(t.shape[0]):
        first = _first(times, window, t[i])
        for k in range(window):
            # times since the one asked for: small numbers, of which differences are exact
            nodes[2 * k] = nodes[2 * k + 1] = times[first + k] - t[i]
        for axis in range(3):
            for k in range(window):
                work[2 * k] = work[2 * k + 1] = states[first + k, axis]
            for order in range(1, count):
                for k in range(count - 1, order - 1, -1):
                    if order == 1 and k % 2:
                        work[k] = states[first + k // 2, 3 + axis]
                    else:
                        work[k] = (work[k] - work[k - 1]) / (nodes[k] - nodes[k - order])
            value, rate = work[count - 1], 0.0
            for k in range(count - 2, -1, -1):
                rate = value - nodes[k] * rate
                value = work[k] - nodes[k] * value
            out[i, axis] = rate if slope else value
