"""Minerals as grains: from optical constants and size to the single-scattering albedo (Hapke 1981, 2001, 2012)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

Array = NDArray[np.float64]

_FWHM = 2.354820045
_EDGE_NM = (450.0, 60.0)


@dataclass(frozen=True)
class Mineral:
    """One mineral: density in g cm-3, real index, iron oxide in wt%, the terms of k and relative grain size.

    See minerals.yaml.
    """

    name: str
    density: float
    n: float
    feo_wt: float
    continuum: float
    slope: float
    edge: float
    bands: tuple[tuple[float, float, float], ...]
    size: float = 1.0

    def k(self, wavelength_nm: Array) -> Array:
        """Imaginary index at ``wavelength_nm``, same shape. Widths in 1/l as Sunshine et al. 1990 define them."""
        um = wavelength_nm * 1e-3
        out = self.continuum * um**self.slope + self.edge * np.exp((_EDGE_NM[0] - wavelength_nm) / _EDGE_NM[1])
        for centre, fwhm, peak in self.bands:
            mu = centre * 1e-3
            sigma = fwhm * 1e-3 / (_FWHM * mu**2)
            out = out + peak * np.exp(-((1.0 / um - 1.0 / mu) ** 2) / (2.0 * sigma**2))
        return out


@cache
def minerals() -> dict[str, Mineral]:
    """The minerals of minerals.yaml by name."""
    spec = _load("minerals.yaml")
    return {
        name: Mineral(name, **{**m, "bands": tuple((float(c), float(f), float(k)) for c, f, k in m["bands"])})
        for name, m in spec.items()
    }


def iron_absorption(wavelength_nm: Array, host: Mineral, iron_wt: float) -> Array:
    """Absorption coefficient, 1/m, that specks of metallic iron much smaller than the wavelength add to their host.

    iron_wt: their share of the mass in percent (Hapke 2001, JGR 106, 10039, equation 16).
    """
    nf, kf = (np.polynomial.Polynomial(c)(wavelength_nm * 1e-3) for c in _iron_index())
    z = host.n**3 * nf * kf / ((nf**2 - kf**2 + 2.0 * host.n**2) ** 2 + (2.0 * nf * kf) ** 2)
    volume = host.density / _load("iron.yaml")["density"] * iron_wt * 1e-2
    return 36.0 * np.pi * volume * z / (wavelength_nm * 1e-9)


@cache
def _iron_index() -> tuple[Array, Array]:
    """Coefficients in um of smooth curves, of second order, through the table of n and k.

    Smooth, because the corners of an interpolated table would show as bands of their own.
    """
    spec = _load("iron.yaml")
    um = np.array(spec["wavelength_nm"]) * 1e-3
    n, k = (np.polynomial.polynomial.polyfit(um, np.array(spec[name]), 2) for name in ("n", "k"))
    return n, k


def grain_albedo(wavelength_nm: Array, mineral: Mineral, grain_um: float, iron_wt: float = 0.0) -> Array:
    """Single-scattering albedo of grains of one mineral, shape of ``wavelength_nm``.

    Equivalent-slab model without internal scatterers (Hapke 2012, chapter 6).
    """
    n, k = mineral.n, mineral.k(wavelength_nm)
    outside = ((n - 1.0) ** 2 + k**2) / ((n + 1.0) ** 2 + k**2) + 0.05
    inside = 1.014 - 4.0 / (n * (n + 1.0) ** 2)
    path = 2.0 / 3.0 * (n**2 - (n**2 - 1.0) ** 1.5 / n) * grain_um * 1e-6
    a = 4.0 * np.pi * k / (wavelength_nm * 1e-9) + iron_absorption(wavelength_nm, mineral, iron_wt)
    through = np.exp(-a * path)
    return outside + (1.0 - outside) * (1.0 - inside) * through / (1.0 - inside * through)


@cache
def _load(name: str) -> dict[str, Any]:
    return yaml.safe_load((files("farside.payload.vnis") / name).read_text(encoding="utf-8"))
