"""Processes on this machine, each with memory and an interpreter of its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager

from farside.errors import FarsideError
from farside.work.pool import cores
from farside.work.workers import Item, Result, Workers

LOST = (
    "a worker process ended before its work was done (killed, out of memory, or started by a script without "
    "if __name__ == '__main__'); what is made is kept: do the same again, with fewer workers if memory is short"
)


class Processes(Workers):
    """``workers`` processes (default: the cores this process may use), started when there is work for them.

    They are spawned, not forked: a fork would copy locks that threads of this process hold.
    """

    def __init__(self, workers: int | None = None) -> None:
        count = workers or cores()
        spawn = multiprocessing.get_context("spawn")
        super().__init__(ProcessPoolExecutor(count, mp_context=spawn, initializer=_begin), count)

    def submit(self, job: Callable[[Item], Result], item: Item) -> Future[Result]:
        """Start one job. Raises FarsideError where a worker has been lost."""
        with _lost():
            return super().submit(job, item)

    def result(self, future: Future[Result]) -> Result:
        """Wait for a job's result. Raises FarsideError where a worker has been lost."""
        with _lost():
            return super().result(future)


@contextmanager
def _lost() -> Iterator[None]:
    try:
        yield
    except BrokenExecutor as error:
        raise FarsideError(LOST) from error


def _begin() -> None:
    """Leave interruptions to the process that hands out the work, and never outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
