"""The square root that some cameras take of their counts, so that fewer bits hold all that noise leaves of them.

A step of the sent number is then about as many standard deviations of shot noise wherever it is. The ground inverts it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.uint8] | NDArray[np.uint16]


def compressed(dn: NDArray[Any], bits: int, sent_bits: int) -> Counts:
    """Numbers of ``sent_bits`` for counts of ``bits``: their square roots, scaled to the full range and rounded."""
    return _table(bits, sent_bits)[dn]


def expanded(sent: NDArray[Any], bits: int, sent_bits: int) -> NDArray[np.float32]:
    """Counts of ``bits`` that numbers stand for: the mean of all that become the same number."""
    return _inverse(bits, sent_bits)[sent]


@cache
def _table(bits: int, sent_bits: int) -> Counts:
    root = np.sqrt(np.arange(2**bits) / (2**bits - 1))
    return np.rint(root * (2**sent_bits - 1)).astype(np.uint8 if sent_bits <= 8 else np.uint16)


@cache
def _inverse(bits: int, sent_bits: int) -> NDArray[np.float32]:
    """As many counts as there are numbers; those that no count becomes (lossy compression makes them) by the square."""
    numbers, table = np.arange(2**sent_bits), _table(bits, sent_bits)
    held = np.bincount(table, minlength=numbers.size)
    total = np.bincount(table, weights=np.arange(table.size), minlength=numbers.size)
    square = (numbers / (numbers.size - 1)) ** 2 * (table.size - 1)
    return np.where(held > 0, total / np.maximum(held, 1), square).astype(np.float32)
