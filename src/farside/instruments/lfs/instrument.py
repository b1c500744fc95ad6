"""What the spectrometer is: its numbers, read from lfs.yaml."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict

from farside.errors import BadInput


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Antennas(_Part):
    """Monopoles: directions are unit vectors in the lander frame; capacitances divide the voltage."""

    names: tuple[str, ...]
    length_m: float
    effective_length_m: float
    capacitance_pf: float
    stray_pf: float
    directions: tuple[tuple[float, float, float], ...]


class Receiver(_Part):
    """Noise at the antenna's terminals, nV / sqrt(Hz); noise_error is a share of its power; full scale is the peak."""

    noise_nv: float
    noise_error: float
    bits: int
    full_scale_v: float

    @property
    def step_v(self) -> float:
        """Volts a count."""
        return 2.0 * self.full_scale_v / 2**self.bits

    @property
    def zero_dn(self) -> int:
        """Count at 0 V."""
        return int(2 ** (self.bits - 1))


class Plasma(_Part):
    """Electrons around the antennas; error is the uncertainty of density x temperature as a share of it."""

    density_cm3: float
    temperature_k: float
    error: float


class Block(_Part):
    """Samples of a block and the time from one block to the next."""

    samples: int
    every_s: float


class Band(_Part):
    """Sampling rate, edges and frequency resolution of a receiving band."""

    sample_hz: float
    low_hz: float
    high_hz: float
    resolution_hz: float


class Spectrometer(_Part):
    """The low-frequency radio spectrometer."""

    name: str
    id: str
    title: str
    host: str
    mode: str
    data_product_level: str
    antennas: Antennas
    sky_fraction: float
    receiver: Receiver
    plasma: Plasma
    block: Block
    bands: dict[str, Band]

    def band(self, name: str) -> Band:
        """The band called ``name``. Raises BadInput."""
        if name not in self.bands:
            raise BadInput("lfs", "band", name, f"one of {', '.join(self.bands)}")
        return self.bands[name]


@cache
def load() -> Spectrometer:
    """The spectrometer as published."""
    text = (files("farside.instruments.lfs") / "lfs.yaml").read_text(encoding="utf-8")
    return Spectrometer.model_validate(yaml.safe_load(text))
