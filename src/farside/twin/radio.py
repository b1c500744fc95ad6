"""Rates and frame losses that a mission file leaves to the link budget (``by_budget``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from farside.flight import Station
from farside.link import Contact, ContactPlan
from farside.link.frame import frame_loss
from farside.link.radio import Link, budget, radio, rate_pieces, sight
from farside.sky import Motion, site_motion
from farside.twin.mission import Mission, StationSpec
from farside.twin.world import World

_LOSS_STEP_S = 600.0  # between, Eb/N0 changes by a hundredth of a decibel


class Budgets:
    """The radio hops of a mission: between lander or rover and relay, and between relay and stations."""

    def __init__(self, world: World) -> None:
        self._mission, self._t0 = world.mission, world.mission.span.start
        self._radio = radio(world.mission.link.radio)
        self._places: dict[str, Motion] = {"site": site_motion(world.site), "relay": world.orbit.position}
        self._stations = {spec.node: spec for spec in world.mission.stations}

    def contacts(self, sender: int, receiver: int, start: float, end: float) -> list[Contact]:
        """Contacts in mission time, each with the rate that holds in it, of a link in view from start to end (TDB)."""
        link, places = self._link(sender, receiver)
        return [
            Contact(sender, receiver, piece.start - self._t0, piece.end - self._t0, piece.rate_bps)
            for piece in rate_pieces(link, places, start, end)
        ]

    def losses(self, contacts: Iterable[Contact]) -> tuple[np.ndarray, np.ndarray]:
        """Mission times and the share of frames lost then, in the contacts of one direction of a link."""
        times, losses = [], []
        for contact in contacts:
            link, places = self._link(contact.sender, contact.receiver)
            t = np.linspace(contact.start, contact.end, 2 + int((contact.end - contact.start) / _LOSS_STEP_S))
            found = budget(link, sight(link, places, t + self._t0))
            ebn0_db = found.ebn0_db(contact.rate_bps) - link.hop.implementation_db
            times.append(t)
            losses.append(frame_loss(link.hop.code, ebn0_db))
        return np.concatenate(times), np.concatenate(losses)

    def _link(self, sender: int, receiver: int) -> tuple[Link, dict[str, Motion]]:
        spec = self._stations.get(sender) or self._stations.get(receiver)
        link = self._radio.link(_hop(self._mission, sender, receiver), spec.name if spec else "")
        return link, self._places | ({"station": _motion(spec)} if spec else {})


class Losses:
    """Share of frames lost on each hop at each time: ``(sender, receiver, mission time or times)``."""

    def __init__(self, world: World, plan: ContactPlan) -> None:
        spec, mission = world.mission.link.frame_loss, world.mission
        surface = {mission.lander.node, mission.rover.node}
        budgets = Budgets(world) if "by_budget" in (spec.surface, spec.earth) else None
        self._tables: dict[tuple[int, int], Any] = {}
        for ends in sorted({(c.sender, c.receiver) for c in plan}):
            if mission.relay.node not in ends:
                continue
            loss = spec.surface if surface & {*ends} else spec.earth
            if budgets and loss == "by_budget":
                mine = [c for c in plan if (c.sender, c.receiver) == ends]
                self._tables[ends] = budgets.losses(mine)
            else:
                self._tables[ends] = loss

    def __call__(self, sender: int, receiver: int, t: Any) -> Any:
        """0 where nothing is said, as for ground lines. Shape of t, or a number."""
        table = self._tables.get((sender, receiver), 0.0)
        return np.interp(t, *table) if isinstance(table, tuple) else table


def _hop(mission: Mission, sender: int, receiver: int) -> str:
    """Name of a hop in the radio's table."""
    names = {mission.lander.node: "lander", mission.rover.node: "rover", mission.relay.node: "relay"}
    return f"{names.get(sender, 'earth')}-{names.get(receiver, 'earth')}"


def _motion(spec: StationSpec) -> Motion:
    return Station(spec.name, spec.lat_deg, spec.lon_deg, spec.height_m, spec.min_elevation_deg).motion
