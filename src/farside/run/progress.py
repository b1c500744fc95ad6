"""What a person sees while a flight runs: what is happening, how far it is, how long it will take."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol


class Progress(Protocol):
    """Hears what a flight is doing."""

    def say(self, what: str) -> None:
        """A stage has begun."""

    def count(self, what: str, done: int, total: int, utc: str) -> None:
        """``done`` of ``total`` pieces of ``what``; ``utc`` is the time aboard, if anything is."""


class Silence:
    """Says nothing."""

    def say(self, what: str) -> None:
        """Nothing."""

    def count(self, what: str, done: int, total: int, utc: str) -> None:
        """Nothing."""


class JsonLines:
    """One JSON object a line on standard output, for other programs."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def _print(self, **fields: Any) -> None:
        sys.stdout.write(json.dumps({**fields, "wall_s": round(time.monotonic() - self._start, 1)}) + "\n")
        sys.stdout.flush()

    def say(self, what: str) -> None:
        """``{"event": "stage", "what": …}``."""
        self._print(event="stage", what=what)

    def count(self, what: str, done: int, total: int, utc: str) -> None:
        """``{"event": "progress", "what": …, "done": …, "total": …, "utc": …}``."""
        self._print(event="progress", what=what, done=done, total=total, utc=utc)


class Bars:
    """Progress bars on a terminal; plain lines where there is none."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self.console = Console(stderr=True)
        self.bars = RichProgress(
            TextColumn("{task.description:<34}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("[dim]{task.fields[utc]}"),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self._tasks: dict[str, Any] = {}

    def say(self, what: str) -> None:
        """One line above the bars."""
        self.console.print(f"[cyan]·[/] {what}", highlight=False)

    def count(self, what: str, done: int, total: int, utc: str) -> None:
        """A bar for each ``what``; a line for each tenth where there is no terminal."""
        if self.bars.disable:
            if done * 10 // total > (done - 1) * 10 // total:
                aboard = f", {utc[:16].replace('T', ' ')} UTC" if utc else ""
                self.console.print(f"  {what}: {done} of {total}{aboard}", highlight=False)
            return
        if what not in self._tasks:
            self._tasks[what] = self.bars.add_task(what, total=total, utc=utc)
        self.bars.update(self._tasks[what], completed=done, total=total, utc=utc[:16].replace("T", " "))


@contextmanager
def reporter(style: str) -> Iterator[Progress]:
    """Progress in ``style``: rich, json or quiet."""
    if style == "quiet":
        yield Silence()
    elif style == "json":
        yield JsonLines()
    else:
        bars = Bars()
        with bars.bars:
            yield bars
