"""How much of the light that falls on a surface goes to the eye.

Everything is in units of E / pi, E the Sun's irradiance on a plane that faces it: a white Lambert plane in full, level
sunlight is 1.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from farside.payload.camera.kernel import INLINE
from farside.payload.camera.surface import REGOLITH
from farside.physics import scattered, tilted

DARKEST_MU = 1e-3
"""A smoothed normal may point away from an eye that does see the facet."""


@njit(**INLINE)
def diffuse(light, band, material, albedo, mu0, mu, cos_g, seen, around):  # type: ignore[no-untyped-def]
    """Light scattered to the eye.

    mu0, mu: cosines of incidence and emission; cos_g: of the phase angle. seen: share of the Sun. around: irradiance
    from the surroundings, as a share of E. Regolith after Hapke (physics.hapke; what comes from all around by its
    diffusive reflectance), all else after Lambert.
    """
    if material != REGOLITH:
        return light.paint[material, band] * (around + seen * max(mu0, 0.0))
    factor = 0.0
    mu0e, mue, bare = 0.0, 0.0, 0.0
    if seen > 0.0:
        mu0e, mue, bare = tilted(mu0, max(mu, DARKEST_MU), cos_g, light.soil[band, 0, 5])
    for half in range(light.soil.shape[1]):
        soil = light.soil[band, half]
        w = min(soil[0] * albedo, 0.95)
        gamma = math.sqrt(1.0 - w)
        factor += soil[6] * around * (1.0 - gamma) / (1.0 + gamma)
        if bare > 0.0:
            factor += soil[6] * seen * bare * scattered(mu0e, mue, cos_g, w, soil[1], soil[2], soil[3], soil[4])
    return factor


@njit(**INLINE)
def gloss(light, band, material, mu0, mu, cos_g, seen):  # type: ignore[no-untyped-def]
    """Light of the Sun mirrored by a coat of microfacets: GGX with Smith's shadowing and Schlick's Fresnel term.

    Walter et al. 2007, Microfacet models for refraction through rough surfaces, eqs. 20, 33, 34; Schlick 1994. With
    h = (s + v) / |s + v|, n h = (mu0 + mu) / |s + v| and v h = sqrt((1 + cos g) / 2).
    """
    if material == REGOLITH or seen <= 0.0 or mu0 <= 0.0 or mu <= 0.0 or light.gloss[material, band] <= 0.0:
        return 0.0
    a2 = light.finish[material, 1] ** 2
    vh = math.sqrt(max(0.5 * (1.0 + cos_g), 1e-12))
    nh = min((mu0 + mu) / (2.0 * vh), 1.0)
    spread = nh * nh * (a2 - 1.0) + 1.0
    facets = a2 / (np.pi * spread * spread)
    masked = 2.0 * mu / (mu + math.sqrt(a2 + (1.0 - a2) * mu * mu))
    shadowed = 2.0 * mu0 / (mu0 + math.sqrt(a2 + (1.0 - a2) * mu0 * mu0))
    f0 = light.gloss[material, band]
    fresnel = f0 + (1.0 - f0) * (1.0 - vh) ** 5
    return seen * np.pi * facets * masked * shadowed * fresnel / (4.0 * mu)
