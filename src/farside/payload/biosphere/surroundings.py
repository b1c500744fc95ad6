"""What surrounds the canister: the Sun through the light pipe, the ground it radiates to, the deck it stands on."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.geometry import Site, azel
from farside.moon import GroundTemperature
from farside.payload.biosphere.chemistry import model
from farside.physics import SOLAR_CONSTANT_W_M2
from farside.sky import sun_direction, sun_distance_au

Array = NDArray[np.float64]

_EVERY_S = 1800.0


def surroundings(site: Site, t: Array, awake: NDArray[np.bool_]) -> Array:
    """T^4 of the surroundings (K4), temperature of the deck (K) and light on an open seed bed (W/m2), (n, 3).

    t: TDB s past J2000, (n,), evenly spaced; awake: whether the lander keeps its deck warm. The ground is level and so
    is the horizon.
    """
    from scipy.signal import lfilter

    spec = model()["surroundings"]
    coarse = np.arange(t[0] - _EVERY_S, t[-1] + 2 * _EVERY_S, _EVERY_S)
    elevation = np.interp(t, coarse, azel(sun_direction(site, coarse))[1])
    flux = SOLAR_CONSTANT_W_M2 / np.interp(t, coarse, sun_distance_au(coarse)) ** 2
    ground4 = np.interp(t, coarse, _ground(site).surface(coarse) ** 4)
    aim = np.where(awake, spec["deck_awake_k"], spec["deck_asleep_k"])
    keep = np.exp(-(t[1] - t[0]) / spec["deck_cooling_s"])
    deck, _ = lfilter([1.0 - keep], [1.0, -keep], aim, zi=[keep * aim[0]])
    return np.stack([spec["ground_view"] * ground4, deck, _pipe(elevation) * flux], axis=1)


@lru_cache(maxsize=8)
def _ground(site: Site) -> GroundTemperature:
    return GroundTemperature(site)


def _pipe(elevation: Array) -> Array:
    """Share of the Sun's flux that the light pipe spreads on the bed: upright, with a soft edge to its cone."""
    spec = model()["surroundings"]
    over = (spec["pipe_half_angle_deg"] - (90.0 - np.degrees(elevation))) / spec["pipe_edge_deg"] + 0.5
    share: Array = np.clip(over, 0.0, 1.0) * np.maximum(np.sin(elevation), 0.0)
    return spec["pipe_transmission"] * spec["pipe_area_ratio"] * share
