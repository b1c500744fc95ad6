"""``camera.calibrate``: any camera takes frames that tell of itself: darks, flats, and pictures of the colour chart."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from farside.instruments import CAMERAS, load, point_at
from farside.payload.vehicles import chart_m
from farside.twin.commands.order import Order
from farside.twin.part import Interval, Part

if TYPE_CHECKING:
    from farside.twin.quality import Quality
    from farside.twin.vehicle import Vehicle


class Arguments(Part):
    """Which camera and observing sequence; light: none (dark), an even source before the lens (flat), or the Sun on the
    chart on the lander's deck (chart). exposure_ms: the camera meters where it is not given; for a dark, its longest.
    """

    instrument: str
    sequence_id: str = Field(pattern=r"^\d{4}$")
    first_index: int = Field(ge=0)
    light: Literal["dark", "flat", "chart"]
    frames: int = Field(gt=0, le=100)
    exposure_ms: float | None = Field(default=None, gt=0)
    every_s: Interval

    @model_validator(mode="after")
    def _has_the_light(self) -> Arguments:
        if self.instrument not in CAMERAS:
            raise ValueError(f"one of the cameras {', '.join(CAMERAS)}, got {self.instrument!r}")
        camera = load(self.instrument)
        if self.light == "flat" and camera.flat_radiance is None:
            raise ValueError(f"dark or chart, for {self.instrument} has no even source")
        if self.light == "chart" and (camera.on_rover or not camera.on_mast):
            raise ValueError(f"dark or flat, for {self.instrument} cannot be pointed at the chart on the lander's deck")
        if self.first_index + self.frames > 10**camera.index_digits:
            raise ValueError(f"frames numbered up to {10**camera.index_digits - 1}, as in names of {self.instrument}")
        return self


class CameraCalibrate(Order):
    """Frames that travel as they are, without loss, one every ``every_s``."""

    vehicle: ClassVar[str] = ""
    do: Literal["camera.calibrate"]
    with_: Arguments = Field(alias="with")

    def instruments(self) -> tuple[str, ...]:
        """The camera in its arguments."""
        return (self.with_.instrument,)

    def records(self, quality: Quality) -> int:
        """One a frame."""
        return self.with_.frames

    def run(self, vehicle: Vehicle) -> Generator[Any, Any, None]:
        """Expose frame after frame and keep each record for the link."""
        a, start = self.with_, vehicle.t
        mast = point_at(a.instrument, chart_m()) if a.light == "chart" else None
        views = [
            vehicle.aim(a.instrument, start + k * a.every_s, a.first_index + k, a.sequence_id, mast)
            for k in range(a.frames)
        ]
        yield from vehicle.photograph([replace(view, light=a.light, exposure_ms=a.exposure_ms) for view in views])
