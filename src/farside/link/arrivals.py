"""What has come for a node's own applications, until they have it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from farside.link.bundle import FRAGMENT, Bundle, BundleId
from farside.link.fragment import joined
from farside.link.ranges import Ranges
from farside.link.security import Guard, Window
from farside.link.store import State, Store, Stored

Piece = tuple[Stored, Bundle]


class Arrivals:
    """Data units of which pieces are here, and those that are whole. guard: looks at each before it is handed over."""

    def __init__(self, store: Store, guard: Guard | None) -> None:
        self.store, self.guard = store, guard
        self.let_in: set[BundleId] = set()
        """What the guard has let in and no application has yet."""
        self._ranges: dict[BundleId, Ranges] = {}
        self._whole: list[tuple[BundleId, Bundle | None]] = []

    def found(self, stored: Stored, bundle: Bundle | None = None) -> None:
        """A bundle for this node is in the store; bundle: the same read, where it has been."""
        if not stored.flags & FRAGMENT:
            self._whole.append((stored.id, bundle))
            return
        ranges = self._ranges.get(stored.id)
        if ranges is None:
            ranges = self._ranges[stored.id] = Ranges()
        ranges.add(stored.offset, stored.offset + stored.octets)
        if ranges.count == stored.total:
            self._whole.append((stored.id, None))

    def spoiled(self, unit: BundleId) -> None:
        """A piece has been lost: count again what is here."""
        self._ranges.pop(unit, None)
        for rest in self.store.unit(unit):
            if rest.state is State.HERE:
                self.found(rest)

    def whole(self) -> Iterator[tuple[BundleId, Bundle | None]]:
        """Data units that have become whole, each once; with the bundle of one that came as one."""
        while self._whole:
            yield self._whole.pop()

    def complete(self, pieces: list[Piece]) -> bool:
        """Whether the pieces of a data unit that could be read are all of it."""
        if not pieces:
            return False
        first = pieces[0][0]
        return first.id not in self._ranges or self._ranges[first.id].count == first.total

    def examine(self, own_time: float, unit: BundleId, bundle: Bundle) -> Bundle:
        """What the guard lets in; one that it let in before the power went, and nobody took, is let in again.

        Raises security.Refused.
        """
        if self.guard is None:
            return bundle
        guard = replace(self.guard, window=Window()) if unit in self.let_in else self.guard
        clear = guard.examine(own_time, bundle)
        self.let_in.add(unit)
        return clear

    def forget(self, unit: BundleId) -> None:
        """A data unit has been handed over, refused, or has expired."""
        for stored in self.store.unit(unit):
            self.store.remove(stored)
        self._ranges.pop(unit, None)
        self.let_in.discard(unit)


def assembled(pieces: list[Piece]) -> Bundle:
    """The bundle that the pieces of one payload were cut from."""
    first = pieces[0][1]
    if not first.primary.flags & FRAGMENT:
        return first
    total = pieces[0][0].total
    payload = joined(((stored.offset, bundle.payload) for stored, bundle in pieces), total)
    primary = first.primary._replace(flags=first.primary.flags & ~FRAGMENT, offset=0, total=0)
    return Bundle(primary, (*first.blocks[:-1], first.blocks[-1]._replace(data=payload)))
