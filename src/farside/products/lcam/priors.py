"""Prior knowledge of a descent: the numbers of priors.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import yaml
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Relief:
    """Ground as a random surface; see priors.yaml."""

    at_m: float
    over_m: float
    hurst: float
    lasting: float

    def variance(self, distance_m: Array) -> Array:
        """Mean square difference of height, m^2, of places so far apart."""
        return self.at_m**2 * (distance_m / self.over_m) ** (2.0 * self.hurst)


@dataclass(frozen=True)
class Priors:
    """One standard deviation of each, SI and radians; and pads (4, 3), metres in the lander's frame."""

    altimeter_bias: float
    altimeter_scale: float
    altimeter_noise: float
    attitude: float
    wobble: float
    velocity: float
    velocity_noise: float
    jerk: float
    touchdown: float
    relief: Relief
    pads: Array


@cache
def priors() -> Priors:
    """As the file says."""
    told = yaml.safe_load((files("farside.products.lcam") / "priors.yaml").read_text(encoding="utf-8"))
    a, i, down = told["altimeter"], told["inertial"], told["touchdown"]
    bearing = np.radians(down["pad_bearing_deg"] + 90.0 * np.arange(4))
    pads = down["pad_radius_m"] * np.stack([np.sin(bearing), np.cos(bearing), np.zeros(4)], axis=-1)
    return Priors(
        a["bias_m"], a["scale"], a["noise_m"], np.radians(i["attitude_deg"]), np.radians(i["wobble_deg"]),
        i["velocity_mps"], i["velocity_noise_mps"], told["engine"]["jerk_mps3_rthz"], down["height_m"],
        Relief(**told["relief"]), pads,
    )  # fmt: skip
