"""Lenses that bend: distortion of ordinary lenses (Brown, Conrady) and of fisheyes (Kannala, Brandt).

A lens maps directions to the focal plane, in focal lengths from the axis. Both models are published, and calibrated by
everybody, with x to the right and **y down**, and so are they here; directions and pixels keep the convention of
camera.py, where y is up. A series of odd powers turns back somewhere: what lies beyond is not imaged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.geometry.camera import Pinhole

Array = NDArray[np.float64]

_NEWTON_STEPS = 12  # a fixed number, so that a pixel does not depend on its neighbours; five are enough but at the edge
_SOLVED = 1e-12


class Lens(Protocol):
    """What a lens does; x and y in focal lengths from the axis, to the right and down."""

    def plane(self, d: Array) -> tuple[Array, Array]:
        """Places x, y that camera-frame vectors d (..., 3) fall on; NaN where they are not imaged."""

    def direction(self, x: Array, y: Array) -> Array:
        """Unit camera-frame vectors (..., 3) of places; NaN where no light falls."""


@dataclass(frozen=True)
class BrownConrady:
    """Radial and decentring distortion of a frame camera (Conrady 1919; Brown 1966, Photogramm. Eng. 32, 444).

    With x, y the undistorted place and r its distance from the axis::

        x' = x (1 + k1 r^2 + k2 r^4 + k3 r^6) + 2 p1 x y + p2 (r^2 + 2 x^2)
        y' = y (1 + k1 r^2 + k2 r^4 + k3 r^6) + p1 (r^2 + 2 y^2) + 2 p2 x y
    """

    k1: float = 0.0
    k2: float = 0.0
    k3: float = 0.0
    p1: float = 0.0
    p2: float = 0.0

    def plane(self, d: Array) -> tuple[Array, Array]:
        """Places x, y that camera-frame vectors d (..., 3) fall on; NaN behind the camera and where the lens folds."""
        depth = np.where(d[..., 2] < 0.0, -d[..., 2], np.nan)
        x, y = d[..., 0] / depth, -d[..., 1] / depth
        good = np.hypot(x, y) < self._reach
        x, y, *_ = self._bent(np.where(good, x, np.nan), np.where(good, y, np.nan))
        return x, y

    def direction(self, x: Array, y: Array) -> Array:
        """Unit camera-frame vectors (..., 3) of places; NaN where the lens throws no light. Newton's iteration."""
        u, v = x, y
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for _ in range(_NEWTON_STEPS):
                a, b, (ax, ay, by) = self._bent(u, v)
                det = ax * by - ay * ay
                u, v = u - (by * (a - x) - ay * (b - y)) / det, v - (ax * (b - y) - ay * (a - x)) / det
            a, b, _ = self._bent(u, v)
            good = (np.hypot(a - x, b - y) < _SOLVED * (1.0 + np.hypot(x, y))) & (np.hypot(u, v) < self._reach)
            length = np.sqrt(u * u + v * v + 1.0)
        d = np.stack([u, -v, np.full_like(u, -1.0)], axis=-1) / length[..., None]
        return np.where(good[..., None], d, np.nan)

    def _bent(self, x: Array, y: Array) -> tuple[Array, Array, tuple[Array, Array, Array]]:
        """The distorted place, and its derivatives dx'/dx, dx'/dy = dy'/dx, dy'/dy."""
        r2 = x * x + y * y
        radial = 1.0 + r2 * (self.k1 + r2 * (self.k2 + r2 * self.k3))
        slope = 2.0 * (self.k1 + r2 * (2.0 * self.k2 + r2 * 3.0 * self.k3))  # d radial / d r^2, doubled
        bent_x = x * radial + 2.0 * self.p1 * x * y + self.p2 * (r2 + 2.0 * x * x)
        bent_y = y * radial + self.p1 * (r2 + 2.0 * y * y) + 2.0 * self.p2 * x * y
        xx = radial + x * x * slope + 2.0 * self.p1 * y + 6.0 * self.p2 * x
        xy = x * y * slope + 2.0 * self.p1 * x + 2.0 * self.p2 * y
        yy = radial + y * y * slope + 6.0 * self.p1 * y + 2.0 * self.p2 * x
        return bent_x, bent_y, (xx, xy, yy)

    @property
    def _reach(self) -> float:
        return _turning_point((self.k1, self.k2, self.k3))


@dataclass(frozen=True)
class KannalaBrandt:
    """A fisheye (Kannala and Brandt 2006, IEEE Trans. Pattern Anal. Mach. Intell. 28, 1335; the symmetric part).

    A direction at the angle theta from the axis falls at the distance
    theta (1 + k1 theta^2 + k2 theta^4 + k3 theta^6 + k4 theta^8) from it; all zeros give the equidistant fisheye.
    Such a lens may see more than half of the sphere.
    """

    k1: float = 0.0
    k2: float = 0.0
    k3: float = 0.0
    k4: float = 0.0

    def plane(self, d: Array) -> tuple[Array, Array]:
        """Places x, y that camera-frame vectors d (..., 3) fall on; NaN where the lens folds."""
        across = np.hypot(d[..., 0], d[..., 1])
        theta = np.arctan2(across, -d[..., 2])
        bent, _ = self._bent(np.where(theta < self._reach, theta, np.nan))
        on_axis = np.where(d[..., 2] < 0.0, 1.0, np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            scale = np.where(across > 0.0, bent / across, on_axis)
        return scale * d[..., 0], -scale * d[..., 1]

    def direction(self, x: Array, y: Array) -> Array:
        """Unit camera-frame vectors (..., 3) of places; NaN where the lens throws no light. Newton's iteration."""
        r = np.hypot(x, y)
        theta = np.minimum(r, self._reach)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for _ in range(_NEWTON_STEPS):
                bent, slope = self._bent(theta)
                theta = theta - (bent - r) / slope
            good = (np.abs(self._bent(theta)[0] - r) < _SOLVED * (1.0 + r)) & (theta >= 0.0) & (theta < self._reach)
            scale = np.where(r > 0.0, np.sin(theta) / r, 1.0)
        d = np.stack([scale * x, -scale * y, -np.cos(theta)], axis=-1)
        return np.where(good[..., None], d, np.nan)

    def _bent(self, theta: Array) -> tuple[Array, Array]:
        """Distance from the axis on the focal plane, and its derivative."""
        k, t2 = (self.k1, self.k2, self.k3, self.k4), theta * theta
        series = 1.0 + t2 * (k[0] + t2 * (k[1] + t2 * (k[2] + t2 * k[3])))
        slope = 1.0 + t2 * (3.0 * k[0] + t2 * (5.0 * k[1] + t2 * (7.0 * k[2] + t2 * 9.0 * k[3])))
        return theta * series, slope

    @property
    def _reach(self) -> float:
        return min(_turning_point((self.k1, self.k2, self.k3, self.k4)), np.pi)


@dataclass(frozen=True)
class LensCamera:
    """A camera behind a lens that bends; speaks as a Pinhole does, whose label convention it keeps.

    frame: detector, focal length and principal point. lens: BrownConrady or KannalaBrandt.
    """

    frame: Pinhole
    lens: Lens

    @property
    def width(self) -> int:
        """Samples of a line."""
        return self.frame.width

    @property
    def height(self) -> int:
        """Lines of a frame."""
        return self.frame.height

    @property
    def pixel_rad(self) -> float:
        """Angle of one pixel at the optical axis, radians."""
        return self.frame.pixel_rad

    @property
    def principal_pixel(self) -> tuple[float, float]:
        """Pixel (i0, j0), counted from 1, that the optical axis falls on."""
        return self.frame.principal_pixel

    def binned(self, n: int) -> Self:
        """The same camera read out in bins of n x n pixels."""
        return type(self)(self.frame.binned(n), self.lens)

    def rays(self, i: ArrayLike, j: ArrayLike) -> Array:
        """Unit directions in the camera frame, shape (..., 3), through samples i and lines j (from 1, fractional)."""
        x, y = self.frame.focal_plane(i, j)
        return self.lens.direction(x / self.frame.focal_mm, -y / self.frame.focal_mm)

    def project(self, v: ArrayLike) -> tuple[Array, Array]:
        """Samples i and lines j (from 1) where camera-frame vectors (..., 3) fall; NaN where they are not imaged."""
        x, y = self.lens.plane(np.asarray(v, float))
        return self.frame.pixel(self.frame.focal_mm * x, -self.frame.focal_mm * y)


def _turning_point(k: tuple[float, ...]) -> float:
    """Where r (1 + k1 r^2 + k2 r^4 ...) stops growing: the first positive root of its derivative, else infinity."""
    roots = np.roots([(2 * n + 1) * c for n, c in enumerate((1.0, *k))])  # in 1 / r^2: the leading coefficient is 1
    real = roots[(np.abs(roots.imag) < 1e-9 * np.abs(roots)) & (roots.real > 1e-12)].real
    return float(1.0 / np.sqrt(real.max())) if real.size else np.inf
