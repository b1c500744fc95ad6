"""``rover.drive``: the rover drives past waypoints, finding its way between them."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from farside.errors import BadInput
from farside.twin.commands.order import Order
from farside.twin.part import Part

if TYPE_CHECKING:
    from farside.twin.rover import Rover

Metres = Annotated[float, Field(ge=-500, le=500)]


class Arguments(Part):
    """Waypoints (east, north of the site) and the azimuth of the rover's nose at the end."""

    waypoints_m: tuple[tuple[Metres, Metres], ...] = Field(min_length=1)
    final_heading_deg: float | None = Field(None, ge=0, lt=360)


class RoverDrive(Order):
    """One drive, blind once it has begun: planned around slopes, steps and rocks from where the rover stands."""

    vehicle: ClassVar[str] = "rover"

    do: Literal["rover.drive"]
    with_: Arguments = Field(alias="with")

    def refusal(self, vehicle: Rover) -> str | None:
        """It must stand on the ground."""
        travel = vehicle.world.travel
        if travel is None:
            return "aboard the lander"
        return "busy" if vehicle.t < travel.stop else None

    def run(self, vehicle: Rover) -> Generator[Any, Any, None]:
        """Plan and drive; given up where there is no way."""
        try:
            yield from vehicle.drive(self.with_.waypoints_m, self.with_.final_heading_deg)
        except BadInput:
            vehicle.refuse(self, "no way")
