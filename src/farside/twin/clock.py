"""The clock: one flight in virtual time, from its first command to its last delivery."""

from __future__ import annotations

import json
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import simpy

from farside.geometry import utc_to_t
from farside.link import Eid, Freight, Priority, Settings, ThinNetwork, predict
from farside.twin.contacts import Contacts
from farside.twin.lander import Lander
from farside.twin.link import network
from farside.twin.mission import Sequence
from farside.twin.radio import Losses
from farside.twin.relay import Relay
from farside.twin.rover import Rover
from farside.twin.services import RECORDS, SEQUENCES, TELEMETRY
from farside.twin.truth import Truth
from farside.twin.vehicle import Vehicle
from farside.twin.world import World


@dataclass(frozen=True)
class Arrival:
    """What mission control has just been given: a payload for one of its services, and when (TDB s past J2000)."""

    service: int
    payload: bytes
    t: float


class Clock:
    """Runs vehicles and network of a flight; what arrives on the Earth comes out of ``arrivals``."""

    def __init__(self, world: World) -> None:
        mission = world.mission
        self.env = simpy.Environment()
        self.t0 = mission.span.start
        self.duration = mission.span.end - mission.span.start
        contacts = Contacts(world)
        nodes = {"lander": mission.lander.node, "rover": mission.rover.node, "relay": mission.relay.node}
        self.contacts = contacts
        losses = Losses(world, contacts.plan)
        self.network = network(self.env, mission, contacts.plan, contacts.light_time, losses)
        self.truth = Truth(world)
        self._inbox: list[Arrival] = []
        self._centre = self.network.agent(mission.centre.node)
        for service in (TELEMETRY, RECORDS):
            self._centre.on_delivery(partial(self._arrived, service), service)
        kinds: tuple[type[Vehicle], ...] = (Lander, Rover, Relay)
        self.vehicles = {
            kind.name: kind(self.env, world, self.network.agent(nodes[kind.name]), self.truth) for kind in kinds
        }
        for sequence in mission.sequences:
            if sequence.preloaded:
                self.vehicles[sequence.vehicle].load(sequence)
            else:
                self.env.process(self._uplink(sequence, nodes[sequence.vehicle]))

    @property
    def t(self) -> float:
        """Virtual time, TDB seconds past J2000."""
        return self.t0 + self.env.now

    @property
    def ledger(self) -> Any:
        """The byte ledger of the network."""
        return self.network.ledger

    @property
    def refused(self) -> list[str]:
        """Commands that vehicles refused, with the reason."""
        return [line for vehicle in self.vehicles.values() for line in vehicle.refused]

    def balance(self) -> Any:
        """Generated against delivered, held and otherwise ended octets, now."""
        return self.network.balance()

    def predicted(self) -> dict[str, float]:
        """When each data unit sent so far should have come by the contact plan (mission time), by its id in the
        ledger.
        """
        if isinstance(self.network, ThinNetwork):
            return {}
        units = [
            Freight(
                entry.id, entry.generated_s, entry.id.source.node, entry.destination.node, entry.octets,
                (entry.priority, 0),
            )
            for entry in self.network.ledger.entries.values()
        ]  # fmt: skip
        found = predict(self.contacts.plan, self.contacts.light_time, units, Settings())
        return {str(id_): t for id_, t in found.items()}

    def arrivals(self) -> Iterator[Arrival]:
        """Let time run to the end of the span; yield what mission control is given, as it is given."""
        while self.env.peek() <= self.duration:
            self.env.step()
            while self._inbox:
                yield self._inbox.pop(0)

    def _arrived(self, service: int, source: Eid, created: float, payload: bytes, delivered: float) -> None:
        self._inbox.append(Arrival(service, payload, self.t0 + delivered))

    def _uplink(self, sequence: Sequence, node: int) -> Generator[simpy.Event, Any, None]:
        """Mission control sends a sequence as one compressed bundle."""
        assert sequence.uplink_utc is not None
        yield self.env.timeout(max(utc_to_t(sequence.uplink_utc) - self.t, 0.0))
        text = json.dumps(sequence.model_dump(mode="json", by_alias=True), separators=(",", ":"))
        self._centre.send((node, SEQUENCES), zlib.compress(text.encode(), 9), Priority.EXPEDITED)
        self.truth.event(self.t, "centre", f"sequence sent: {sequence.name}")
