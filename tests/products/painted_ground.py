"""Plane ground that is known everywhere, and frames of the landing camera that look at it."""

import numpy as np

from farside.geometry import t_to_utc, utc_to_t
from farside.instruments import load, observation
from farside.products.flat import lens_falloff

BINNING = 2
CAMERA = load("lcam").camera(BINNING)
SHAPE = CAMERA.height, CAMERA.width
START = utc_to_t("2019-01-03T02:25:00Z")
EXPOSURE_MS = 2.0


class Ground:
    """A sum of waves of all directions, from ``shortest`` to ``longest``; with noise of its own for each draw."""

    def __init__(self, shortest=8.0, longest=80.0, count=90, seed=1):
        draw = np.random.default_rng(seed)
        size = 2 * np.pi / np.exp(draw.uniform(np.log(shortest), np.log(longest), count))
        way, self.phase = draw.uniform(0, 2 * np.pi, (2, count))
        self.wave = size * np.cos(way), size * np.sin(way)
        self.scale = 22.0 / np.sqrt(count / 2)
        self.size = np.full(count, self.scale)

    def sharper(self, pixel):
        """The same ground as a camera sees it whose pixels are so large: waves are lost that it cannot resolve."""
        out = Ground.__new__(Ground)
        out.wave, out.phase = self.wave, self.phase
        out.size = 2.0 * self.scale * np.exp(-((np.hypot(*self.wave) * pixel) ** 2))
        return out

    def light(self, x, y):
        """Brightness about 100 of places."""
        x, y = np.float32(x), np.float32(y)
        total = np.zeros(x.shape, np.float32)
        for a, b, c, size in zip(*self.wave, self.phase, np.float32(self.size), strict=True):
            if size < 1e-3:
                continue
            total += size * np.cos(np.float32(a) * x + np.float32(b) * y + np.float32(c))
        return 100.0 + total


def picture(ground, to_ground, noise=1.0, gain=1.0, seed=0, over=None):
    """Counts of a frame; to_ground (3, 3): from pixels (from 0) to places. over(light): changes the light first."""
    j, i = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(float)
    x, y, w = np.einsum("ij,jyx->iyx", to_ground, np.stack([i, j, np.ones_like(i)]))
    light = gain * ground.light(x / w, y / w) * lens_falloff(CAMERA)
    if over is not None:
        light = over(light)
    light = light + noise * np.random.default_rng(seed).normal(size=SHAPE)
    return np.rint(light).clip(0, 255).astype(np.uint8)


def frame(dn, seconds, index=0):
    """A level-2 frame taken so many seconds after START."""
    return observation(
        dn, instrument="lcam", mode="1", index=index, sequence_id="0001", level="2A", binning=BINNING,
        exposure_ms=EXPOSURE_MS, start_utc=t_to_utc(START + seconds, 6), product_id=f"LCAM-1-{index:04d}",
        focal_length_mm=CAMERA.focal_mm, pixel_size_um=CAMERA.pixel_um, x0=CAMERA.principal_pixel[0],
        y0=CAMERA.principal_pixel[1], principal_point_unit="pixel",
    )  # fmt: skip


def shrinking(scale, right=0.0, down=0.0, turn=0.0, tilt=(0.0, 0.0)):
    """Homography of pixels about the middle: larger by ``scale``, turned, moved, tilted (px over half a frame)."""
    half = SHAPE[1] / 2
    to = np.array([[1 / half, 0, -1], [0, 1 / half, -1], [0, 0, 1]])
    c, s = scale * np.cos(turn), scale * np.sin(turn)
    h = np.array([[c, -s, right / half], [s, c, down / half], [tilt[0] / half, tilt[1] / half, 1]])
    return np.linalg.inv(to) @ h @ to
