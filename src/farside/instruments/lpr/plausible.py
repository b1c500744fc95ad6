"""What the label gets wrong: byte orders and the unit of angles, told from the values themselves.

The label of Chang'e 4 declares every float of a record's head most significant byte first. The reference point is not;
and the rover's attitude is in radians, not degrees (sequence 0316). Other releases may differ, so each file is asked.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MSB, LSB = "MSB", "LSB"
SMALLEST = 1e-6
"""A length, speed or angle other than zero is not smaller than this; a float read backwards mostly is, or huge."""


def plausible(values: NDArray[Any], limit: float) -> NDArray[np.bool_]:
    """Whether values are finite, below ``limit`` in size, and zero or not absurdly small."""
    with np.errstate(invalid="ignore"):
        size = np.abs(values)
        return np.isfinite(values) & (size <= limit) & ((size == 0) | (size >= SMALLEST))


def float_order(octets: NDArray[np.uint8], limit: float, declared: str) -> tuple[str, NDArray[np.float32], int]:
    """Byte order of one 4-octet float field, (n, 4), over a whole file: the one with more plausible values.

    Returns the order (the declared one in a tie), the values (n,), and how many of them are implausible even so.
    """
    both = {MSB: octets.view(">f4")[:, 0], LSB: octets.view("<f4")[:, 0]}
    good = {order: int(plausible(values, limit).sum()) for order, values in both.items()}
    order = max(both, key=lambda name: (good[name], name == declared))
    return order, both[order].astype(np.float32), len(octets) - good[order]


def length_order(octets: NDArray[np.uint8], length: int, declared: str) -> tuple[str, NDArray[np.uint16]]:
    """Byte order of a 2-octet field, (n, 2), that should read ``length``, and its values (n,)."""
    both = {MSB: octets.view(">u2")[:, 0], LSB: octets.view("<u2")[:, 0]}
    order = max(both, key=lambda name: (int((both[name] == length).sum()), name == declared))
    return order, both[order].astype(np.uint16)


def angle_unit(attitude: NDArray[Any]) -> tuple[str, str]:
    """Unit of the rover's attitude, (n, 3) pitch, roll, yaw, and the reason: "rad" or "deg", one sentence."""
    largest = float(np.nanmax(np.abs(attitude), initial=0.0))
    if largest > 2 * np.pi:
        return "deg", f"an angle of {largest:.1f} cannot be in radians"
    standing = attitude[np.any(attitude != 0, axis=1), 2]
    if standing.size and np.ptp(np.unwrap(standing)) > 0.5:
        return "rad", f"all angles are within 2 pi and the yaw turns by {np.ptp(np.unwrap(standing)):.2f}"
    return "rad", "all angles are within 2 pi; no turn is seen, so as in sequence 0316"
