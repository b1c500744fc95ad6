"""Frames of a rough world with known mast errors, in the geometry of the painted one."""

from unittest import mock

import numpy as np
import painted_world as world

from farside.geometry import euler_to_rotation
from farside.instruments import camera_pose, load
from farside.products import calibrate

BINNING = 6
POINTINGS = [(yaw, pitch) for pitch in (-10.0, -22.0) for yaw in 170.0 - 18.0 * np.arange(20)]


def noise(seed):
    """Brightness of directions (..., 3): a map of grains of all sizes from one to thirty-two degrees down to 0.12."""
    r = np.random.default_rng(seed)
    layers = []
    for step_deg in (0.12, 0.25, 0.5, 1.0, 2.0, 4.0):
        lines, samples = int(80 / step_deg), int(360 / step_deg)
        layers.append((step_deg, r.normal(size=(lines + 2, samples))))

    def paint(enu):
        az, el = np.degrees(np.arctan2(enu[..., 0], enu[..., 1])) % 360.0, np.degrees(np.arcsin(enu[..., 2]))
        value = np.zeros(az.shape)
        for step, grains in layers:
            x, y = az / step, np.clip((el + 60.0) / step, 0.0, grains.shape[0] - 2.0)
            j, i = np.floor(x).astype(int), np.floor(y).astype(int)
            u, v = x - j, y - i
            # smooth between grains, so that sampling does not alias
            u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
            n = grains.shape[1]
            a, b = grains[i, j % n], grains[i, (j + 1) % n]
            c, d = grains[i + 1, j % n], grains[i + 1, (j + 1) % n]
            value += (a * (1 - u) + b * u) * (1 - v) + (c * (1 - u) + d * u) * v
        return 0.5 + 0.08 * np.clip(value, -5.0, 5.0)

    return paint


def frame(n, error_deg=(0.0, 0.0), seed=1, exposure_ms=6.0, turned=0.0):
    """Level-2 frame of pointing n; the mast misses it by ``error_deg``; its label says ``turned`` degrees more yaw."""
    yaw, _ = POINTINGS[n]
    with (
        mock.patch.object(world, "BINNING", BINNING),
        mock.patch.object(world, "paint", noise(seed)),
        mock.patch.object(world, "POINTINGS", POINTINGS),
    ):
        raw = world.raw_frame(n, np.eye(3), exposure_ms, error_deg)
    raw.attrs["mast_yaw_deg"] = yaw + turned
    return calibrate(raw, world.LANDER)


def truth(n, error_deg):
    """True rotation from camera to lander frame."""
    yaw, pitch = POINTINGS[n]
    return camera_pose("tcam", (yaw + error_deg[0], pitch + error_deg[1]))[0]


def camera():
    return load("tcam").camera(BINNING)


def label_rotation(frame):
    return euler_to_rotation(*frame.attrs["camera_rotation_deg"])
