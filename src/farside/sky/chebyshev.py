"""Chebyshev segments of SPICE kernels: positions of bodies (SPK type 2) and orientation angles (binary PCK type 2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from farside.errors import DamagedFile

Array = NDArray[np.float64]

_BLOCK = 1024  # times whose coefficients stay in the cache while their terms are summed


@dataclass(frozen=True)
class Segment:
    """One kernel segment: three quantities as Chebyshev series on granules of equal length.

    start, stop: coverage; init: begin of the first granule; length: of one granule (all TDB seconds past J2000).
    records: (granules, 2 + 3 terms) as in the file: middle and half length of the granule, then the coefficients.
    """

    start: float
    stop: float
    init: float
    length: float
    records: Array

    @property
    def terms(self) -> int:
        """Number of coefficients of each quantity: degree + 1."""
        return (self.records.shape[1] - 2) // 3

    def granule(self, t: Array) -> NDArray[np.intp]:
        """Index of the granule that times fall in; a time on an edge belongs to the later granule."""
        return np.clip(((t - self.init) // self.length).astype(np.intp), 0, len(self.records) - 1)

    def value(self, t: Array) -> Array:
        """The three quantities at times t (n,), shape (n, 3)."""
        return self._in_blocks(t, _series)

    def rate(self, t: Array) -> Array:
        """Time derivatives at times t (n,), per second, shape (n, 3)."""
        return self._in_blocks(t, _slope) / np.asarray(self.records[self.granule(t), 1], float)[:, None]

    def _in_blocks(self, t: Array, sum_up: Callable[[Array, Array], Array]) -> Array:
        out = np.empty((len(t), 3))
        for k in range(0, len(t), _BLOCK):
            index = self.granule(t[k : k + _BLOCK])
            records = np.asarray(self.records[index], float)
            x = (t[k : k + _BLOCK] - records[:, 0]) / records[:, 1]
            out[k : k + _BLOCK] = sum_up(records[:, 2:].reshape(-1, 3, self.terms), x[:, None])
        return out


def _series(c: Array, x: Array) -> Array:
    """Chebyshev series (n, 3) with coefficients (n, 3, terms) at x (n, 1).

    Clenshaw's recurrence (1955, Math. Tables Aids Comput. 9, 118), element by element: a time gives the same bits alone
    as among others, which a matrix product would not promise.
    """
    twice = 2.0 * x
    b1 = b2 = np.zeros(c.shape[:2])
    for k in range(c.shape[2] - 1, 0, -1):
        b1, b2 = c[:, :, k] + (twice * b1 - b2), b1
    return c[:, :, 0] + (x * b1 - b2)


def _slope(c: Array, x: Array) -> Array:
    """Derivative (n, 3) of ``_series`` with respect to x: the recurrence, differentiated."""
    twice = 2.0 * x
    b1 = b2 = d1 = d2 = np.zeros(c.shape[:2])
    for k in range(c.shape[2] - 1, 0, -1):
        d1, d2 = 2.0 * b1 + (twice * d1 - d2), d1
        b1, b2 = c[:, :, k] + (twice * b1 - b2), b1
    return b1 + (x * d1 - d2)


@cache
def open_kernel(path: Path) -> dict[tuple[int, int], list[Segment]]:
    """All segments of a kernel, memory-mapped, by (centre, target) of an SPK or (reference frame, frame) of a PCK.

    Segments of a pair are in the file's order, which for the kernels used here is by time. Raises DamagedFile.
    """
    from jplephem.daf import DAF

    segments: dict[tuple[int, int], list[Segment]] = {}
    try:
        daf = DAF(path.open("rb"))
        for _, summary in daf.summaries():
            start, stop, target, centre, *_, first, last = summary
            init, length, size, count = daf.read_array(last - 3, last)
            records = daf.map_array(first, last - 4).reshape(int(count), int(size))
            segments.setdefault((centre, target), []).append(
                Segment(float(start), float(stop), float(init), float(length), records)
            )
    except (OSError, ValueError) as error:
        raise DamagedFile(path, f"cannot be read as a kernel ({error})") from error
    return segments
