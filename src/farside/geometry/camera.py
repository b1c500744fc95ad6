"""Frame cameras: from pixels to directions and back, in the convention of the Chang'e camera labels.

Camera frame: x to the right of the image, y up, z backwards (the camera looks along -z). Pixels are numbered from 1,
samples ``i`` to the right and lines ``j`` downwards; the centre of pixel (1, 1) is i = j = 1::

        j=1   +----------------+        x = (i - W/2) p - x0
              |        ^ y     |        y = (H/2 - j) p - y0
              |        |       |        d = [x, y, -f], normalised
              |        +--> x  |
        j=H   +----------------+
             i=1              i=W
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Pinhole:
    """A camera without distortion.

    width, height: pixels. focal_mm, pixel_um: focal length and pixel size. x0_mm, y0_mm: principal point of the label.
    Convention decoded from the label of TCAM image 143, all fifteen vector components to the sixth decimal.
    """

    width: int
    height: int
    focal_mm: float
    pixel_um: float
    x0_mm: float = 0.0
    y0_mm: float = 0.0

    @classmethod
    def from_pixels(cls, width: int, height: int, focal_mm: float, pixel_um: float, i0: float, j0: float) -> Self:
        """A camera whose principal point is given as pixel (i0, j0), counted from 1."""
        p = pixel_um * 1e-3
        return cls(width, height, focal_mm, pixel_um, (i0 - width / 2) * p, (height / 2 - j0) * p)

    @property
    def principal_pixel(self) -> tuple[float, float]:
        """Pixel (i0, j0), counted from 1, that the optical axis falls on."""
        p = self.pixel_um * 1e-3
        return self.width / 2 + self.x0_mm / p, self.height / 2 - self.y0_mm / p

    @property
    def pixel_rad(self) -> float:
        """Angle of one pixel at the optical axis, radians."""
        return self.pixel_um * 1e-3 / self.focal_mm

    def binned(self, n: int) -> Self:
        """The same camera read out in bins of n x n pixels; incomplete bins at the right and lower edge are dropped.

        Centres of binned pixels look where the mean of the pixels inside them looks on the focal plane.
        """
        p = self.pixel_um * 1e-3
        width, height = self.width // n, self.height // n
        # the label counts from W/2 and the first centre, so both a dropped edge and the shift of centres move x0, y0
        x0 = self.x0_mm + p * ((self.width - n * width) / 2 + (n - 1) / 2)
        y0 = self.y0_mm - p * ((self.height - n * height) / 2 + (n - 1) / 2)
        return replace(self, width=width, height=height, pixel_um=self.pixel_um * n, x0_mm=x0, y0_mm=y0)

    def rays(self, i: ArrayLike, j: ArrayLike) -> Array:
        """Unit directions in the camera frame, shape (..., 3), through samples i and lines j (from 1, fractional)."""
        x, y = self.focal_plane(i, j)
        d = np.stack([x, y, np.full_like(x, -self.focal_mm)], axis=-1)
        return d / np.linalg.norm(d, axis=-1, keepdims=True)

    def project(self, v: ArrayLike) -> tuple[Array, Array]:
        """Samples i and lines j (from 1) where camera-frame vectors (..., 3) fall; NaN behind the camera."""
        d = np.asarray(v, float)
        depth = np.where(d[..., 2] < 0.0, -d[..., 2], np.nan)
        return self.pixel(self.focal_mm * d[..., 0] / depth, self.focal_mm * d[..., 1] / depth)

    def focal_plane(self, i: ArrayLike, j: ArrayLike) -> tuple[Array, Array]:
        """Millimetres x (right) and y (up) on the focal plane, from the optical axis, of samples i and lines j."""
        p = self.pixel_um * 1e-3
        x, y = np.broadcast_arrays(
            (np.asarray(i, float) - self.width / 2) * p - self.x0_mm,
            (self.height / 2 - np.asarray(j, float)) * p - self.y0_mm,
        )
        return x, y

    def pixel(self, x_mm: Array, y_mm: Array) -> tuple[Array, Array]:
        """Samples i and lines j of places on the focal plane: the inverse of ``focal_plane``."""
        p = self.pixel_um * 1e-3
        return (x_mm + self.x0_mm) / p + self.width / 2, self.height / 2 - (y_mm + self.y0_mm) / p


def euler_to_rotation(roll_deg: float, pitch_deg: float, yaw_deg: float) -> Array:
    """Rotation (3, 3) from camera frame to lander frame, from the label's angles: Ry(-pitch) Rx(roll) Rz(yaw).

    The photogrammetric order phi, omega, kappa with phi = -pitch; columns are the camera axes in the lander frame.
    """
    (cr, cp, cy), (sr, sp, sy) = (f(np.radians([roll_deg, pitch_deg, yaw_deg])) for f in (np.cos, np.sin))
    about_y = np.array([[cp, 0.0, -sp], [0.0, 1.0, 0.0], [sp, 0.0, cp]])
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cr, -sr], [0.0, sr, cr]])
    about_z = np.array([[cy, -sy, 0.0], [sy, cy, 0.0], [0.0, 0.0, 1.0]])
    return about_y @ about_x @ about_z


def rotation_to_euler(rotation: ArrayLike) -> tuple[float, float, float]:
    """Roll, pitch, yaw in degrees of a rotation (3, 3): the inverse of euler_to_rotation, roll within +/-90.

    At roll = +/-90 only yaw + pitch (or their difference) is defined; pitch is then 0.
    """
    r = np.asarray(rotation, float)
    roll = np.arcsin(np.clip(-r[1, 2], -1.0, 1.0))
    if abs(r[1, 2]) > 1.0 - 1e-12:
        pitch, yaw = 0.0, np.arctan2(-r[0, 1], r[0, 0])
    else:
        pitch, yaw = -np.arctan2(r[0, 2], r[2, 2]), np.arctan2(r[1, 0], r[1, 1])
    return float(np.degrees(roll)), float(np.degrees(pitch)), float(np.degrees(yaw))
