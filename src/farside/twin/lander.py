"""The lander: it flies down, and photographs."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from farside.geometry import t_to_utc
from farside.instruments import load as load_instrument
from farside.instruments.gnc import Sample, pack_packet
from farside.link import Agent
from farside.payload import View
from farside.twin.canister import Canister
from farside.twin.truth import Truth
from farside.twin.vehicle import Vehicle
from farside.twin.world import World
from farside.work import rng


class Lander(Vehicle):
    """The lander as an actor, from ignition on."""

    name = "lander"

    def __init__(self, env: simpy.Environment, world: World, agent: Agent, truth: Truth) -> None:
        super().__init__(env, world, agent, truth)
        self._packets = 0
        self.canister = Canister(world.site, world.mission.seed, world.mission.span.end)
        env.process(self._fly())

    def _fly(self) -> Generator[Any, Any, None]:
        """Live through the descent: its events become known aboard as they happen."""
        for t, name in self.world.descent.events:
            yield self.wait(t - self.t)
            self.happened(name)

    def aim(
        self, instrument: str, t: float, index: int, sequence_id: str, mast_deg: tuple[float, float] | None = None
    ) -> View:
        """Everything one exposure at ``t`` depends on: vehicles, Sun, and where the mast really points."""
        world, mission = self.world, self.world.mission
        error = (0.0, 0.0, 0.0)
        if mast_deg is not None:
            sigma = mission.lander.mast_error_deg
            draw = rng(mission.seed, instrument, "mast", sequence_id, *mast_deg).normal(0.0, sigma, 3)
            error = (float(draw[0]), float(draw[1]), float(draw[2]))
        sun, distance_au = world.sun(t)
        return View(
            instrument=instrument,
            t=t,
            start_utc=t_to_utc(t),
            index=index,
            sequence_id=sequence_id,
            binning=getattr(self.quality, instrument).binning,
            lander=world.lander_pose(t),
            rover=world.rover_pose(t),
            mast_deg=mast_deg,
            mast_error_deg=error,
            sun=sun,
            sun_distance_au=distance_au,
            temperature_c=load_instrument(instrument).temperature_c,
            seed=mission.seed,
        )

    def photograph(self, plan: list[View]) -> Generator[Any, Any, None]:
        """Take the exposures of ``plan`` in time order; each record is in the store when its exposure begins."""
        yield from self.carry_out(self.world.exposures(plan))

    def housekeeping(self) -> bytes:
        """One housekeeping sample as a space packet."""
        packet = pack_packet(Sample(**self.world.descent.telemetry(self.t)), self._packets)
        self._packets += 1
        return packet
