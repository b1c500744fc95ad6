"""``tcam.portrait``: the lander's terrain camera photographs the rover."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from farside.instruments import point_at
from farside.twin.commands.order import Order
from farside.twin.part import Interval, Part

if TYPE_CHECKING:
    from farside.twin.lander import Lander
    from farside.twin.quality import Quality

ROVER_M = np.array([0.0, 0.0, 0.75])
"""Middle of the rover in its own frame."""


class Arguments(Part):
    """Which observing sequence, and how many shots."""

    sequence_id: str = Field(pattern=r"^\d{4}$")
    first_index: int = Field(ge=0, lt=1000)
    shots: int = Field(gt=0, le=10)
    shot_every_s: Interval


class TcamPortrait(Order):
    """Shots with the rover in the middle; where it stands is known from earlier pictures (here: exactly)."""

    do: Literal["tcam.portrait"]
    with_: Arguments = Field(alias="with")

    def records(self, quality: Quality) -> int:
        """One a shot."""
        return min(self.with_.shots, quality.tcam.shots)

    def refusal(self, vehicle: Lander) -> str | None:
        """There is nothing to see of a rover that is still aboard."""
        travel = vehicle.world.travel
        return "aboard the lander" if travel is None or vehicle.t < travel.rolloff.stop else None

    def run(self, vehicle: Lander) -> Generator[Any, Any, None]:
        """Turn to the rover, expose, and keep each record for the link."""
        a, world = self.with_, vehicle.world
        rover = world.rover_pose(vehicle.t).apply(ROVER_M)
        lander = world.lander_pose(vehicle.t)
        mast = point_at("tcam", (rover - lander.p) @ lander.r)
        count = self.records(vehicle.quality)
        yield from vehicle.photograph([
            vehicle.aim("tcam", vehicle.t + k * a.shot_every_s, a.first_index + k, a.sequence_id, mast)
            for k in range(count)
        ])  # fmt: skip
