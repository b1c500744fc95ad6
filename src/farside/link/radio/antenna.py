"""Antennas: how much they gain along their axis, how wide their beam is, and what is lost beside the axis."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Discriminator, Field, Tag, model_validator

from farside.link.radio.part import Part
from farside.sky import LIGHT_KM_S

Array = NDArray[np.float64]

SIDE_LOBE_DB = 24.6
"""First side lobe of a dish below its axis: parabolic illumination, whose beam is 73 lambda/D (Stutzman and Thiele)."""


def wavelength_m(frequency_ghz: float) -> float:
    """Wavelength in m of a frequency in GHz."""
    return LIGHT_KM_S * 1e-6 / frequency_ghz


class Dish(Part):
    """A parabola. Its gain is given, or follows from its efficiency: eta (pi D / lambda)^2."""

    diameter_m: float = Field(gt=0, le=500)
    efficiency: float | None = Field(default=None, gt=0, le=1)
    gain_dbi: float | None = Field(default=None, ge=-20, le=100)

    @model_validator(mode="after")
    def _one_gain(self) -> Dish:
        if (self.efficiency is None) == (self.gain_dbi is None):
            raise ValueError("a dish with either an efficiency (0 to 1) or a gain_dbi")
        return self

    def axis_dbi(self, frequency_ghz: float) -> float:
        """Gain along the axis."""
        if self.gain_dbi is not None:
            return self.gain_dbi
        assert self.efficiency is not None
        return float(
            10 * np.log10(self.efficiency) + 20 * np.log10(np.pi * self.diameter_m / wavelength_m(frequency_ghz))
        )

    def beam_deg(self, frequency_ghz: float) -> float:
        """Width at half power: 70 lambda/D."""
        return 70.0 * wavelength_m(frequency_ghz) / self.diameter_m

    def loss_db(self, frequency_ghz: float, off_deg: ArrayLike) -> Array:
        """What is lost ``off_deg`` beside the axis: 12 (angle/beam)^2, but no more than in the first side lobe.

        Past the main lobe the true gain goes up and down below that level: this is the best that can be hoped for.
        """
        return np.minimum(12.0 * (np.asarray(off_deg, float) / self.beam_deg(frequency_ghz)) ** 2, SIDE_LOBE_DB)


class Coverage(Part):
    """An antenna that gives at least ``gain_dbi`` in a cone of ``half_angle_deg`` about its axis."""

    gain_dbi: float = Field(ge=-20, le=60)
    half_angle_deg: float = Field(gt=0, le=180)

    def axis_dbi(self, frequency_ghz: float) -> float:
        """Gain everywhere in the cone, at any frequency."""
        return self.gain_dbi

    def beam_deg(self, frequency_ghz: float) -> float:
        """Width of the cone."""
        return 2.0 * self.half_angle_deg

    def loss_db(self, frequency_ghz: float, off_deg: ArrayLike) -> Array:
        """None in the cone; outside the gain falls off as a dish's of that beam does, from there on (assumed)."""
        beyond = 3.0 * np.maximum((np.asarray(off_deg, float) / self.half_angle_deg) ** 2 - 1.0, 0.0)
        return np.minimum(beyond, SIDE_LOBE_DB)


def _kind(value: Any) -> str:
    fields = value if isinstance(value, dict) else vars(value) if isinstance(value, Dish | Coverage) else {}
    return "coverage" if "half_angle_deg" in fields else "dish"


Antenna = Annotated[
    Annotated[Dish, Tag("dish")] | Annotated[Coverage, Tag("coverage")],
    Discriminator(_kind),
]
KINDS = ("dish", "coverage")
"""Words that pydantic puts into the place of what is wrong in an antenna."""
