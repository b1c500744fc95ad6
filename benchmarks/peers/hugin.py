"""Hugin's programs (Debian packages hugin-tools and enblend) on frames whose pointing is known roughly.

Each runs as a process of its own; nothing of them is part of farside.
"""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from farside.geometry import Pinhole

Array = NDArray[np.float64]

PROGRAMS = (
    "pto_gen",
    "pto_var",
    "cpfind",
    "cpclean",
    "autooptimiser",
    "vig_optimize",
    "pano_modify",
    "nona",
    "enblend",
)

SEARCH = ("--sieve2size", "4", "--ransacmode", "rpy", "--ransacdist", "5")
"""Of control points: up to four in each of a pair's 25 squares, which rotations explain to 5 pixels. By default it is
one, to 50 pixels, and the wrong ones among them decide how frames are turned."""
HIGH_DEG = 84
"""Of the map, which is cut to what there is."""


@dataclass(frozen=True)
class Stitched:
    """rotations: (n, 3, 3) from the camera (x right, y up, z back) as found. cpu_s: of all programs, mosaic and all."""

    rotations: Array
    cpu_s: float


def missing() -> list[str]:
    """Programs that are not installed."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


def stitch(pictures: Sequence[NDArray[np.uint8]], camera: Pinhole, rotations: Array, folder: Path) -> Stitched:
    """Pointing and mosaic of pictures (line, sample, 3) that were pointed as ``rotations`` say, roughly."""
    names = [f"{n:03d}.png" for n in range(len(pictures))]
    for name, picture in zip(names, pictures, strict=True):
        cv2.imwrite(str(folder / name), picture[..., ::-1])
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    field = 2.0 * np.degrees(np.arctan(0.5 * camera.width * camera.pixel_rad))
    width = round(2.0 * np.pi / camera.pixel_rad)
    i0, j0 = camera.principal_pixel
    lens = f"d={i0 - 0.5 * (camera.width + 1):.4f},e={j0 - 0.5 * (camera.height + 1):.4f}"
    told = [f"y{n}={y:.5f},p{n}={p:.5f},r{n}={r:.5f}" for n, (y, p, r) in enumerate(map(_angles, rotations))]
    for command in (
        ["pto_gen", "-o", "0.pto", "-p", "0", "-f", f"{field:.6f}", *names],
        ["pto_var", "-o", "1.pto", "--set", ",".join([lens, *told]), "0.pto"],
        ["cpfind", "--prealigned", *SEARCH, "-o", "2.pto", "1.pto"],
        ["cpclean", "-o", "3.pto", "2.pto"],
        ["pto_var", "-o", "4.pto", "--opt", "y,p,r", "3.pto"],
        ["autooptimiser", "-n", "-o", "5.pto", "4.pto"],
        ["pto_var", "-o", "6.pto", "--opt", "Eev,Vb,Vc,Vd", "5.pto"],
        ["vig_optimize", "-o", "7.pto", "6.pto"],
        ["pano_modify", "--projection=2", f"--fov=360x{HIGH_DEG}", f"--canvas={width}x{round(width * HIGH_DEG / 360)}",
         "--crop=AUTO", "-o", "8.pto", "7.pto"],
        ["nona", "-m", "TIFF_m", "-o", "out", "8.pto"],
    ):  # fmt: skip
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    parts = sorted(path.name for path in folder.glob("out*.tif"))
    subprocess.run(["enblend", "-w", "-o", "mosaic.tif", *parts], cwd=folder, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    lines = [line for line in (folder / "7.pto").read_text().splitlines() if line.startswith("i ")]
    found = [[float(re.search(rf" {key}(-?[\d.eE+-]+)", line)[1]) for key in "ypr"] for line in lines]  # type: ignore[index]
    return Stitched(np.array([_rotation(*angles) for angles in found]), cpu)


def _angles(rotation: Array) -> tuple[float, float, float]:
    """Hugin's yaw (to the right), pitch (up) and roll (clockwise), degrees, of a rotation from the camera."""
    right, ahead = rotation[:, 0], -rotation[:, 2]
    yaw, pitch = np.arctan2(ahead[0], ahead[1]), np.arcsin(ahead[2])
    level = np.array([np.cos(yaw), -np.sin(yaw), 0.0])
    roll = np.arctan2(-right @ np.cross(level, ahead), right @ level)
    return float(np.degrees(yaw)), float(np.degrees(pitch)), float(np.degrees(roll))


def _rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Array:
    """The inverse of ``_angles``."""
    y, p, r = np.radians([yaw_deg, pitch_deg, roll_deg])
    ahead = np.array([np.sin(y) * np.cos(p), np.cos(y) * np.cos(p), np.sin(p)])
    level = np.array([np.cos(y), -np.sin(y), 0.0])
    up = np.cross(level, ahead)
    right = np.cos(r) * level - np.sin(r) * up
    return np.column_stack([right, np.cross(-ahead, right), -ahead])
