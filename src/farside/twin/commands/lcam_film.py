"""``lcam.film``: the landing camera films the descent."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from farside.twin.commands.order import Order
from farside.twin.part import Interval, Part

if TYPE_CHECKING:
    from farside.twin.lander import Lander
    from farside.twin.quality import Quality


class Arguments(Part):
    """Which observing sequence, and for how long."""

    sequence_id: str = Field(pattern=r"^\d{4}$")
    duration_s: Interval


class LcamFilm(Order):
    """Frames spread evenly over ``duration_s``; how many is the flight's quality."""

    do: Literal["lcam.film"]
    with_: Arguments = Field(alias="with")

    def records(self, quality: Quality) -> int:
        """One a frame."""
        return quality.lcam.frames

    def run(self, vehicle: Lander) -> Generator[Any, Any, None]:
        """Expose frame after frame and keep each record for the link."""
        frames = vehicle.quality.lcam.frames
        start, step = vehicle.t, self.with_.duration_s / frames
        plan = [vehicle.aim("lcam", start + i * step, i, self.with_.sequence_id) for i in range(frames)]
        yield from vehicle.photograph(plan)
