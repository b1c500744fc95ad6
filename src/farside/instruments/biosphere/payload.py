"""What the experiment's payload is: its canister, its two views and the things whose place in them is known."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

from farside.errors import BadInput
from farside.instruments.biosphere.view import View
from farside.instruments.instrument import Instrument


@cache
def numbers() -> dict[str, Any]:
    """Everything in biosphere.yaml."""
    text = (files("farside.instruments.biosphere") / "biosphere.yaml").read_text(encoding="utf-8")
    spec: dict[str, Any] = yaml.safe_load(text)
    return spec


@cache
def camera() -> Instrument:
    """The sensor and lens that both cameras share."""
    return Instrument.model_validate(numbers()["camera"])


def view(name: str, binning: int = 1) -> View:
    """Where camera ``name`` looks, for frames binned ``binning`` x ``binning``. Raises BadInput."""
    views = numbers()["views"]
    if name not in views:
        raise BadInput("biosphere", "camera", name, f"one of {', '.join(views)}")
    d, o = camera().detector, camera().optics
    if d.width % (2 * binning) or d.height % (2 * binning):
        raise BadInput("biosphere", "binning", binning, "a divisor of half the frame")
    return View(
        np.array(views[name]["position_mm"], float),
        np.array(views[name]["target_mm"], float),
        o.focal_mm / (d.pixel_um * 1e-3) / binning,
        d.width // binning,
        d.height // binning,
    )
