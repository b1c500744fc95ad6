"""What the radar is: its published numbers, read from lpr.yaml."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict

from farside.errors import BadInput


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Channel(_Part):
    """One receiving channel. Noise is in echo counts after accumulation; times count from the first sample."""

    mark: int
    frame: int
    samples: int
    interval_ns: float
    centre_mhz: float
    bandwidth_mhz: float
    band_mhz: tuple[float, float]
    height_m: float
    height_text: str
    offset_m: float
    record_interval_s: float
    accumulations: int
    attenuation_db: float
    noise_counts: float
    adc_bits: int
    counts_per_step: float
    time_zero_ns: float
    time_zero_sd_ns: float
    label_verb: str

    @property
    def counts_per_unit(self) -> float:
        """Echo counts (level 2B) of one unit of the raw record, which is the sum of all accumulated samples."""
        return self.counts_per_step * 10.0 ** (self.attenuation_db / 20.0) / self.accumulations


class Housekeeping(_Part):
    """Telemetry codes that every record carries."""

    parameter1: tuple[int, ...]
    parameter2: tuple[int, ...]
    radar_mode: int
    gain: tuple[int, ...]


class Radar(_Part):
    """The radar: identity, survey geometry, channels by name ("1", "2A", "2B")."""

    name: str
    id: str
    title: str
    host: str
    data_product_level: str
    speed_mps: float
    trace_step_m: float
    trace_step_sd: float
    odometry_slip: float
    odometry_sd: float
    pose_update_s: float
    channels: dict[str, Channel]
    housekeeping: Housekeeping
    lander_lon_deg: float
    lander_lat_deg: float

    def channel(self, name: str) -> Channel:
        """The channel called ``name``. Raises BadInput for one the radar does not have."""
        if name not in self.channels:
            raise BadInput("lpr", "mode", name, f"a channel of the radar: {', '.join(self.channels)}")
        return self.channels[name]


@cache
def radar() -> Radar:
    """The radar's published numbers."""
    text = (files("farside.instruments.lpr") / "lpr.yaml").read_text(encoding="utf-8")
    return Radar.model_validate(yaml.safe_load(text))
