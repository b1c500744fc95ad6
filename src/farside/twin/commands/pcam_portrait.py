"""``pcam.portrait``: the rover's panoramic camera photographs the lander, eye by eye."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from farside.instruments import point_at
from farside.twin.commands.eyes import EYES, standing
from farside.twin.commands.order import Order
from farside.twin.part import Interval, Part

if TYPE_CHECKING:
    from farside.twin.quality import Quality as FlightQuality
    from farside.twin.rover import Rover

LANDER_M = np.array([0.0, 0.0, 1.0])
"""Middle of the lander in its own frame."""
Offset = Annotated[float, Field(ge=-90, le=90)]


class Quality(Part):
    """Binning of the pictures; every so many-th pair of a panorama is taken, beginning with the first."""

    binning: int
    every: int


class Arguments(Part):
    """Which observing sequence; pointings about the lander's middle in rows, every other row backwards; the rhythm."""

    sequence_id: str = Field(pattern=r"^\d{4}$")
    first_index: int = Field(ge=0, lt=1000)
    yaws_deg: tuple[Offset, ...] = Field(min_length=1)
    pitches_deg: tuple[Offset, ...] = Field(min_length=1)
    left_after_s: Interval
    pair_every_s: Interval
    row_every_s: Interval


class PcamPortrait(Order):
    """Stereo pairs of the lander, right eye first; where it stands is known from earlier pictures (here: exactly)."""

    vehicle: ClassVar[str] = "rover"
    do: Literal["pcam.portrait"]
    with_: Arguments = Field(alias="with")

    def instruments(self) -> tuple[str, ...]:
        """Both eyes."""
        return EYES["pcam"]

    def offsets(self) -> list[tuple[float, float]]:
        """Yaw and pitch off the middle of the lander, in the order they are shot, degrees."""
        yaws = self.with_.yaws_deg
        return [(yaw, pitch) for k, pitch in enumerate(self.with_.pitches_deg) for yaw in yaws[:: -1 if k % 2 else 1]]

    def records(self, quality: FlightQuality) -> int:
        """Two a pointing."""
        return 2 * len(self.offsets())

    def refusal(self, vehicle: Rover) -> str | None:
        """The rover must stand on the ground."""
        return standing(vehicle)

    def run(self, vehicle: Rover) -> Generator[Any, Any, None]:
        """Turn to each pointing, expose both eyes, and keep each record for the link."""
        a, world, start = self.with_, vehicle.world, vehicle.t
        rover = world.rover_pose(start)
        yaw, pitch = point_at("pcaml", (world.lander_pose(start).apply(LANDER_M) - rover.p) @ rover.r)
        plan = []
        for n, (aside, above) in enumerate(self.offsets()):
            row, place = divmod(n, len(a.yaws_deg))
            t = start + row * a.row_every_s + place * a.pair_every_s
            for eye, after in (("pcamr", 0.0), ("pcaml", a.left_after_s)):
                mast = yaw + aside, pitch + above
                plan.append(vehicle.aim(eye, t + after, a.first_index + n, a.sequence_id, mast))
        yield from vehicle.photograph(plan)
