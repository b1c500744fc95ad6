"""How well the spectrometer finds bands and iron: one frame at SNR 100, and 16 of them averaged on board."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.claim import Claim
from farside.geometry import Pose, Site, utc_to_t
from farside.payload.vnis import TARGETS, VnisView, load_target, observe, truth
from farside.products.vnis import BANDS, radiance, spectrum
from farside.score.vnis import true_centre
from farside.sky import sun_direction, sun_distance_au

SITE = Site(-45.4446, 177.5991)
T = utc_to_t("2019-01-04T06:00:00Z")
SEEDS = 8


def view(frames: int, seed: int) -> VnisView:
    """A small cube at SNR 100 a frame, on level ground."""
    x, y, z = (float(v) for v in sun_direction(SITE, T))
    pose = Pose.of(np.array([3.0, 10.0, 0.0]), np.eye(3))
    au = float(sun_distance_au(T))
    return VnisView(T, (x, y, z), au, pose, "0001", lines=16, snr=100.0, frames=frames, seed=seed)


def errors(name: str, frames: int) -> np.ndarray:
    """Found less true: FeO in wt%, centres of both bands in nm, (seed, 3)."""
    target, found = load_target(name), []
    true = truth(target, view(frames, 0))
    centres = [true_centre(true, band) for band in BANDS]
    for seed in range(SEEDS):
        by_mode = {o.attrs["mode"]: o for o in observe(target, view(frames, seed))}
        pair = (radiance(by_mode[f"{k}D"], by_mode[f"{k}C"], SITE) for k in "VS")
        s = spectrum(*pair)
        values = [float(s[f"{band.name}_nm"]) - c for band, c in zip(BANDS, centres, strict=True)]
        found.append([float(s["feo_wt"]) - true.attrs["feo_wt"], *values])
    return np.array(found)


def claims() -> Iterator[Claim]:
    for frames in (1, 16):
        for name in TARGETS:
            error = errors(name, frames)
            rms, what = np.sqrt(np.mean(error**2, axis=0)), f"{name}, frames of SNR 100: {frames}"
            yield Claim(f"FeO of {what}, largest error", float(np.abs(error[:, 0]).max()), "wt%", 2.5)
            yield Claim(f"band I centre of {what}, rms error", float(rms[1]), "nm", 3.0)
            yield Claim(f"band II centre of {what}, rms error", float(rms[2]), "nm", 10.0)
