"""Frames of a world whose every direction has a known brightness, seen through the labels' geometry."""

import numpy as np

from farside.geometry import Site, euler_to_rotation
from farside.instruments import camera_pose, load, observation
from farside.products import calibrate

LANDER = Site(-45.4446, 177.5991, -5935.0)
ATTITUDE = euler_to_rotation(2.0, -1.5, 25.0)
"""Lander to east, north, up: tilted by 2.5 degrees, heading 25 degrees west of north."""
BINNING = 12
DECK_M = 0.57
POINTINGS = [(yaw, pitch) for pitch in (0.0, -15.0, -30.0) for yaw in 170.0 - 18.0 * np.arange(20)]


def paint(enu):
    """Brightness 0..1 in directions (..., 3) from the eye: smooth enough to be sampled, rough enough to place."""
    az, el = np.arctan2(enu[..., 0], enu[..., 1]), np.arcsin(enu[..., 2])
    return 0.45 + 0.15 * np.sin(31 * az) * np.cos(37 * el) + 0.15 * np.sin(13 * az + 29 * el)


def raw_frame(n, attitude=ATTITUDE, exposure_ms=6.0, mast_error_deg=(0.0, 0.0), deck_m=0.0):
    """Level-1 TCAM frame of pointing ``n``; what lies below the horizon is painted on the footpad plane, and on a round
    deck of the radius ``deck_m``, DECK_M below the eye.
    """
    tcam = load("tcam")
    d, camera = tcam.detector, tcam.camera(BINNING)
    yaw, pitch = POINTINGS[n]
    rotation, centre = camera_pose("tcam", (yaw + mast_error_deg[0], pitch + mast_error_deg[1]))
    eye = np.mean([camera_pose("tcam", p)[1] for p in POINTINGS], axis=0)
    j, i = np.mgrid[1 : camera.height + 1, 1 : camera.width + 1]
    ray = camera.rays(i, j) @ rotation.T
    down = np.maximum(0.0, -ray[..., 2:])
    on_deck = np.hypot(*np.moveaxis(centre[:2] * down + DECK_M * ray[..., :2], -1, 0))[..., None] < deck_m * down
    seen = ray + (centre - eye) * down / np.where(on_deck, DECK_M, centre[2])
    light = paint(seen @ attitude.T / np.linalg.norm(seen, axis=-1, keepdims=True)) * exposure_ms / 8.0
    light *= camera.rays(i, j)[..., 2] ** 4
    dn = np.rint(d.bias_dn + (d.full_scale - d.bias_dn) * light).clip(0, d.full_scale).astype(np.uint16)
    return observation(
        dn, instrument="tcam", mode="I", index=2 + n, sequence_id="0004", level="1", binning=BINNING, bits=10,
        start_utc=f"2019-01-06T03:{34 + n // 60:02d}:{n % 60:02d}.000Z",
        stop_utc=f"2019-01-06T03:{34 + n // 60:02d}:{n % 60:02d}.006Z",
        exposure_ms=exposure_ms, temperature_c=-150.0, compression_ratio=2.0, bayer="RGGB",
        mast_yaw_deg=yaw, mast_pitch_deg=pitch,
    )  # fmt: skip


def frames(attitude=ATTITUDE):
    """A whole panorama of level-2 frames, exposures of 6, 7 and 8 ms in turn."""
    return [calibrate(raw_frame(n, attitude, 6.0 + n % 3), LANDER) for n in range(len(POINTINGS))]
