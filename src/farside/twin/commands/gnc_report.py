"""``gnc.report``: the lander's housekeeping telemetry at a fixed interval."""

from __future__ import annotations

from typing import Literal

from farside.twin.commands.report import Report


class GncReport(Report):
    """Position, velocity and attitude."""

    do: Literal["gnc.report"]
