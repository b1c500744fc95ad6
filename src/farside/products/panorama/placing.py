"""Where the frames of a panorama are, and how they look: by their labels, or by what has been made of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from farside.geometry import Equirectangular, Pinhole, azel, euler_to_rotation
from farside.products.panorama.surface import Surface

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

TELLING, OF_A_MAST_M = 0.01, 5e-4
"""Least share of the largest singular value, and largest misfit, for which places tell of a mast."""
NEAR_DEG = 3.0
"""Frames are tried as a pair if their axes are no more than a frame's width and so much apart."""
STILL_M = 1e-6
"""A camera that is no further from the eye sees what it sees, however near that is."""


@dataclass(frozen=True)
class Placing:
    """n frames of one camera. Everything is in the lander frame.

    rotations: (n, 3, 3) from the camera. centres: (n, 3) metres. arms: (2, 3) metres, what the mast carries
    the camera on: as it turns, and as the camera does (see ``_arms``). surface: what they look at, from the ``eye``.
    deck: one over the height of the eye above the level top of the vehicle, 1/m; 0 where nothing is known of it.
    """

    camera: Pinhole
    rotations: Array
    centres: Array
    arms: Array
    surface: Surface
    deck: float = 0.0

    @classmethod
    def of_labels(cls, frames: Sequence[xr.Dataset], camera: Pinhole) -> Self:
        """As the labels have it, over the plane through the lander's footpads."""
        centres = np.array([f.attrs["camera_position_m"] for f in frames], float)
        rotations = np.array([euler_to_rotation(*f.attrs["camera_rotation_deg"]) for f in frames])
        return cls(camera, rotations, centres, _arms(rotations, centres), Surface.plane(float(centres[:, 2].mean())))

    def turned(self, change: Array) -> Self:
        """With frames turned by rotation vectors (n, 3), radians, in the lander frame; the mast takes them along."""
        from scipy.spatial.transform import Rotation

        rotations = Rotation.from_rotvec(change).as_matrix() @ self.rotations
        moved = (_yaws(rotations) - _yaws(self.rotations)) @ self.arms[0] + (rotations - self.rotations) @ self.arms[1]
        return replace(self, rotations=rotations, centres=self.centres + moved)

    def carried(self) -> Array:
        """How the camera's places change as frames turn, (n, 3, 3) metres a radian of rotation vector."""
        yaws, z = _yaws(self.rotations), [0.0, 0.0, 1.0]
        ahead, by_yaw = yaws[:, :, 1], np.cross(z, yaws @ self.arms[0])
        steep = -self.rotations[:, 2, 2] / np.maximum(np.hypot(*self.rotations[:, :2, 2].T), 1e-9)
        about = z - ahead * steep[:, None]
        return by_yaw[:, :, None] * about[:, None, :] - cross(self.rotations @ self.arms[1])

    def kept(self, which: NDArray[np.bool_], labels: Placing) -> Self:
        """With frames as they are where ``which`` (n,), elsewhere as ``labels`` have them."""
        rotations = np.where(which[:, None, None], self.rotations, labels.rotations)
        return replace(self, rotations=rotations, centres=np.where(which[:, None], self.centres, labels.centres))

    @cached_property
    def eye(self) -> Array:
        """Where the panorama is seen from, (3,): the middle of the camera's places."""
        return np.asarray(self.centres.mean(axis=0))

    def pixel(self, k: int, d: Array) -> Array:
        """Sample and line (..., 2) in frame k of what the eye sees in unit directions (..., 3); NaN behind it."""
        offset = self.centres[k] - self.eye
        aside = np.abs(offset).max() > STILL_M
        v = d - offset * self.surface.inverse_distance(d)[..., None] if aside else d
        return np.stack(self.camera.project(v @ self.rotations[k]), axis=-1)

    def seen(self, k: int, pixels: Array) -> Array:
        """Unit directions (..., 3) from the eye of samples and lines (..., 2) of frame k."""
        w = self.camera.rays(pixels[..., 0], pixels[..., 1]) @ self.rotations[k].T
        return from_eye(w, self.centres[k] - self.eye, self.surface)[0]

    def grid(self, az_left_deg: float = 180.0, turn: Array | None = None) -> Equirectangular:
        """A map of the whole circle that holds all frames, at the camera's resolution; of the lander frame, or of one
        that it is turned into by ``turn`` (3, 3).
        """
        edges = np.concatenate([self.edge(k) for k in range(len(self.rotations))])
        el = np.degrees(azel(edges if turn is None else edges @ turn.T)[1])
        width = round(2.0 * np.pi / self.camera.pixel_rad)
        return Equirectangular.around(width, float(el.max()), float(el.min()), az_left_deg)

    def edge(self, k: int) -> Array:
        """Directions (m, 3) from the eye of the border of frame k; the last one is its middle."""
        width, height = self.camera.width, self.camera.height
        i, j = np.arange(0.5, width + 1, 8.0), np.arange(0.5, height + 1, 8.0)
        x = np.concatenate([i, i, np.full_like(j, 0.5), np.full_like(j, width + 0.5), [width / 2]])
        y = np.concatenate([np.full_like(i, 0.5), np.full_like(i, height + 0.5), j, j, [height / 2]])
        return self.seen(k, np.column_stack([x, y]))

    def pairs(self) -> list[tuple[int, int]]:
        """Frames that may overlap."""
        axes = -self.rotations[:, :, 2]
        near = np.cos(self.camera.pixel_rad * self.camera.width + np.radians(NEAR_DEG))
        return [(int(a), int(b)) for a, b in np.argwhere(axes @ axes.T > near) if a < b]


def _arms(rotations: Array, centres: Array) -> Array:
    """The arms (2, 3) for which centre = pivot + yaw @ arms[0] + rotation @ arms[1] suits all frames best.

    There is a second one only where the mast needs it, and none where places are not those of a mast, or do not differ
    enough to tell.
    """
    n = len(centres)
    parts = [np.broadcast_to(np.eye(3), (n, 3, 3)), _yaws(rotations), rotations]
    for used in (2, 3):
        design = np.concatenate(parts[:used], axis=2).reshape(3 * n, 3 * used)
        found, *_ = np.linalg.lstsq(design, centres.ravel(), rcond=TELLING)
        if np.abs(design @ found - centres.ravel()).max() < OF_A_MAST_M:
            return np.concatenate([found[3:], np.zeros(9 - 3 * used)]).reshape(2, 3)
    return np.zeros((2, 3))


def cross(v: Array) -> Array:
    """Matrices (n, 3, 3) of v x."""
    out = np.zeros((len(v), 3, 3))
    out[:, 0, 1], out[:, 0, 2] = -v[:, 2], v[:, 1]
    out[:, 1, 0], out[:, 1, 2] = v[:, 2], -v[:, 0]
    out[:, 2, 0], out[:, 2, 1] = -v[:, 1], v[:, 0]
    return out


def _yaws(rotations: Array) -> Array:
    """Rotations (n, 3, 3) about the vertical alone, from ahead to where cameras look."""
    x, y = -rotations[:, 0, 2], -rotations[:, 1, 2]
    size = np.maximum(np.hypot(x, y), 1e-9)
    out = np.zeros_like(rotations)
    out[:, 0, 0], out[:, 0, 1], out[:, 1, 0], out[:, 1, 1] = y / size, x / size, -x / size, y / size
    out[:, 2, 2] = 1.0
    return out


def from_eye(w: Array, offset: Array, surface: Surface) -> tuple[Array, Array, Array]:
    """What a camera ``offset`` (..., 3) from the eye sees along unit rays w (..., 3), as the eye sees it.

    Returns directions (..., 3), inverse distances, and how much of w is in the direction. The point X = offset + s w
    lies 1/r from the eye, so that r X = r offset + q w is a unit vector.
    """
    d = w
    for _ in range(3):
        r = surface.inverse_distance(d)
        along = r * np.sum(offset * w, axis=-1)
        q = np.sqrt(np.maximum(along**2 - r**2 * np.sum(offset * offset, axis=-1) + 1.0, 0.0)) - along
        d = r[..., None] * offset + q[..., None] * w
    return d, r, q
