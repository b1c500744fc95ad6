"""Chebyshev segments of SPICE kernels: positions of bodies (SPK type 2) and orientation angles (binary PCK type 2)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.errors import DamagedFile

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Segment:
    """One kernel segment: three quantities as Chebyshev series on granules of equal length.

    start, stop: coverage; init: begin of the first granule; length: of one granule (all TDB seconds past J2000).
    records: (granules, 2 + 3 terms) as in the file: middle and half length of the granule, then the coefficients.
    A time on the edge of two granules belongs to the later one.
    """

    start: float
    stop: float
    init: float
    length: float
    records: Array

    def __post_init__(self) -> None:
        # one type for the kernels, whether it came from a file or was just made: they are compiled once
        records = np.ascontiguousarray(self.records, np.float64).view()
        records.flags.writeable = False
        object.__setattr__(self, "records", records)

    @property
    def pieces(self) -> int:
        """Number of granules."""
        return len(self.records)

    def value(self, t: Array, after: Array | None = None) -> Array:
        """The three quantities at times t (n,), shape (n, 3).

        after: seconds (n,) to add to t. The sum is never rounded to one number, whose last bit is 0.1 us today: in
        that time the Moon moves 4 mm round the Sun.
        """
        values = np.empty((len(t), 3))
        after = np.zeros(len(t)) if after is None else after
        _values(self.records, self.init, self.length, t, after, values)
        return values

    def state(self, t: Array) -> tuple[Array, Array]:
        """The three quantities at times t (n,) and their time derivatives per second, shape (n, 3) each."""
        values, rates = np.empty((len(t), 3)), np.empty((len(t), 3))
        _states(self.records, self.init, self.length, t, values, rates)
        return values, rates

    def rate(self, t: Array) -> Array:
        """Time derivatives at times t (n,), per second, shape (n, 3)."""
        return self.state(t)[1]


# Clenshaw's recurrence (1955, Math. Tables Aids Comput. 9, 118) in the order in which SPICE takes it: the same bits.
# Element by element, so that a time gives the same bits alone as among others.


@njit(cache=True, nogil=True, error_model="numpy")
def _values(
    records: np.ndarray, init: float, length: float, t: np.ndarray, after: np.ndarray, values: np.ndarray
) -> None:
    """Write the series at times t + after (n,) to ``values`` (n, 3)."""
    last, terms = records.shape[0] - 1, (records.shape[1] - 2) // 3
    x0, y0, z0 = 2, 2 + terms, 2 + 2 * terms
    for i in range(t.shape[0]):
        c = records[min(max(math.floor((t[i] - init + after[i]) / length), 0), last)]
        s = (t[i] - c[0] + after[i]) / c[1]
        twice = 2.0 * s
        x1 = x2 = y1 = y2 = z1 = z2 = 0.0
        for k in range(terms - 1, 0, -1):
            x1, x2 = c[x0 + k] + (twice * x1 - x2), x1
            y1, y2 = c[y0 + k] + (twice * y1 - y2), y1
            z1, z2 = c[z0 + k] + (twice * z1 - z2), z1
        values[i, 0] = c[x0] + (s * x1 - x2)
        values[i, 1] = c[y0] + (s * y1 - y2)
        values[i, 2] = c[z0] + (s * z1 - z2)


@njit(cache=True, nogil=True, error_model="numpy")
def _states(
    records: np.ndarray, init: float, length: float, t: np.ndarray, values: np.ndarray, rates: np.ndarray
) -> None:
    """Write the series at times t (n,) to ``values`` (n, 3) and their slopes, per second, to ``rates`` (n, 3)."""
    last, terms = records.shape[0] - 1, (records.shape[1] - 2) // 3
    for i in range(t.shape[0]):
        c = records[min(max(math.floor((t[i] - init) / length), 0), last)]
        s = (t[i] - c[0]) / c[1]
        twice = 2.0 * s
        for axis in range(3):
            first = 2 + axis * terms
            b1 = b2 = d1 = d2 = 0.0
            for k in range(terms - 1, 0, -1):
                d1, d2 = 2.0 * b1 + (twice * d1 - d2), d1
                b1, b2 = c[first + k] + (twice * b1 - b2), b1
            values[i, axis] = c[first] + (s * b1 - b2)
            rates[i, axis] = (b1 + (s * d1 - d2)) / c[1]


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
