"""From the light in a camera's three bands to colours: the matrix that suits lunar soil, a chart, foil and a flag best.

No three bands see what an eye sees, so a matrix can be right for some surfaces only. It is fitted to three kinds that
each weigh the same: soils of the Moon, the patches of a colour chart, and surfaces of vehicles, all in sunlight. White
comes out white whatever the fit: with light over sunlight in each band and XYZ over that of white, each row of the
matrix adds up to 1 (constrained least squares, as Finlayson & Drew 1997, J. Electron. Imaging 6, 484).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
import yaml
from numpy.typing import ArrayLike, NDArray

from farside.instruments import Band, Paint, load, patch_reflectances, targets
from farside.physics import hapke_radf, known_bands, regolith_at, solar_irradiance
from farside.products.colour.observer import NM, adapted, observed, sun, sun_white, xyz_to_srgb

Array = NDArray[np.float64]
Light = NDArray[np.float32]

STEEP = -2.0 / 3.0
"""Errors weigh as the eye's lightness does: the slope of a cube root."""
DARKEST = 0.01
"""Reflectances below it weigh as if they were that bright."""
STANDARD = (float(np.cos(np.radians(30.0))), 1.0, float(np.cos(np.radians(30.0))))
"""Cosines of incidence, emission and phase that reflectances of soils are measured at."""


def sunlight(instrument: str, mode: str = "") -> Light:
    """Spectral irradiance of the Sun, mean over each band of a camera (in a mode), W m-2 um-1 at 1 au, (bands,)."""
    bands = load(instrument, mode).bands
    return solar_irradiance([b.centre_nm for b in bands], 1.0, [b.width_nm for b in bands]).astype(np.float32)


def linear_srgb(
    light: Light, burnt: NDArray[np.bool_], instrument: str, mode: str = "", matrix: ArrayLike | None = None
) -> Light:
    """Linear sRGB (line, sample, 3) of light in a camera's bands, proportional to radiance; sunlight is white.

    light: (line, sample, band). burnt: (line, sample), where a saturated sample knows no colour: there it is as bright
    as its brightest band, and colourless. What the screen cannot show has values below 0. Where the camera is blind for
    colour, all three are the same. A white surface that faces the Sun comes out as bright in all as its light over
    ``sunlight``. matrix: light over sunlight to XYZ, nine numbers, where a chart has told a better one than ``to_xyz``.
    """
    import cv2

    sun = sunlight(instrument, mode)
    if len(sun) != 3:
        return light / sun
    xyz = to_xyz(instrument, mode) if matrix is None else np.reshape(matrix, (3, 3))
    rgb = np.asarray(cv2.transform(light, to_screen() @ xyz / sun), np.float32)
    rgb[burnt] = (light[burnt] / sun).max(axis=-1, keepdims=True)
    return rgb


@cache
def to_srgb(instrument: str, mode: str = "") -> Array:
    """Light over sunlight in a camera's bands to linear sRGB on a screen, (3, 3): each row adds up to 1."""
    return to_screen() @ to_xyz(instrument, mode)


@cache
def to_screen() -> Array:
    """XYZ in sunlight to linear sRGB on a screen, (3, 3)."""
    return xyz_to_srgb() @ adapted()


@cache
def to_xyz(instrument: str, mode: str = "") -> Array:
    """Light over sunlight in a camera's three bands to XYZ in sunlight, (3, 3); Y of a white surface is 1."""
    return fitted(*(known(surfaces, instrument, mode) for surfaces in (soils(), chart(), vehicles())))


def known(surfaces: Array, instrument: str, mode: str = "") -> tuple[Array, Array]:
    """Light over sunlight in a camera's bands, and XYZ in sunlight, of surfaces (n, nm), both (n, 3)."""
    return surfaces @ response(load(instrument, mode).bands).T, observed(surfaces)


def fitted(*kinds: tuple[Array, Array]) -> Array:
    """The matrix (3, 3) that suits kinds of surfaces best, each kind of the same weight whatever their number.

    kinds: light over sunlight, and XYZ in sunlight, (n, 3) each.
    """
    weight = np.concatenate([np.full(len(seen), len(seen) ** -0.5) for seen, _ in kinds])
    seen = np.concatenate([seen for seen, _ in kinds])
    wanted = np.concatenate([xyz for _, xyz in kinds]) / sun_white()
    rows = []
    for target in wanted.T:
        w = weight * np.maximum(target, DARKEST) ** STEEP
        first, last = np.linalg.lstsq(
            (seen[:, [0, 2]] - seen[:, [1]]) * w[:, None], (target - seen[:, 1]) * w, rcond=None
        )[0]
        rows.append([first, 1.0 - first - last, last])
    return sun_white()[:, None] * np.array(rows)


def response(bands: tuple[Band, ...]) -> Array:
    """What each wavelength of a reflectance in sunlight adds to light over sunlight in bands, (bands, nm)."""
    inside = [np.clip(0.5 * (b.width_nm + 1.0) - np.abs(NM - b.centre_nm), 0.0, 1.0) for b in bands]
    power = np.array(inside) * sun()
    return power / power.sum(axis=1, keepdims=True)


@cache
def soils() -> Array:
    """Reflectances of the mare in Von Karman and of the median Moon."""
    places = (known_bands("von_karman"), known_bands("moon"))
    return np.array([[float(hapke_radf(*STANDARD, regolith_at(nm, place))) for nm in NM.tolist()] for place in places])


@cache
def chart() -> Array:
    """Printed reflectances of the chart's patches, (patches, nm)."""
    nm, patches = patch_reflectances()
    return np.array([np.interp(NM, nm, patch) for patch in patches])


@cache
def vehicles() -> Array:
    """Reflectances of foil, and of a flag's field and stars, (n, nm)."""
    text = (files("farside.products.colour") / "surfaces.yaml").read_text(encoding="utf-8")
    surfaces = [Paint.model_validate(surface) for surface in yaml.safe_load(text).values()]
    return np.array([paint.reflectance(NM) for paint in (*surfaces, *targets().paints.values())])


def flag_red() -> Array:
    """Reflectance of a flag's field, (nm,)."""
    return targets().paints["red"].reflectance(NM)
