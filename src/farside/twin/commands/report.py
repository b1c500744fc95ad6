"""What the housekeeping reports of all vehicles have in common."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from pydantic import Field, field_validator

from farside.twin.commands.order import Order
from farside.twin.part import Interval, Part, moment
from farside.twin.when import When

SAMPLES_PER_BUNDLE_S = 10.0
"""Samples closer together than this share a bundle, so that headers stay small beside them."""


class Arguments(Part):
    """How long and how often."""

    until: str
    every_s: Interval
    _moments = field_validator("until")(moment)


class Report(Order):
    """Sample the vehicle's housekeeping every ``every_s`` seconds and send it as space packets."""

    with_: Arguments = Field(alias="with")

    def run(self, vehicle: Any) -> Generator[Any, Any, None]:
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
