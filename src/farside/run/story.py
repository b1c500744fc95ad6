"""The story of a flight as the ground can tell it: from telemetry and labels alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside import products
from farside.control import Chapter, Event, Footage, Mark, Panorama, Reading
from farside.geometry import t_to_utc
from farside.instruments.gnc import PHASES

if TYPE_CHECKING:
    import xarray as xr

Columns = Mapping[str, NDArray[Any]]
Moments = Mapping[str, tuple[float, float]]

TOUCHDOWN = "Touchdown"
PHASE_EVENTS = {
    "main braking": ("Ignition", "The engine lights and turns orbital speed into height."),
    "quick adjustment": ("Pitch-over", "The lander swings upright."),
    "approach": ("Approach", "Straight down, camera on the ground."),
    "hover": ("Hover", "Standing on its engine, looking for a safe place."),
    "avoidance": ("Hazard avoidance", "Towards the chosen spot."),
    "slow descent": ("Slow descent", "The last metres under power."),
    "free fall": ("Engine off", "Falling the last metres so that the plume disturbs nothing."),
    "landed": (TOUCHDOWN, "Four pads on the far side of the Moon."),
}
SIDE_LIGHT_DEG = 35.0
"""Visitors first look this far to the left of the Sun: shadows then fall towards them and show the relief."""
CAMERAS = {"lcam": "landing camera", "tcam": "terrain camera"}


def landing_events(gnc: Columns) -> list[Event]:
    """The phases of the descent, with height and speed as telemetry gave them at each change."""
    events = []
    phase, speed = gnc["phase"].astype(int), np.linalg.norm(gnc["velocity_mps"], axis=1)
    for k in np.flatnonzero(np.diff(phase, prepend=-1)):
        name, text = PHASE_EVENTS[PHASES[phase[k]]]
        if name != TOUCHDOWN:
            text += f" {_height(float(gnc['altitude_m'][k]))} up, {speed[k]:,.0f} m/s."
        events.append(Event(t_to_utc(float(gnc["t"][k]), 0), name, text))
    return events


def picture_events(firsts: Moments, lasts: Moments) -> list[Event]:
    """First and last picture of each camera: when they were taken and when they had come through the relay."""
    events = []
    for instrument, (taken, received) in firsts.items():
        camera = CAMERAS[instrument]
        text = f"Taken at {_clock(taken)} UTC; it came through the relay."
        events.append(Event(t_to_utc(received, 0), f"First picture of the {camera} on Earth", text))
        taken, received = lasts[instrument]
        text = f"Taken at {_clock(taken)} UTC; it came through the relay."
        events.append(Event(t_to_utc(received, 0), f"Last picture of the {camera} on Earth", text))
    return events


def attitude_at(gnc: Columns, t: float) -> NDArray[np.float64]:
    """Rotation (3, 3) from the lander frame to east, north, up by the last telemetry before ``t``."""
    from scipy.spatial.transform import Rotation

    k = max(int(np.searchsorted(gnc["t"], t)) - 1, 0)
    return Rotation.from_quat(gnc["quaternion"][k].astype(float), scalar_first=True).as_matrix()


def footage(film: products.Footage, start: float, gnc: Columns | None) -> Footage:
    """The film as the page shows it: with chapters and readings out of telemetry.

    start: time of the first frame, TDB seconds past J2000.
    """
    times = start + film.speed * np.arange(0.0, film.duration_s, 0.5)
    readings: list[Reading] = []
    chapters: list[Chapter] = []
    if gnc is not None:
        speed = np.linalg.norm(gnc["velocity_mps"], axis=1)
        heights, speeds = np.interp(times, gnc["t"], gnc["altitude_m"]), np.interp(times, gnc["t"], speed)
        readings = [
            Reading((t - start) / film.speed, t_to_utc(t, 0), round(float(h), 2), round(float(v), 2))
            for t, h, v in zip(times, heights, speeds, strict=True)
        ]
        phase = gnc["phase"].astype(int)
        for k in np.flatnonzero(np.diff(phase, prepend=-1)):
            at = (float(gnc["t"][k]) - start) / film.speed
            if at < film.duration_s:
                name = PHASE_EVENTS[PHASES[phase[k]]][0] if at >= 0.0 else PHASES[phase[k]].capitalize()
                chapters.append(Chapter(max(at, 0.0), name))
        chapters = [c for c, after in zip(chapters, [*chapters[1:], None], strict=True) if not after or after.at_s > 0]
    caption = (
        f"{film.frames} frames of the landing camera, shown {film.speed:.0f} times faster than they were taken. "
        "The camera looks along the engine: ahead to the horizon while braking, then straight down."
    )
    return Footage(film.path, caption, film.poster, chapters, readings)


def panorama(mosaic: xr.Dataset, picture: Path, frames: Sequence[xr.Dataset]) -> Panorama:
    """The panorama as the page shows it, with the Sun marked."""
    grid, first = products.grid_of(mosaic), frames[0].attrs
    sun = float(first["sun_azimuth_deg"])
    return Panorama(
        path=picture,
        caption=f"{len(frames)} frames of the terrain camera, {first['start_utc'][:10]}; north is where azimuth is 0°.",
        az_left_deg=grid.az_left_deg,
        el_top_deg=grid.el_top_deg,
        el_bottom_deg=grid.el_top_deg - grid.height * grid.scale_deg,
        look_az_deg=(sun - SIDE_LIGHT_DEG) % 360.0,
        marks=(Mark(sun, "Sun"),),
    )


def _height(metres: float) -> str:
    if metres >= 1000:
        return f"{metres / 1000:,.1f} km"
    return f"{metres:,.0f} m" if metres >= 10 else f"{metres:.1f} m"


def _clock(t: float) -> str:
    return t_to_utc(t, 0)[11:19]
