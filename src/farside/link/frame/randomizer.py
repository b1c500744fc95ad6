"""The pseudo-random sequence that keeps a receiver's bit clock going (CCSDS 131.0-B-5 section 10)."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

PERIOD = 255
"""Octets after which the sequence repeats (it has 255 bits, and 8 and 255 have no common factor)."""


@cache
def sequence(octets: int) -> NDArray[np.uint8]:
    """The first octets of the sequence of x^8 + x^7 + x^5 + x^3 + 1, all ones at the start, shape (octets,)."""
    state, bits = 0xFF, []
    for _ in range(8 * PERIOD):
        bits.append(state & 1)
        new = (state ^ state >> 3 ^ state >> 5 ^ state >> 7) & 1
        state = state >> 1 | new << 7
    out = np.resize(np.packbits(np.array(bits, np.uint8)), octets)
    out.flags.writeable = False
    return out


def randomized(block: bytes) -> bytes:
    """A block with the sequence added, or, of a block that has it, without it."""
    return (np.frombuffer(block, np.uint8) ^ sequence(len(block))).tobytes()
