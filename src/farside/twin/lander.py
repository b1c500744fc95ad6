"""The lander: it flies down, and photographs."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from farside.instruments.gnc import Sample, pack_packet
from farside.link import Agent, ThinAgent
from farside.twin.canister import Canister
from farside.twin.truth import Truth
from farside.twin.vehicle import Vehicle
from farside.twin.world import World


class Lander(Vehicle):
    """The lander as an actor, from ignition on."""

    name = "lander"

    def __init__(self, env: simpy.Environment, world: World, agent: Agent | ThinAgent, truth: Truth) -> None:
        super().__init__(env, world, agent, truth)
        self._packets = 0
        self.canister = Canister(world.site, world.mission.seed, world.mission.span.end)
        env.process(self._fly())

    def _fly(self) -> Generator[Any, Any, None]:
        """Live through the descent: its events become known aboard as they happen."""
        for t, name in self.world.descent.events:
            yield self.wait(t - self.t)
            self.happened(name)

    def housekeeping(self) -> bytes:
        """One housekeeping sample as a space packet."""
        packet = pack_packet(Sample(**self.world.descent.telemetry(self.t)), self._packets)
        self._packets += 1
        return packet
