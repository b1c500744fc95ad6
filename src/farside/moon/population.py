"""How many craters there are: production, equilibrium, and the octave layers that carry them to the surface."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.moon import profile

Array = NDArray[np.floating]

_NEUKUM = (
    -3.0768,
    -3.557528,
    0.781027,
    1.021521,
    -0.156012,
    -0.444058,
    0.019977,
    0.086850,
    -0.005874,
    -0.006809,
    8.25e-4,
    5.54e-5,
)
EQUILIBRIUM = 0.062
"""Craters per square metre larger than D in equilibrium, times D^2.

Between the counts of Minton et al. (2019), 0.034, and of Trask (1966), 0.079; with it the lava has the median slope of
2 degrees at 17 m that Rosenburg et al. (2011) give for maria.
"""

MARE_AGE_GA = 3.6

SPA_COUNTS = {1e3: 36558e-12, 2e3: 14090e-12, 4e3: 4132e-12, 8e3: 1052e-12, 16e3: 301e-12, 32e3: 104e-12, 64e3: 38e-12}
"""Craters per square metre larger than D (metres), measured inside South Pole-Aitken (LU1319381, Wu et al. 2022)."""

OCTAVES = 14
"""Octaves of craters below 1 km; the smallest are 6 cm wide."""

CRATER, COMPLEX, ROCKS, EJECTA_ROCKS = 0.0, 1.0, 2.0, 3.0

# columns of a layer
KIND, DMIN, BETA, DENSITY, MARE, LARGE = range(6)
COLUMNS = 6


def production(diameter_m: Array, age_ga: float) -> Array:
    """Craters per square metre larger than ``diameter_m`` made in ``age_ga`` (Neukum, Ivanov & Hartmann 2001).

    Valid from 10 m to 300 km; smaller diameters continue with the slope at 10 m. Shapes alike.
    """
    x = np.log10(np.maximum(diameter_m, 10.0) / 1000.0)
    one_ga = 10.0 ** np.polynomial.polynomial.polyval(x, _NEUKUM)
    one_ga = one_ga * (np.minimum(diameter_m, 10.0) / 10.0) ** -3.0
    growth = (5.44e-14 * np.expm1(6.93 * age_ga) + 8.38e-4 * age_ga) / 8.38e-4
    return one_ga * growth * 1e-6


def cumulative(diameter_m: Array, age_ga: float = MARE_AGE_GA) -> Array:
    """Craters per square metre larger than ``diameter_m`` that are still there: production, capped by equilibrium."""
    return np.minimum(production(diameter_m, age_ga), EQUILIBRIUM * np.asarray(diameter_m) ** -2.0)


def old_cumulative(diameter_m: Array) -> Array:
    """The same on highland inside South Pole-Aitken: measured counts above 1 km, their trend below, capped alike."""
    d = np.array(list(SPA_COUNTS))
    n = np.array(list(SPA_COUNTS.values()))
    trend = n[0] * (np.minimum(diameter_m, 1e3) / 1e3) ** -3.0
    counted = np.exp(np.interp(np.log(np.maximum(diameter_m, 1e3)), np.log(d), np.log(n)))
    return np.minimum(
        np.where(np.asarray(diameter_m) < 1e3, trend, counted), EQUILIBRIUM * np.asarray(diameter_m) ** -2
    )


@lru_cache(maxsize=1)
def layers() -> tuple[Array, Array]:
    """Octave layers of the surface below 4 km, and of the base from 4 km up; shapes (n, COLUMNS).

    KIND; DMIN the smaller diameter (m), the larger is twice that; BETA slope of the power law inside the octave;
    DENSITY per square metre; MARE share of the craters that fell after the lava; LARGE 1 where a terrain file already
    shows these craters.
    """
    fine = [_octave(1000.0 / 2**i, CRATER, 0.0) for i in range(OCTAVES, 0, -1)]
    fine += [_octave(d, CRATER, 1.0) for d in (1e3, 2e3)]
    base = [_octave(d, CRATER, 1.0) for d in (4e3, 8e3)] + [_octave(d, COMPLEX, 1.0) for d in (16e3, 32e3)]
    return np.array(fine), np.array(base)


def _octave(d: float, kind: float, large: float) -> list[float]:
    edges = np.array([d, 2 * d])
    old, young = old_cumulative(edges), cumulative(edges)
    if d < 200:
        old = young
    density = old[0] - old[1]
    beta = float(np.log2(old[0] / old[1]))
    return [kind, d, beta, density, min(1.0, (young[0] - young[1]) / density), large]


HIDDEN, SHOWN = 0.5, 1.0
"""Craters narrower than HIDDEN resolutions are left out, from SHOWN on they are all there; smooth between."""

DENSEST = 0.788**2
"""Largest area on the unit sphere for an area of 1 in the coordinates of a cube's face (see ``cells.warp``)."""

CELL = 1.25
"""Width of a hash cell over the reach of the largest mark in it: few cells to visit, few marks to turn away."""

SLOTS = 2
"""Marks of a cell that are looked at in one go, whether they are there or not; more than most cells hold."""

SIZES = 257


def sizes(rows: Array) -> Array:
    """Diameters of each layer at equal steps of their cumulative probability, shape (layers, SIZES)."""
    u = np.linspace(0.0, 1.0, SIZES)
    beta, dmin = rows[:, BETA, None], rows[:, DMIN, None]
    return dmin * (1 - u * (1 - 2.0**-beta)) ** (-1 / beta)


def poisson(expected: Array) -> Array:
    """Cumulative Poisson laws, a row for each expectation, until nothing is left (1e-12); the last column is 1."""
    from scipy.stats import poisson as law

    most = int(law.isf(1e-12, expected.max(initial=0.0))) + 1
    cumulative = law.cdf(np.arange(max(most, SLOTS) + 1)[None], expected[:, None])
    cumulative[:, -1] = 1.0
    return cumulative


def mean_height(layer: Array, resolution_m: float, post_m: float | None = None) -> float:
    """Expected height (m) that the craters of a layer add to every point; the surface takes it off again.

    post_m: of the craters that an elevation file with such posts shows, only.
    """
    if layer[KIND] != CRATER or layer[LARGE]:
        return 0.0
    step = profile.REACH**2 / profile.STEPS
    rows = profile.table()[: profile.STATES].astype(float)
    volume = np.pi * 0.25 * (rows[:, :-1] + rows[:, 1:]).sum(1) * 0.5 * step  # over D^3: pi R^2 d(r^2) h
    d = sizes(layer[None])[0]
    d = 0.5 * (d[1:] + d[:-1])
    k = profile.K_MAX * (np.arange(64) + 0.5) / 64 + (resolution_m / d[:, None]) ** 2 / 6
    row = np.minimum(profile.STATES - 1, np.rint(np.sqrt(k / profile.K_TOP) * (profile.STATES - 1)).astype(int))
    share = fade(d, resolution_m) * (1.0 if post_m is None else seen(d / post_m))
    mean = (volume[row].mean(1) * d**3 * share).mean()
    return float(layer[DENSITY] * mean)


def seen(posts: Array) -> Array:
    """Share of a crater so many posts wide that an elevation model holds; shapes alike (see ``marks.seen``)."""
    return np.where(posts > 1.0, np.clip(0.40 * np.log(np.maximum(posts, 1.0) / 1.7), 0.0, 1.0), 0.0)


def fade(diameter_m: Array, resolution_m: float) -> Array:
    """Share of a crater shown at ``resolution_m``: none below HIDDEN posts, all above SHOWN, smooth between."""
    x = np.clip((np.asarray(diameter_m) / resolution_m - HIDDEN) / (SHOWN - HIDDEN), 0.0, 1.0)
    return x * x * (3 - 2 * x)
