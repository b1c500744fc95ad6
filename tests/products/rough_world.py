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


def shaded(paint, middle_deg):
    """A shadow eight degrees wide in azimuth, over all the ground."""

    def shade(enu):
        az = np.degrees(np.arctan2(enu[..., 0], enu[..., 1]))
        return paint(enu) * np.where(np.abs(np.mod(az - middle_deg + 180.0, 360.0) - 180.0) < 4.0, 0.3, 1.0)

    return shade


def driven_over(paint, middle_deg):
    """A rover of ten degrees by eight, rough itself, with its middle at this azimuth."""
    skin = noise(9)
    c, s = np.cos(np.radians(middle_deg)), np.sin(np.radians(middle_deg))
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])

    def cover(enu):
        own = enu @ turn.T
        az, el = np.degrees(np.arctan2(own[..., 0], own[..., 1])), np.degrees(np.arcsin(own[..., 2]))
        return np.where((np.abs(az) < 5.0) & (np.abs(el + 14.0) < 4.0), skin(own), paint(enu))

    return cover


def frame(n, error_deg=(0.0, 0.0), seed=1, exposure_ms=6.0, turned=0.0, over=None, deck_m=0.0):
    """Level-2 frame of pointing n; the mast misses it by ``error_deg``; its label says ``turned`` degrees more yaw;
    ``over`` changes the paint; a deck of the radius ``deck_m`` is in view.
    """
    yaw, _ = POINTINGS[n]
    paint = noise(seed)
    with (
        mock.patch.object(world, "BINNING", BINNING),
        mock.patch.object(world, "paint", over(paint) if over else paint),
        mock.patch.object(world, "POINTINGS", POINTINGS),
    ):
        raw = world.raw_frame(n, np.eye(3), exposure_ms, error_deg, deck_m)
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
