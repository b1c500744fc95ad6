"""The front door: level-2B VIS and SWIR of one target in, its spectrum with bands and iron out.

    radiance -> REFF -> less heat -> one spectrum -> standard geometry -> continuum -> centres -> FeO

The whole chain runs on the measured spectra and on draws about them, so that every number has a spread of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import utc_to_t
from farside.instruments.vnis import load_vnis
from farside.products.provenance import provenance
from farside.products.vnis.bands import BANDS, SMOOTH, band_centres, continuum, modelled, smoothed
from farside.products.vnis.iron import iron, iron_sd, maturity
from farside.products.vnis.photometry import to_standard
from farside.products.vnis.reflectance import (
    TEMPERATURE_SD,
    balance_temperature,
    join,
    reflectance_factor,
    without_heat,
    without_step,
)
from farside.sky import sun_distance_au
from farside.work import rng

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

DRAWS = 200
_NOISE_BANDS = 41
_ROUGHNESS_DEG = 23.66
"""Of the same photometric model for whole orbital pixels (Sato et al. 2014): the other end of what is plausible."""
_SHADE = 0.5
"""Pixels below this share of the median at 560 nm count as shaded."""


@dataclass(frozen=True)
class _Chain:
    """What the chain's steps need besides the numbers that vary from draw to draw."""

    vis_nm: Array
    swir_nm: Array
    vis_angles: tuple[float, float, float]
    swir_angles: tuple[float, float, float]
    sun_au: float
    irradiance: tuple[Array | None, Array | None]

    def run(
        self, vis: Array, swir: Array, kelvin: Array, roughness_deg: float | None = None
    ) -> tuple[Array, Array, Array]:
        """Wavelengths (390,), REFF at standard geometry (n, 390) and scale of VIS (n,) from radiances (n, bands)."""
        i, j = self.vis_angles[0], self.swir_angles[0]
        v = reflectance_factor(self.vis_nm, vis, i, self.sun_au, self.irradiance[0])
        s = reflectance_factor(self.swir_nm, swir, j, self.sun_au, self.irradiance[1])
        s = without_heat(self.swir_nm, s, kelvin, j, self.sun_au, self.irradiance[1])
        wavelength, reff, scale = join(self.vis_nm, v, self.swir_nm, s)
        return wavelength, to_standard(wavelength, reff, self.swir_angles, roughness_deg), scale


def spectrum(
    vd: xr.Dataset, sd: xr.Dataset, irradiance: tuple[Array | None, Array | None] = (None, None)
) -> xr.Dataset:
    """Reflectance at incidence and phase 30, emission 0 degrees, absorption bands and FeO of one target.

    irradiance: of the Sun in the bands of VIS and SWIR, W m-2 nm-1 at 1 au, instead of the reference spectrum.
    On wavelength_nm (390,): ``reff``, its ``variance`` (noise), ``smooth``, ``continuum``. Scalars, each with
    ``_sd`` beside it (1 sigma): feo_wt (all errors, the formula's among them), band_1_nm, band_2_nm, band_1_depth,
    band_2_depth, r750, omat. A band too weak for its noise is NaN. Raises BadInput for observations of other
    modes or measurements.
    """
    import xarray as xr

    _check(vd, sd)
    spec = load_vnis()
    a = sd.attrs
    sun_au = float(sun_distance_au(utc_to_t(a["start_utc"])))
    cube = vd["radiance"].to_numpy()
    vis = cube[:, spec.spot_mask(cube.shape[1])].mean(axis=1).astype(float)
    swir_nm = sd["wavelength_nm"].to_numpy()
    swir, step = without_step(swir_nm, sd["radiance"].to_numpy().astype(float))
    chain = _Chain(vd["wavelength_nm"].to_numpy(), swir_nm, _angles(vd), _angles(sd), sun_au, irradiance)
    kelvin = balance_temperature(a["sun_incidence_deg"], sun_au)

    draw = rng(0, "vnis", "draws", a["product_id"])
    vis_all = vis + np.vstack([np.zeros(vis.size), draw.standard_normal((DRAWS, vis.size)) * _noise(vis)])
    swir_all = swir + np.vstack([np.zeros(swir.size), draw.standard_normal((DRAWS, swir.size)) * _noise(swir)])
    kelvin_all = kelvin + TEMPERATURE_SD * np.append(0.0, draw.standard_normal(DRAWS))
    panel = 1.0 + spec.panel.uncertainty * np.append(0.0, draw.standard_normal(DRAWS))[:, None]
    wavelength, reff, scale = chain.run(vis_all * panel, swir_all * panel, kelvin_all)
    _, rough, _ = chain.run(vis[None], swir[None], np.array([kelvin]), _ROUGHNESS_DEG)

    numbers = _numbers(wavelength, reff)
    other = _numbers(wavelength, rough)
    scalars: dict[str, Any] = {}
    for name, values in numbers.items():
        photometric = abs(float(other[name][0] - values[0]))
        parts = [float(np.nanstd(values[1:])), photometric if np.isfinite(photometric) else 0.0]
        if name == "feo_wt":
            parts.append(iron_sd())
        parts += [band.bias_nm for band in BANDS if name == f"{band.name}_nm"]
        enough = np.isfinite(values[1:]).mean() > 0.5
        scalars[name] = ((), float(values[0]) if enough else np.nan, _UNITS[name])
        scalars[f"{name}_sd"] = ((), float(np.hypot.reduce(parts)) if enough else np.nan, _UNITS[name])
    scalars["feo_lucey_wt"] = ((), float(iron(*_pair(wavelength, reff[0]), "lucey")), _UNITS["feo_wt"])
    smooth = modelled(wavelength, reff[0])
    along = ("wavelength_nm",)
    return xr.Dataset(
        {
            "reff": (along, reff[0], {"units": "1"}),
            "variance": (along, reff[1:].var(axis=0), {"units": "1"}),
            "smooth": (along, smooth, {"units": "1"}),
            "continuum": (along, _continua(wavelength, smooth), {"units": "1"}),
            **scalars,
        },
        {"wavelength_nm": (along, wavelength, {"units": "nm"})},
        {
            "title": "Reflectance spectrum",
            "instrument": "vnis",
            "level": "3",
            "product_id": str(a["product_id"]).replace("-SD_", "-SPECTRUM_"),
            "sequence_id": a["sequence_id"],
            "start_utc": vd.attrs["start_utc"],
            "stop_utc": a["stop_utc"],
            "geometry_deg": [30.0, 0.0, 30.0],
            "seen_at_deg": list(chain.swir_angles),
            "vis_scale": float(scale[0]),
            "vis_scale_sd": float(scale[1:].std()),
            "gain_step": step,
            "temperature_k": kelvin,
            "temperature_sd_k": TEMPERATURE_SD,
            "snr": float(np.median(swir / _noise(swir))),
            "shaded": _shaded(vd),
            "calibration": str(a.get("calibration", "archive")),
            "provenance": provenance("spectrum", [_source(vd), _source(sd)], draws=DRAWS, join_nm=[900.0, 945.0],
                                     iron="laboratory", continuum="convex hull"),
        },
    )  # fmt: skip


_UNITS = {
    "feo_wt": {"units": "wt%"},
    "band_1_nm": {"units": "nm"},
    "band_2_nm": {"units": "nm"},
    "band_1_depth": {"units": "1"},
    "band_2_depth": {"units": "1"},
    "r750": {"units": "1"},
    "omat": {"units": "1"},
}


def _numbers(wavelength: Array, reff: Array) -> dict[str, Array]:
    """Everything that is read off spectra (n, 390), each (n,)."""
    r750, r950 = _pair(wavelength, reff)
    found = {"feo_wt": iron(r750, r950), "r750": r750, "omat": maturity(r750, r950)}
    smooth = modelled(wavelength, reff)
    for band in BANDS:
        found[f"{band.name}_nm"], found[f"{band.name}_depth"] = band_centres(wavelength, smooth, band)
    return found


def _pair(wavelength: Array, reff: Array) -> tuple[Array, Array]:
    """Smoothed reflectance at 750 and 950 nm."""
    smooth = smoothed(reff, SMOOTH)
    return smooth[..., int(np.argmin(np.abs(wavelength - 750.0)))], smooth[
        ..., int(np.argmin(np.abs(wavelength - 950.0)))
    ]


def _continua(wavelength: Array, smooth: Array) -> Array:
    """The continuum over both bands; NaN outside them."""
    out = np.full(wavelength.size, np.nan)
    for band in reversed(BANDS):
        k = (wavelength >= band.left) & (wavelength <= band.right)
        out[k] = continuum(wavelength[k], smooth[k])
    return out


def _noise(spectrum: Array) -> Array:
    """Standard deviation of each band (bands,), from second differences in a running window: what is not smooth."""
    second = np.diff(spectrum, 2) ** 2 / 6.0
    half = _NOISE_BANDS // 2
    padded = np.pad(second, half + 1, mode="reflect")
    return np.sqrt(np.convolve(padded, np.full(_NOISE_BANDS, 1.0 / _NOISE_BANDS), "same")[half : half + spectrum.size])


def _angles(observation: xr.Dataset) -> tuple[float, float, float]:
    a = observation.attrs
    try:
        return float(a["sun_incidence_deg"]), float(a["emission_deg"]), float(a["phase_deg"])
    except KeyError as error:
        raise BadInput(
            str(a.get("product_id")), str(error.args[0]), None, "a label with the angles of Sun and sight"
        ) from error


def _check(vd: xr.Dataset, sd: xr.Dataset) -> None:
    for observation, mode in ((vd, "VD"), (sd, "SD")):
        a = observation.attrs
        if a.get("mode") != mode or "radiance" not in observation:
            raise BadInput(str(a.get("product_id")), "mode", a.get("mode"), f"level-2B radiance of mode {mode}")
    if vd.attrs.get("sequence_id") != sd.attrs.get("sequence_id"):
        raise BadInput(
            str(sd.attrs.get("product_id")),
            "sequence_id",
            sd.attrs.get("sequence_id"),
            f"that of VIS, {vd.attrs.get('sequence_id')}",
        )


def _shaded(vd: xr.Dataset) -> float:
    """Share of the SWIR field's pixels that lie in shade."""
    image = vd["radiance"].isel(band=int(np.argmin(np.abs(vd["wavelength_nm"].to_numpy() - 560.0)))).to_numpy()
    field = image[load_vnis().spot_mask(image.shape[0])]
    return float(np.mean(field < _SHADE * np.median(field)))


def _source(observation: xr.Dataset) -> dict[str, str]:
    import hashlib

    samples = np.ascontiguousarray(observation["radiance"].to_numpy(), "<f4")
    a = observation.attrs
    return {"product": f"{a['product_id']}.{a['level']}", "sha256": hashlib.sha256(samples.tobytes()).hexdigest()}
