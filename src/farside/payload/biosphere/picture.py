"""Pictures of the canister: the state as a lit scene behind a misted window, and the camera's counts of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.geometry import t_to_utc
from farside.instruments.biosphere import camera as sensor
from farside.instruments.biosphere import numbers, view
from farside.instruments.observation import observation
from farside.payload.biosphere.bed import bed
from farside.payload.biosphere.brush import Leaf, cast_shadow, paint_leaf, paint_stalk
from farside.payload.biosphere.garden import shapes
from farside.payload.biosphere.life import Life
from farside.payload.camera.optics import band_pattern
from farside.payload.camera.sensor import expose
from farside.physics import solar_irradiance
from farside.work import rng

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float32]

PIPE_COLOUR = (1.0, 0.96, 0.86)
"""Transmission of the light pipe in red, green, blue relative to its mean: assumed."""
PIXEL_SIGMA = 0.5
"""Blur of a Bayer cell with its low-pass filter, pixels: assumed."""
FINE = 2
"""Coarser pictures are drawn at this binning and then averaged, so that roots stay thinner than a pixel."""
DROPS = 110
MIST_MG = 160.0
"""Water on wall and window that brings out every drop."""


def observe(life: Life, t: float, camera: str, index: int, sequence_id: str, seed: int, binning: int = 1) -> xr.Dataset:
    """Raw counts (line, sample) of camera ``camera`` ("a" or "b") at t (TDB s past J2000), with the header it sends.

    Raises BadInput for another camera or a binning that does not fit.
    """
    import cv2

    instrument = sensor()
    fine = min(binning, FINE)
    light = radiance(life, t, camera, seed, fine)
    if fine < binning:
        size = (light.shape[1] * fine // binning, light.shape[0] * fine // binning)
        light = np.asarray(cv2.resize(light, size, interpolation=cv2.INTER_AREA), np.float32)
    pattern = band_pattern(instrument)
    mosaic = np.empty(light.shape[:2], np.float32)
    for i in (0, 1):
        for j in (0, 1):
            mosaic[i::2, j::2] = light[i::2, j::2, pattern[i, j]]
    warm_c = round(float(life.at(life.air_k, t)) - 273.15, 1)
    dn, exposure_ms = expose(mosaic, instrument, binning, warm_c, seed, sequence_id, camera, index)
    return observation(
        dn,
        instrument=instrument.name,
        camera=camera,
        mode=instrument.mode,
        index=index,
        sequence_id=sequence_id,
        level="raw",
        start_utc=t_to_utc(t),
        stop_utc=t_to_utc(t + exposure_ms * 1e-3),
        exposure_ms=exposure_ms,
        binning=binning,
        bits=instrument.detector.bits,
        temperature_c=warm_c,
        compression_ratio=instrument.compression_ratio,
        bayer=instrument.detector.bayer,
    )


def radiance(life: Life, t: float, camera: str, seed: int, binning: int = 1) -> Floats:
    """What the camera sees at t: radiance (line, sample, RGB), W m-2 sr-1 um-1."""
    import cv2

    eye = view(camera, binning)
    soil = float(life.at(life.shared("soil.h2o"), t))
    canvas = bed(camera, binning, seed, soil / (soil + 0.2))
    things = shapes(life, t, seed)
    things.sort(key=lambda s: -float(eye.project((s.base if isinstance(s, Leaf) else s.points[-1])[None])[0, 2]))
    for thing in things:
        cast_shadow(canvas, eye, thing)
    for thing in things:
        if isinstance(thing, Leaf):
            paint_leaf(canvas, eye, thing)
        else:
            paint_stalk(canvas, eye, thing)
    pipe, lamp = _light(life, t)
    seen = canvas.reflectance * (canvas.pipe[..., None] * pipe + canvas.lamp[..., None] * lamp) / np.float32(np.pi)
    seen += np.float32(0.02) * seen.mean(axis=(0, 1))  # light scattered in the canister and the lens
    seen = _through_window(seen, camera, float(life.at(life.shared("film.h2o"), t)) * 18.015e3, seed, binning)
    blur = float(np.hypot(sensor().optics.psf_sigma_px / binning, PIXEL_SIGMA))
    return np.asarray(cv2.GaussianBlur(seen, (0, 0), blur), np.float32)


def _light(life: Life, t: float) -> tuple[Floats, Floats]:
    """Spectral irradiance of pipe and lamp in R, G, B, W m-2 um-1."""
    bands = solar_irradiance([b.centre_nm for b in sensor().bands]) / 1361.0
    flux = float(life.at(life.light * (1.0 - life.controls[:, 2]), t))
    pipe = bands * flux * np.array(PIPE_COLOUR)
    return pipe.astype(np.float32), np.array(numbers()["lamp_irradiance_w_m2_um"], np.float32)


def _through_window(seen: Floats, camera: str, film_mg: float, seed: int, binning: int) -> Floats:
    """The scene through drops on the window, each a small lens that shows it upside down and a little brighter."""
    import cv2

    lines, samples = seen.shape[:2]
    draw = rng(seed, "biosphere", "drops", camera)
    place = draw.uniform(0.0, 1.0, (DROPS, 2))
    reach = np.abs(place - 0.5).max(axis=1) * 2.0
    size, first = draw.lognormal(1.6, 0.45, DROPS), draw.uniform(0.15, 1.6, DROPS) * (1.9 - reach)
    wet = film_mg / MIST_MG
    x, y = np.meshgrid(np.arange(samples, dtype=np.float32), np.arange(lines, dtype=np.float32))
    gain = np.ones((lines, samples), np.float32)
    changed = False
    for (px, py), radius, since in zip(place, size * 2.0 / binning, first, strict=True):
        if wet <= since:
            continue
        r = float(radius * min(1.0, 0.4 + 2.0 * (wet - since)))
        cx, cy = px * samples, py * lines
        i0, i1, j0, j1 = int(max(cx - r - 1, 0)), int(cx + r + 2), int(max(cy - r - 1, 0)), int(cy + r + 2)
        dx = np.arange(samples, dtype=np.float32)[i0:i1] - np.float32(cx)
        dy = (np.arange(lines, dtype=np.float32)[j0:j1] - np.float32(cy))[:, None]
        q = np.hypot(dx, dy) / r
        inside = np.clip((1.0 - q) * r, 0.0, 1.0)
        x[j0:j1, i0:i1] -= inside * 2.6 * dx
        y[j0:j1, i0:i1] -= inside * 2.6 * dy
        gain[j0:j1, i0:i1] *= 1.0 + inside * (
            0.16 - 0.42 * q**4 + 0.5 * np.exp(-((dx / r + 0.35) ** 2 + (dy / r + 0.4) ** 2) / 0.03)
        )
        changed = True
    if changed:
        seen = np.asarray(cv2.remap(seen, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101), np.float32)
    return seen * gain[..., None]
