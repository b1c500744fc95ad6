"""A vehicle as an actor: it obeys its sequences, makes instrument records, and hands everything to its link node."""

from __future__ import annotations

import json
import zlib
from collections.abc import Generator, Iterable, Mapping
from concurrent.futures import Future
from typing import Any

import simpy
from pydantic import TypeAdapter

from farside.geometry import Pose, t_to_utc
from farside.instruments import CAMERAS, Instrument, camera_pose
from farside.instruments import load as load_instrument
from farside.instruments.commanding import Verdict
from farside.instruments.commanding import pack_packet as pack_verdict
from farside.link import Agent, BundleId, Eid, Priority, StoreFull, ThinAgent
from farside.payload import View
from farside.twin.commands import Order
from farside.twin.joints import lander_joints, mast_joints, moved, rover_joints
from farside.twin.mission import Sequence
from farside.twin.motion import REST, Motion, motion
from farside.twin.quality import Quality
from farside.twin.services import RECORDS, SEQUENCES, TELEMETRY
from farside.twin.shot import Made, Shot
from farside.twin.truth import Truth
from farside.twin.when import EVENTS, When
from farside.twin.world import World
from farside.work import key_of, rng

LATEST_S = 60.0
"""A command that reaches the vehicle later than this after its time is refused: the moment it was meant for is gone."""
LIFETIME_S = 60 * 86400.0
"""Science outlives two lunar nights."""
SEQUENCE = TypeAdapter(Sequence)


class Vehicle:
    """Command interpreter, instruments and housekeeping of a vehicle, in virtual time.

    env: SimPy environment whose clock is seconds since ``t0`` (TDB seconds past J2000). agent: its link node.
    """

    name: str

    def __init__(self, env: simpy.Environment, world: World, agent: Agent | ThinAgent, truth: Truth) -> None:
        self.env, self.world, self.agent, self.truth = env, world, agent, truth
        self.t0 = world.mission.span.start
        self.events: dict[str, float] = {}
        self.refused: list[str] = []
        self._signals: Mapping[str, simpy.Event] = {name: env.event() for name in EVENTS}
        self._verdicts = 0
        agent.on_delivery(self._receive, SEQUENCES)
        agent.on_refusal(self._shut_out)

    @property
    def t(self) -> float:
        """On-board time, TDB seconds past J2000."""
        return self.t0 + self.env.now

    @property
    def quality(self) -> Quality:
        """How finely this flight is computed."""
        return self.world.quality

    def happened(self, name: str) -> None:
        """Something that sequences may wait for has just happened to this vehicle."""
        self.truth.event(self.t, self.name, name)
        self.knows(name)

    def knows(self, name: str) -> None:
        """Something that sequences may wait for is known aboard from now on."""
        self.events[name] = self.t
        if name in self._signals:
            self._signals[name].succeed()

    def wait(self, seconds: float) -> simpy.Event:
        """An event ``seconds`` from now (at once if that is past)."""
        return self.env.timeout(max(seconds, 0.0))

    def has_passed(self, when: When) -> bool:
        """Whether a moment is known aboard and lies behind."""
        return (when.event is None or when.event in self.events) and self.t >= when.resolve(self.events)

    # Sequences -------------------------------------------------------------------------------------------------

    def _receive(self, source: Eid, created: float, payload: bytes, delivered: float) -> None:
        """Take in a command sequence that came over the link."""
        self.load(SEQUENCE.validate_python(json.loads(zlib.decompress(payload))))

    def _shut_out(self, unit: BundleId, why: str) -> None:
        """Commands and acknowledgements that are not mission control's, or came before, count for nothing; that they
        came is told.
        """
        what = "commands" if unit.source.service == SEQUENCES else "acknowledgement"
        refused = f"{what} from {unit.source}: {why}"
        self.refused.append(f"{self.name}: {refused}")
        self.truth.event(self.t, self.name, f"refused {refused}")
        self.report([pack_verdict(Verdict(self.t, self.name, what, why), self._verdicts)])
        self._verdicts += 1

    def load(self, sequence: Sequence) -> None:
        """Start waiting for the moments of a sequence's commands."""
        self.truth.event(self.t, self.name, f"sequence aboard: {sequence.name}")
        for order in sequence.commands:
            self.env.process(self._obey(order))

    def _obey(self, order: Order) -> Generator[Any, Any, None]:
        when = When.parse(order.at)
        if when.event:
            yield self._signals[when.event]
        due = when.resolve(self.events)
        late = due < self.t - LATEST_S
        if not late:
            yield self.wait(due - self.t)
        reason = "too late" if late else self.refusal(order)
        self._tell(order, reason)
        if reason is None:
            yield from order.run(self)

    def refusal(self, order: Order) -> str | None:
        """Why a command cannot be carried out now; None where it can."""
        return order.refusal(self)

    def refuse(self, order: Order, reason: str) -> None:
        """Give a command up while it runs, and say why."""
        self._tell(order, reason)

    def _tell(self, order: Order, reason: str | None) -> None:
        """Report a command accepted (no reason) or refused, in telemetry and in the truth."""
        if reason is not None:
            refused = f"{order.do} at {order.at}: {reason}"
            self.refused.append(f"{self.name}: {refused}")
            self.truth.event(self.t, self.name, f"refused {refused}")
        self.report([pack_verdict(Verdict(self.t, self.name, order.do, reason or ""), self._verdicts)])
        self._verdicts += 1

    # Cameras ---------------------------------------------------------------------------------------------------

    def aim(
        self,
        instrument: str,
        t: float,
        index: int,
        sequence_id: str,
        mast_deg: tuple[float, float] | None = None,
        mode: str = "",
    ) -> View:
        """Everything one exposure at ``t`` depends on: vehicles, Sun, and where the mast really points.

        mode: of the camera, empty for its own.
        """
        world, mission = self.world, self.world.mission
        package = CAMERAS[instrument]  # the eyes of one head share its mast
        camera = load_instrument(instrument, mode)
        error = (0.0, 0.0, 0.0)
        if mast_deg is not None:
            sigma = getattr(mission, self.name).mast_error_deg
            draw = rng(mission.seed, package, "mast", sequence_id, *mast_deg).normal(0.0, sigma, 3)
            error = (float(draw[0]), float(draw[1]), float(draw[2]))
        sun, distance_au = world.sun(t)
        return View(
            instrument=instrument,
            t=t,
            start_utc=t_to_utc(t),
            index=index,
            sequence_id=sequence_id,
            binning=getattr(self.quality, package).binning * camera.pixels_per_sample,
            lander=world.lander_pose(t),
            rover=world.rover_pose(t),
            mast_deg=mast_deg,
            mast_error_deg=error,
            sun=sun,
            sun_distance_au=distance_au,
            temperature_c=camera.temperature_c,
            seed=mission.seed,
            joints=self._joints(t, sun, mast_deg and (mast_deg[0] + error[0], mast_deg[1] + error[1])),
            motion=self._motion(camera, t),
            mode=mode,
        )

    def _motion(self, camera: Instrument, t: float) -> Motion:
        """How a camera moves that is fixed to the lander; those of the rover and on masts are used standing."""
        if camera.fixed is None or camera.on_rover:
            return REST
        rotation, centre = camera_pose(camera.name)
        world, mount = self.world, Pose.of(centre, rotation)
        return motion(lambda t: world.lander_pose(t) @ mount, t, world.descent.ignition_t)

    def thin(self, order: Order, taken: int, commanded: int) -> None:
        """Note in the truth that this quality takes fewer exposures than are commanded."""
        if taken < commanded:
            what = f"{order.do} at {order.at}: {taken} of {commanded} exposures, no more at this quality"
            self.truth.event(self.t, self.name, what)

    def _joints(
        self, t: float, sun: tuple[float, float, float], mast_deg: tuple[float, float] | None
    ) -> tuple[tuple[str, float], ...]:
        """How the joints of both vehicles stand; the mast of the camera in use is up and looks where that does."""
        travel = self.world.travel
        begun = travel if travel and t >= travel.rolloff.commanded else None
        touchdown = next(at for at, name in self.world.descent.events if name == "touchdown")
        values = {
            "lander": lander_joints(touchdown, begun.rolloff if begun else None, t),
            "rover": rover_joints(begun, sun, t),
        }
        if mast_deg is not None:
            used = values[self.name]
            for folded in ("mast-lift", "mast-fold"):
                used.pop(folded, None)
            used |= mast_joints(*mast_deg)
        return moved(values)

    def photograph(self, plan: list[View]) -> Generator[Any, Any, None]:
        """Take the exposures of ``plan`` in time order; each record is in the store when its exposure begins."""
        yield from self.carry_out(self.world.exposures(plan))

    # Records and telemetry -------------------------------------------------------------------------------------

    def carry_out(self, shots: Iterable[Shot]) -> Generator[Any, Any, None]:
        """Make records in order of time; each is in the store when it is complete. What finds no room is lost."""
        plan, world = list(shots), self.world
        away = world.away or world.pool

        def begin(shot: Shot) -> Future[bytes]:
            key = key_of(world.code, shot.on, shot.view)
            workers = away if shot.travels else world.pool
            return world.stages.submit("records", key, workers, Made(world.code, shot.make))

        for shot, made in zip(plan, away.collect(map(begin, plan)), strict=True):
            yield self.wait(shot.done - self.t)
            kept = self._send(RECORDS, made, Priority.BULK, shot.name)
            self.truth.observation(shot.view, len(made), kept)

    def report(self, packets: list[bytes]) -> None:
        """Send packets ahead of everything else."""
        if not self._send(TELEMETRY, b"".join(packets), Priority.EXPEDITED, f"{self.name} telemetry"):
            self.truth.event(self.t, self.name, f"store full: {len(packets)} housekeeping packets not kept")

    def _send(self, service: int, payload: bytes, priority: Priority, name: str) -> bool:
        """Hand a payload to the link; false where its store has no room for it."""
        try:
            self.agent.send((self.world.mission.centre.node, service), payload, priority, LIFETIME_S, name)
        except StoreFull:
            return False
        return True
