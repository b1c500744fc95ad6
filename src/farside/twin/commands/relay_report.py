"""``relay.report``: the relay's housekeeping telemetry at a fixed interval."""

from __future__ import annotations

from typing import ClassVar, Literal

from farside.twin.commands.report import Report


class RelayReport(Report):
    """Position and velocity by the orbit on board."""

    vehicle: ClassVar[str] = "relay"

    do: Literal["relay.report"]
