"""``tcam.panorama``: the terrain camera turns through rings of pointings."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from farside.twin.commands.order import Order
from farside.twin.commands.rings import Rings
from farside.twin.part import Interval

if TYPE_CHECKING:
    from farside.twin.lander import Lander
    from farside.twin.quality import Quality


class Arguments(Rings):
    """Rings, and the shots at each pointing. again: what is around has been shot before (see qualities.yaml)."""

    shots: int = Field(gt=0, le=10)
    shot_every_s: Interval
    again: bool = False


class TcamPanorama(Order):
    """Rings of pointings shot in bursts, as many shots at each as the flight's quality takes of those commanded."""

    do: Literal["tcam.panorama"]
    with_: Arguments = Field(alias="with")

    def shots(self, quality: Quality) -> int:
        """Shots taken at each pointing."""
        return 0 if self.with_.again and not quality.tcam.again else min(self.with_.shots, quality.tcam.shots)

    def commanded(self) -> int:
        """Two shots a pointing, or as many as are commanded."""
        return len(self.with_.pointings()) * self.with_.shots

    def records(self, quality: Quality) -> int:
        """One a shot."""
        return len(self.with_.pointings()) * self.shots(quality)

    def run(self, vehicle: Lander) -> Generator[Any, Any, None]:
        """Expose every pointing and keep each record for the link.

        Frame numbers and times are those of the commanded shots, whether all of them are taken or not.
        """
        a, start = self.with_, vehicle.t
        plan = []
        for n, (mast, after) in enumerate(zip(a.pointings(), a.starts(a.shots * a.shot_every_s), strict=True)):
            for shot in range(self.shots(vehicle.quality)):
                t = start + after + shot * a.shot_every_s
                plan.append(vehicle.aim("tcam", t, a.first_index + n * a.shots + shot, a.sequence_id, mast))
        vehicle.thin(self, len(plan), self.commanded())
        yield from vehicle.photograph(plan)
