"""The dynamic spectrum: flux of the Sun against time and frequency, the sky behind it, and the drift of a burst."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import direction
from farside.instruments.lfs import Band, Spectrometer, antenna, load
from farside.products.lfs.quiet import quiet_times
from farside.products.lfs.ridge import LEAST, Ridge, light_curves, ridge
from farside.products.lfs.spectra import looks
from farside.products.provenance import provenance, source

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

SPIKE = 1.3
"""A channel this much above its neighbours still has a line of the lander in it, and is left out."""
NEIGHBOURS = 15
FEWEST_QUIET = 30


def dynamic_spectrum(level2: xr.Dataset) -> xr.Dataset:
    """The dynamic spectrum of a level 2C observation, dims (time, frequency), with the background and the ridge.

    Variables: flux, W m-2 Hz-1, and its variance (radiometer noise of background and signal); brightness of the sky,
    W m-2 Hz-1 sr-1, and its variance (that noise, and the receiver's and the plasma's uncertain shares);
    background, V2 Hz-1; on (ridge): ridge_frequency, ridge_time, ridge_time_error, ridge_peak, ridge_decay. attrs:
    drift_exponent, drift_exponent_interval (95 %), drift_rate_1mhz (Hz s-1) where a burst is heard; burst says why not.
    NaN where spectra are missing or lines remain. Raises BadInput for another level or too little quiet time.
    """
    import xarray as xr

    a = level2.attrs
    name = str(a.get("product_id"))
    if a.get("level") != load().data_product_level:
        raise BadInput(name, "level", a.get("level"), "calibrated spectra (level 2C)")
    instrument = load()
    band = instrument.band(str(a.get("band", "high")))
    t = level2["time"].to_numpy()
    frequency, psd, n_looks = _channels(level2, band)
    every = float(np.median(np.diff(t))) if len(t) > 1 else instrument.block.every_s
    quiet = quiet_times(frequency, psd, every)
    if quiet.sum() < FEWEST_QUIET:
        raise BadInput(name, "quiet spectra", int(quiet.sum()), f"{FEWEST_QUIET} or more to take the background from")
    background = psd[quiet].mean(axis=0)
    background[_spikes(background)] = np.nan
    per_flux = antenna.plane_wave(1.0, _cosine(level2), instrument)
    flux = (psd - background) / per_flux[:, None]
    level = np.maximum(_smooth(psd), background) / per_flux[:, None]
    sky, sky_variance = _brightness(frequency, background, n_looks * int(quiet.sum()), instrument, band)
    floor, edges = background / np.median(per_flux), (band.low_hz, band.high_hz)
    found = ridge(light_curves(t - t[0], frequency, flux, floor, n_looks, edges))
    return xr.Dataset(
        {
            "flux": (("time", "frequency"), flux.astype(np.float32), {"units": "W m-2 Hz-1"}),
            "variance": (("time", "frequency"), level**2 / n_looks, {"units": "W2 m-4 Hz-2"}),
            "background": ("frequency", background, {"units": "V2 Hz-1"}),
            "brightness": ("frequency", sky, {"units": "W m-2 Hz-1 sr-1"}),
            "brightness_variance": ("frequency", sky_variance, {"units": "W2 m-4 Hz-2 sr-2"}),
            "ridge_frequency": ("ridge", found.frequency, {"units": "Hz"}),
            "ridge_time": ("ridge", found.time + t[0], {"units": "s", "scale": "TDB past J2000"}),
            "ridge_time_error": ("ridge", found.error, {"units": "s"}),
            "ridge_peak": ("ridge", found.peak, {"units": "W m-2 Hz-1"}),
            "ridge_decay": ("ridge", found.decay, {"units": "s"}),
        },
        {
            "time": ("time", t, {"units": "s", "scale": "TDB past J2000"}),
            "frequency": ("frequency", frequency, {"units": "Hz"}),
        },
        {
            "title": "Dynamic spectrum of the low-frequency radio spectrometer",
            **{
                key: a[key]
                for key in ("product_id", "instrument", "mode", "band", "sequence_id", "cancelled_db")
                if key in a
            },
            "level": "3",
            "start_utc": a["start_utc"],
            "stop_utc": a["stop_utc"],
            "looks": n_looks,
            "missing": int(np.count_nonzero(~np.isfinite(psd).all(axis=1))),
            **_drift(found),
            "provenance": provenance("lfs.dynamic_spectrum", [source(level2)], quiet=int(quiet.sum()), spike=SPIKE),
        },
    )


def _channels(level2: xr.Dataset, band: Band) -> tuple[Array, Array, float]:
    """Frequencies (Hz), powers (record, frequency) averaged to the published resolution, and looks in each."""
    f = level2["frequency"].to_numpy()
    bins = max(1, round(band.resolution_hz / float(f[1] - f[0])))
    inside = np.flatnonzero((f >= band.low_hz) & (f <= band.high_hz))
    inside = inside[: len(inside) // bins * bins]
    psd = level2["psd"].to_numpy()[:, inside].astype(float)
    psd[level2["quality"].to_numpy() != 0] = np.nan
    accumulated = float(np.median(level2["accumulations"].to_numpy()))
    n = looks(bins, 2 * level2.sizes["channel"]) * accumulated
    return f[inside].reshape(-1, bins).mean(axis=1), psd.reshape(len(psd), -1, bins).mean(axis=2), n


def _cosine(level2: xr.Dataset) -> Array:
    """Cosine (record,) between the Sun and the monopole that the antennas were added up to."""
    if "cancel_direction" not in level2.attrs:
        return np.full(level2.sizes["record"], np.sqrt(1.0 / 3.0))  # mean of its square over all directions
    az, el = (np.radians(level2[name].to_numpy().astype(float)) for name in ("sun_azimuth", "sun_elevation"))
    return direction(az, el) @ np.array(level2.attrs["cancel_direction"])


def _spikes(background: Array) -> NDArray[np.bool_]:
    from scipy.ndimage import median_filter

    return background > SPIKE * median_filter(background, NEIGHBOURS, mode="nearest")


def _smooth(psd: Array) -> Array:
    """Powers averaged over 5 spectra and 5 channels: what their noise is reckoned from."""
    from scipy.ndimage import uniform_filter

    seen = np.isfinite(psd)
    weight = uniform_filter(seen.astype(float), 5, mode="nearest")
    return uniform_filter(np.where(seen, psd, 0.0), 5, mode="nearest") / np.maximum(weight, 1e-9)


def _brightness(
    frequency: Array, background: Array, n: float, instrument: Spectrometer, band: Band
) -> tuple[Array, Array]:
    """Brightness of the sky and its variance, each (frequency,), of a quiet background averaged over n looks."""
    p, r = instrument.plasma, instrument.receiver
    plasma = antenna.thermal(frequency, p.density_cm3, p.temperature_k, instrument)
    own = antenna.receiver(instrument, band.sample_hz)
    per_sky = float(antenna.isotropic(1.0, instrument))
    error = background**2 / n + (r.noise_error * (r.noise_nv * 1e-9) ** 2) ** 2 + (p.error * plasma) ** 2
    return (background - plasma - own) / per_sky, error / per_sky**2


def _drift(found: Ridge) -> dict[str, Any]:
    fit = found.drift
    if fit is None:
        return {"burst": f"none: fewer than {LEAST} bands hear one"}
    return {
        "burst": "type III",
        "drift_exponent": fit.exponent,
        "drift_exponent_interval": [fit.low, fit.high],
        "drift_rate_1mhz": fit.rate_1mhz,
        "drift_t0_s": fit.t0,
        "drift_c_s": fit.c,
        "drift_f0_hz": fit.f0,
    }
