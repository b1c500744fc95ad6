"""What moves along with the camera: parts of the lander, which stand still in the picture while the ground goes by.

Nobody tells where they are. Each step of the chain shows it wherever the ground moves by more than a few pixels: there
the second picture resembles the first as it stands, not as the ground goes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.products.lcam.register import Floats, Plate

CELLS = 64
"""Of so many along a side it is known whether they stand still."""
MOVED_PX = 3.0
LEAST_STEPS = 3
STILL = 0.5
"""A cell stands still whose mismatch is this much less than if it moved with the ground."""


class Aboard:
    """Learns from the steps of a chain of frames of one size which pixels see the lander."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self._shape = shape
        self._seen, self._moving, self._standing = np.zeros((3, CELLS, CELLS))

    def learn(self, first: Plate, second: Plate, homography: NDArray[np.float64]) -> None:
        """Look at a step that can be trusted."""
        import cv2

        lines, samples = self._shape
        x, y = np.meshgrid((np.arange(CELLS) + 0.5) * samples / CELLS, (np.arange(CELLS) + 0.5) * lines / CELLS)
        at = np.stack([x, y], axis=-1).reshape(1, -1, 2)
        way = np.linalg.norm(cv2.perspectiveTransform(at, homography) - at, axis=-1).reshape(CELLS, CELLS)
        fit = [_in_cells(plate.fit.astype(np.float32)) for plate in (first, second)]
        use = (way > MOVED_PX) & (np.minimum(*fit) > 0.5)  # what is masked already shows nothing
        if not use.any():
            return
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        laid = cv2.warpPerspective(second.light, homography, (samples, lines), flags=flags, borderValue=np.nan)
        for sums, other in ((self._moving, laid), (self._standing, second.light)):
            mismatch = _in_cells(np.abs(other - first.light))
            use &= np.isfinite(mismatch)
            sums[use] += mismatch[use]
        self._seen[use] += 1.0

    @property
    def mask(self) -> NDArray[np.bool_] | None:
        """Pixels (line, sample) that see the lander or lie next to it; None where none is known to."""
        import cv2

        still = (self._seen >= LEAST_STEPS) & (self._standing < STILL * self._moving)
        if not still.any():
            return None
        grown = cv2.dilate(still.astype(np.uint8), np.ones((3, 3), np.uint8))
        return cv2.resize(grown, self._shape[::-1], interpolation=cv2.INTER_NEAREST) > 0


def _in_cells(picture: Floats) -> Floats:
    """Mean of each cell."""
    import cv2

    return np.asarray(cv2.resize(picture, (CELLS, CELLS), interpolation=cv2.INTER_AREA), np.float32)
