"""What lies in the field: ground with millimetre relief, and perhaps a stone on it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

import numpy as np
import yaml
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.payload.vnis.mixture import Mixture, Photometry
from farside.work import rng

Array = NDArray[np.float64]

TargetName = Literal["soil", "rock"]
TARGETS: tuple[TargetName, ...] = get_args(TargetName)
_WAVES = 48
_LONG_M, _SHORT_M = 0.06, 0.003
_EDGE_M = 0.002


@dataclass(frozen=True)
class Target:
    """Ground and, where ``stone`` is given, a dome of that radius and height in the middle of the SWIR field."""

    ground: Mixture
    relief_m: float
    stone: Mixture | None = None
    stone_radius_m: float = 0.0
    stone_height_m: float = 0.0

    def cover(self, x: Array, y: Array) -> Array:
        """Share of stone at points x, y metres from the middle of the SWIR field, same shape."""
        if self.stone is None:
            return np.zeros_like(x)
        return np.clip(0.5 + (self.stone_radius_m - np.hypot(x, y)) / _EDGE_M, 0.0, 1.0)

    def slopes(self, x: Array, y: Array, seed: int, *names: object) -> tuple[Array, Array]:
        """Derivatives of the height along x and y at these points, metres: random waves, and the dome's own.

        Amplitudes go with wavelength, so that slopes are alike at all scales from 3 mm to 6 cm.
        """
        draw = rng(seed, "vnis", "relief", *names)
        length = np.exp(draw.uniform(np.log(_SHORT_M), np.log(_LONG_M), _WAVES))
        turn, phase = draw.uniform(0.0, 2.0 * np.pi, (2, _WAVES))
        kx, ky = 2.0 * np.pi / length * np.cos(turn), 2.0 * np.pi / length * np.sin(turn)
        height = self.relief_m * length / np.sqrt(0.5 * np.sum(length**2))
        dx, dy = np.zeros_like(x), np.zeros_like(x)
        for a, p, q, shift in zip(height, kx, ky, phase, strict=True):
            wave = -a * np.sin(p * x + q * y + shift)
            dx += p * wave
            dy += q * wave
        if self.stone is not None:
            inside = np.hypot(x, y) < self.stone_radius_m
            fall = -2.0 * self.stone_height_m / self.stone_radius_m**2
            dx += np.where(inside, fall * x, 0.0)
            dy += np.where(inside, fall * y, 0.0)
        return dx, dy


@cache
def load_target(name: str) -> Target:
    """A target of targets.yaml. Raises BadInput for one that is not there."""
    spec: dict[str, Any] = yaml.safe_load((files("farside.payload.vnis") / "targets.yaml").read_text(encoding="utf-8"))
    if name not in spec["targets"]:
        raise BadInput("vnis", "target", name, f"one of {', '.join(spec['targets'])}")
    fields = dict(spec["targets"][name])
    for role in ("ground", "stone"):
        if role in fields:
            m = spec["mixtures"][fields[role]]
            photometry = Photometry(**m["photometry"])
            fields[role] = Mixture(tuple(m["parts"].items()), m["grain_um"], m["iron_wt"], photometry)
    return Target(**fields)
