"""``lpr.sound``: the penetrating radar sounds the ground along the drive that is under way."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from farside.instruments import lpr
from farside.payload.lpr import Track, observe, site_ground
from farside.twin.commands.order import Order
from farside.twin.part import Part, Positive
from farside.twin.shot import Shot
from farside.work import key_of

if TYPE_CHECKING:
    from farside.flight.rover import Travel
    from farside.twin.quality import Quality as FlightQuality
    from farside.twin.rover import Rover

WAY_EVERY_S = 5.0
"""Spacing of the places that the truth keeps of a sounding."""


class Quality(Part):
    """How far along a drive it sounds at most."""

    longest_m: Positive


class Arguments(Part):
    """Which observing sequence, the channels, and in how many records, even in time, each of them is sent."""

    sequence_id: str = Field(pattern=r"^\d{4}$")
    channels: tuple[Literal["1", "2B"], ...] = Field(("2B", "1"), min_length=1)
    parts: int = Field(gt=0, le=100)


@dataclass(frozen=True)
class Sounding:
    """One record: channel ``mode`` from ``t`` until ``until`` (excluded) on the drive that began at ``began``.

    Times are TDB s past J2000. way: true places meanwhile, each time, east and north (m, site frame).
    """

    instrument: str
    t: float
    until: float
    began: float
    index: int
    sequence_id: str
    mode: str
    seed: int
    way: tuple[tuple[float, float, float], ...]


class LprSound(Order):
    """Record after record, moving or turning, until the drive is over or as far as the flight's quality allows.

    It is commanded at the time of a ``rover.drive`` and after it in the sequence.
    """

    vehicle: ClassVar[str] = "rover"

    do: Literal["lpr.sound"]
    with_: Arguments = Field(alias="with")

    def records(self, quality: FlightQuality) -> int:
        """As many of each channel as commanded."""
        return self.with_.parts * len(self.with_.channels)

    def refusal(self, vehicle: Rover) -> str | None:
        """Who stands learns nothing from a second sounding."""
        travel = vehicle.world.travel
        if travel is None:
            return "aboard the lander"
        return None if vehicle.t < travel.stop else "no drive under way"

    def run(self, vehicle: Rover) -> Generator[Any, Any, None]:
        """Sound, and keep each record for the link when it is complete."""
        travel = vehicle.world.travel
        assert travel is not None
        track = Track.along(travel, vehicle.t, _end(travel, vehicle.quality.lpr.longest_m))
        on = key_of(track)
        yield from vehicle.carry_out(
            Shot(view, partial(_record, track, view), done=view.until, on=on, travels=True)
            for view in self._plan(track, vehicle.world.mission.seed)
        )

    def _plan(self, track: Track, seed: int) -> Iterator[Sounding]:
        a = self.with_
        edges = np.linspace(track.t[0], track.t[-1], a.parts + 1).tolist()
        for k in range(a.parts):
            t, until = edges[k : k + 2]
            for n, mode in enumerate(a.channels):
                yield Sounding(
                    instrument="lpr",
                    t=t,
                    until=until,
                    began=edges[0],
                    index=k * len(a.channels) + n,
                    sequence_id=a.sequence_id,
                    mode=mode,
                    seed=seed,
                    way=_way(track, t, until),
                )


def _record(track: Track, view: Sounding) -> bytes:
    ground, within = site_ground(view.seed), (view.t, view.until)
    raw = observe(ground, track, view.mode, view.sequence_id, view.seed, within=within)
    return lpr.pack(raw.assign_attrs(index=view.index))


def _end(travel: Travel, longest_m: float) -> float:
    """When the rover is through with its last drive, or has come ``longest_m`` far in it; TDB s past J2000."""
    drive = travel.drives[-1]
    return float(drive.t[min(int(np.searchsorted(drive.true_m, longest_m)), len(drive.t) - 1)])


def _way(track: Track, t: float, until: float) -> tuple[tuple[float, float, float], ...]:
    times = np.linspace(t, until, max(2, round((until - t) / WAY_EVERY_S) + 1))
    east, north, _ = track.at(times).position.T
    return tuple(zip(times.tolist(), east.tolist(), north.tolist(), strict=True))
