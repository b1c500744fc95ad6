"""When data should arrive: the downlink planned ahead, from the contact plan and what is to be sent.

A model of queues, not of protocols: each link sends, most urgent first, batches of bundles as long as a contact lasts;
a batch is there when its last bit is, and goes on from there. What it leaves out is what makes arrivals later than
planned: losses, faults, and acknowledgements in the way.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

from farside.link.bundle import BundleId
from farside.link.contact import ContactPlan, LightTime
from farside.link.ltp import segment_size
from farside.link.route import Router, volume
from farside.link.settings import Settings

BUNDLE_HEAD, SEGMENT_HEAD = 115, 14
"""Octets around a payload and around a segment, as this package writes them."""


class Freight(NamedTuple):
    """A data unit to be carried: from when (mission time, s) and where, to which node, octets, urgency (a larger
    first).
    """

    id: BundleId
    t: float
    source: int
    destination: int
    octets: int
    rank: tuple[int, int]


class _Piece(NamedTuple):
    rank: tuple[int, int]
    number: int
    unit: Freight
    octets: int


@dataclass
class _Link:
    sender: int
    receiver: int
    free_at: float = -math.inf
    asked: set[float] = field(default_factory=set)


def predict(
    plan: ContactPlan, light_time: LightTime, freight: Iterable[Freight], settings: Settings
) -> dict[BundleId, float]:
    """Arrival of each data unit (mission time, s); those that the plan does not bring to their destination are left
    out.
    """
    return _Planner(plan, light_time, settings).run(sorted(freight, key=lambda unit: (unit.t, unit.id)))


class _Planner:
    def __init__(self, plan: ContactPlan, light_time: LightTime, settings: Settings) -> None:
        self.plan, self.light_time, self.settings = plan, light_time, settings
        self.routers = {node: Router(plan, light_time) for node in plan.nodes}
        self.waiting: dict[int, list[_Piece]] = {node: [] for node in plan.nodes}
        self.links = {node: [_Link(node, there) for there in plan.receivers(node)] for node in plan.nodes}
        self.events: list[tuple[float, int, int, tuple[_Piece, ...]]] = []
        self.order = count()
        self.missing: dict[BundleId, int] = {}
        self.arrived: dict[BundleId, float] = {}

    def run(self, freight: list[Freight]) -> dict[BundleId, float]:
        for unit in freight:
            pieces = self._cut(unit)
            self.missing[unit.id] = len(pieces)
            self._at(unit.t, unit.source, pieces)
        while self.events:
            t, _, node, pieces = heappop(self.events)
            for piece in pieces:
                self._arrive(t, node, piece)
            while self.events and self.events[0][0] == t and self.events[0][2] == node:
                for piece in heappop(self.events)[3]:
                    self._arrive(t, node, piece)
            for link in self.links[node]:
                self._send(t, link)
        return self.arrived

    def _at(self, t: float, node: int, pieces: tuple[_Piece, ...] = ()) -> None:
        heappush(self.events, (t, next(self.order), node, pieces))

    def _cut(self, unit: Freight) -> tuple[_Piece, ...]:
        size, rank = self.settings.fragment_octets, (-unit.rank[0], -unit.rank[1])
        lengths = [min(size, unit.octets - start) for start in range(0, unit.octets, size)] or [0]
        return tuple(_Piece(rank, next(self.order), unit, length) for length in lengths)

    def _arrive(self, t: float, node: int, piece: _Piece) -> None:
        if node != piece.unit.destination:
            heappush(self.waiting[node], piece._replace(number=next(self.order)))
            return
        self.missing[piece.unit.id] -= 1
        if not self.missing[piece.unit.id]:
            self.arrived[piece.unit.id] = t

    def _send(self, t: float, link: _Link) -> None:
        """Start a batch on a link that is free; else see that it is looked at again."""
        queue = self.waiting[link.sender]
        if not queue or link.free_at > t:
            return
        contact = self.plan.next_contact(link.sender, link.receiver, t, 0)
        if contact is None:
            return
        if contact.start > t:
            if contact.start not in link.asked:
                link.asked.add(contact.start)
                self._at(contact.start, link.sender)
            return
        batch, wire = self._batch(t, link, (contact.end - t) * contact.rate_bps / 8, contact.rate_bps)
        if not batch:
            if contact.end not in link.asked and math.isfinite(contact.end):
                link.asked.add(contact.end)
                self._at(contact.end, link.sender)
            return
        link.free_at = t + 8 * wire / contact.rate_bps
        self._at(link.free_at, link.sender)
        self._at(link.free_at + self.light_time(link.sender, link.receiver, link.free_at), link.receiver, tuple(batch))

    def _batch(self, t: float, link: _Link, room: float, rate_bps: float) -> tuple[list[_Piece], float]:
        """The most urgent pieces that go this way, and their octets on the wire."""
        batch: list[_Piece] = []
        left: list[_Piece] = []
        queue, used, wire, ways = self.waiting[link.sender], 0.0, 0.0, {}
        while queue:
            piece = queue[0]
            need = volume(piece.octets + BUNDLE_HEAD)
            if batch and (used + need > self.settings.batch_octets or batch[0].rank[0] == -2 != piece.rank[0]):
                break
            heappop(queue)
            there = piece.unit.destination
            if used + need > room:
                left.append(piece)
                continue
            if there not in ways:
                route = self.routers[link.sender].route(link.sender, there, t, need)
                ways[there] = route.contacts[0].receiver if route else None
            if ways[there] != link.receiver:
                left.append(piece)
                continue
            batch.append(piece)
            used += need
            segments = math.ceil((piece.octets + BUNDLE_HEAD) / segment_size(rate_bps))
            wire += piece.octets + BUNDLE_HEAD + segments * SEGMENT_HEAD
        for piece in left:
            heappush(queue, piece)
        return batch, wire
