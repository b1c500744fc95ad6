"""What a camera is: its published numbers, read from the YAML file in its folder."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from farside.errors import BadInput, first_wrong
from farside.geometry import BrownConrady, KannalaBrandt, LensCamera, Pinhole

Camera = Pinhole | LensCamera
"""What a camera does to light: both speak rays, project, width, height, principal_pixel and pixel_rad."""

Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Detector(_Part):
    """Sensor: pixels of the full format, electrons per DN at ``bits``, noise.

    prnu, dsnu: spread (1 sigma) of the pixels' sensitivity and dark signal, as shares of their means. hot_share of the
    pixels have more dark signal by an exponential of mean hot_e_per_s. compander_bits: what is sent where the camera
    takes the square root of its counts (see ``compander``), None where it sends them as they are.
    """

    width: Count
    height: Count
    pixel_um: Positive
    bayer: str = Field(pattern=r"^([A-Z]{4})?$")
    bits: int = Field(ge=1, le=16)
    full_well_e: Positive
    read_noise_e: float = Field(ge=0)
    gain_e_per_dn: Positive
    bias_dn: int = Field(ge=0)
    dark_e_per_s: float = Field(ge=0)
    dark_doubling_k: Positive
    reference_temperature_c: float
    prnu: float = Field(ge=0)
    dsnu: float = Field(default=0.0, ge=0)
    hot_share: float = Field(default=0.0, ge=0, le=1)
    hot_e_per_s: float = Field(default=0.0, ge=0)
    compander_bits: int | None = Field(default=None, ge=1, le=16)

    @property
    def full_scale(self) -> int:
        """Largest DN."""
        return 2**self.bits - 1

    @property
    def sent_bits(self) -> int:
        """Bits of a sample as it leaves the camera."""
        return self.compander_bits or self.bits

    def dark(self, temperature_c: float) -> float:
        """Mean dark signal at a temperature, electrons per second: twice as much every dark_doubling_k."""
        return self.dark_e_per_s * 2.0 ** ((temperature_c - self.reference_temperature_c) / self.dark_doubling_k)


class Brown(_Part):
    """Distortion of an ordinary lens (see geometry.BrownConrady)."""

    model: Literal["brown"]
    k1: float = 0.0
    k2: float = 0.0
    k3: float = 0.0
    p1: float = 0.0
    p2: float = 0.0

    def lens(self) -> BrownConrady:
        """The lens with these coefficients."""
        return BrownConrady(self.k1, self.k2, self.k3, self.p1, self.p2)


class Fisheye(_Part):
    """A fisheye (see geometry.KannalaBrandt); without coefficients it is the equidistant one."""

    model: Literal["kannala-brandt"]
    k1: float = 0.0
    k2: float = 0.0
    k3: float = 0.0
    k4: float = 0.0

    def lens(self) -> KannalaBrandt:
        """The lens with these coefficients."""
        return KannalaBrandt(self.k1, self.k2, self.k3, self.k4)


class Optics(_Part):
    """Lens. The principal point is given in millimetres (x0, y0) or as a pixel counted from 1, as the labels do.

    lens: what it does to straight lines; without it the camera is a pinhole. illumination: coefficients of the second,
    fourth ... power of the field angle in the measured illumination of the detector over that on the axis; without them
    it darkens as every simple lens does (see geometry.relative_illumination).
    """

    focal_mm: Positive
    f_number: Positive
    transmission: float = Field(gt=0, le=1)
    psf_sigma_px: float = Field(ge=0)
    x0_mm: float = 0.0
    y0_mm: float = 0.0
    principal_pixel: tuple[float, float] | None = None
    illumination: tuple[float, ...] = ()
    lens: Annotated[Brown | Fisheye, Field(discriminator="model")] | None = None


class Band(_Part):
    """One colour: equivalent rectangle of centre, width and efficiency (electrons per photon, filter included)."""

    name: str
    centre_nm: Positive
    width_nm: Positive
    efficiency: float = Field(gt=0, le=1)


class Exposure(_Part):
    """Auto-exposure: mean brightness aimed at (of 255), the quantile kept below full scale, and the times possible."""

    mode: str
    reference_brightness: int = Field(gt=0, le=255)
    saturation_quantile: float = Field(gt=0, le=1)
    min_ms: Positive
    max_ms: Positive
    step_ms: Positive


class Mast(_Part):
    """The orientation of one labelled image, from which the mount is solved."""

    yaw_deg: float
    pitch_deg: float
    camera_center_position_m: tuple[float, float, float]
    camera_rotation_deg: tuple[float, float, float]


class Head(_Part):
    """Where one eye of a stereo camera sits in the head of the rover's mast (see rover_mast)."""

    axis_m: tuple[float, float, float]
    eye_m: tuple[float, float, float]
    toe_in_deg: float


class Fixed(_Part):
    """A camera that never turns: centre in its vehicle's frame, and where it looks (angles as a mast's, see head)."""

    centre_m: tuple[float, float, float]
    yaw_deg: float
    pitch_deg: float


class Instrument(_Part):
    """A camera in one of its modes: identity, detector, optics, bands, exposure and on-board compression.

    bayer: names of the bands that a quad of samples sees, line by line, empty where all see the same. One of mast, head
    and fixed says where it is. pixels_per_sample: native pixels along a side of one sample at full size. version: the
    letter at the end of its products' names. flat_radiance: of the even source that flats are taken of in flight, in
    every band, W m-2 sr-1 um-1; None where it has none.
    """

    name: str
    id: str
    title: str
    host: str
    mode: str
    index_digits: Count
    data_product_level: str
    version: str = "A"
    bands_text: str
    detector: Detector
    optics: Optics
    bands: tuple[Band, ...] = Field(min_length=1)
    acali: tuple[Positive, ...] = Field(min_length=1)
    exposure: Exposure
    compression_ratio: float = Field(ge=1)
    temperature_c: float
    pixels_per_sample: int = Field(default=1, ge=1)
    flat_radiance: Positive | None = None
    mast: Mast | None = None
    head: Head | None = None
    fixed: Fixed | None = None

    @model_validator(mode="after")
    def _sound(self) -> Instrument:
        d, e = self.detector, self.exposure
        if missing := set(d.bayer) - {band.name for band in self.bands}:
            raise ValueError(f"a band for every letter of detector.bayer, got none for {min(missing)}")
        if d.bias_dn >= d.full_scale * e.reference_brightness / 255:
            raise ValueError(f"a detector.bias_dn below the reference brightness, got {d.bias_dn}")
        if e.min_ms > e.max_ms:
            raise ValueError(f"exposure.min_ms up to exposure.max_ms, got {e.min_ms:g} and {e.max_ms:g}")
        if [self.mast, self.head, self.fixed].count(None) < 2:
            raise ValueError("one of mast, head and fixed, which say where it is")
        return self

    @property
    def on_mast(self) -> bool:
        """Whether yaw and pitch of a mast decide where it looks."""
        return self.mast is not None or self.head is not None

    @property
    def on_rover(self) -> bool:
        """Whether the rover carries it."""
        return self.host == "CE4Ro"

    def camera(self, binning: int = 1) -> Camera:
        """The camera model in the label's convention, for frames binned ``binning`` x ``binning``."""
        d, o = self.detector, self.optics
        if o.principal_pixel is None:
            full = Pinhole(d.width, d.height, o.focal_mm, d.pixel_um, o.x0_mm, o.y0_mm)
        else:
            full = Pinhole.from_pixels(d.width, d.height, o.focal_mm, d.pixel_um, *o.principal_pixel)
        return self.behind_lens(full.binned(binning))

    def behind_lens(self, frame: Pinhole) -> Camera:
        """A frame of detector and focal length, as a label describes it, behind this camera's lens."""
        return frame if self.optics.lens is None else LensCamera(frame, self.optics.lens.lens())


CAMERAS = {
    "lcam": "lcam",
    "tcam": "tcam",
    "pcaml": "pcam",
    "pcamr": "pcam",
    "navcaml": "navcam",
    "navcamr": "navcam",
    "hazcaml": "hazcam",
    "hazcamr": "hazcam",
}
"""Every camera and the package, below this one, that holds its numbers; the eyes of a stereo camera share one."""


@cache
def load(name: str, mode: str = "") -> Instrument:
    """The camera called ``name``; in a mode that has numbers of its own (``modes`` in its YAML), with those.

    Raises BadInput for a camera farside does not have, or a number that none can have.
    """
    if name not in CAMERAS:
        raise BadInput("instruments", "name", name, f"one of {', '.join(CAMERAS)}")
    path = Path(str(files("farside.instruments") / CAMERAS[name] / f"{CAMERAS[name]}.yaml"))
    numbers = yaml.safe_load(path.read_text(encoding="utf-8"))
    eye = numbers.pop("eyes", {}).get(name, {})
    own = numbers.pop("modes", {}).get(mode)
    return checked(path, _with({"name": name} | numbers | eye, {"mode": mode} | own if own else {}))


def checked(path: Path, numbers: dict[str, Any]) -> Instrument:
    """A camera of these numbers. Raises BadInput that names file, field, value and what was expected."""
    try:
        return Instrument.model_validate(numbers)
    except ValidationError as error:
        place, value, expected = first_wrong(error.errors(), "a camera file")
        if not place:  # numbers that do not fit together
            value = numbers.get("name")
        raise BadInput(path, ".".join(map(str, place)), value, expected) from None


def _with(numbers: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Numbers with those in ``own`` in place of the ones so called, part by part."""
    return numbers | {
        key: numbers[key] | value if isinstance(value, dict) and key in numbers else value for key, value in own.items()
    }
