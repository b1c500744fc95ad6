"""The lander as an actor: it flies, obeys its sequences, photographs, and hands everything to its link node."""

from __future__ import annotations

import json
import zlib
from collections.abc import Generator, Mapping
from typing import Any

import simpy
from pydantic import TypeAdapter

from farside.geometry import t_to_utc
from farside.instruments import load as load_instrument
from farside.instruments.gnc import Sample, pack_packet
from farside.link import Agent, Eid, Priority, StoreFull
from farside.payload import View
from farside.twin.commands import Order
from farside.twin.mission import Sequence
from farside.twin.quality import Quality
from farside.twin.services import RECORDS, SEQUENCES, TELEMETRY
from farside.twin.truth import Truth
from farside.twin.when import When
from farside.twin.world import World
from farside.work import rng

LATEST_S = 60.0
"""A command that reaches the vehicle later than this after its time is refused: the moment it was meant for is gone."""
LIFETIME_S = 60 * 86400.0
"""Science outlives two lunar nights."""
SEQUENCE = TypeAdapter(Sequence)


class Lander:
    """Command interpreter, cameras and housekeeping of the lander, in virtual time.

    env: SimPy environment whose clock is seconds since ``t0`` (TDB seconds past J2000). agent: its link node.
    """

    def __init__(self, env: simpy.Environment, world: World, agent: Agent, truth: Truth) -> None:
        self.env, self.world, self.agent, self.truth = env, world, agent, truth
        self.t0 = world.mission.span.start
        self.events: dict[str, float] = {}
        self.refused: list[str] = []
        self._signals: Mapping[str, simpy.Event] = {name: env.event() for name in ("ignition", "touchdown")}
        self._packets = 0
        env.process(self._fly())
        agent.on_delivery(self._receive, SEQUENCES)

    @property
    def t(self) -> float:
        """On-board time, TDB seconds past J2000."""
        return self.t0 + self.env.now

    @property
    def quality(self) -> Quality:
        """How finely this flight is computed."""
        return self.world.quality

    def _fly(self) -> Generator[Any, Any, None]:
        """Live through the descent: its events become known aboard as they happen."""
        for t, name in self.world.descent.events:
            yield self.wait(t - self.t)
            self.events[name] = t
            self.truth.event(t, "lander", name)
            if name in self._signals:
                self._signals[name].succeed()

    # Sequences -------------------------------------------------------------------------------------------------

    def _receive(self, source: Eid, created: float, payload: bytes, delivered: float) -> None:
        """Take in a command sequence that came over the link."""
        self.load(SEQUENCE.validate_python(json.loads(zlib.decompress(payload))))

    def load(self, sequence: Sequence) -> None:
        """Start waiting for the moments of a sequence's commands."""
        self.truth.event(self.t, "lander", f"sequence aboard: {sequence.name}")
        for order in sequence.commands:
            self.env.process(self._obey(order))

    def _obey(self, order: Order) -> Generator[Any, Any, None]:
        when = When.parse(order.at)
        if when.event:
            yield self._signals[when.event]
        due = when.resolve(self.events)
        if due < self.t - LATEST_S:
            refused = f"{order.do} at {order.at}: it came aboard too late"
            self.refused.append(refused)
            self.truth.event(self.t, "lander", f"refused {refused}")
            return
        yield self.wait(due - self.t)
        yield from order.run(self)

    def wait(self, seconds: float) -> simpy.Event:
        """An event ``seconds`` from now (at once if that is past)."""
        return self.env.timeout(max(seconds, 0.0))

    def has_passed(self, when: When) -> bool:
        """Whether a moment is known aboard and lies behind."""
        return (when.event is None or when.event in self.events) and self.t >= when.resolve(self.events)

    # Cameras ---------------------------------------------------------------------------------------------------

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
        """Take the exposures of ``plan`` in time order; each record is in the store when its exposure is over."""
        for view, record in zip(plan, self.world.expose(plan), strict=True):
            yield self.wait(view.t - self.t)
            name = f"{view.instrument}-{view.sequence_id}-{view.index}"
            kept = self._send(RECORDS, record, Priority.BULK, name)
            self.truth.observation(view, len(record), kept)

    # Housekeeping ----------------------------------------------------------------------------------------------

    def housekeeping(self) -> bytes:
        """One housekeeping sample as a space packet."""
        packet = pack_packet(Sample(**self.world.descent.telemetry(self.t)), self._packets)
        self._packets += 1
        return packet

    def report(self, packets: list[bytes]) -> None:
        """Send packets ahead of everything else."""
        if not self._send(TELEMETRY, b"".join(packets), Priority.EXPEDITED, "telemetry"):
            self.truth.event(self.t, "lander", f"store full: {len(packets)} housekeeping packets not kept")

    def _send(self, service: int, payload: bytes, priority: Priority, name: str) -> bool:
        """Hand a payload to the link; false where its store has no room for it."""
        try:
            self.agent.send((self.world.mission.centre.node, service), payload, priority, LIFETIME_S, name)
        except StoreFull:
            return False
        return True
