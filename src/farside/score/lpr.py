"""The radar's layer, way and permittivity against the ground that answered and the way that was driven."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.archive import DERIVED, read_layers, read_table
from farside.payload.lpr import Ground, site_ground
from farside.score.flown import Measured, Truth

Array = NDArray[np.float64]

FACTS = ("base_error_m", "base_within", "way_error", "index_error")
UPPER_M = 12.0
"""Depth of the fine regolith, down to which the permittivity is compared."""


def measure(flight: Path, truth: Truth) -> Measured:
    """By fact, over all radargrams of the fine channel; nothing where it never sounded.

    None where the radargrams are missing, or mark no layer. Radargrams count by their traces.
    """
    entries = [entry for entry in truth.entries("lpr") if entry["mode"] == "2B"]
    if not entries:
        return {}
    ground = site_ground(entries[0]["seed"])
    way = np.array([place for entry in entries for place in entry["way"]], float)
    totals: dict[str, list[float]] = {key: [0.0, 0.0] for key in FACTS}
    for path in sorted((flight / "archive" / DERIVED).glob("*_LPR-2B_*_WAY.parquet")):
        columns, _ = read_table(path)
        section = read_layers(path.with_name(path.name.replace("_WAY.parquet", "_DEPTH.xml"))).attrs
        for key, value in (_base(columns, way, ground) | _way(columns, way) | _index(section, ground)).items():
            totals[key][0] += value * len(columns["t"])
            totals[key][1] += len(columns["t"])
    return {key: total / traces if traces else None for key, (total, traces) in totals.items()}


def _base(columns: Mapping[str, Array], way: Array, ground: Ground) -> dict[str, float]:
    """Mean error of the marked boundary nearest to the base of the fine layer, m, and the share its interval holds."""
    places = np.column_stack([np.interp(columns["t"], way[:, 0], way[:, k]) for k in (1, 2)])
    true = ground.boundary(0, places)
    layers = [
        name.removesuffix("_depth_m") for name in columns if name.startswith("layer") and name.endswith("_depth_m")
    ]
    if not layers:
        return {}
    nearest = min(layers, key=lambda layer: float(np.abs(columns[f"{layer}_depth_m"] - true).mean()))
    depth, low, high = (columns[f"{nearest}_{which}_m"] for which in ("depth", "low", "high"))
    return {
        "base_error_m": float(np.abs(depth - true).mean()),
        "base_within": float(((low <= true) & (true <= high)).mean()),
    }


def _way(columns: Mapping[str, Array], way: Array) -> dict[str, float]:
    """Relative error of the way between the first and the last trace."""
    driven = np.append(0.0, np.cumsum(np.hypot(*np.diff(way[:, 1:], axis=0).T)))
    first, last = np.interp(columns["t"][[0, -1]], way[:, 0], driven)
    told = columns["distance_m"][-1] - columns["distance_m"][0]
    return {"way_error": abs(float(told / (last - first)) - 1.0)} if last > first else {}


def _index(section: Mapping[Any, Any], ground: Ground) -> dict[str, float]:
    """Relative error of the mean refractive index of the upper ground."""
    told = np.sqrt(np.array(section["permittivity"]))
    depth = section["depth_step_m"] * np.arange(len(told))
    true = np.sqrt(ground.permittivity())[ground.depths <= UPPER_M].mean()
    return {"index_error": abs(float(told[depth <= UPPER_M].mean() / true) - 1.0)}
