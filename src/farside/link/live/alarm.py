"""Doing something at a time of a clock that may be set or slewed while one waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["at"]

LONGEST_WAIT_S = 60.0
"""A clock that is set ahead is seen this late at most."""


def at(clock: Callable[[], float], t: float, do: Callable[[], object]) -> None:
    """Have the running loop call do() once clock() shows t or more; never before, however the clock is corrected."""
    loop = asyncio.get_running_loop()
    if (wait := t - clock()) > 0.0:
        loop.call_later(min(wait, LONGEST_WAIT_S), at, clock, t, do)
    else:
        loop.call_soon(do)
