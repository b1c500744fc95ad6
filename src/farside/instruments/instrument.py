"""What a camera is: its published numbers, read from the YAML file in its folder."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict

from farside.errors import BadInput
from farside.geometry import Pinhole


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Detector(_Part):
    """Sensor: pixels of the full format, electrons per DN at ``bits``, noise; PRNU is a fraction (1 sigma)."""

    width: int
    height: int
    pixel_um: float
    bayer: str
    bits: int
    full_well_e: float
    read_noise_e: float
    gain_e_per_dn: float
    bias_dn: int
    dark_e_per_s: float
    dark_doubling_k: float
    reference_temperature_c: float
    prnu: float

    @property
    def full_scale(self) -> int:
        """Largest DN."""
        return 2**self.bits - 1


class Optics(_Part):
    """Lens. The principal point is given in millimetres (x0, y0) or as a pixel counted from 1, as the labels do."""

    focal_mm: float
    f_number: float
    transmission: float
    psf_sigma_px: float
    x0_mm: float = 0.0
    y0_mm: float = 0.0
    principal_pixel: tuple[float, float] | None = None


class Band(_Part):
    """One colour: equivalent rectangle of centre, width and efficiency (electrons per photon, filter included)."""

    name: str
    centre_nm: float
    width_nm: float
    efficiency: float


class Exposure(_Part):
    """Auto-exposure: mean brightness aimed at (of 255), the quantile kept below full scale, and the times possible."""

    mode: str
    reference_brightness: int
    saturation_quantile: float
    min_ms: float
    max_ms: float
    step_ms: float


class Mast(_Part):
    """The orientation of one labelled image, from which the mount is solved."""

    yaw_deg: float
    pitch_deg: float
    camera_center_position_m: tuple[float, float, float]
    camera_rotation_deg: tuple[float, float, float]


class Head(_Part):
    """Where one eye of a stereo camera sits in a mast head (see pcam.mast)."""

    axis_m: tuple[float, float, float]
    eye_m: tuple[float, float, float]
    toe_in_deg: float


class Instrument(_Part):
    """A camera: identity, detector, optics, bands, exposure and on-board compression."""

    name: str
    id: str
    title: str
    host: str
    mode: str
    index_digits: int
    data_product_level: str
    bands_text: str
    detector: Detector
    optics: Optics
    bands: tuple[Band, ...]
    acali: tuple[float, ...]
    exposure: Exposure
    compression_ratio: float
    temperature_c: float
    mast: Mast | None = None
    head: Head | None = None

    @property
    def on_mast(self) -> bool:
        """Whether yaw and pitch of a mast decide where it looks."""
        return self.mast is not None or self.head is not None

    def camera(self, binning: int = 1) -> Pinhole:
        """The camera model in the label's convention, for frames binned ``binning`` x ``binning``."""
        d, o = self.detector, self.optics
        if o.principal_pixel is None:
            full = Pinhole(d.width, d.height, o.focal_mm, d.pixel_um, o.x0_mm, o.y0_mm)
        else:
            full = Pinhole.from_pixels(d.width, d.height, o.focal_mm, d.pixel_um, *o.principal_pixel)
        return full.binned(binning)


CAMERAS = {"lcam": "lcam", "tcam": "tcam", "pcaml": "pcam", "pcamr": "pcam"}
"""Every camera and the package, below this one, that holds its numbers; the eyes of a stereo camera share one."""


@cache
def load(name: str) -> Instrument:
    """The instrument called ``name``. Raises BadInput for one farside does not have."""
    if name not in CAMERAS:
        raise BadInput("instruments", "name", name, f"one of {', '.join(CAMERAS)}")
    text = (files("farside.instruments") / CAMERAS[name] / f"{CAMERAS[name]}.yaml").read_text(encoding="utf-8")
    numbers = yaml.safe_load(text)
    eye = numbers.pop("eyes", {}).get(name, {})
    return Instrument.model_validate({"name": name} | numbers | eye)
