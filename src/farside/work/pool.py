"""Threads of this process: they share the terrain, our kernels being free of the interpreter's lock."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from farside.work.workers import Workers


class Pool(Workers):
    """``workers`` threads (default: the cores this process may use)."""

    def __init__(self, workers: int | None = None) -> None:
        count = workers or cores()
        super().__init__(ThreadPoolExecutor(count, thread_name_prefix="farside"), count)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0))
