"""The radargram: from one file to a section in depth with its layers marked, every number with its error.

edit -> time zero, band -> background -> gain -> migration -> velocity -> migration -> depth -> layers
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput, DamagedFile
from farside.instruments.lpr import Channel, product_id, radar
from farside.instruments.lpr.dielectric import C_M_PER_NS
from farside.products.lpr.clean import from_time_zero, gain, time_zero, without_background
from farside.products.lpr.column import Column, published_column
from farside.products.lpr.edit import FEWEST, distance_m, moving_records
from farside.products.lpr.layers import STEEPEST, horizons
from farside.products.lpr.migrate import stolt
from farside.products.lpr.velocity import measured_column
from farside.products.provenance import provenance, source
from farside.work import rng

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

LOSS_TANGENT = 0.004
"""Of the gain: 0.0032 to 0.005 are published for the site (Feng 2022, Lai 2019)."""
VIEWS = {"1": (250.0, 0.5, 20.0), "2A": (45.0, 0.05, 1.0), "2B": (45.0, 0.05, 1.0)}
"""Deepest depth shown, its step, and the depth from which layers are sought, m, by channel."""
DIP_SD = 0.1
"""Standard deviation of a boundary's slope, assumed."""
SD_90 = 1.645
"""Half width of a 90 % interval in standard deviations."""


def radargram(observation: xr.Dataset) -> xr.Dataset:
    """The section of a level-2B observation of any channel, real or simulated.

    amplitude (trace, sample): cleaned, with gain; migrated (trace, depth) and its variance from receiver noise
    (depth,); layer_depth_m, layer_low_m, layer_high_m (layer, trace): boundaries and their 90 % intervals; permittivity
    with low and high (depth,). Coordinates: distance_m, time_ns (two-way, from the surface), depth_m; t, position and
    attitude of the traces kept. Raises DamagedFile for a file without a usable record, BadInput for another level.
    """
    import xarray as xr

    a = observation.attrs
    name = str(a.get("product_id") or product_id(a))
    if a["level"] != "2B":
        raise BadInput(name, "level", a["level"], "a level-2B radar observation")
    mode, channel = a["mode"], radar().channel(a["mode"])
    good = observation.isel(trace=usable(observation))
    if not good.sizes["trace"]:
        raise DamagedFile(name, "no usable record")
    moving = moving_records(good)
    way, length_sd = distance_m(good, moving)
    kept = moving if moving.sum() >= FEWEST else np.ones(len(moving), bool)
    even = bool(moving.sum() >= FEWEST)
    dn, place = np.asarray(good["dn"][kept], np.float32), way[kept]
    if not even:
        place = np.arange(len(dn)) * radar().trace_step_m
    zero, zero_sd, zero_by = time_zero(dn.mean(axis=0, dtype=np.float64), channel)
    air = 2.0 * channel.height_m / C_M_PER_NS
    plain = from_time_zero(dn, zero + air, channel)
    section = without_background(plain, place) if len(dn) > 2 else plain
    time: Array = np.arange(channel.samples, dtype=np.float64) * channel.interval_ns
    filled = time < time[-1] - zero - air
    noise, noise_from = _noise(section, time, filled)
    column = published_column(mode)
    factor = gain(time, channel, LOSS_TANGENT, float(column.mean_index(np.array(10.0))), noise_from).astype(np.float32)
    section *= factor
    evened, step, grid = _evened(section, place)
    column, spoke, migrated = _focused(evened, step, grid, channel, column, length_sd, even and mode != "1")
    deepest, dz, top = VIEWS[mode]
    depth = np.arange(0.0, deepest, dz)
    at = column.time_ns(depth, channel.height_m) - air
    image = _at_times(migrated, at, channel.interval_ns)
    variance = _noise_variance(noise, factor, at, step, channel, column)
    seen = float(column.depth_m(np.array(noise_from + air), channel.height_m))
    wave = C_M_PER_NS / (channel.centre_mhz * 1e-3) / float(column.mean_index(np.array(10.0)))
    found = horizons(image, step, depth, top, min(seen, deepest - dz), wave) if even else []
    layers = np.array([np.interp(place, grid, h.depth_m) for h in found]).reshape(len(found), len(dn))
    picks = np.array([h.pick_sd_m for h in found]).reshape(-1, 1)
    sd = _depth_sd(layers, picks, place, column, zero_sd)
    eps, eps_sd = column.permittivity(depth), 2.0 * column.index_sd(depth)
    shown = _at_places(image, grid, place)
    dims = ("layer", "trace")
    return xr.Dataset(
        {
            "amplitude": (("trace", "sample"), section, {"units": "DN at 1 m"}),
            "migrated": (("trace", "depth"), shown, {"units": "DN at 1 m"}),
            "variance": (("depth",), variance, {"units": "(DN at 1 m)^2, of migrated, from receiver noise"}),
            "layer_depth_m": (dims, layers, {"units": "m"}),
            "layer_low_m": (dims, layers - SD_90 * sd, {"units": "m"}),
            "layer_high_m": (dims, layers + SD_90 * sd, {"units": "m"}),
            "layer_strength": (("layer",), np.array([h.strength for h in found])),
            "permittivity": (("depth",), eps),
            "permittivity_low": (("depth",), eps * (1.0 - SD_90 * eps_sd)),
            "permittivity_high": (("depth",), eps * (1.0 + SD_90 * eps_sd)),
            "position": (("trace", "axis"), good["position"].to_numpy()[kept], {"units": "m; north, east, down"}),
            "attitude": (("trace", "angle"), good["attitude"].to_numpy()[kept], {"units": "pitch, roll, yaw"}),
        },
        {
            "t": ("trace", good["t"].to_numpy()[kept], {"units": "s, TDB past J2000"}),
            "distance_m": ("trace", place, {"units": "m"}),
            "time_ns": ("sample", time, {"units": "ns, two-way, from the surface"}),
            "depth_m": ("depth", depth, {"units": "m below the surface"}),
        },
        {
            "instrument": "lpr",
            "mode": mode,
            "level": "3",
            "sequence_id": a["sequence_id"],
            "product_id": name,
            "start_utc": a["start_utc"],
            "stop_utc": a["stop_utc"],
            "records": observation.sizes["trace"],
            "damaged_records": observation.sizes["trace"] - good.sizes["trace"],
            "moving_records": int(moving.sum()),
            "only_standing": int(not even),
            "attitude_unit": a.get("attitude_unit", "rad"),
            "length_sd": length_sd,
            "time_zero_ns": zero,
            "time_zero_sd_ns": zero_sd,
            "time_zero_by": zero_by,
            "index_scale": column.scale,
            "index_scale_sd": column.scale_sd,
            "diffractions": spoke,
            "noise_counts": noise,
            "noise_from_ns": noise_from,
            "provenance": provenance(
                "radargram", [source(observation)], loss_tangent=LOSS_TANGENT, band_mhz=list(channel.band_mhz)
            ),
        },
    )  # fmt: skip


def usable(observation: xr.Dataset) -> NDArray[np.bool_]:
    """Records whose marks and length are right and whose echoes are numbers, (trace,)."""
    dn = np.asarray(observation["dn"])
    return ~observation["damaged"].to_numpy() & np.isfinite(dn).all(axis=1)


def _noise(section: Floats, time: Array, filled: NDArray[np.bool_]) -> tuple[float, float]:
    """Noise of a section before gain, from its last quarter, and the time from which there is little else."""
    from scipy.ndimage import uniform_filter1d

    rms = np.sqrt((section**2).mean(axis=0, dtype=np.float64))
    last = int(filled.sum())
    noise = float(np.median(rms[int(0.8 * last) : last]))
    smooth = uniform_filter1d(rms[:last], max(3, last // 40))
    above = np.nonzero(smooth > 1.15 * noise)[0]
    return noise, float(time[above[-1]]) if above.size else float(time[last - 1])


def _evened(section: Floats, place: Array) -> tuple[Floats, float, Array]:
    """Traces at even steps along the way (nearest trace), the step, and where they are."""
    step = max(float(np.median(np.diff(place))), 1e-3) if len(place) > 1 else 1.0
    grid = np.arange(place[0], place[-1] + 0.5 * step, step)
    return section[_nearest(place, grid)], step, grid


def _at_places(image: Floats, grid: Array, place: Array) -> Floats:
    return image[_nearest(grid, place)]


def _nearest(of: Array, at: Array) -> NDArray[np.int64]:
    """Index of the value of a rising sequence that is nearest to each of ``at``."""
    right = np.searchsorted(of, at).clip(1, max(len(of) - 1, 1))
    if len(of) == 1:
        return np.zeros(len(at), np.int64)
    return np.where(at - of[right - 1] <= of[right] - at, right - 1, right)


def _focused(
    section: Floats, step: float, grid: Array, channel: Channel, column: Column, length_sd: float, ask: bool
) -> tuple[Column, int, Floats]:
    """The column from this drive's diffractions, how many spoke, and the section migrated with it."""
    band = (channel.band_mhz[0] * 1e-3, channel.band_mhz[1] * 1e-3)
    if len(section) < FEWEST:
        return column, 0, section
    migrated = stolt(section, step, channel.interval_ns, _velocity(column), band)
    if not ask:
        return column, 0, migrated
    known, spoke = measured_column(section, migrated, grid, channel.interval_ns, channel, column, length_sd)
    if known is column:
        return column, spoke, migrated
    return known, spoke, stolt(section, step, channel.interval_ns, _velocity(known), band)


def _velocity(column: Column) -> float:
    """Velocity of migration, m/ns: that of the way to 10 m, where diffractions and the first boundary are."""
    return C_M_PER_NS / float(column.mean_index(np.array(10.0)))


def _at_times(section: Floats, time: Array, interval_ns: float) -> Floats:
    """Traces (n, samples) read at times, linearly, (n, times); zero beyond their end."""
    at = np.minimum(time / interval_ns, section.shape[1] - 2.0)
    base = at.astype(np.int64)
    part = (at - base).astype(np.float32)
    return section[:, base] * (1 - part) + section[:, base + 1] * part


def _noise_variance(noise: float, factor: Floats, at: Array, step: float, channel: Channel, column: Column) -> Array:
    """Variance of the migrated section from receiver noise, (depth,): white noise sent the same way."""
    from scipy.ndimage import uniform_filter1d

    white = rng(0, "lpr", "noise panel").standard_normal((96, channel.samples), np.float32)
    panel = from_time_zero(white, 0.0, channel)
    panel *= np.float32(noise / panel.std()) * factor
    band = (channel.band_mhz[0] * 1e-3, channel.band_mhz[1] * 1e-3)
    image = _at_times(stolt(panel, step, channel.interval_ns, _velocity(column), band), at, channel.interval_ns)
    variance = (image.astype(np.float64) ** 2).mean(axis=0)
    return np.asarray(uniform_filter1d(variance, 21, mode="nearest"))


def _depth_sd(layers: Array, picks: Array, place: Array, column: Column, zero_sd_ns: float) -> Array:
    """Standard deviation of layer depths (layer, trace), m: index, time zero, picking, and the ends of the way.

    What dips near an end answers beyond it: within STEEPEST times the depth of an end the dip is known to DIP_SD only.
    """
    index = column.mean_index(layers)
    zero = 0.5 * C_M_PER_NS * zero_sd_ns / index
    to_end = np.minimum(place - place[0], place[-1] - place)
    ends = DIP_SD * np.maximum(STEEPEST * layers - to_end, 0.0)
    return np.asarray(np.sqrt((layers * column.index_sd(layers)) ** 2 + zero**2 + picks**2 + ends**2))
