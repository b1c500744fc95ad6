"""The radio spectrometer's products against the truth: how fast the burst drifted, and how bright the sky is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside import archive
from farside.geometry import utc_to_t
from farside.instruments import lfs
from farside.payload.lfs import Burst, arrival_time, galactic_brightness
from farside.products.lfs import Drift, drift
from farside.score.flown import Measured, Truth

Array = NDArray[np.float64]
Entry = Mapping[str, Any]

OCTAVES_HZ = (2e6, 4e6, 8e6, 16e6)
"""Lower edges of the octaves in which the sky is compared: below, the plasma around the antennas outshines it."""
HEARD_HZ = 1e7
"""A burst must be found where its exciter passed this frequency in one of the session's records."""


def measure(flight: Path, truth: Truth) -> Measured:
    """Everything lfs.yaml asks for, by key: the worst of all sessions in the high band."""
    tables = _tables(flight / "archive" / archive.DERIVED)
    entries = [entry for entry in truth.entries("lfs") if entry["band"] == "high"]
    found: dict[str, list[float | None]] = {}
    for sequence, session in groupby(entries, key=lambda entry: str(entry["sequence_id"])):
        for key, value in _session(tables.get(sequence), list(session)).items():
            found.setdefault(key, []).append(value)
    return {key: _worst(values) for key, values in found.items()}


def true_drift(ridge: Mapping[str, Array], start_utc: str, burst: Burst, sun_distance_au: float) -> Drift:
    """The drift of the true ridge, at the frequencies and with the weights of the found one.

    A power law is only nearly what a beam in the corona does, so its exponent depends a little on where one looks.
    """
    f = ridge["ridge_frequency"]
    return drift(f, arrival_time(f, burst, sun_distance_au) - utc_to_t(start_utc), ridge["ridge_time_error"])


def sky_errors_db(frequency: Array, brightness: Array) -> list[float]:
    """Found over true brightness of the sky in each octave, dB."""
    errors = []
    for low in OCTAVES_HZ:
        inside = (frequency >= low) & (frequency < 2 * low) & np.isfinite(brightness)
        ratio = np.mean(brightness[inside] / galactic_brightness(frequency[inside]))
        errors.append(10.0 * float(np.log10(ratio)))
    return errors


def _tables(folder: Path) -> dict[str, Path]:
    """Each sequence's table of the sky; that of the ridge lies beside it."""
    paths = sorted(folder.rglob(f"*_{lfs.KIND.id}-*-sky.parquet"))
    return {str(archive.read_table(path)[1]["sequence_id"]): path for path in paths}


def _session(sky: Path | None, entries: list[Entry]) -> dict[str, float | None]:
    """One session's product, if there is one, against its truth."""
    burst, distance_au = _burst(entries), float(entries[0]["sun_distance_au"])
    measured: dict[str, float | None] = {"lfs_sky_error_db": None}
    if burst is not None:
        measured |= {"lfs_drift_exponent_error": None, "lfs_drift_rate_error_percent": None}
    if sky is None:
        return measured
    columns, attrs = archive.read_table(sky)
    ridge, _ = archive.read_table(sky.with_name(sky.name.replace("-sky.", "-ridge.")))
    measured["lfs_sky_error_db"] = _worst(sky_errors_db(columns["frequency"], columns["brightness"]))
    if burst is not None and "drift_exponent" in attrs:
        true = true_drift(ridge, attrs["start_utc"], burst, distance_au)
        measured["lfs_drift_exponent_error"] = float(attrs["drift_exponent"]) - true.exponent
        measured["lfs_drift_rate_error_percent"] = 100.0 * (float(attrs["drift_rate_1mhz"]) / true.rate_1mhz - 1.0)
    return measured


def _burst(entries: list[Entry]) -> Burst | None:
    """The burst that a session must have heard."""
    every = lfs.load().block.every_s
    for entry in entries:
        if entry["burst"] is not None:
            burst = Burst(**entry["burst"])
            passed = float(arrival_time(HEARD_HZ, burst, float(entry["sun_distance_au"])))
            if entry["t"] <= passed < entry["t"] + every * entry["blocks"]:
                return burst
    return None


def _worst(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known, key=abs) if len(known) == len(values) else None
