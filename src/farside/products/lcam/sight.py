"""Frames of the descent with the cameras that saw them, ready to be laid on the ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.geometry import Pinhole
from farside.instruments import camera_pose
from farside.products.flat import lens_falloff
from farside.products.lcam.chain import Chain
from farside.products.lcam.plane import calibration, pixels_of
from farside.products.lcam.register import Plate
from farside.products.lcam.trajectory import Trajectory

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

MOUNT, _ = camera_pose("lcam")
BURNT_DN = 255
"""Counts of what is brighter than the camera can tell."""


@dataclass(frozen=True)
class Sight:
    """A frame that is to be laid on the ground: light (line, sample), where it may be used (uint8), and its camera.

    number: of the chain's frames. p (3,), r (3, 3): position and axes of the camera in LANDING_ENU. covariance (6, 6):
    of both, metres and radians.
    """

    number: int
    light: Floats
    fit: NDArray[np.uint8]
    k: Array
    p: Array
    r: Array
    covariance: Array

    @property
    def pixel_m(self) -> float:
        """Ground that a pixel sees straight below."""
        return float(self.p[2] / self.k[0, 0])

    def laid(self, east: Array, north: Array, height: Array | Floats | float = 0.0) -> Floats:
        """Its light at places (line, sample) of the ground, a square map of posts; NaN where it does not see them."""
        import cv2

        coarser = abs(float(east[0, 1] - east[0, 0])) / self.pixel_m
        light = self.light
        if coarser > 1.2:  # each place is the mean of what falls in it
            light = np.asarray(cv2.GaussianBlur(light, (0, 0), 0.5 * np.sqrt(coarser**2 - 1.0)), np.float32)
        places = np.stack([east, north, np.broadcast_to(height, east.shape)], axis=-1).reshape(-1, 3)
        ahead = (places - self.p) @ self.r[:, 2] < 0.0
        at = np.where(ahead[:, None], pixels_of(self.k, self.p, self.r, places), -1e4).astype(np.float32)
        x, y = (part.reshape(east.shape) for part in at.T)
        shown = cv2.remap(self.fit, x, y, cv2.INTER_NEAREST, borderValue=0) > 0
        return np.where(
            shown, cv2.remap(light, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32(np.nan)
        )

    def moves(self, places: Array) -> Array:
        """Metres east and north (n, 2, 6) that it lays places (n, 3) elsewhere for each unit its pose is off."""
        away = places - self.p
        slope = away[:, :2] / away[:, 2:]
        level = np.concatenate([np.broadcast_to(np.eye(2), (len(away), 2, 2)), -slope[:, :, None]], axis=2)
        turned = np.cross(away[:, None], (self.r @ MOUNT.T).T)  # by a turn about each of the lander's axes
        return level @ np.concatenate([np.broadcast_to(-np.eye(3), (len(away), 3, 3)), turned.swapaxes(1, 2)], axis=2)

    def sigma(self, east: Array, north: Array) -> Array:
        """Standard deviation of where it lays level ground, both axes together, metres: by its pose alone."""
        e, n, h = east - self.p[0], north - self.p[1], self.p[2]
        c = self.covariance
        far = (e**2 + n**2) / h**2
        # about an axis across, a turn moves what is straight below by h; farther out by the square of the distance more
        turned = (h * (1.0 + far)) ** 2 * (c[3, 3] + c[4, 4]) + (e**2 + n**2) * c[5, 5]
        return np.asarray(np.sqrt(c[0, 0] + c[1, 1] + far * c[2, 2] + turned))


def posts(spacing_m: float, count: int) -> tuple[Array, Array]:
    """East and north (line, sample) of a square map of posts, north up, about the landing point."""
    way = (np.arange(count) - 0.5 * (count - 1)) * spacing_m
    east, north = np.meshgrid(way, -way)
    return east, north


class Sights:
    """The frames of a trajectory by the number of their pose; each is read when it is asked for, and not kept."""

    def __init__(self, frames: Sequence[xr.Dataset], found: Chain, way: Trajectory) -> None:
        assert isinstance(found.camera, Pinhole)  # others have no trajectory
        self._frames, self._found, self._way = frames, found, way
        self._k, self._falloff = calibration(found.camera), lens_falloff(found.camera)

    @property
    def heights(self) -> Array:
        """Of the camera over the landing point, (n,) m; NaN for poses without a frame."""
        return np.where(self._way.frames >= 0, self._way.position_m[:, 2], np.nan)

    @property
    def samples(self) -> int:
        """Of a frame."""
        return self._found.camera.width

    @property
    def lines(self) -> int:
        """Of a frame."""
        return self._found.camera.height

    @property
    def focal_px(self) -> float:
        """Focal length in pixels."""
        return float(self._k[0, 0])

    def joint(self, nodes: Sequence[int]) -> Array:
        """Covariance (6 n, 6 n) of these poses together, metres and radians."""
        return self._way.joint(nodes)

    def __getitem__(self, node: int) -> Sight:
        number = int(self._way.frames[node])
        frame = self._frames[self._found.order[number]]
        dn = frame["dn"].to_numpy()
        light = (dn / (self._falloff * np.float32(frame.attrs["exposure_ms"]))).astype(np.float32)
        # burnt ground is at least as bright as it is shown: better than a hole
        fit = Plate.of(np.minimum(dn, BURNT_DN - 1), self._falloff, self._found.aboard).fit
        pose = self._way.position_m[node], self._way.rotation[node], self._way.covariance[node]
        return Sight(number, light, fit, self._k, *pose)
