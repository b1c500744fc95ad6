"""``biosphere.power``: the sealed experiment is switched on, or off for good."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from farside.twin.commands.order import Order
from farside.twin.part import Part

if TYPE_CHECKING:
    from farside.twin.lander import Lander


class Arguments(Part):
    """On or off."""

    on: bool


class BiospherePower(Order):
    """Heater, sensors and cameras get power, or no more."""

    do: Literal["biosphere.power"]
    with_: Arguments = Field(alias="with")

    def refusal(self, vehicle: Lander) -> str | None:
        """It is switched on once and off once."""
        if not self.with_.on:
            return vehicle.canister.silence()
        return None if vehicle.canister.plan is None else vehicle.canister.silence() or "powered already"

    def run(self, vehicle: Lander) -> Generator[Any, Any, None]:
        """Switch, at once."""
        if self.with_.on:
            vehicle.canister.power_on(vehicle.t)
        else:
            vehicle.canister.power_off(vehicle.t)
        yield from ()
