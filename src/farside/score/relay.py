"""The relay's housekeeping against its true orbit."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from farside import archive
from farside.flight import RelayOrbit
from farside.score.flown import Measured, Truth


def measure(flight: Path, truth: Truth) -> Measured:
    """Everything relay.yaml asks for, by key; nothing where the relay was never told to report."""
    if not truth.record.commands("relay.report"):
        return {}
    if not (flight / "telemetry" / "relay.parquet").exists():
        return {"relay_samples_missing": None, "relay_position_rms_m": None}
    told = archive.read_telemetry(flight / "telemetry", "relay")
    error = (told["position_km"] - RelayOrbit.load(truth.folder / "relay.npz").position(told["t"])) * 1e3
    sent = told["count"][-1] - told["count"][0] + 1
    return {
        "relay_samples_missing": int(sent - len(told["t"])),
        "relay_position_rms_m": float(np.sqrt(np.mean(error**2))),
    }
