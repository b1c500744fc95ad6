"""``gnc.report``: housekeeping telemetry at a fixed interval."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator

from farside.twin.commands.order import Order
from farside.twin.part import Interval, Part, moment
from farside.twin.when import When

if TYPE_CHECKING:
    from farside.twin.lander import Lander

SAMPLES_PER_BUNDLE_S = 10.0
"""Samples closer together than this share a bundle, so that headers stay small beside them."""


class Arguments(Part):
    """How long and how often."""

    until: str
    every_s: Interval
    _moments = field_validator("until")(moment)


class GncReport(Order):
    """Sample position, velocity and attitude every ``every_s`` seconds and send them as space packets."""

    do: Literal["gnc.report"]
    with_: Arguments = Field(alias="with")

    def run(self, vehicle: Lander) -> Generator[Any, Any, None]:
        """Sample, pack, and send a bundle each ten seconds (or each sample, if they are rarer)."""
        until = When.parse(self.with_.until)
        packets: list[bytes] = []
        first = vehicle.t
        while not vehicle.has_passed(until):
            packets.append(vehicle.housekeeping())
            yield vehicle.wait(self.with_.every_s)
            if vehicle.t - first >= SAMPLES_PER_BUNDLE_S:
                vehicle.report(packets)
                packets, first = [], vehicle.t
        if packets:
            vehicle.report(packets)
