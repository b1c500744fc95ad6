"""The rover's housekeeping against its true way: odometer, place, the ramp, and every refusal told."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from farside import archive
from farside.products.rover import off_the_ramp
from farside.score.flown import Measured, Truth

WAY = ("rover_way_error_percent", "rover_place_error_m", "rover_off_the_ramp_error_s")


def measure(flight: Path, truth: Truth) -> Measured:
    """Everything rover.yaml asks for, by key; nothing where the rover was never to leave the lander."""
    if not truth.record.commands("rover.rolloff"):
        return {}
    return {**_way(flight / "telemetry", truth), **_refusals(flight / "telemetry", truth)}


def _way(telemetry: Path, truth: Truth) -> Measured:
    true = truth.rover
    if true is None or not (telemetry / "rover.parquet").exists():
        return dict.fromkeys(WAY)
    told = archive.read_telemetry(telemetry, "rover")
    off, driven = off_the_ramp(told), float(np.interp(told["t"][-1], true["t"], true["true_m"]))
    place = [np.interp(told["t"][-1], true["t"], true["position_m"][:, k]) for k in (0, 1)]
    measured: Measured = {
        "rover_place_error_m": float(np.hypot(*(told["position_m"][-1, :2] - place))),
        "rover_off_the_ramp_error_s": None if off is None else off[0] - float(true["on_surface"]),
    }
    if driven > 0.0:
        measured["rover_way_error_percent"] = 100.0 * (float(told["odometer_m"].max()) / driven - 1.0)
    return measured


def _refusals(telemetry: Path, truth: Truth) -> Measured:
    """Refused commands that telemetry does not tell of, and those it tells of that were none."""
    refused = sum(event.who == "rover" and event.what.startswith("refused ") for event in truth.record.events)
    told = 0
    if (telemetry / "commands.parquet").exists():
        commands = archive.read_telemetry(telemetry, "commands")
        told = int(((commands["vehicle"] == "rover") & (commands["refused"] > 0)).sum())
    return {"rover_refusals_untold": abs(refused - told)}
