"""Absorption bands: the continuum over them, where their centres are and how deep they go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Range:
    """Where a band is looked for, nm: the ends of its continuum, and the range that its centre may lie in.

    bias_nm: how far the model misses the centres of noiseless spectra, rms over 60 simulated soils of random make.
    """

    name: str
    left: float
    right: float
    inside: tuple[float, float]
    bias_nm: float


BANDS = (
    Range("band_1", 700.0, 1600.0, (850.0, 1100.0), 2.7),
    Range("band_2", 1600.0, 2300.0, (1750.0, 2250.0), 9.1),
)
"""Iron in crystals near 1 and 2 um."""
SMOOTH = 21
"""Bands over which a spectrum is smoothed where no absorption is modelled."""
MODEL_NM = (700.0, 2320.0)
"""Where the model of the absorptions is fitted; real spectra are faulty beyond."""
_ABSORPTIONS = (
    *((float(centre), 210.0) for centre in range(880, 1101, 20)),
    (1250.0, 400.0),
    *((float(centre), 560.0) for centre in range(1800, 2341, 40)),
)
"""Centre and full width in nm of what minerals may absorb (widths: Sunshine et al. 1990)."""
_RESTRAINT = 0.2
"""Keeps strengths from trading between neighbours: chosen on noise, not on a target."""
_CENTRE_STEP_NM = 0.5
_SHALLOW = 1e-3


def smoothed(reff: Array, bands: int) -> Array:
    """Savitzky-Golay filter of second order along the last axis."""
    from scipy.signal import savgol_filter

    return savgol_filter(reff, bands, 2, axis=-1)


def continuum(wavelength_nm: Array, reff: Array) -> Array:
    """The upper convex hull over each spectrum, (..., bands)."""
    flat = np.ascontiguousarray(reff.reshape(-1, reff.shape[-1]))
    return _hull(np.ascontiguousarray(wavelength_nm), flat).reshape(reff.shape)


@njit(cache=True, nogil=True)
def _hull(x, y):  # type: ignore[no-untyped-def]
    """Andrew's monotone chain over each row of y (spectra, bands), x rising, interpolated back to x."""
    out = np.empty_like(y)
    kept = np.empty(x.size, np.int64)
    for n in range(y.shape[0]):
        count = 0
        for i in range(x.size):
            while count >= 2:
                a, b = kept[count - 2], kept[count - 1]
                if (y[n, b] - y[n, a]) * (x[i] - x[a]) <= (y[n, i] - y[n, a]) * (x[b] - x[a]):
                    count -= 1
                else:
                    break
            kept[count] = i
            count += 1
        for k in range(count - 1):
            a, b = kept[k], kept[k + 1]
            for i in range(a, b + 1):
                out[n, i] = y[n, a] + (y[n, b] - y[n, a]) * (x[i] - x[a]) / (x[b] - x[a])
    return out


def modelled(wavelength_nm: Array, reff: Array) -> Array:
    """Spectra (..., bands) made smooth by what may absorb: Gaussians in 1/l that only take light away.

    ln R = c0 + c1/l + c2 l less a sum of Gaussians at fixed places with strengths >= 0 (the modified Gaussian model of
    Sunshine, Pieters and Pratt 1990 with a dense fixed set, solved by non-negative least squares). Savitzky-Golay
    outside MODEL_NM. Smoother than a filter of the same resolution, because strengths cannot be negative.
    """
    from scipy.optimize import nnls

    within = (wavelength_nm >= MODEL_NM[0]) & (wavelength_nm <= MODEL_NM[1])
    design, restrained = _design(wavelength_nm[within])
    out = smoothed(reff, SMOOTH).reshape(-1, reff.shape[-1])
    target = np.zeros(restrained.shape[0])
    for n, spectrum in enumerate(reff.reshape(-1, reff.shape[-1])[:, within]):
        target[: spectrum.size] = np.log(np.maximum(spectrum, 1e-4))
        out[n, within] = np.exp(design @ nnls(restrained, target)[0])
    return out.reshape(reff.shape)


def _design(wavelength_nm: Array) -> tuple[Array, Array]:
    """Columns of the model (bands, terms), and the same with the rows that restrain the strengths below."""
    um = wavelength_nm * 1e-3
    columns = []
    for centre, fwhm in _ABSORPTIONS:
        mu = centre * 1e-3
        sigma = fwhm * 1e-3 / (2.354820045 * mu**2)
        columns.append(-np.exp(-((1.0 / um - 1.0 / mu) ** 2) / (2.0 * sigma**2)))
    for term in (np.ones_like(um), 1.0 / um, um):
        # both signs, as the solver knows only strengths that are not negative
        columns += [term / term.max(), -term / term.max()]
    design = np.stack(columns, axis=1)
    restraint = _RESTRAINT * np.eye(len(_ABSORPTIONS), design.shape[1])
    return design, np.vstack([design, restraint])


def band_centres(wavelength_nm: Array, smooth: Array, band: Range) -> tuple[Array, Array]:
    """Centre in nm and depth of a band, (...), in smooth spectra (..., bands).

    Centre: where reflectance over its continuum is least. Depth: one less that. NaN where it is least at an end
    or nowhere less than the continuum by a thousandth.
    """
    from scipy.interpolate import CubicSpline

    k = (wavelength_nm >= band.left) & (wavelength_nm <= band.right)
    x = wavelength_nm[k]
    flat = smooth[..., k].reshape(-1, x.size)
    fine = np.arange(band.inside[0], band.inside[1] + 1e-9, _CENTRE_STEP_NM)
    ratio = CubicSpline(x, flat / continuum(x, flat), axis=1)(fine)
    least = np.argmin(ratio, axis=1)
    found = (least > 0) & (least < fine.size - 1) & (ratio.min(axis=1) < 1.0 - _SHALLOW)
    centre = np.where(found, fine[least], np.nan)
    depth = np.where(found, 1.0 - ratio[np.arange(least.size), least], np.nan)
    return centre.reshape(smooth.shape[:-1]), depth.reshape(smooth.shape[:-1])
