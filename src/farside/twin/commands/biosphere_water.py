"""``biosphere.water``: the valve opens and the soil of the sealed experiment gets its water."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from farside.twin.commands.order import Order
from farside.twin.part import Part

if TYPE_CHECKING:
    from farside.twin.lander import Lander


class Arguments(Part):
    """Nothing to choose: there is one tank."""


class BiosphereWater(Order):
    """All the water is released, once."""

    do: Literal["biosphere.water"]
    with_: Arguments = Field(alias="with")

    def refusal(self, vehicle: Lander) -> str | None:
        """The valve needs power, and opens once."""
        why = vehicle.canister.silence()
        return why or (None if vehicle.canister.powered.water_t is None else "watered already")

    def run(self, vehicle: Lander) -> Generator[Any, Any, None]:
        """Open the valve, at once."""
        vehicle.canister.release_water(vehicle.t)
        yield from ()
