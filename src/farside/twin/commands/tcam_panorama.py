"""``tcam.panorama``: the terrain camera turns through rings of pointings."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from farside.twin.commands.order import Order
from farside.twin.part import Interval, Part

if TYPE_CHECKING:
    from farside.twin.lander import Lander
    from farside.twin.quality import Quality


class Yaws(Part):
    """An arithmetic series of mast yaws, degrees."""

    start: float = Field(ge=-180, le=180)
    step: float = Field(ge=-360, le=360)
    count: int = Field(gt=0, le=360)


class Arguments(Part):
    """Rings (pitches), yaws in each ring, shots at each pointing, and the rhythm of bursts."""

    sequence_id: str = Field(pattern=r"^\d{4}$")
    first_index: int = Field(ge=0, lt=1000)
    pitches_deg: tuple[Annotated[float, Field(ge=-90, le=90)], ...] = Field(min_length=1)
    yaws_deg: Yaws
    shots: int = Field(gt=0, le=10)
    shot_every_s: Interval
    pointings_per_burst: int = Field(gt=0)
    burst_every_s: Interval


class TcamPanorama(Order):
    """Rings of pointings shot in bursts, as many shots at each as the flight's quality takes of those commanded."""

    do: Literal["tcam.panorama"]
    with_: Arguments = Field(alias="with")

    def pointings(self) -> list[tuple[float, float]]:
        """Mast (yaw, pitch) in the order they are shot, degrees."""
        yaws = self.with_.yaws_deg
        return [(yaws.start + k * yaws.step, pitch) for pitch in self.with_.pitches_deg for k in range(yaws.count)]

    def records(self, quality: Quality) -> int:
        """One a shot."""
        return len(self.pointings()) * min(self.with_.shots, quality.tcam.shots)

    def run(self, vehicle: Lander) -> Generator[Any, Any, None]:
        """Expose every pointing and keep each record for the link.

        Frame numbers and times are those of the commanded shots, whether all of them are taken or not.
        """
        a, start = self.with_, vehicle.t
        plan = []
        for n, mast in enumerate(self.pointings()):
            burst, place = divmod(n, a.pointings_per_burst)
            for shot in range(min(a.shots, vehicle.quality.tcam.shots)):
                t = start + burst * a.burst_every_s + (place * a.shots + shot) * a.shot_every_s
                plan.append(vehicle.aim("tcam", t, a.first_index + n * a.shots + shot, a.sequence_id, mast))
        yield from vehicle.photograph(plan)
