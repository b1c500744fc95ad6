"""What all ways of running many jobs have in common."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Workers:
    """Runs jobs side by side, ``workers`` of them at a time.

    Every job is a pure function of its argument, so results never depend on where it runs or beside how many others.
    Jobs and items for ``Processes`` and ``Cluster`` are pickled: functions of a module with plain values.
    """

    def __init__(self, executor: Executor, workers: int) -> None:
        self.workers = workers
        self._executor = executor

    def submit(self, job: Callable[[Item], Result], item: Item) -> Future[Result]:
        """Start one job."""
        return self._executor.submit(job, item)

    def map(self, job: Callable[[Item], Result], items: Iterable[Item], ahead: int | None = None) -> Iterator[Result]:
        """Yield ``job(item)`` in order of ``items``, keeping at most ``ahead`` results waiting in memory."""
        return self.collect((self.submit(job, item) for item in items), ahead)

    def collect(self, started: Iterable[Future[Result]], ahead: int | None = None) -> Iterator[Result]:
        """Yield the results of jobs in order, each started at most ``ahead`` (default: four a worker) before it is due.

        started: an iterator that starts a job when it is asked for the next. What a job raises is raised where its
        result would have come.
        """
        ahead = ahead or 4 * self.workers
        waiting: deque[Future[Result]] = deque()
        for future in started:
            waiting.append(future)
            if len(waiting) >= ahead:
                yield self.result(waiting.popleft())
        while waiting:
            yield self.result(waiting.popleft())

    def result(self, future: Future[Result]) -> Result:
        """Wait for a job's result. Raises FarsideError where its worker was lost."""
        return future.result()

    def close(self) -> None:
        """Stop: finish what runs, drop what waits."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
