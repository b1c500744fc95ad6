"""The red of a flag as a check of colours: where it should be by housekeeping, and how far it is from its paint.

Drawings say where a vehicle carries its flag, housekeeping where both vehicles stand and how they lie. In the part of
the frame where the flag should then be, it is what is far redder than foil and soil. Its paint is assumed, and what
lights it is not the Sun alone, so that it checks colours and does not make them: compared at the paint's own lightness.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside import archive
from farside.errors import BadInput
from farside.geometry import euler_to_rotation, utc_to_t
from farside.instruments import pinhole, targets
from farside.products.attitude import attitude_at
from farside.products.colour import difference, flag_red, observed, sunlight, to_xyz
from farside.products.desk import Bench, Finding
from farside.products.frames import clock
from farside.products.portrait.light import colour_light

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Columns = Mapping[str, NDArray[Any]]

RED = 3.0
"""Light over sunlight in red is at least so many times that in green and in blue: foil has less than 2 in green."""
LEAST_PX = 12
"""A flag of fewer red pixels is all edge."""
AROUND = 1.0
"""It is looked for so far around the place where it should be, over its own size: dead reckoning errs."""
SHARES = 0.15, 1.3
"""Red pixels over those that the whole flag should fill: ramp and shadow may hide some, the stars are not red."""
SUNLIT = 0.15
"""Cosine of the Sun's incidence below which the flag is lit by what is around it as much as by the Sun."""
SHADED = 0.5
"""Red pixels darker than this share of the bright ones are in a shadow, or half beside the flag."""


@dataclass(frozen=True)
class Pose:
    """A vehicle as housekeeping has it: rotation (3, 3) to east, north, up, and place (3,), m, of the landing site."""

    r: Array
    p: Array

    @classmethod
    def at(cls, columns: Columns, utc: str) -> Pose:
        """By the last telemetry before a time."""
        t = utc_to_t(utc)
        k = max(int(np.searchsorted(columns["t"], t)) - 1, 0)
        return cls(attitude_at(columns, t), columns["position_m"][k].astype(float))


@dataclass(frozen=True)
class Red:
    """What a frame shows of a flag: pixels that are used, share of the whole flag that is red, the mean light of those
    pixels (3,), and CIEDE2000 from the paint at the paint's lightness.
    """

    pixels: int
    share: float
    light: Array
    ciede2000: float


def flag_findings(paths: Iterable[Path], carrier: str, bench: Bench) -> list[Finding]:
    """How far the red of a vehicle's flag is from its paint, in the first of these frames that shows it in the Sun.

    carrier: lander or rover; the camera is on the other. Nothing where no frame should show it or no housekeeping came.
    """
    lander, rover = bench.telemetry("gnc"), bench.telemetry("rover")
    if lander is None or rover is None:
        return []
    name, why = f"Red of the {carrier}'s flag", None
    for path in paths:
        frame = archive.read(path)
        utc = frame.attrs["start_utc"]
        poses = {"lander": Pose.at(lander, utc), "rover": Pose.at(rover, utc)}
        of_carrier = poses.pop(carrier)
        (of_camera,) = poses.values()
        try:
            red = flag_in(frame, carrier, of_carrier, of_camera)
        except BadInput as error:
            why = why or error
            continue
        if red is not None:
            meaning = (
                f"Difference from the assumed paint at its lightness, {red.pixels} pixels at {clock(utc)} UTC; "
                "light from foil and ground is in it. A check only: nothing is made of it."
            )
            return [Finding(name, f"{red.ciede2000:.1f} CIEDE2000", "", meaning)]
    if why is None:
        return []
    return [Finding(name, "not checked", "", f"It is in a frame, but with {why.value}; expected {why.expected}.")]


def flag_in(frame: xr.Dataset, carrier: str, of_carrier: Pose, of_camera: Pose) -> Red | None:
    """The flag of a vehicle (lander or rover) in a level-2 frame of a camera on the other; None where it is outside.

    Raises BadInput, field "flag", where it should be in the frame and is not found, is not lit by the Sun, or where the
    label does not tell where the Sun is.
    """
    a, flag, camera = frame.attrs, targets().flags[carrier], pinhole(frame)
    name = str(a["product_id"])
    half = np.array([0.75, 0.5]) * flag.height_m
    corners = flag.places(np.array([-1, 1, 1, -1]) * half[0], np.array([1, 1, -1, -1]) * half[1])
    there = (corners @ of_carrier.r.T + of_carrier.p - of_camera.p) @ of_camera.r
    i, j = camera.project((there - a["camera_position_m"]) @ euler_to_rotation(*a["camera_rotation_deg"]))
    place = np.stack([i, j], axis=1) - 1.0
    normal = of_carrier.r @ np.cross(flag.right, flag.up)
    facing = float(normal @ (of_camera.p - of_carrier.p)) > 0.0
    middle = place.mean(axis=0)
    if (
        not np.isfinite(place).all()
        or not facing
        or not (0 < middle[0] < camera.width and 0 < middle[1] < camera.height)
    ):
        return None
    if (lit := _incidence(a, normal, name)) < SUNLIT:
        raise BadInput(
            name, "flag", f"the Sun's incidence at a cosine of {lit:.2f}", f"a flag in the Sun, {SUNLIT} or more"
        )
    wide = AROUND * np.ptp(place, axis=0).max()
    left, top = np.clip(np.floor(place.min(axis=0) - wide), 0, None).astype(int)
    right, bottom = np.ceil(place.max(axis=0) + wide).astype(int) + 1
    light, burnt = colour_light(frame)
    part = light[top:bottom, left:right].astype(float) / sunlight(str(a["instrument"]), str(a["mode"]))
    return _red(part, burnt[top:bottom, left:right], _area(place), frame, name)


def _incidence(a: Mapping[Any, Any], normal: Array, name: str) -> float:
    """Cosine of the Sun's incidence on a surface."""
    if "sun_azimuth_deg" not in a or "sun_incidence_deg" not in a:
        raise BadInput(name, "flag", "nothing of the Sun", "a label that tells where the Sun is")
    azimuth, incidence = np.radians([a["sun_azimuth_deg"], a["sun_incidence_deg"]])
    level = np.sin(incidence)
    return float(normal @ np.array([level * np.sin(azimuth), level * np.cos(azimuth), np.cos(incidence)]))


def _area(place: Array) -> float:
    """Pixels within corners (4, 2)."""
    x, y = place.T
    return float(abs(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2.0)


def _red(part: Array, burnt: NDArray[np.bool_], area: float, frame: xr.Dataset, name: str) -> Red:
    import cv2

    red = (part[..., 0] > RED * np.maximum(part[..., 1], part[..., 2])) & (part[..., 0] > 0.0) & ~burnt
    count, label, stats, _ = cv2.connectedComponentsWithStats(red.astype(np.uint8), connectivity=8)
    if count < 2:
        raise BadInput(name, "flag", "nothing red where it should be", "a flag")
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    blob = part[label == largest]
    bright = blob[blob[:, 0] > SHADED * np.percentile(blob[:, 0], 90.0)]
    share = len(blob) / area
    if len(bright) < LEAST_PX or not SHARES[0] < share < SHARES[1]:
        what = f"{len(bright)} red pixels, {share:.0%} of a flag"
        raise BadInput(name, "flag", what, f"at least {LEAST_PX}, and {SHARES[0]:.0%} to {SHARES[1]:.0%}")
    mean = np.median(bright, axis=0)
    instrument, mode = str(frame.attrs["instrument"]), str(frame.attrs["mode"])
    found, paint = to_xyz(instrument, mode) @ mean, observed(flag_red())
    off = float(difference((found * (paint[1] / found[1]))[None], paint[None])[0])
    return Red(len(bright), share, mean * sunlight(instrument, mode), off)
