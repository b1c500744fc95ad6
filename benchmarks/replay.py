"""The landing sequence and the first panorama as flown, at full size: from the scene to the record on its way.

Poses, Sun and motion are those of the flight, the ground is that of full quality; every so many-th frame is taken,
on as many threads as there are cores, and the whole is as many times that. What is timed is all that a flight does
for a frame: rays, smear, detector and compression. Before that each camera takes one frame untimed, for the scene
and the kernels.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from unittest import mock

from benchmarks.claim import Claim
from farside.geometry import utc_to_t
from farside.payload import View, look, observe, radiance
from farside.twin import Clock, World, load_mission, qualities
from farside.twin.commands import Order
from farside.work import Pool, Stages

FILM_EVERY, PANORAMA_EVERY = 67, 8
CORES = 2


def order(world: World, do: str) -> Order:
    """The mission's first command of a kind."""
    return next(c for s in world.mission.sequences for c in s.commands if c.do == do)


def film(world: World) -> list[View]:
    """Every FILM_EVERY-th frame of the landing camera."""
    command, lander = order(world, "lcam.film"), Clock(world).vehicles["lander"]
    frames = world.quality.lcam.frames
    start, step = utc_to_t(command.at), command.with_.duration_s / frames
    return [lander.aim("lcam", start + k * step, k, "0001") for k in range(0, frames, FILM_EVERY)]


def panorama(world: World) -> list[View]:
    """Every PANORAMA_EVERY-th frame of the terrain camera's first panorama, two a pointing; the rover has gone."""
    command, lander = order(world, "tcam.panorama"), Clock(world).vehicles["lander"]
    world.roll_off(utc_to_t(order(world, "rover.rolloff").at))
    a, start = command.with_, utc_to_t(command.at)
    shots = [(mast, shot) for mast in a.pointings() for shot in range(a.shots)]
    return [lander.aim("tcam", start, k, a.sequence_id, shots[k][0]) for k in range(0, len(shots), PANORAMA_EVERY)]


@contextmanager
def hard_sun() -> Iterator[None]:
    """Frames of one ray a pixel, one shadow ray to the Sun, and the light of a lit plain around."""
    plain = {"bounce": False, "refine": False}
    names = observe.__globals__
    with mock.patch.dict(names, look=partial(look, **plain), radiance=partial(radiance, **plain)):
        yield


def taken(world: World, views: list[View], every: int) -> tuple[float, float, str]:
    """Minutes of wall time, and of CPU, for every times as many frames; what each took."""
    first, *rest = (shot.make for shot in world.exposures([views[0], *views]))
    first()
    wall, cpu = time.monotonic(), time.process_time()
    octets = sum(len(record) for record in world.pool.map(lambda make: make(), rest))
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    each = f"{len(rest)} frames timed: {cpu / len(rest):.2f} CPU-s and {octets / len(rest) / 1e3:.0f} kB each"
    return wall * every / 60, cpu * every / 60, f"{each}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def claims() -> Iterator[Claim]:
    with tempfile.TemporaryDirectory() as folder, Pool(CORES) as pool:
        world = World(load_mission("chang-e-4"), qualities()["full"], Stages(Path(folder)), pool, [], lambda what: None)
        with hard_sun():
            wall, cpu, data = taken(world, film(world), FILM_EVERY)
        name = "landing sequence with a hard Sun, 5,358 frames, on two cores"
        yield Claim(name, wall, "min", 45.0, f"{cpu:.0f} CPU-min; {data}")
        for name, views, every, target in (
            ("landing sequence, 5,358 frames", film(world), FILM_EVERY, 45.0),
            ("panorama of the terrain camera, 120 frames", panorama(world), PANORAMA_EVERY, 20.0),
        ):
            wall, cpu, data = taken(world, views, every)
            yield Claim(f"{name}, on two cores", wall, "min", target, f"{cpu:.0f} CPU-min; {data}")


if __name__ == "__main__":
    for made in claims():
        print(made.line(), flush=True)
