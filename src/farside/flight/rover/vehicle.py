"""The rover as data: its numbers, read from YAML."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

Array = NDArray[np.float64]
Span = tuple[float, float]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Wheels(_Part):
    """Six wheels on rockers and bogies; (forward, up) pairs in the rover frame, metres."""

    radius_m: float
    width_m: float
    track_m: float
    axles_m: tuple[float, float, float]
    pivot_m: Span
    joint_m: Span
    sinkage_m: float
    lugs: int
    track_albedo: float

    @property
    def feet(self) -> Array:
        """Right and forward (m) of the wheels, (6, 2): left rear, middle, front, then right."""
        return np.array([[side * self.track_m, y] for side in (-1.0, 1.0) for y in self.axles_m])


class Limits(_Part):
    """What a plan may cross, and what doubles the cost of a cell."""

    slope_deg: float
    step_m: float
    rock_m: float
    clearance_m: float
    slope_scale_deg: float
    roughness_scale_m: float
    step_scale_m: float


class Slip(_Part):
    """Share of the wheels' way that is lost, and drift down a cross slope."""

    mean: float
    sigma: float
    range: Span
    correlation_m: float
    per_sine_of_grade: float
    sideways_per_sine: float


class Odometry(_Part):
    """One-sigma errors of dead reckoning."""

    scale: float
    heading_deg: float
    drift_deg_per_h: float
    walk_deg_per_sqrt_m: float


class RollOffSteps(_Part):
    """When what happens after the separation command, and what the wheels roll on (lander frame)."""

    release_min: Span
    wing_min: Span
    mast_min: Span
    onto_ramp_min: float
    ramp_min: Span
    down_min: float
    creep_mps: float
    deck_m: tuple[Span, ...]
    ramp_length_m: float
    ramp_rest_m: float
    beyond_m: float


class Power(_Part):
    """Panels, battery, loads by mode (W)."""

    wing_m2: float
    wing_tilt_deg: float
    efficiency: float
    packing_and_dust: float
    per_kelvin: float
    reference_k: float
    absorptance: float
    emittance: float
    solar_constant_w_m2: float
    battery_wh: float
    floor: float
    refuse_below: float
    shed_below: float
    charge_efficiency: float
    motor_efficiency: float
    rolling_resistance: float
    loads_w: dict[str, float]


class Heat(_Part):
    """The body as one node."""

    heaters_w: float
    radiator_m2: float
    sun_w: float
    capacity_j_per_k: float
    limits_c: Span


class Rules(_Part):
    """Solar elevations (degrees) that decide what the rover may do."""

    wake_deg: float
    work_deg: float
    quiet_deg: float
    nap_deg: float
    nap_until_deg: float
    sleep_deg: float


class Rover(_Part):
    """Everything that decides how a rover moves and lives."""

    mass_kg: float
    speed_mps: float
    turn_deg_per_s: float
    gravity_mps2: float
    wheels: Wheels
    limits: Limits
    slip: Slip
    odometry: Odometry
    rolloff: RollOffSteps
    power: Power
    heat: Heat
    rules: Rules


@cache
def yutu2() -> Rover:
    """Yutu-2, from yutu2.yaml."""
    text = (files("farside.flight.rover") / "yutu2.yaml").read_text(encoding="utf-8")
    return Rover.model_validate(yaml.safe_load(text))
