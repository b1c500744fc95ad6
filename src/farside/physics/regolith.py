"""How the parameters of regolith run with wavelength: through three mapped bands, and carefully beyond them.

    321      415          566    643                              2390 nm
     |........|____________|......|................................|
     Apollo     linear       Apollo   mature mare: w only, the rest as at 643 nm
     bands                   604 nm

How sure that is, measured on the tables it comes from (reflectance at 30 and 60 degrees of incidence): the two Apollo
sites lie 1 % to either side of it at 604 nm, 4 % at 360 nm and 5 % at 321 nm, and 3 % above it at 689 nm. Mare soils
scatter by 3 % at 900 nm and 5 % at 2390 nm; the soil that Yutu-2 saw at the landing site keeps within 3 % to 1550 nm
and is 13 % darker at 2390 nm. Highland soils are less red: 5 % darker at 1250 nm, 18 % at 2390 nm.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.physics.hapke import Regolith, hapke_radf

Array = NDArray[np.float64]
Relief = Literal["resolved", "unresolved"]

_NAMES = ("w", "b", "c", "bs0", "hs")
_STANDARD = math.cos(math.radians(30.0)), 1.0, math.cos(math.radians(30.0))
_DARKEST, _BRIGHTEST = 0.01, 0.999


class Bands(NamedTuple):
    """Hapke parameters of a place at 415, 566 and 643 nm, three values each."""

    w: tuple[float, ...]
    b: tuple[float, ...]
    c: tuple[float, ...]
    bs0: tuple[float, ...]
    hs: tuple[float, ...]


@cache
def _spec() -> dict[str, Any]:
    return yaml.safe_load((files("farside.physics") / "regolith.yaml").read_text(encoding="utf-8"))


def known_bands(name: Literal["von_karman", "moon"]) -> Bands:
    """Parameters of the mare in Von Karman, or the medians of the whole Moon."""
    return Bands(*(tuple(float(x) for x in _spec()[name][key]) for key in _NAMES))


def roughness(relief: Relief) -> float:
    """Mean slope angle, radians, of the relief that an image or mesh does not show.

    "unresolved": all of it, as in images from orbit; "resolved": what is left where metres and centimetres are shown.
    """
    return math.radians(float(_spec()["roughness_deg"][relief]))


def von_karman_regolith(wavelength_nm: float, relief: Relief = "resolved") -> Regolith:
    """Parameters of the mare in Von Karman at a wavelength. Raises BadInput outside 321-2390 nm."""
    return regolith_at(wavelength_nm, known_bands("von_karman"), relief)


@lru_cache(maxsize=4096)
def regolith_at(wavelength_nm: float, bands: Bands, relief: Relief = "resolved") -> Regolith:
    """Parameters of a place at a wavelength, from those in three bands (see the module for how sure they are).

    Raises BadInput outside 321-2390 nm.
    """
    spec = _spec()
    longest = spec["mature_mare"]["wavelength_nm"][-1]
    if not spec["seven_bands_nm"][0] <= wavelength_nm <= longest:
        raise BadInput("regolith", "wavelength_nm", wavelength_nm, f"{spec['seven_bands_nm'][0]} to {longest} nm")
    last = spec["bands_nm"][-1]
    values = {}
    for name, three in zip(_NAMES, bands, strict=True):
        line = np.interp(wavelength_nm, spec["bands_nm"], three)
        values[name] = float(line * _bend(name, min(wavelength_nm, last)))
    soil = Regolith(**values, roughness=roughness(relief))
    return soil if wavelength_nm <= last else _redder(soil, wavelength_nm)


def _bend(name: str, wavelength_nm: float) -> float:
    """What the seven bands have over a line through three of them: mean ratio of two sites, 1 at the three."""
    spec = _spec()
    ratios = []
    for site in ("apollo_11", "apollo_14"):
        seven = spec[site][name]
        three = np.interp(spec["bands_nm"], spec["seven_bands_nm"], seven)
        ratios.append(np.array(seven) / np.interp(spec["seven_bands_nm"], spec["bands_nm"], three))
    return float(np.interp(wavelength_nm, spec["seven_bands_nm"], np.mean(ratios, axis=0)))


def _redder(soil: Regolith, wavelength_nm: float) -> Regolith:
    """The same soil with the single-scattering albedo that brightens it at (30, 0, 30) degrees as mare soils do."""
    mare = _spec()["mature_mare"]
    albedo, factor = _brightness(replace(soil, w=0.0))
    wanted = np.interp(soil.w, albedo, factor) * np.interp(wavelength_nm, mare["wavelength_nm"], mare["over_643"])
    return replace(soil, w=float(np.interp(wanted, factor, albedo)))


@lru_cache(maxsize=256)
def _brightness(soil: Regolith) -> tuple[Array, Array]:
    """Radiance factor at (30, 0, 30) degrees for a range of single-scattering albedos, both rising."""
    albedo = np.linspace(_DARKEST, _BRIGHTEST, 400)
    factor = [float(hapke_radf(*_STANDARD, replace(soil, w=float(w)))) for w in albedo]
    return albedo, np.array(factor)
