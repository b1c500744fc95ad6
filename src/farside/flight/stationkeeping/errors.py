"""What goes wrong between one burn and the next."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Self

from farside.errors import BadInput
from farside.flight.stationkeeping.numbers import values


@dataclass(frozen=True)
class KeepingErrors:
    """Errors of knowing and of doing, 1 sigma, independent from burn to burn but for ``sunlight_bias``.

    position_km, velocity_mm_s: of orbit determination, per axis. burn_scale, burn_fixed_mm_s: of a burn, as a share of
    it and per axis. unloading_mm_s: velocity that an unloading of the wheels leaves, per axis.
    dead_band_mm_s: no burn smaller than this is made. sunlight_bias, sunlight_noise: of the push of sunlight, as
    a share of it, for a whole trial and from burn to burn. Raises BadInput for a negative one.
    """

    position_km: float
    velocity_mm_s: float
    burn_scale: float
    burn_fixed_mm_s: float
    unloading_mm_s: float
    dead_band_mm_s: float
    sunlight_bias: float
    sunlight_noise: float

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (value >= 0.0 and math.isfinite(value)):
                raise BadInput("stationkeeping", f"errors.{field.name}", value, "0 or more")

    @classmethod
    def assumed(cls, **changed: float) -> Self:
        """Those of stationkeeping.yaml, but for the ones given."""
        return cls(**{**values("errors"), **changed})
