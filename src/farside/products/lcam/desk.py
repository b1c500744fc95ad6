"""The landing camera's desk: frames as they come, the film of all of them, and what it tells."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from farside import archive
from farside.geometry import utc_to_t
from farside.instruments.gnc import PHASES
from farside.products.desk import Bench, Desk, Report, Still
from farside.products.frames import clock, keep_frame, still
from farside.products.lcam.landing import Wishes, footage
from farside.products.shelf import Shelf

if TYPE_CHECKING:
    import xarray as xr

STILL_EVERY_S = 75.0
"""One frame in so many seconds is shown as a picture."""


class LcamDesk(Desk):
    """Cuts the landing footage, and measures the way down in it."""

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
        self._shown = -np.inf
        self._made: tuple[tuple[int, bool], Future[Report]] | None = None

    def take(self, observation: xr.Dataset) -> Still | None:
        """Keep a frame; one every so many seconds is shown."""
        if self._shelf.takes(observation):
            return None
        path, frame = keep_frame(observation, self.bench, self._shelf.masters(observation))
        self._paths.append(path)
        t = utc_to_t(frame.attrs["start_utc"])
        if t < self._shown + STILL_EVERY_S:
            return None
        self._shown = t
        return still(frame, self.bench, f"Landing camera, {clock(frame.attrs['start_utc'])} UTC")

    def rest(self) -> None:
        """Work on the film of what is there, beside other work."""
        if self._made is None and self._paths:
            self._begin()

    def _begin(self) -> None:
        paths, telemetry, bench = list(self._paths), self.bench.telemetry("gnc"), self.bench
        wishes = Wishes(derived=bench.archive / archive.DERIVED)

        def make(_: None) -> Report:
            return footage(archive.Frames(paths), bench.release, telemetry, bench.site, wishes)

        self._made = (self._material(), bench.pool.submit(make, None))

    def _material(self) -> tuple[int, bool]:
        """How many frames there are, and whether telemetry tells of the landing."""
        telemetry = self.bench.telemetry("gnc")
        landed = telemetry is not None and bool((telemetry["phase"] == PHASES.index("landed")).any())
        return len(self._paths), landed

    def finish(self) -> Report:
        """What the film tells, made again if frames, or the landing's telemetry, came later; nothing of darks alone."""
        if not self._paths:
            return Report()
        if self._made is None or self._made[0] != self._material():
            if self._made is not None:
                self._made[1].result()
            self._begin()
        assert self._made is not None
        return self._made[1].result()
