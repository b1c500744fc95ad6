"""Frames of the terrain camera that show the lander's chart, painted through the label's geometry, by no tracer."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from farside.geometry import rotation_to_euler
from farside.instruments import camera_pose, load, observation, patch_reflectances, point_at, targets
from farside.physics import solar_irradiance

CHART = targets().chart
STEP_M = CHART.patch_m + CHART.gap_m
FINE = np.arange(380.0, 780.1, 0.5)
BINNING = 8
BESIDE = (-0.25, 0.25)
"""Rays of a pixel, each way."""
BOARD = 0.03
DECK = 0.34
LEVEL = 0.8
"""White comes to this share of full scale."""


def band_reflectance(reflectance, shift_nm=0.0):
    """Mean of a reflectance at FINE (n,) over the camera's bands in sunlight, all of them moved by as much."""
    out = []
    for band in load("tcam").bands:
        inside = np.abs(FINE - band.centre_nm - shift_nm) < 0.5 * band.width_nm
        out.append(np.average(reflectance[inside], weights=solar_irradiance(FINE[inside], 1.0, 0.5)))
    return np.array(out)


@cache
def printed_bands(shift_nm):
    """Printed reflectances of the patches in the camera's bands, (24, 3)."""
    nm, printed = patch_reflectances()
    return np.array([band_reflectance(np.interp(FINE, nm, one), shift_nm) for one in printed])


@dataclass
class Painter:
    """How a frame is painted. gains: of the camera's bands over published ones. order: which patch is where.

    lit: share of sunlight that falls on each patch. off_deg: what the mast's yaw and pitch are off their label.
    aside_deg: where it is pointed, from the chart. shows: whether the chart is there.
    """

    gains: tuple = (1.0, 1.0, 1.0)
    shift_nm: float = 0.0
    order: tuple = tuple(range(24))
    lit: tuple = (1.0,) * 24
    noise: float = 0.01
    off_deg: tuple = (0.0, 0.0)
    aside_deg: tuple = (0.0, 0.0)
    shows: bool = True
    binning: int = BINNING

    def frame(self, seed=0):
        """A level-2 frame, 8 bit, demosaicked."""
        tcam = load("tcam")
        camera = tcam.camera(self.binning)
        yaw, pitch = np.add(point_at("tcam", np.array(CHART.at_m)), self.aside_deg)
        rotation, centre = camera_pose("tcam", (yaw + self.off_deg[0], pitch + self.off_deg[1]))
        told, place = camera_pose("tcam", (yaw, pitch))
        j, i = np.mgrid[1 : camera.height + 1, 1 : camera.width + 1]
        total = sum(
            self._reflectance(camera.rays(i + dx, j + dy) @ rotation.T, centre) for dx in BESIDE for dy in BESIDE
        )
        sun = solar_irradiance([b.centre_nm for b in tcam.bands], 1.0, [b.width_nm for b in tcam.bands])
        signal = total / len(BESIDE) ** 2 * sun / tcam.acali
        signal *= self.gains * (1.0 + self.noise * np.random.default_rng(seed).standard_normal(signal.shape))
        dn = 255.0 * LEVEL * signal / (sun / tcam.acali).max()
        return observation(
            np.rint(dn).clip(0, 255).astype(np.uint8), instrument="tcam", mode="I", index=seed, sequence_id="0004",
            level="2C", binning=self.binning, bits=8, bayer="", exposure_ms=1.0, acali=list(tcam.acali),
            start_utc="2019-01-06T05:00:00.000Z", stop_utc="2019-01-06T05:00:00.001Z", temperature_c=20.0,
            product_id=f"CHART-{seed}", focal_length_mm=camera.focal_mm, pixel_size_um=camera.pixel_um,
            x0=camera.x0_mm, y0=camera.y0_mm, principal_point_unit="mm", reference_frame="LANDER_COORDINATE_SYSTEM",
            camera_rotation_deg=list(rotation_to_euler(told)), camera_position_m=place.tolist(),
            mast_yaw_deg=yaw, mast_pitch_deg=pitch, sun_azimuth_deg=90.0, compression_ratio=2.0,
        )  # fmt: skip

    def _reflectance(self, ray, centre):
        """(line, sample, 3) of the deck with the chart on it."""
        right, up = np.array(CHART.right), np.array(CHART.up)
        normal = np.cross(right, up)
        along = ((np.array(CHART.at_m) - centre) @ normal) / (ray @ normal)
        spot = centre + along[..., None] * ray - CHART.at_m
        x, y = spot @ right / STEP_M + CHART.columns / 2.0, CHART.rows / 2.0 - spot @ up / STEP_M
        column, row = np.floor(x).astype(int), np.floor(y).astype(int)
        inside = (x >= 0) & (x < CHART.columns) & (y >= 0) & (y < CHART.rows) & (along > 0) & self.shows
        near = np.maximum(np.abs(x - column - 0.5), np.abs(y - row - 0.5)) < 0.5 * CHART.patch_m / STEP_M
        shown = printed_bands(self.shift_nm)[list(self.order)] * np.array(self.lit)[:, None]
        number = np.where(inside, row * CHART.columns + column, 0)
        board = np.where(inside[..., None], BOARD, DECK * np.ones(3))
        return np.where((inside & near)[..., None], shown[number], board)
