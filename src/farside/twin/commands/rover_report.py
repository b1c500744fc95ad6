"""``rover.report``: the rover's housekeeping telemetry at a fixed interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from farside.twin.commands.report import Report

if TYPE_CHECKING:
    from farside.twin.rover import Rover


class RoverReport(Report):
    """Place by dead reckoning, attitude, odometer, power and warmth, from the separation command on."""

    vehicle: ClassVar[str] = "rover"
    restful: ClassVar[bool] = True

    do: Literal["rover.report"]

    def refusal(self, vehicle: Rover) -> str | None:
        """Aboard the lander it is the lander that reports."""
        return None if vehicle.world.travel else "aboard the lander"
