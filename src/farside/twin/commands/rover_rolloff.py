"""``rover.rolloff``: the rover leaves the lander."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from farside.errors import BadInput
from farside.twin.commands.order import Order
from farside.twin.part import Part

if TYPE_CHECKING:
    from farside.twin.rover import Rover


class Arguments(Part):
    """Nothing: the steps are the rover's own."""


class RoverRolloff(Order):
    """Open the wing, raise the mast, roll onto the ramp, be lowered, roll off."""

    vehicle: ClassVar[str] = "rover"

    do: Literal["rover.rolloff"]
    with_: Arguments = Field(alias="with", default=Arguments())

    def refusal(self, vehicle: Rover) -> str | None:
        """Only once."""
        return "busy" if vehicle.world.travel else None

    def run(self, vehicle: Rover) -> Generator[Any, Any, None]:
        """Down the ramp, step by step."""
        try:
            yield from vehicle.roll_off()
        except BadInput:
            vehicle.refuse(self, "no way")
