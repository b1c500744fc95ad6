"""The landing camera's desk: frames as they come, and the film of all of them."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from farside import archive
from farside.geometry import utc_to_t
from farside.products.desk import Bench, Desk, Film, Finding, Report, Still
from farside.products.frames import clock, keep_frame, still
from farside.products.lcam.footage import Footage, footage
from farside.products.shelf import Shelf

if TYPE_CHECKING:
    import xarray as xr

STILL_EVERY_S = 75.0
"""One frame in so many seconds is shown as a picture."""


class LcamDesk(Desk):
    """Cuts the landing footage."""

    name: ClassVar[str] = "lcam"
    instruments: ClassVar[tuple[str, ...]] = ("lcam",)
    title: ClassVar[str] = "Landing camera"
    what: ClassVar[str] = (
        "A camera on the lander's underside, looking along the engine. It films the descent: the horizon while the "
        "lander brakes, then the ground straight below, down to the dust."
    )

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._shelf = Shelf(bench)
        self._paths: list[Path] = []
        self._start = np.inf
        self._shown = -np.inf
        self._cut: tuple[int, Future[Footage]] | None = None

    def take(self, observation: xr.Dataset) -> Still | None:
        """Keep a frame; one every so many seconds is shown."""
        if self._shelf.takes(observation):
            return None
        path, frame = keep_frame(observation, self.bench, self._shelf.masters(observation))
        self._paths.append(path)
        t = utc_to_t(frame.attrs["start_utc"])
        self._start = min(self._start, t)
        if t < self._shown + STILL_EVERY_S:
            return None
        self._shown = t
        return still(frame, self.bench, f"Landing camera, {clock(frame.attrs['start_utc'])} UTC")

    def rest(self) -> None:
        """Cut the film of what is there, beside other work."""
        if self._cut is None and self._paths:
            self._begin()

    def _begin(self) -> None:
        paths, telemetry = list(self._paths), self.bench.telemetry("gnc")
        target = self.bench.release / "landing.mp4"

        def cut(_: None) -> Footage:
            return footage(archive.Frames(paths), target, telemetry)

        self._cut = (len(paths), self.bench.pool.submit(cut, None))

    def finish(self) -> Report:
        """The film, cut again if frames came after the first cut; nothing of calibration frames alone."""
        if not self._paths:
            return Report()
        if self._cut is None or self._cut[0] != len(self._paths):
            if self._cut is not None:
                self._cut[1].result()
            self._begin()
        assert self._cut is not None
        film = self._cut[1].result()
        caption = (
            f"{film.frames} frames of the landing camera, shown {film.speed:.0f} times faster than they were taken. "
            "The camera looks along the engine: ahead to the horizon while braking, then straight down."
        )
        shown = Film(film.path, caption, self._start, film.speed, film.duration_s, film.poster)
        found = Finding("Frames in the film", str(film.frames), "", f"{film.duration_s:.0f} s of film")
        return Report({"landing-footage": film.path}, films=(shown,), findings=(found,))
