"""One measurement: the white panel and then the target, in both channels; and what it truly was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.geometry import t_to_utc
from farside.instruments.vnis import MODES, counts, load_vnis
from farside.payload.vnis.light import Scene, glow, level_temperature, radiance, radiance_factor, scene
from farside.payload.vnis.sensor import Sensor, Shot
from farside.payload.vnis.target import Target
from farside.payload.vnis.view import VnisView
from farside.physics import solar_irradiance
from farside.work import rng

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

_STEP_MS = 30.0
"""Time to tune the filter and read out a band, assumed."""
_STANDARD = np.array([np.cos(np.radians(30.0))]), np.array([1.0]), np.array([np.cos(np.radians(30.0))])


def observe(target: Target, view: VnisView) -> tuple[xr.Dataset, ...]:
    """Raw counts of a measurement, in the order they are taken: panel (VC, SC), then target (VD, SD).

    Each has ``dn`` (filter on) and ``dark`` (filter off) and a header of what is known on board; bands are taken at
    their centres, as the spectra are smooth over a filter's few nanometres. A panel in shade gives dark VC and SC.
    """
    spec, sensor = load_vnis(), Sensor(view.seed, view.snr)
    frames = spec.panel.frames
    white = {channel: _panel(channel_nm, view) for channel, channel_nm in _wavelengths().items()}
    flat = np.broadcast_to(white["VIS"][:, None, None], (white["VIS"].size, view.lines, view.lines))
    pixels = scene(target, view)
    vis, swir = _target(target, pixels, view)
    shots = {
        "VC": sensor.image(flat, frames, view.sequence_id, view.index, "VC"),
        "SC": sensor.spectrum(white["SWIR"], frames, view.sequence_id, view.index, "SC"),
        "VD": sensor.image(vis, view.frames, view.sequence_id, view.index, "VD"),
        "SD": sensor.spectrum(swir, view.frames, view.sequence_id, view.index, "SD"),
    }
    out, t = [], view.t
    for n, (mode, shot) in enumerate(shots.items()):
        repeat = frames if mode in ("VC", "SC") else view.frames
        stop = t + repeat * (sum(shot.exposure_ms) + _STEP_MS * len(shot.exposure_ms)) * 1e-3
        out.append(_packed(mode, shot, view, view.index + n, t, stop, repeat))
        t = stop
    return tuple(out)


def truth(target: Target, view: VnisView) -> xr.Dataset:
    """What the SWIR field truly holds: for scoring, never for products.

    ``reff``: reflectance factor at incidence and phase 30, emission 0 degrees, every nm; ``vis`` and ``swir``: the
    field's mean radiance in the bands, W m-2 sr-1 nm-1; attrs: feo_wt, stone_share, temperature_k of level ground.
    """
    import xarray as xr

    pixels = scene(target, view)
    mask = load_vnis().spot_mask(view.lines).ravel()
    share = float(pixels.cover[mask].mean())
    fine = np.arange(450.0, 2396.0)
    standard = radiance_factor(target, Scene(*_STANDARD, np.array([share])), fine)[0] / _STANDARD[0][0]
    vis, swir = _target(target, pixels, view)
    stone = 0.0 if target.stone is None else target.stone.feo_wt
    wavelengths = _wavelengths()
    return xr.Dataset(
        {
            "reff": ("wavelength_nm", standard, {"units": "1"}),
            "vis": ("vis_nm", vis.reshape(vis.shape[0], -1)[:, mask].mean(axis=1)),
            "swir": ("swir_nm", swir),
        },
        {"wavelength_nm": fine, "vis_nm": wavelengths["VIS"], "swir_nm": wavelengths["SWIR"]},
        {
            "feo_wt": (1.0 - share) * target.ground.feo_wt + share * stone,
            "stone_share": share,
            "temperature_k": level_temperature(target, view),
        },
    )


def _wavelengths() -> dict[str, Array]:
    spec = load_vnis()
    return {"VIS": spec.wavelengths("VIS"), "SWIR": spec.wavelengths("SWIR")}


def _target(target: Target, pixels: Scene, view: VnisView) -> tuple[Array, Array]:
    """Radiance of the VIS image (band, line, sample) and of the SWIR field (bands,)."""
    spec, nm = load_vnis(), _wavelengths()
    mask = spec.spot_mask(view.lines).ravel()
    spot = Scene(pixels.mu0[mask], pixels.mu[mask], pixels.cos_g[mask], pixels.cover[mask])
    made = []
    for where, wavelength in ((pixels, nm["VIS"]), (spot, nm["SWIR"])):
        factor = radiance_factor(target, where, wavelength)
        mean = factor.mean(axis=0) if wavelength is nm["SWIR"] else factor
        reflectance = np.mean(factor, axis=0) / float(spot.mu0.mean())
        heat = glow(target, spot, view, wavelength)
        made.append(radiance(mean, reflectance, heat, wavelength, view.sun_distance_au))
    return made[0].T.reshape(-1, view.lines, view.lines), made[1]


def _panel(wavelength_nm: Array, view: VnisView) -> Array:
    """Radiance of the panel, level with the rover's deck: Lambert, and not quite as white as once in the laboratory."""
    p = load_vnis().panel
    cosine = max(float(view.pose.r[:, 2] @ np.array(view.sun)), 0.0)
    change = p.uncertainty * rng(view.seed, "vnis", "panel").standard_normal(2)
    white = p.reflectance * (1.0 + change[0] + 0.3 * change[1] * (wavelength_nm - 1400.0) / 1000.0)
    return white * cosine * solar_irradiance(wavelength_nm, view.sun_distance_au) * 1e-3 / np.pi


def _packed(mode: str, shot: Shot, view: VnisView, index: int, start: float, stop: float, frames: int) -> xr.Dataset:
    spec, channel = load_vnis(), MODES[mode]
    header: dict[str, Any] = {
        "instrument": spec.name,
        "mode": mode,
        "index": index,
        "sequence_id": view.sequence_id,
        "level": "raw",
        "start_utc": t_to_utc(start),
        "stop_utc": t_to_utc(stop),
        "exposure_ms": shot.exposure_ms,
        "frames": frames,
        "binning": spec.lines // view.lines,
        "bits": spec.vis.bits if channel == "VIS" else spec.swir.bits,
        "rover_position_m": view.pose.p.tolist(),
        "rover_rotation": view.pose.r.ravel().tolist(),
    }
    return counts(shot.dn, shot.dark, **header)
