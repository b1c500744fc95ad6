"""How many craters there are: production, equilibrium, and the octave layers that carry them to the surface."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.moon import profile

Array = NDArray[np.float64]

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
EQUILIBRIUM = 0.079
"""Craters per square metre larger than D in equilibrium, times D^2 (Trask 1966)."""

DEPTH = 0.9
"""Factor on the depth of the fresh profile: brings d/D towards the 0.061 seen by Chang'e 4 (Wu et al. 2021) and the
slope of the lava at 17 m to 2 degrees (Rosenburg et al. 2011); 1 would give 0.065 and 2.5 degrees."""

MARE_AGE_GA = 3.6

SPA_COUNTS = {1e3: 36558e-12, 2e3: 14090e-12, 4e3: 4132e-12, 8e3: 1052e-12, 16e3: 301e-12, 32e3: 104e-12, 64e3: 38e-12}
"""Craters per square metre larger than D (metres), measured inside South Pole-Aitken (LU1319381, Wu et al. 2022)."""

SMALLEST_M = 1000.0 / 2**16
BUMP_OCTAVES = 7
BUMP_DENSITY = 0.2
"""Bumps per octave times the square of the octave's smaller diameter."""

CRATER, BUMPS, COMPLEX, ROCKS, EJECTA_ROCKS = 0.0, 1.0, 2.0, 3.0, 4.0

# columns of a layer
KIND, DMIN, BETA, DENSITY, AMPLITUDE, MARE, LARGE = range(7)
COLUMNS = 7


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
    DENSITY per square metre; AMPLITUDE factor on the table; MARE share of the craters that fell after the lava;
    LARGE 1 where a terrain file already shows these craters.
    """
    fine = [_bumps(i) for i in range(BUMP_OCTAVES)]
    fine += [_octave(1000.0 / 2**i, CRATER, 0.0) for i in range(16, 0, -1)]
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
    return [kind, d, beta, density, DEPTH, min(1.0, (young[0] - young[1]) / density), large]


def _bumps(i: int) -> list[float]:
    d = 0.5 * SMALLEST_M * 2.0**i
    return [BUMPS, d, 2.0, BUMP_DENSITY * d**-2, 0.087 * 2 ** (-0.2 * i), 1.0, 0.0]


def mean_height(layer: Array, resolution_m: float, post_m: float | None = None) -> float:
    """Expected height (m) that the craters of a layer add to every point; the surface takes it off again.

    post_m: of the craters that an elevation file with such posts shows, only. Diffusion moves no volume, so the bowl's
    volume does not depend on its age.
    """
    if layer[KIND] != CRATER or layer[LARGE]:
        return 0.0
    row = profile.table()[: profile.STATES].mean(0)
    step = profile.REACH**2 / profile.STEPS
    volume = np.pi * 0.25 * (row[:-1] + row[1:]).sum() * 0.5 * step  # over D^3: pi R^2 d(r^2) h
    u = (np.arange(256) + 0.5) / 256
    beta = layer[BETA]
    d = layer[DMIN] * (1 - u * (1 - 2**-beta)) ** (-1 / beta)
    drawn = fade(d, resolution_m) * (1.0 if post_m is None else seen(d / post_m))
    return float(layer[DENSITY] * layer[AMPLITUDE] * volume * (d**3 * drawn).mean())


def seen(posts: Array) -> Array:
    """Share of a crater so many posts wide that an elevation model holds; shapes alike.

    Fitted to GLD100 against the catalogue of Wu et al. (2022): 0.16 at 2.6 posts, 0.47 at 5.3, 0.76 at 9.5, 0.91 at 20.
    """
    return np.where(posts > 1.0, np.clip(0.40 * np.log(np.maximum(posts, 1.0) / 1.7), 0.0, 1.0), 0.0)


def fade(diameter_m: Array, resolution_m: float) -> Array:
    """Share of a crater shown at ``resolution_m``: none below two posts, all above four, smooth between."""
    x = np.clip((np.asarray(diameter_m) / resolution_m - 2.0) / 2.0, 0.0, 1.0)
    return x * x * (3 - 2 * x)
