"""The one way to run many jobs: threads that share the terrain, our kernels being free of the interpreter's lock."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Pool:
    """Runs jobs on ``workers`` threads (default: the cores this process may use).

    Results never depend on how many: every job is a pure function of its argument.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or len(os.sched_getaffinity(0))
        self._executor = ThreadPoolExecutor(self.workers, thread_name_prefix="farside")

    def submit(self, job: Callable[[Item], Result], item: Item) -> Future[Result]:
        """Start one job."""
        return self._executor.submit(job, item)

    def map(self, job: Callable[[Item], Result], items: Iterable[Item], ahead: int | None = None) -> Iterator[Result]:
        """Yield ``job(item)`` in order of ``items``, keeping at most ``ahead`` results waiting in memory."""
        ahead = ahead or 4 * self.workers
        waiting: deque[Future[Result]] = deque()
        for item in items:
            waiting.append(self.submit(job, item))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def close(self) -> None:
        """Stop: finish what runs, drop what waits."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
