"""Intimate mixtures: grains of several minerals that see each other's light, weighted by cross section (Hapke 1981)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.payload.vnis.minerals import grain_albedo, minerals

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Photometry:
    """Phase function, opposition effect and roughness of a surface, as in ``farside.physics.Regolith``."""

    b: float
    c: float
    bs0: float
    hs: float
    roughness_deg: float


@dataclass(frozen=True)
class Mixture:
    """Mass fractions of minerals that sum to 1, grain size, nanophase iron in wt%, and photometry."""

    parts: tuple[tuple[str, float], ...]
    grain_um: float
    iron_wt: float
    photometry: Photometry

    def __post_init__(self) -> None:
        known = minerals()
        for name, mass in self.parts:
            if name not in known:
                raise BadInput("mixture", "parts", name, f"one of {', '.join(known)}")
            if not 0.0 <= mass <= 1.0:
                raise BadInput("mixture", f"parts.{name}", mass, "a mass fraction from 0 to 1")
        if abs(total := sum(mass for _, mass in self.parts) - 1.0) > 1e-6:
            raise BadInput("mixture", "parts", total + 1.0, "mass fractions that sum to 1")

    @property
    def feo_wt(self) -> float:
        """Iron oxide, wt%, from the minerals' own."""
        return sum(mass * minerals()[name].feo_wt for name, mass in self.parts)

    def albedo(self, wavelength_nm: Array) -> Array:
        """Single-scattering albedo at ``wavelength_nm``, same shape: grains weighted by their cross sections."""
        known = minerals()
        weight = np.array([mass / (known[name].density * known[name].size) for name, mass in self.parts])
        each = [
            grain_albedo(wavelength_nm, known[name], self.grain_um * known[name].size, self.iron_wt)
            for name, _ in self.parts
        ]
        return weight @ np.array(each) / weight.sum()
