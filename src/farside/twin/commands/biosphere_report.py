"""``biosphere.report``: the sealed experiment's sensors are read at a fixed interval."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Literal

from farside.payload.biosphere import report
from farside.twin.commands.report import Report
from farside.twin.when import When

if TYPE_CHECKING:
    from farside.twin.lander import Lander

BUNDLE_S = 3600.0
"""Readings of an hour share a bundle: nothing in the canister is urgent."""


class BiosphereReport(Report):
    """Temperatures, pressure, humidity, gases and light."""

    do: Literal["biosphere.report"]

    def refusal(self, vehicle: Lander) -> str | None:
        """Sensors need power."""
        return vehicle.canister.silence()

    def run(self, vehicle: Lander) -> Generator[Any, Any, None]:
        """Read, pack, and send a bundle each hour (or each reading, if they are rarer), while there is power."""
        until, canister = When.parse(self.with_.until), vehicle.canister
        packets: list[bytes] = []
        first = vehicle.t
        while not vehicle.has_passed(until) and canister.silence() is None:
            packets.append(report(canister.life, vehicle.t, canister.seed, canister.readings))
            canister.readings += 1
            yield vehicle.wait(self.with_.every_s)
            if vehicle.t - first >= BUNDLE_S:
                vehicle.report(packets)
                packets, first = [], vehicle.t
        if packets:
            vehicle.report(packets)
        if not vehicle.has_passed(until):
            vehicle.refuse(self, canister.silence() or "")
