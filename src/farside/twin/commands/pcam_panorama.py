"""``pcam.panorama``: the rover's panoramic camera turns through rings of stereo pairs."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from farside.twin.commands.eyes import EYES, standing
from farside.twin.commands.order import Order
from farside.twin.commands.rings import Rings
from farside.twin.part import Interval

if TYPE_CHECKING:
    from farside.twin.quality import Quality
    from farside.twin.rover import Rover


class Arguments(Rings):
    """Rings; colour (C) or panchromatic (Q); when the left eye follows the right one, and the next pair."""

    mode: Literal["C", "Q"]
    left_after_s: Interval
    pair_every_s: Interval


class PcamPanorama(Order):
    """Stereo pairs all around, right eye first; yaw 0 is ahead of the rover. Every so many-th pair by the quality."""

    vehicle: ClassVar[str] = "rover"
    do: Literal["pcam.panorama"]
    with_: Arguments = Field(alias="with")

    def instruments(self) -> tuple[str, ...]:
        """Both eyes."""
        return EYES["pcam"]

    def commanded(self) -> int:
        """Two a pointing."""
        return 2 * len(self.with_.pointings())

    def records(self, quality: Quality) -> int:
        """Two of every so many-th pointing."""
        return 2 * len(self.with_.pointings()[:: quality.pcam.every])

    def refusal(self, vehicle: Rover) -> str | None:
        """The rover must stand on the ground."""
        return standing(vehicle)

    def run(self, vehicle: Rover) -> Generator[Any, Any, None]:
        """Turn to each pointing, expose both eyes, and keep each record for the link.

        Frame numbers and times are those of the commanded pairs, whether all of them are taken or not.
        """
        a, start = self.with_, vehicle.t
        right, left = EYES["pcam"][::-1]
        pairs = list(enumerate(zip(a.pointings(), a.starts(a.pair_every_s), strict=True)))
        plan = [
            vehicle.aim(eye, start + after + later, a.first_index + n, a.sequence_id, mast, a.mode)
            for n, (mast, after) in pairs[:: vehicle.quality.pcam.every]
            for eye, later in ((right, 0.0), (left, a.left_after_s))
        ]
        vehicle.thin(self, len(plan), self.commanded())
        yield from vehicle.photograph(plan)
