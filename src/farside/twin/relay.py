"""The relay satellite: it passes on what others say, and reports where it is."""

from __future__ import annotations

import simpy

from farside.instruments.relay_hk import ORBIT_ERROR_M, pack_packet
from farside.link import Agent, ThinAgent
from farside.twin.truth import Truth
from farside.twin.vehicle import Vehicle
from farside.twin.world import World
from farside.work import rng


class Relay(Vehicle):
    """The relay as an actor; forwarding is its link node's."""

    name = "relay"

    def __init__(self, env: simpy.Environment, world: World, agent: Agent | ThinAgent, truth: Truth) -> None:
        super().__init__(env, world, agent, truth)
        self._packets = 0

    def housekeeping(self) -> bytes:
        """One housekeeping sample as a space packet: the orbit as known on board."""
        t, orbit, count = self.t, self.world.orbit, self._packets
        error = rng(self.world.mission.seed, "relay", "orbit", count).normal(0.0, ORBIT_ERROR_M * 1e-3, 3)
        self._packets += 1
        return pack_packet(t, orbit.position(t) + error, orbit.velocity(t) * 1e3, count)
