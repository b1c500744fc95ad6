"""The lander's desk: no records, only housekeeping: how it came down and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from farside.errors import BadInput
from farside.geometry import t_to_utc
from farside.instruments.gnc import PHASES
from farside.products.attitude import attitude_at
from farside.products.desk import Columns, Curve, Desk, Finding, Report, Still

if TYPE_CHECKING:
    import xarray as xr


class LanderDesk(Desk):
    """Reads the lander's housekeeping."""

    name: ClassVar[str] = "lander"
    tables: ClassVar[tuple[str, ...]] = ("gnc",)
    title: ClassVar[str] = "Lander"
    what: ClassVar[str] = (
        "One engine and four legs. It brakes out of orbit, hovers to look for a safe place and sets down by itself. "
        "Everything here comes from its housekeeping."
    )

    def take(self, observation: xr.Dataset) -> Still | None:
        """The lander itself makes no records: its instruments do."""
        raise BadInput("lander", "instrument", observation.attrs.get("instrument"), "housekeeping only")

    def finish(self) -> Report:
        """Findings, and curves of the descent."""
        gnc = self.bench.telemetry("gnc")
        if gnc is None:
            return Report()
        return Report(findings=_findings(gnc), curves=_curves(gnc))


def _findings(gnc: Columns) -> tuple[Finding, ...]:
    landed = np.flatnonzero(gnc["phase"] == PHASES.index("landed"))
    if not len(landed):
        return ()
    k = int(landed[0])
    step = float(gnc["t"][k] - gnc["t"][k - 1]) if k else 0.0
    tilt = np.degrees(np.arccos(np.clip(attitude_at(gnc, float(gnc["t"][-1]) + 1.0)[2, 2], -1.0, 1.0)))
    burnt = float(gnc["mass_kg"][0] - gnc["mass_kg"][k])
    return (
        Finding("Touchdown", f"{t_to_utc(float(gnc['t'][k]), 0)[:19].replace('T', ' ')} UTC", f"− {step:.0f} s",
                "The first sample that says landed; it sat down since the one before. Chang'e 4: 02:26."),
        Finding("Propellant used", f"{burnt:,.0f} kg", "", "From the first sample to touchdown."),
        Finding("It leans by", f"{tilt:.2f}°", "± 0.01°", "Its axis against the vertical at rest."),
    )  # fmt: skip


def _curves(gnc: Columns) -> tuple[Curve, ...]:
    down = gnc["phase"] != PHASES.index("landed")
    t, speed = gnc["t"][down], np.linalg.norm(gnc["velocity_mps"][down], axis=1)
    return (
        Curve("Height", "km", t, {"above the landing point": gnc["altitude_m"][down] * 1e-3}),
        Curve("Speed", "m/s", t, {"over the ground": speed}),
        Curve("Thrust", "N", t, {"engine": gnc["thrust_n"][down]}),
        Curve("Mass", "kg", t, {"with propellant": gnc["mass_kg"][down]}),
    )
