"""The link of a flight, from the mission file: how it is worked, who may command, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import simpy
from pydantic import Field, field_validator, model_validator

from farside.errors import BadInput
from farside.geometry import utc_to_t
from farside.link import (
    FAULTS,
    ContactPlan,
    Fault,
    Guard,
    LightTime,
    Network,
    Settings,
    ThinNetwork,
    bp_time,
    draw_faults,
)
from farside.link import actual_plan as take_place
from farside.link.radio import radio
from farside.link.security import Keys, Kind, Pattern, Rule, derive
from farside.twin.part import LossShare, Part, Utc, epoch
from farside.twin.services import SEQUENCES
from farside.work import rng

if TYPE_CHECKING:
    from farside.twin.mission import Mission

KEY_S = 30 * 86400.0
"""A twin's keys change as often, with some days in which both the old and the new one are good."""
OVERLAP_S = 3 * 86400.0
ADMINISTRATIVE = 0
"""The service of a node's own endpoint, to which acknowledgements go."""


class FaultSpec(Part):
    """A fault: its kind, the node or the two nodes it strikes (by name), from when until when, and how badly.

    amount: what it means depends on the kind; docs/link.md lists them.
    """

    kind: str
    at: tuple[str, ...] = Field(min_length=1, max_length=2)
    from_utc: Utc
    until_utc: Utc
    amount: float = 0.0
    _epochs = field_validator("from_utc", "until_utc")(epoch)

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in FAULTS:
            raise ValueError(f"one of {', '.join(FAULTS)}")
        return kind

    @model_validator(mode="after")
    def _fits_its_kind(self) -> FaultSpec:
        kind = FAULTS[self.kind]
        if len(self.at) != kind.strikes:
            raise ValueError(f"{'two nodes' if kind.strikes == 2 else 'one node'} for {self.kind}, got {self.at}")
        if not kind.least <= self.amount <= kind.most:
            raise ValueError(f"{kind.amount}, from {kind.least:g} to {kind.most:g}, got {self.amount:g}")
        if utc_to_t(self.until_utc) <= utc_to_t(self.from_utc):
            raise ValueError(f"until_utc after from_utc ({self.from_utc})")
        return self


class LossSpec(Part):
    """Share of transfer frames that are lost between surface and relay, and between relay and Earth (or by_budget)."""

    surface: LossShare = 0.0
    earth: LossShare = 0.0


class LinkSpec(Part):
    """How the link is worked. mode: bundles kept until they are safe, or thin: plain telemetry frames, sent once.

    evict: whether bulk data may make room for what is more urgent where a store is full. copies: that a source keeps
    of its data. random_faults: so many drawn from the seed, beside those listed. radio: what differs from Chang'e 4's
    radio where rates or losses are left to the budget (see link.radio).
    """

    mode: Literal["bundles", "thin"] = "bundles"
    frame_loss: LossSpec = LossSpec()
    evict: bool = False
    copies: int = Field(default=2, ge=1, le=3)
    faults: tuple[FaultSpec, ...] = ()
    random_faults: int = Field(default=0, ge=0, le=1000)
    radio: dict[str, Any] | None = Field(default=None, exclude_if=lambda changes: changes is None)

    @field_validator("radio")
    @classmethod
    def _radio_is_sound(cls, changes: dict[str, Any] | None) -> dict[str, Any] | None:
        try:
            radio(changes)
        except BadInput as error:
            raise ValueError(f"as {error.field} {error.expected}, got {error.value!r}") from None
        return changes


def nodes(mission: Mission) -> dict[str, int]:
    """The name of every node of a mission's network and its number."""
    named = {
        "lander": mission.lander.node,
        "rover": mission.rover.node,
        "relay": mission.relay.node,
        "centre": mission.centre.node,
    }
    return named | {spec.name: spec.node for spec in mission.stations}


def faults(mission: Mission, plan: ContactPlan) -> list[Fault]:
    """What goes wrong in a mission, in mission time."""
    numbers, t0 = nodes(mission), mission.span.start
    listed = [
        Fault(
            spec.kind,
            tuple(numbers[name] for name in spec.at),
            utc_to_t(spec.from_utc) - t0,
            utc_to_t(spec.until_utc) - t0,
            spec.amount,
        )
        for spec in mission.link.faults
    ]
    chance = rng(mission.seed, "link", "faults")
    return listed + draw_faults(chance, plan, mission.span.end - t0, mission.link.random_faults)


def guards(mission: Mission) -> dict[int, Guard]:
    """Who may command, and who may say that something was delivered: mission control and the vehicles, by signature.

    Nobody's commands but mission control's are taken. An acknowledgement lets a source forget its data, so it is signed
    by whoever the data were for.
    """
    t0, centre = mission.span.start, mission.centre.node
    vehicles = (mission.lander.node, mission.rover.node, mission.relay.node)
    made = {}
    for node in (centre, *vehicles):
        ends = vehicles if node == centre else (node,)
        signed = [
            *((Pattern(centre), Pattern(end, SEQUENCES)) for end in ends),
            *((Pattern(centre), Pattern(end, ADMINISTRATIVE)) for end in ends),
            *((Pattern(end), Pattern(centre, ADMINISTRATIVE)) for end in ends),
        ]
        keys = [
            derive(mission.seed, Kind.HMAC, *pair, *span) for pair in signed for span in _months(t0, mission.span.end)
        ]
        rules = [Rule(Pattern(), Pattern(end, SEQUENCES)) for end in ends]
        rules += [Rule(source, there) for source, there in signed if there.service == ADMINISTRATIVE]
        made[node] = Guard(tuple(rules), Keys(keys, round(OVERLAP_S * 1000)), bp_time(t0))
    return made


def _months(t0: float, t1: float) -> list[tuple[int, int]]:
    """From and until when each key is used, BP ms."""
    starts = np.arange(t0 - OVERLAP_S, t1 + OVERLAP_S, KEY_S)
    return [(bp_time(float(start)), bp_time(float(start + KEY_S))) for start in starts]


def network(
    env: simpy.Environment,
    mission: Mission,
    plan: ContactPlan,
    light_time: LightTime,
    loss: Callable[[int, int, Any], Any],
) -> Network | ThinNetwork:
    """The network of a flight in virtual time. loss: share of frames lost by sender, receiver and mission time.

    Raises BadInput for a fault at a link that the plan does not have.
    """
    spec, t0 = mission.link, mission.span.start
    troubles = faults(mission, plan)
    stores = {vehicle.node: vehicle.store_mb * 1e6 for vehicle in (mission.lander, mission.rover)}
    if spec.mode == "thin":
        chance = rng(mission.seed, "link", "thin")
        return ThinNetwork(env, plan, light_time, t0, loss, chance, take_place(plan, troubles), stores)
    settings = {node: Settings(evict=spec.evict) for node in plan.nodes}
    for node, capacity in stores.items():
        settings[node] = Settings(capacity=capacity, evict=spec.evict, copies=spec.copies)
    return Network(env, plan, light_time, t0, settings, guards(mission), loss, troubles, mission.seed)


def balance_row(balance: Any) -> Mapping[str, Any]:
    """A balance for the record: every term, and whether it closes."""
    terms = {name: value for name, value in vars(balance).items() if name != "places"}
    return {**terms, "closes": balance.closes}
