"""Displacements that know which level frame they are written in.

A radar record gives the rover in north, east, down from a reference point, and the reference point in east, north, up
from the lander. Adding the two number by number is wrong and does not look it; a displacement refuses::

    where = Displacement(lander.enu, reference) + Displacement(lander.ned, rover).to(lander.enu)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry.site import LevelFrame

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Displacement:
    """Vectors (..., 3) in metres written in a level frame; added and subtracted only in the same one."""

    frame: LevelFrame
    metres: Array

    __array_ufunc__ = None  # a bare array has no frame: NumPy shall not add one either

    def to(self, frame: LevelFrame) -> Displacement:
        """The same vectors written in another level frame, of this site or of another one."""
        return Displacement(frame, np.einsum("ij,...j->...i", self.frame.rotation_to(frame), self.metres))

    def __add__(self, other: Displacement) -> Displacement:
        return Displacement(self.frame, self.metres + self._same(other))

    def __sub__(self, other: Displacement) -> Displacement:
        return Displacement(self.frame, self.metres - self._same(other))

    def _same(self, other: Displacement) -> Array:
        if not isinstance(other, Displacement):
            expected = f"a Displacement in {self.frame}, because a bare array does not say its frame"
            raise BadInput("displacement", "frame", other, expected)
        if other.frame != self.frame:
            expected = f"{self.frame}: write it in that frame first, with .to(frame)"
            raise BadInput("displacement", "frame", str(other.frame), expected)
        return other.metres
