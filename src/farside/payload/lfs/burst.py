"""A solar type III burst: a beam of electrons runs outwards and makes the corona it meets ring at its plasma frequency.

Sun ---- r(f) --beam--> v      light of frequency f leaves where the beam meets the density n(f),
\\       \\                    and arrives after the beam's way (r - 1) / v and the light's way from there
\\ angle \\ light
lander
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

SUN_RADIUS_S = 695_700.0 / 299_792.458
"""Light time over one solar radius, s."""
AU_RADII = 149_597_870.7 / 695_700.0
SPEED_GROUPS = 48
"""Groups of equally fast electrons that a beam is made of, over +-3 standard deviations."""


@dataclass(frozen=True)
class Burst:
    """One burst.

    t: TDB s past J2000 at which light from the beam's start (one solar radius) reaches the lander. speed_c: mean speed
    over that of light; spread: its standard deviation as a share of it. angle_deg: between the beam and the line from
    the Sun to the lander. harmonic: 1 for emission at the plasma frequency, 2 at twice that. flux_1mhz: peak flux
    density at 1 MHz, W m-2 Hz-1, going with f^slope.
    """

    t: float
    speed_c: float = 0.2
    spread: float = 0.1
    angle_deg: float = 30.0
    harmonic: int = 2
    flux_1mhz: float = 3e-18
    slope: float = -1.0


def density(r: ArrayLike) -> Array:
    """Electrons per cm3 at r solar radii from the Sun's centre (Leblanc, Dulk and Bougeret 1998)."""
    x = np.asarray(r, float) ** -2.0
    return x * (3.3e5 + x * (4.1e6 + x * 8.0e7))


def plasma_frequency(r: ArrayLike) -> Array:
    """Plasma frequency, Hz, at r solar radii."""
    return 8.98e3 * np.sqrt(density(r))


def emission_radius(frequency: ArrayLike, harmonic: int) -> Array:
    """Solar radii (same shape) at which the plasma frequency, times ``harmonic``, is ``frequency`` in Hz."""
    r = np.geomspace(1.0, 2.0 * AU_RADII, 20_001)
    f = harmonic * plasma_frequency(r)
    return np.exp(np.interp(np.log(np.asarray(frequency, float)), np.log(f[::-1]), np.log(r[::-1])))


def travel_time(frequency: ArrayLike, burst: Burst) -> Array:
    """Seconds that the middle of the beam needs to where ``frequency`` is emitted."""
    return (emission_radius(frequency, burst.harmonic) - 1.0) * SUN_RADIUS_S / burst.speed_c


def arrival_time(frequency: ArrayLike, burst: Burst, sun_distance_au: float) -> Array:
    """TDB s past J2000 at which the middle of the beam is heard at each frequency: the true ridge."""
    r, d = emission_radius(frequency, burst.harmonic), AU_RADII * sun_distance_au
    cosine = np.cos(np.radians(burst.angle_deg))

    def light(r: Array | float) -> Array:
        return np.sqrt(d * d + np.square(r) - 2.0 * d * np.asarray(r) * cosine) * SUN_RADIUS_S

    return burst.t + travel_time(frequency, burst) + light(r) - light(1.0)


def decay_time(frequency: ArrayLike) -> Array:
    """Seconds in which a burst fades by e: 10^7.7 f^-0.95, f in Hz (100 s at 1 MHz)."""
    return 10**7.7 * np.asarray(frequency, float) ** -0.95


def flux(t: Array, frequency: Array, burst: Burst, sun_distance_au: float) -> NDArray[np.float32]:
    """Flux density (time, frequency), W m-2 Hz-1, at times (n,) TDB s past J2000 and frequencies (m,) in Hz.

    The beam is a bundle of SPEED_GROUPS groups of electrons; each lights up a frequency as it passes and the light
    fades exponentially. Scaled so that the brightest moment at each frequency has the flux the burst is given.
    """
    arrival, decay = arrival_time(frequency, burst, sun_distance_au), decay_time(frequency)
    deviation = np.linspace(-3.0, 3.0, SPEED_GROUPS)
    weight = np.exp(-0.5 * deviation**2)
    delay = travel_time(frequency, burst) * (1.0 / (1.0 + burst.spread * deviation[:, None]) - 1.0)
    peak = np.zeros(len(frequency))
    for when in delay:
        peak = np.maximum(peak, _light(when, delay, decay, weight))
    out = np.zeros((len(t), len(frequency)), np.float32)
    for start, w in zip(delay, weight, strict=True):
        age = (t[:, None] - (arrival + start)) / decay
        out += (w * np.exp(-np.abs(age)) * (age >= 0)).astype(np.float32)
    return out * (burst.flux_1mhz * (frequency * 1e-6) ** burst.slope / peak).astype(np.float32)


def _light(when: Array, delay: Array, decay: Array, weight: Array) -> Array:
    """Light of all groups at one time for each frequency, (m,)."""
    age = (when - delay) / decay
    return np.sum(weight[:, None] * np.where(age >= 0, np.exp(-np.abs(age)), 0.0), axis=0)
