"""The story of a flight as the ground can tell it: from telemetry and labels alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside import products
from farside.control import Chapter, Ellipse, Event, Fix, Footage, Lane, Mark, Panorama, Reading, Span
from farside.geometry import t_to_utc
from farside.instruments.gnc import PHASES

Columns = Mapping[str, NDArray[Any]]
Moment = tuple[float, float]
"""When something was taken and when it came, TDB s past J2000."""

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
FASTEST = 100.0
"""A film that shows more seconds a second than this is no film of the descent."""
READ_EVERY_FILM_S, READ_EVERY_S = 0.5, 2.0
"""Readings follow each other at least this closely, in seconds of the film and in true ones."""
GAP_S = 3.0
"""Measured places further apart in time are not joined by a line."""
SIDE_LIGHT_DEG = 35.0
"""Visitors first look this far to the left of the Sun: shadows then fall towards them and show the relief."""


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


def record_events(title: str, first: Moment, last: Moment) -> list[Event]:
    """First and last record of an instrument: when they were taken and when they had come through the relay."""
    name = title[0].lower() + title[1:]
    return [
        Event(
            t_to_utc(received, 0),
            f"{which} data of the {name} on Earth",
            f"Taken at {_clock(taken)} UTC; they came through the relay.",
        )
        for which, (taken, received) in (("First", first), ("Last", last))
    ]


def footage(film: products.Film, gnc: Columns | None, descent: products.Descent | None = None) -> Footage:
    """A film as the page shows it: where it shows the descent, with chapters and readings out of telemetry.

    descent: the way down measured in the film, beside what telemetry says.
    """
    if gnc is None or film.start > gnc["t"][-1] or not 0.0 < film.speed <= FASTEST:  # one frame alone has no speed
        return Footage(film.path, film.caption, film.poster, alt=film.caption, error=film.error)
    step = min(READ_EVERY_FILM_S, READ_EVERY_S / film.speed)
    times = film.start + film.speed * np.arange(0.0, film.duration_s, step)
    speed = np.linalg.norm(gnc["velocity_mps"], axis=1)
    # telemetry counts from the planned place, the page from where the lander came to rest
    east, north = (gnc["position_m"][:, :2] - gnc["position_m"][-1, :2]).T
    told = (np.interp(times, gnc["t"], column).tolist() for column in (gnc["altitude_m"], speed, east, north))
    readings = [
        Reading((t - film.start) / film.speed, t_to_utc(t, 0), *(round(value, 2) for value in values))
        for t, *values in zip(times.tolist(), *told, strict=True)
    ]
    return Footage(
        film.path,
        film.caption,
        film.poster,
        _chapters(film, gnc["t"], gnc["phase"].astype(int)),
        readings,
        error=film.error,
        fixes=_fixes(film, step * film.speed, descent) if descent else (),
        landing=_ellipse(descent.landing_covariance_m2) if descent else None,
    )


def _fixes(film: products.Film, every_s: float, descent: products.Descent) -> list[list[Fix]]:
    """Places on the measured way down, some ``every_s`` apart; in runs, for nothing is known across a gap."""
    columns = np.column_stack([descent.position_m, descent.sigma_m])
    runs = []
    for run in np.split(np.arange(descent.t.size), np.flatnonzero(np.diff(descent.t) > GAP_S) + 1):
        t = descent.t[run]
        kept = run[np.unique(np.append(np.searchsorted(t, np.arange(t[0], t[-1], every_s)), run.size - 1))]
        at_s = (descent.t[kept] - film.start) / film.speed
        places = zip(at_s.tolist(), columns[kept].tolist(), strict=True)
        runs.append([Fix(at, *(round(value, 3) for value in values)) for at, values in places])
    return runs


def _ellipse(covariance: NDArray[np.float64]) -> Ellipse:
    """Half axes and azimuth of the ellipse of one standard error; covariance (2, 2) of east and north, m^2."""
    (minor, major), axes = np.linalg.eigh(covariance)
    east, north = axes[:, 1]
    azimuth = float(np.degrees(np.arctan2(east, north))) % 180.0
    return Ellipse(round(float(np.sqrt(major)), 4), round(float(np.sqrt(minor)), 4), round(azimuth, 2))


def _chapters(film: products.Film, t: NDArray[Any], phase: NDArray[Any]) -> list[Chapter]:
    chapters: list[Chapter] = []
    for k in np.flatnonzero(np.diff(phase, prepend=-1)):
        at = (float(t[k]) - film.start) / film.speed
        if at < film.duration_s:
            name = PHASE_EVENTS[PHASES[phase[k]]][0] if at >= 0.0 else PHASES[phase[k]].capitalize()
            chapters.append(Chapter(max(at, 0.0), name))
    return [c for c, after in zip(chapters, [*chapters[1:], None], strict=True) if not after or after.at_s > 0]


def panorama(mosaic: products.Mosaic) -> Panorama:
    """The panorama as the page shows it, with the Sun marked where it is known."""
    sun = mosaic.sun_az_deg
    return Panorama(
        path=mosaic.path,
        caption=mosaic.caption,
        az_left_deg=mosaic.az_left_deg,
        el_top_deg=mosaic.el_top_deg,
        el_bottom_deg=mosaic.el_bottom_deg,
        north=sun is not None,
        look_az_deg=0.0 if sun is None else (sun - SIDE_LIGHT_DEG) % 360.0,
        marks=() if sun is None else (Mark(sun, "Sun"),),
        error=mosaic.error,
        tiles=mosaic.tiles,
        name=mosaic.name,
    )


def refusal_events(commands: Columns) -> list[Event]:
    """Commands that vehicles refused, as they reported them."""
    return [
        Event(t_to_utc(float(commands["t"][k]), 0), f"Refused: {commands['command'][k]}",
              f"The {commands['vehicle'][k]} refused it: {commands['reason'][k]}.")
        for k in np.flatnonzero(commands["refused"])
    ]  # fmt: skip


def command_lanes(commands: Columns) -> list[Lane]:
    """What each vehicle was told, as rows of the timeline."""
    lanes = []
    for vehicle in dict.fromkeys(commands["vehicle"].tolist()):
        mine = np.flatnonzero(commands["vehicle"] == vehicle)
        spans = []
        for k in mine:
            utc, refused = t_to_utc(float(commands["t"][k]), 0), bool(commands["refused"][k])
            name = f"{commands['command'][k]}, refused: {commands['reason'][k]}" if refused else commands["command"][k]
            spans.append(Span(utc, utc, name, "refusal" if refused else "command"))
        lanes.append(Lane(f"Commands to the {vehicle}", spans))
    return lanes


def _height(metres: float) -> str:
    if metres >= 1000:
        return f"{metres / 1000:,.1f} km"
    return f"{metres:,.0f} m" if metres >= 10 else f"{metres:.1f} m"


def _clock(t: float) -> str:
    return t_to_utc(t, 0)[11:19]
