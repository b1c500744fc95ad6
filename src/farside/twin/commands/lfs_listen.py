"""``lfs.listen``: the radio spectrometer listens to the sky, block after block."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from farside.geometry import utc_to_t
from farside.instruments import lfs
from farside.payload.lfs import Burst, Listening, observe
from farside.twin.commands.order import Order
from farside.twin.part import Interval, Part
from farside.twin.shot import Shot

if TYPE_CHECKING:
    from farside.twin.lander import Lander
    from farside.twin.quality import Quality as FlightQuality
    from farside.twin.world import World

RECORD_BLOCKS = 150
"""Blocks of a record: two and a half minutes, 3 MB."""
FADED_S = 3600.0
"""Nothing is left of a burst so long after its beginning."""


class Quality(Part):
    """How long it listens at most, whatever it is told."""

    longest_s: Interval


class Arguments(Part):
    """Which observing sequence, for how long, and in which of the receiver's bands."""

    sequence_id: str = Field(pattern=r"^\d{4}$")
    duration_s: Interval
    band: Literal["high", "low"] = "high"


class LfsListen(Order):
    """One block a second for ``duration_s``, or for as long as the flight's quality allows; RECORD_BLOCKS a record."""

    do: Literal["lfs.listen"]
    with_: Arguments = Field(alias="with")

    def blocks(self, quality: FlightQuality) -> int:
        """How many blocks are heard."""
        return max(1, int(min(self.with_.duration_s, quality.lfs.longest_s) / lfs.load().block.every_s))

    def records(self, quality: FlightQuality) -> int:
        """One for each RECORD_BLOCKS blocks, the last one shorter."""
        return -(-self.blocks(quality) // RECORD_BLOCKS)

    def refusal(self, vehicle: Lander) -> str | None:
        """The antennas unfold after landing."""
        return None if "touchdown" in vehicle.events else "antennas still folded"

    def run(self, vehicle: Lander) -> Generator[Any, Any, None]:
        """Listen, and keep each record for the link when its last block is heard."""
        every = lfs.load().block.every_s
        yield from vehicle.carry_out(
            Shot(view, partial(_record, view), done=view.t + every * view.blocks, travels=True)
            for view in self._plan(vehicle)
        )

    def _plan(self, vehicle: Lander) -> Iterator[Listening]:
        every, blocks, world = lfs.load().block.every_s, self.blocks(vehicle.quality), vehicle.world
        for first in range(0, blocks, RECORD_BLOCKS):
            t, n = vehicle.t + every * first, min(RECORD_BLOCKS, blocks - first)
            sun, distance_au = world.sun(t)
            yield Listening(
                t=t,
                blocks=n,
                index=first // RECORD_BLOCKS,
                sequence_id=self.with_.sequence_id,
                sun=sun,
                sun_distance_au=distance_au,
                attitude=_nested(world.lander_pose(t).r),
                seed=world.mission.seed,
                band=self.with_.band,
                burst=_burst(world, t, t + every * n),
            )


def _record(view: Listening) -> bytes:
    return lfs.pack(observe(view))


def _burst(world: World, start: float, stop: float) -> Burst | None:
    """The latest of the Sun's bursts that can be heard between two times, TDB s past J2000."""
    heard = [b for b in world.mission.sun.bursts if start - FADED_S < utc_to_t(b.utc) < stop]
    if not heard:
        return None
    last = max(heard, key=lambda b: utc_to_t(b.utc))
    return Burst(utc_to_t(last.utc), **last.model_dump(exclude={"utc"}))


def _nested(rotation: Any) -> tuple[tuple[float, float, float], ...]:
    return tuple((float(x), float(y), float(z)) for x, y, z in rotation)
