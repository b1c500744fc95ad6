"""The spectrometer's published numbers: channels, bands, field, response, noise and white panel."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from farside.errors import BadInput

Array = NDArray[np.float64]
Channel = Literal["VIS", "SWIR"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Curve(_Part):
    """A quantity given at some wavelengths in nm, linear in between and constant beyond."""

    at: tuple[float, ...]
    values: tuple[float, ...] = Field(alias="is")

    def __call__(self, wavelength_nm: Array) -> Array:
        """Values at ``wavelength_nm``, same shape."""
        return np.interp(np.asarray(wavelength_nm), self.at, self.values).astype(np.float64)


class Spot(_Part):
    """The circle that SWIR sees in the full VIS image, pixels counted from 1."""

    line: float
    sample: float
    radius_px: float


class Vis(_Part):
    """The imager: a silicon array behind a tunable filter, one band after another."""

    bits: int
    dn_per_ms: float
    bias_dn: float
    dark_dn_per_ms: float
    gain_e_per_dn: float
    read_noise_e: float
    exposures_ms: tuple[float, ...]
    uniformity: float


class Swir(_Part):
    """The single InGaAs pixel, read with the filter on and off (lock-in)."""

    bits: int
    dn_per_ms: float
    bias_dn: float
    read_noise_dn: float
    exposures_ms: tuple[float, ...]


class Panel(_Part):
    """The white calibration diffuser, and when a frame of it is of no use."""

    reflectance: float
    uncertainty: float
    frames: int
    dark_radiance: float
    shadow_spread: float


class Reach(_Part):
    """In which light a measurement is worth taking, degrees."""

    incidence_deg: float
    phase_deg: tuple[float, float]


class Vnis(_Part):
    """Everything in vnis.yaml."""

    name: str
    id: str
    title: str
    host: str
    first_nm: dict[Channel, float]
    step_nm: float
    bands: dict[Channel, int]
    fwhm_nm: dict[Channel, Curve]
    lines: int
    field_deg: float
    spot: Spot
    height_m: float
    depression_deg: float
    forward_m: float
    response: dict[Channel, Curve]
    vis: Vis
    swir: Swir
    full_share: float
    drift: float
    snr: dict[Channel, Curve]
    panel: Panel
    reach: Reach

    def wavelengths(self, channel: Channel) -> Array:
        """Band centres of a channel, nm, (bands,)."""
        return self.first_nm[channel] + self.step_nm * np.arange(self.bands[channel], dtype=np.float64)

    def spot_mask(self, lines: int) -> NDArray[np.bool_]:
        """Pixels (lines, lines) of a binned VIS image whose centres lie in the SWIR field; 9085 at 256.

        Raises BadInput where ``lines`` does not divide the full format, or leaves no pixel in the spot.
        """
        if lines < 8 or self.lines % lines:
            raise BadInput("vnis", "lines", lines, f"a divisor of {self.lines}, at least 8")
        at = (np.arange(lines) + 0.5) * (self.lines / lines) + 0.5
        from_line, from_sample = at[:, None] - self.spot.line, at[None, :] - self.spot.sample
        return from_line**2 + from_sample**2 <= self.spot.radius_px**2


@cache
def load_vnis() -> Vnis:
    """The numbers of vnis.yaml."""
    text = (files("farside.instruments.vnis") / "vnis.yaml").read_text(encoding="utf-8")
    return Vnis.model_validate(yaml.safe_load(text))
