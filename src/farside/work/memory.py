"""Memory that has been freed, and who holds it."""

from __future__ import annotations

import ctypes


def hand_back() -> None:
    """Give memory that is free back to the system, where the C library (glibc) would keep it for later.

    Worth its while between steps that hold much and nothing of each other's.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
