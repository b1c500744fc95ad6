"""The rover: it rides down, rolls off, drives where it is told as far as ground and battery let it, and reports."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

import simpy

from farside.flight import rover as flight
from farside.instruments.rover_hk import REFUSALS, Sample, pack_packet
from farside.link import Agent, ThinAgent
from farside.sky import sun_direction, sun_distance_au
from farside.twin.commands import Order
from farside.twin.shot import Shot
from farside.twin.truth import Truth
from farside.twin.vehicle import Vehicle
from farside.twin.world import World

OTHER = "other"
"""A reason that has no number in the housekeeping packet; the verdict on the command spells it out."""


class Rover(Vehicle):
    """The rover as an actor; where it is at any time is the world's ``travel``, which its commands lengthen."""

    name = "rover"

    def __init__(self, env: simpy.Environment, world: World, agent: Agent | ThinAgent, truth: Truth) -> None:
        super().__init__(env, world, agent, truth)
        self._work: tuple[flight.Activity, ...] = ()
        self._life: tuple[Any, flight.Energy] | None = None
        self._packets = self._accepted = 0
        self._refusal = "none"
        env.process(self._ride())

    def _ride(self) -> Generator[Any, Any, None]:
        """Feel the descent aboard the lander: sequences may count from its events."""
        for t, name in self.world.descent.events:
            yield self.wait(t - self.t)
            self.knows(name)

    # Moving ----------------------------------------------------------------------------------------------------

    def roll_off(self) -> Generator[Any, Any, None]:
        """Go down the ramp step by step. Raises BadInput where the ramp finds no ground."""
        travel = self.world.roll_off(self.t)
        for t, name in travel.rolloff.events:
            yield self.wait(t - self.t)
            self.happened(name)

    def drive(
        self, waypoints: Iterable[tuple[float, float]], final_heading_deg: float | None
    ) -> Generator[Any, Any, None]:
        """Drive past all waypoints (east, north, m). Raises BadInput where there is no way."""
        drive = self.world.drive(self.t, tuple(waypoints), final_heading_deg)
        self.truth.event(drive.start, self.name, f"drives off, {drive.odometer_m[-1]:.1f} m to go")
        yield self.wait(drive.stop - self.t)
        self.truth.event(drive.stop, self.name, "stands")

    # Living ----------------------------------------------------------------------------------------------------

    def refusal(self, order: Order) -> str | None:
        """Sun, battery and the order itself may forbid it."""
        return (None if order.restful else self._unfit()) or order.refusal(self)

    def _unfit(self) -> str | None:
        """Why nothing but rest is possible now, one of REFUSALS."""
        travel = self.world.travel
        charge = float(self.energy(travel).at(self.t)["charge"]) if travel else 1.0
        return flight.refusal(self.world.sun(self.t)[0], charge)

    def energy(self, travel: flight.Travel) -> flight.Energy:
        """Power, battery and warmth over the whole span, for all that is commanded so far."""
        if self._life is None or self._life[0] != (id(travel), self._work):
            site, until = self.world.site, self.world.mission.span.end
            life = flight.live(travel, lambda t: sun_direction(site, t), sun_distance_au, until, self._work)
            self._life = ((id(travel), self._work), life)
        return self._life[1]

    def carry_out(self, shots: Iterable[Shot]) -> Generator[Any, Any, None]:
        """Make records in order of time; the instruments' power is taken meanwhile."""
        plan = list(shots)
        if plan:
            self._work = (*self._work, flight.Activity(self.t, max(shot.done for shot in plan)))
        yield from super().carry_out(plan)

    # Housekeeping ----------------------------------------------------------------------------------------------

    def housekeeping(self) -> bytes:
        """One housekeeping sample as a space packet, once the roll-off has begun."""
        travel = self.world.travel
        assert travel is not None
        state = flight.telemetry(travel, self.energy(travel), self.t)
        sample = Sample(**state, accepted=self._accepted, refused=len(self.refused), refusal=self._refusal)
        self._packets += 1
        return pack_packet(sample, self._packets - 1)

    def _tell(self, order: Order, reason: str | None) -> None:
        if reason is None:
            self._accepted += 1
        else:
            self._refusal = reason if reason in REFUSALS else OTHER
        super()._tell(order, reason)
