"""The ridge of a type III burst: when its exciter passed each frequency, and how fast it drifted.

All light curves are fitted together. The exciter passes frequency f at t0 + C (f / f0)^-beta, lasts W (f / f0)^-w and
its light fades in D (f / f0)^-d seconds; every band has a strength of its own. Together, because a faint light curve
alone cannot tell a late exciter from a slow decay.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.products.lfs.drift import Drift
from farside.products.lfs.profile import profile

Array = NDArray[np.float64]

BANDS = 32
THRESHOLD = 6.0
"""A band counts whose strength is this many standard deviations from nothing."""
LEAST = 6
"""Fewest bands that make a ridge."""
DECAY_1MHZ_S, DECAY_SLOPE = 100.0, 0.95
"""Where the fit starts: 10^7.7 f^-0.95 s (Evans et al. 1973)."""
ROUNDS = 4
NORMAL_95 = 1.959964
"""Half of a 95 % interval, in standard deviations."""


class Curves(NamedTuple):
    """Light curves (time, band) of frequencies (band,) in Hz: flux, noise when quiet, and the quiet level, as flux."""

    t: Array
    frequency: Array
    flux: Array
    noise: Array
    floor: Array


class Ridge(NamedTuple):
    """Points (n,): frequency (Hz), time (s), its standard error, peak flux, decay time (s); and the drift, if any."""

    frequency: Array
    time: Array
    error: Array
    peak: Array
    decay: Array
    drift: Drift | None


NONE = Ridge(*(np.zeros(0),) * 5, None)


def light_curves(
    t: Array, frequency: Array, flux: Array, floor: Array, looks: float, edges: tuple[float, float]
) -> Curves:
    """Light curves in log-spaced bands between ``edges`` (Hz), each channel by its weight.

    t: s, (n,); flux (time, frequency) above the background, NaN where missing; floor: what the quiet noise amounts to
    as flux, (frequency,), NaN where a channel is not to be used; looks: independent looks in one sample.
    """
    good = np.isfinite(flux[:, np.isfinite(floor)]).all(axis=1)
    cuts = np.geomspace(*edges, BANDS + 1)
    columns = []
    for low, high in pairwise(cuts):
        inside = np.flatnonzero((frequency >= low) & (frequency < high) & np.isfinite(floor))
        if inside.size:
            weight = floor[inside] ** -2
            weight /= weight.sum()
            noise = np.sqrt(np.sum((weight * floor[inside]) ** 2) / looks)
            middle = np.exp(np.log(frequency[inside]) @ weight)
            columns.append((middle, noise, floor[inside] @ weight, flux[good][:, inside] @ weight))
    f, noise, level, curves = zip(*columns, strict=True)
    return Curves(t[good], np.array(f), np.stack(curves, axis=1), np.array(noise), np.array(level))


def ridge(curves: Curves) -> Ridge:
    """The ridge and its drift; NONE where too few bands hear a burst."""
    from scipy.optimize import least_squares

    start = _start(curves)
    if start is None:
        return NONE
    f0, p = start
    sigma = np.broadcast_to(curves.noise, curves.flux.shape)
    heard = np.arange(len(curves.frequency))
    for _ in range(ROUNDS):
        part = Curves(curves.t, *(x[..., heard] for x in curves[1:]))
        s = sigma[:, heard]

        def residual(q: Array, part: Curves = part, s: Array = s) -> Array:
            shape = _shape(q, part, f0)
            return ((part.flux - _strength(shape, part.flux, s) * shape) / s).ravel()

        fit = least_squares(residual, p, x_scale=[10.0, 0.3, 0.2, 0.3, 0.2, 0.3, 0.2], method="lm", max_nfev=600)
        p = fit.x
        shape = _shape(p, curves, f0)
        strength = _strength(shape, curves.flux, sigma)
        # a signal brings its own noise
        sigma = curves.noise * (1.0 + np.maximum(strength, 0.0) * shape / curves.floor)
        heard = np.flatnonzero(strength * np.sqrt(np.sum((shape / sigma) ** 2, axis=0)) > THRESHOLD)
        if heard.size < LEAST:
            return NONE
    freedom = fit.fun.size - len(p) - heard.size
    excess = max(1.0, float(np.sum(fit.fun**2)) / freedom)
    covariance = np.linalg.pinv(fit.jac.T @ fit.jac) * excess
    return _points(curves, p, f0, heard, sigma, float(np.sqrt(covariance[2, 2])))


def _shape(p: Array, curves: Curves, f0: float) -> Array:
    """Light curves (time, band) of unit peak order for parameters t0, log C, beta, log W, w, log D, d."""
    x = np.log(curves.frequency / f0)
    width, decay = np.exp(p[3] - p[4] * x), np.exp(p[5] - p[6] * x)
    age = curves.t[:, None] - (p[0] + np.exp(p[1] - p[2] * x))
    return profile(age, width, decay) * decay


def _strength(shape: Array, flux: Array, sigma: Array) -> Array:
    """Strength (band,) that fits best: least squares for each band."""
    w = sigma**-2
    return np.sum(w * shape * flux, axis=0) / np.maximum(np.sum(w * shape**2, axis=0), 1e-300)


def _start(curves: Curves) -> tuple[float, Array] | None:
    """Reference frequency and first parameters, from where the smoothed light curves are brightest."""
    from scipy.ndimage import uniform_filter1d

    smooth = uniform_filter1d(curves.flux, 9, axis=0, mode="nearest") / (curves.noise / 3.0)
    top = smooth.max(axis=0)
    heard = top > THRESHOLD
    if heard.sum() < LEAST:
        return None
    f, when, weight = curves.frequency[heard], curves.t[np.argmax(smooth, axis=0)][heard], top[heard]
    f0 = float(np.exp(np.average(np.log(f), weights=weight)))
    decay = DECAY_1MHZ_S * (f * 1e-6) ** -DECAY_SLOPE
    way = np.stack([np.ones(len(f)), (f / f0) ** -0.84], axis=1)
    early = when - 0.5 * decay
    for _ in range(5):  # robust: a noise peak far from the line loses its weight
        t0, c = np.linalg.lstsq(way * weight[:, None], early * weight, rcond=None)[0]
        off = np.abs(early - way @ [t0, c])
        weight = top[heard] / (1.0 + (off / (0.3 * decay + 3.0)) ** 2)
    d0 = float(np.log(DECAY_1MHZ_S * (f0 * 1e-6) ** -DECAY_SLOPE))
    return f0, np.array([t0, np.log(max(c, 5.0)), 0.84, d0 - 1.0, DECAY_SLOPE, d0, DECAY_SLOPE])


def _points(curves: Curves, p: Array, f0: float, heard: NDArray[np.intp], sigma: Array, error: float) -> Ridge:
    """Each heard band's own time, one Newton step from the common fit: how far the bands are from the power law."""
    step = np.array([0.05, *np.zeros(6)])
    shape = _shape(p, curves, f0)
    strength = _strength(shape, curves.flux, sigma)
    slope = (_shape(p + step, curves, f0) - _shape(p - step, curves, f0)) / (2.0 * step[0]) * strength
    w = (sigma**-2)[:, heard]
    information = np.sum(w * slope[:, heard] ** 2, axis=0)
    late = np.sum(w * slope[:, heard] * (curves.flux - strength * shape)[:, heard], axis=0) / information
    f, beta = curves.frequency[heard], float(p[2])
    # the bands' own scatter about the power law, where it is more than their noise, widens the interval
    excess = max(1.0, float(np.sum(late**2 * information)) / (heard.size - 3))
    c, half = float(np.exp(p[1])), NORMAL_95 * error * float(np.sqrt(excess))
    rate = f0 / (c * beta) * (1e6 / f0) ** (1.0 + beta)
    drift = Drift(1.0 + beta, 1.0 + beta - half, 1.0 + beta + half, float(rate), float(p[0]), c, f0)
    decay = np.exp(p[5] - p[6] * np.log(f / f0))
    peak = (strength * shape).max(axis=0)[heard]
    return Ridge(f, drift.time(f) + late, 1.0 / np.sqrt(information), peak, decay, drift)
