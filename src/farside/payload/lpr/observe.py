"""Sounding along a drive: truth in, raw counts with the records' heads out."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.instruments.lpr import Channel, clock_of, product_id, radar, soundings, utc_of
from farside.payload.lpr.echoes import echoes
from farside.payload.lpr.ground import Ground, check_ground
from farside.payload.lpr.receiver import record
from farside.payload.lpr.track import Track

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]


def observe(
    ground: Ground,
    track: Track,
    mode: str,
    sequence_id: str,
    seed: int,
    traces: int | None = None,
    within: tuple[float, float] | None = None,
) -> xr.Dataset:
    """Raw observation of channel ``mode`` ("1" or "2B") along ``track``.

    Records follow each other at the channel's interval from the track's first time on, standing or moving: ``traces``
    of channel 2 (or as many of channel 1 as fit in the same time) at most, and only those ``within`` two times (TDB s
    past J2000, the second one excluded). The head holds the rover's own reckoning, held between updates, from the
    drive's first position as reference point; never the truth. Raises BadInput.
    """
    check_ground(ground)
    channel = radar().channel(mode)
    every = channel.record_interval_s
    if len(track.t) < 2 or np.any(np.diff(track.t) <= 0):
        raise BadInput("lpr", "track.t", len(track.t), "two or more rising times")
    duration = float(track.t[-1] - track.t[0])
    if traces is not None:
        duration = min(duration, traces * radar().channels["2B"].record_interval_s - 1e-6)
    first, stop = 0, int(duration / every) + 1
    if within is not None:
        first, past = (ceil((t - float(track.t[0])) / every) for t in within)
        first, stop = max(first, 0), min(past, stop)
    if first >= stop:
        raise BadInput("lpr", "within", within, f"times between which channel {mode} sounds along the track")
    numbers = np.arange(first, stop)
    n = len(numbers)
    t = track.t[0] + every * numbers
    here = track.at(t)
    echo = _moving_echoes(ground, channel, here.position[:, :2])
    counts, quality = record(echo, mode, channel, seed, sequence_id, first)
    clock = clock_of(t)
    position, attitude, reference = _reckoned(track, t)
    keeping = radar().housekeeping
    other = {"1": "2B"}.get(mode, "1")
    others = ((t - track.t[0]) / radar().channels[other].record_interval_s).astype(int)
    ones, twos = (numbers, others) if mode == "1" else (others, numbers)
    columns: dict[str, NDArray[Any]] = {
        "clock_ms": clock,
        "velocity": np.zeros(n),  # the real records say 0 even in a drive
        "position": position,
        "attitude": attitude,
        "reference_position": reference,
        "parameter1": np.tile(np.array(keeping.parameter1, np.uint8), (n, 1)),
        "radar_mode": np.full(n, keeping.radar_mode),
        "gain": np.tile(np.array(keeping.gain, np.uint8), (n, 1)),
        "parameter2": np.tile(np.array(keeping.parameter2, np.uint8), (n, 1)),
        "valid_length": np.full(n, 4 * channel.samples),
        "count": np.stack([ones + 1, twos + 1], axis=1) % 65536,
        "quality": quality,
    }
    attrs = {
        "mode": mode,
        "level": "raw",
        "sequence_id": sequence_id,
        "start_utc": utc_of(int(clock[0])),
        "stop_utc": utc_of(int(clock[-1])),
        "accumulations": channel.accumulations,
        "attenuation_db": channel.attenuation_db,
        "attitude_unit": "rad",
    }
    return soundings(counts, columns, **attrs, product_id=product_id(attrs))


def _moving_echoes(ground: Ground, channel: Channel, place: Array) -> NDArray[np.float32]:
    """Echoes at all places, worked out once where the rover stands."""
    moved = np.concatenate([[True], np.hypot(*np.diff(place, axis=0).T) > 1e-4])
    return echoes(ground, channel, place[moved])[np.cumsum(moved) - 1]


def _reckoned(track: Track, t: Array) -> tuple[Array, Array, Array]:
    """Position (north, east, down of the reference point), attitude and reference point of each record's head."""
    hold = radar().pose_update_s
    known = track.at(track.t[0] + hold * np.floor((t - track.t[0]) / hold))
    reference = track.believed[0]
    east, north, up = (known.believed - reference).T
    return np.stack([north, east, -up], axis=1), known.attitude, np.tile(reference, (len(t), 1))
