"""What surfaces of vehicles reflect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

from farside.instruments import patch_reflectances, targets

PAINT_NM = (620.0, 545.0, 460.0)
"""Wavelengths of reflectances that are told at three; between them they run straight, beyond them level."""
SPECTRUM_NM = tuple(np.arange(380.0, 781.0, 5.0).tolist())
"""Wavelengths of spectra; those three are among them."""

Rgb = tuple[float, ...]


@dataclass(frozen=True)
class Material:
    """A diffuse surface, maybe under a glossy coat.

    rgb: diffuse (Lambert) reflectance at PAINT_NM. crumple_deg: spread (1 sigma) of a foil's facets about its surface.
    specular: the coat's reflectance at normal incidence at the same wavelengths (Schlick 1994), zeros: no coat.
    roughness: the coat's alpha (GGX, Walter et al. 2007). printed: diffuse reflectance at SPECTRUM_NM, where more of it
    is known than rgb.
    """

    rgb: Rgb
    crumple_deg: float
    specular: Rgb
    roughness: float
    printed: tuple[float, ...] = ()

    @property
    def spectrum(self) -> tuple[float, ...]:
        """Diffuse reflectance at SPECTRUM_NM."""
        return self.printed or tuple(np.interp(SPECTRUM_NM, PAINT_NM[::-1], self.rgb[::-1]).tolist())


@cache
def materials() -> dict[str, Material]:
    """Every material that parts of vehicles are made of, by name."""
    text = (files("farside.payload.vehicles") / "materials.yaml").read_text(encoding="utf-8")
    return {
        name: Material(
            _known(m, PAINT_NM) or tuple(m["rgb"]), m["crumple_deg"], tuple(m["specular"]), m["roughness"],
            _known(m, SPECTRUM_NM),
        )
        for name, m in yaml.safe_load(text).items()
    }  # fmt: skip


def _known(m: Mapping[str, Any], nm: Sequence[float]) -> tuple[float, ...]:
    """Reflectances at these wavelengths of what is a patch of the chart or a paint; none of others."""
    if "paint" in m:
        return tuple(targets().paints[m["paint"]].reflectance(nm).tolist())
    if "patch" in m:
        known_nm, patches = patch_reflectances()
        return tuple(np.interp(nm, known_nm, patches[targets().chart.patches.index(m["patch"])]).tolist())
    return ()
