"""Small frames of counts in files, as a flight leaves them."""

from __future__ import annotations

import numpy as np

from farside import archive
from farside.geometry import Site, t_to_utc, utc_to_t
from farside.instruments import load, observation

LANDER = Site(-45.4446, 177.5991)
FIRST = utc_to_t("2019-01-11T03:40:00Z")


def frame(folder, name, index, second, sequence="0002", mode=None, light="scene", binning=32, **changes):
    """The label of a frame of counts: blotches that no two frames share."""
    camera = load(name, mode or "")
    d = camera.detector
    height, width = (n // binning for n in (d.height, d.width))
    rng = np.random.default_rng([index, second])
    level = {"scene": 0.4, "dark": 0.0, "flat": 0.5}[light] * d.full_scale
    dn = np.clip(d.bias_dn + level * rng.uniform(0.5, 1.0, (height, width)), 0, d.full_scale)
    utc = t_to_utc(FIRST + second, 3)
    mast = {"mast_yaw_deg": 10.0 * index, "mast_pitch_deg": -20.0} if camera.on_mast else {}
    raw = observation(
        dn.astype(np.uint8 if d.bits == 8 else np.uint16), instrument=name, mode=camera.mode, index=index,
        sequence_id=sequence, level="raw", start_utc=utc, stop_utc=utc, exposure_ms=6.0, binning=binning, bits=d.bits,
        temperature_c=20.0, bayer=d.bayer, compression_ratio=camera.compression_ratio, exposure_mode="AUTOMATIC",
        light=light, **mast, **changes,
    )  # fmt: skip
    return archive.write(raw, folder)


def landing(folder, frames=5):
    """A landing film's frames."""
    return [frame(folder, "lcam", k, k, sequence="0001", binning=16) for k in range(frames)]


def portrait(folder, frames=2):
    """Pairs of the rover's camera."""
    eyes = ("pcamr", "pcaml")
    return [frame(folder, eye, k, 100 + 10 * k + e) for k in range(frames) for e, eye in enumerate(eyes)]
