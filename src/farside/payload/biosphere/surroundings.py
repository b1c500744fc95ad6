"""What surrounds the canister: the Sun through the light pipe, the ground it radiates to, the deck it stands on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.geometry import Site, azel
from farside.payload.biosphere.chemistry import model
from farside.payload.biosphere.kernel import STEFAN_BOLTZMANN
from farside.sky import sun_direction, sun_distance_au

Array = NDArray[np.float64]

SOLAR_W_M2 = 1361.0
"""Total irradiance at 1 au."""
_SUN_EVERY_S = 1800.0


def surroundings(site: Site, t: Array, awake: NDArray[np.bool_]) -> Array:
    """T^4 of the surroundings (K4), temperature of the deck (K) and light on an open seed bed (W/m2), (n, 3).

    t: TDB s past J2000, (n,), evenly spaced; awake: whether the lander keeps its deck warm. The ground is in radiative
    equilibrium with the Sun over a night floor; the horizon is flat.
    """
    from scipy.signal import lfilter

    spec = model()["surroundings"]
    elevation, flux = _sun(site, t)
    ground4 = (1.0 - spec["ground_albedo"]) * flux * np.maximum(np.sin(elevation), 0.0)
    ground4 = ground4 / (spec["ground_emissivity"] * STEFAN_BOLTZMANN) + spec["night_k"] ** 4
    aim = np.where(awake, spec["deck_awake_k"], spec["deck_asleep_k"])
    keep = np.exp(-(t[1] - t[0]) / spec["deck_cooling_s"])
    deck, _ = lfilter([1.0 - keep], [1.0, -keep], aim, zi=[keep * aim[0]])
    return np.stack([spec["ground_view"] * ground4, deck, _pipe(elevation) * flux], axis=1)


def _sun(site: Site, t: Array) -> tuple[Array, Array]:
    coarse = np.arange(t[0] - _SUN_EVERY_S, t[-1] + 2 * _SUN_EVERY_S, _SUN_EVERY_S)
    elevation = azel(sun_direction(site, coarse))[1]
    return np.interp(t, coarse, elevation), SOLAR_W_M2 / np.interp(t, coarse, sun_distance_au(coarse)) ** 2


def _pipe(elevation: Array) -> Array:
    """Share of the Sun's flux that the light pipe spreads on the bed: upright, with a soft edge to its cone."""
    spec = model()["surroundings"]
    over = (spec["pipe_half_angle_deg"] - (90.0 - np.degrees(elevation))) / spec["pipe_edge_deg"] + 0.5
    share: Array = np.clip(over, 0.0, 1.0) * np.maximum(np.sin(elevation), 0.0)
    return spec["pipe_transmission"] * spec["pipe_area_ratio"] * share
