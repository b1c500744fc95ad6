"""Iron oxide and maturity of soil from two wavelengths (Lucey et al. 2000, with a calibration of our own beside it)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@cache
def _spec() -> dict[str, Any]:
    return yaml.safe_load((files("farside.products.vnis") / "iron.yaml").read_text(encoding="utf-8"))


def iron(r750: ArrayLike, r950: ArrayLike, calibration: str = "laboratory") -> Array:
    """FeO in wt% from reflectance factors at incidence and phase 30, emission 0 degrees; broadcast shape.

    calibration: ``laboratory`` (for this instrument's absolute reflectance) or ``lucey`` (as published for Clementine).
    """
    c = _spec()["angle"][calibration]
    r = np.asarray(r750, float)
    theta = -np.arctan2(np.asarray(r950) / r - c["ratio0"], r - c["reflectance0"])
    return c["scale"] * theta + c["offset"]


def iron_sd(calibration: str = "laboratory") -> float:
    """Scatter of the formula itself over soils of known composition, wt%."""
    return float(_spec()["angle"][calibration]["sd_wt"])


def maturity(r750: ArrayLike, r950: ArrayLike) -> Array:
    """OMAT, the distance from the dark red origin: large for fresh ground (Lucey et al. 2000)."""
    c = _spec()["maturity"]
    r = np.asarray(r750, float)
    return np.hypot(r - c["reflectance0"], np.asarray(r950) / r - c["ratio0"])
