"""A descent as data: the vehicle, its navigation errors and its list of phases, read from YAML."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, Union

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

Array = NDArray[np.float64]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Vehicle(_Part):
    """Masses in kg, thrust in N, specific impulse in s; pads as seen from above."""

    mass_kg: float
    dry_mass_kg: float
    isp_s: float
    thrust_n: float
    throttle_n: tuple[float, float]
    attitude_lag_s: float
    slew_limit_deg_per_s: float
    pad_radius_m: float
    pad_bearing_deg: float
    settle_s: float
    legs_mps: tuple[float, float]


class Orbit(_Part):
    """Where the descent starts from: the perilune of an orbit with this apolune."""

    apolune_m: float


class Navigation(_Part):
    """One-sigma errors of what the lander believes: constants for one flight, and white noise of the altimeter."""

    altitude_m: float
    altitude_scale: float
    altitude_noise_m: float
    velocity_mps: float
    attitude_deg: float


class Until(_Part):
    """Gates: a phase ends when altitude or horizontal speed fall below these, or after this time."""

    altitude_m: float = -np.inf
    horizontal_mps: float = -np.inf
    after_s: float = np.inf


class _Phase(_Part):
    name: str
    event: str
    until: Until


class ConstantThrust(_Phase):
    """Full thrust; steers to an altitude and sink rate while the horizontal speed goes."""

    law: Literal["constant_thrust"]
    altitude_m: float
    vertical_mps: float
    horizontal_mps: float
    tgo_factor: float
    vertical_share: float


class Turn(_Phase):
    """Reaches a sink rate in a given time and takes out what is left of the horizontal speed."""

    law: Literal["turn"]
    vertical_mps: float
    duration_s: float
    horizontal_share: float


class Quadratic(_Phase):
    """Acceleration quadratic in time to rest at an altitude; sideways a critically damped return to the site."""

    law: Literal["quadratic"]
    altitude_m: float
    tgo_factor: float
    lateral_s: tuple[float, float]


class Hold(_Phase):
    """Holds an altitude over the site."""

    law: Literal["hold"]
    altitude_m: float
    stiffness_per_s2: float
    damping_per_s: float
    lateral_s: float


class Sink(_Phase):
    """Follows a sink rate that is linear in altitude between two points and constant outside them."""

    law: Literal["sink"]
    from_m: float
    from_mps: float
    to_m: float
    to_mps: float
    gain_per_s: float
    lateral_s: float


class FreeFall(_Phase):
    """Engine off."""

    law: Literal["free_fall"]


Phase = Annotated[Union[ConstantThrust, Turn, Quadratic, Hold, Sink, FreeFall], Field(discriminator="law")]  # noqa: UP007

LAWS = ("constant_thrust", "turn", "quadratic", "hold", "sink", "free_fall")
"""Order of the laws as the guidance kernel numbers them."""

PARAMETERS = 6
"""Most numbers a law takes."""


class Crossing(_Part):
    """An altitude whose crossing is an event of the story."""

    event: str
    altitude_m: float


class Profile(_Part):
    """Everything that decides how a descent is flown."""

    vehicle: Vehicle
    orbit: Orbit
    navigation: Navigation
    phases: tuple[Phase, ...]
    crossings: tuple[Crossing, ...]

    def table(self) -> Array:
        """Phases for the kernel, shape (phases, 4 + PARAMETERS): law number, the three gates, the law's numbers."""
        rows = np.zeros((len(self.phases), 4 + PARAMETERS))
        for row, phase in zip(rows, self.phases, strict=True):
            own = phase.model_dump(exclude={"name", "event", "law", "until"})
            numbers = np.hstack([[], *own.values()])
            row[:4] = LAWS.index(phase.law), phase.until.altitude_m, phase.until.horizontal_mps, phase.until.after_s
            row[4 : 4 + len(numbers)] = numbers
        return rows


@cache
def descent_profile() -> Profile:
    """The profile of Chang'e 4, from descent.yaml."""
    text = (files("farside.flight") / "descent.yaml").read_text(encoding="utf-8")
    return Profile.model_validate(yaml.safe_load(text))
