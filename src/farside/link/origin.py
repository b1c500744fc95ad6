"""Data units in the making: what an application or the node itself hands in becomes bundles."""

from __future__ import annotations

from collections.abc import Iterator

from farside.link.bundle import ADMINISTRATIVE, Bundle, BundleId, Form, Primary, unpack
from farside.link.eid import NOBODY, Eid
from farside.link.events import Submit
from farside.link.fragment import fragments
from farside.link.journey import Journey
from farside.link.security import Guard
from farside.link.settings import Settings
from farside.link.store import Stored

MOST_FORMS = 256
"""Kept at a time: every lifetime has its own."""


class Origin:
    """Makes the bundles of node ``number``, written as they leave it. sequence: next number, for each service."""

    def __init__(self, number: int, settings: Settings, guard: Guard | None) -> None:
        self.number, self.settings, self.guard = number, settings, guard
        self.sequence: dict[int, int] = {}
        self._forms: dict[tuple[object, ...], tuple[Form, bool]] = {}

    def name(self, source: Eid, created_ms: int) -> BundleId:
        """A new identity."""
        sequence = self.sequence.get(source.service, self.settings.first_sequence)
        self.sequence[source.service] = sequence + 1
        return BundleId(source, created_ms, sequence)

    def make(
        self, now: float, own_time: float, unit: BundleId, event: Submit, flags: int
    ) -> Iterator[tuple[Stored, bytes]]:
        """The bundles of a data unit, one or the pieces of a long one. own_time: mission time by this node's clock.

        Raises security.Refused where the guard has a rule for it and no key.
        """
        form, ruled = self._form(event, unit.source, flags)
        data, octets = form.pack(unit.created_ms, unit.sequence, event.payload), len(event.payload)
        longest = self.settings.fragment_octets
        own = not (flags & ADMINISTRATIVE or event.destination.node == self.number)
        expires = now + event.lifetime_s

        def stored(offset: int, length: int, size: int, form: Form | None = None) -> Stored:
            return Stored(
                unit, event.destination, own, event.priority, event.ordinal, now, expires, 0, flags, length, offset,
                octets, size, form=form,
            )  # fmt: skip

        if not ruled and octets <= longest:
            yield stored(0, octets, len(data), form), data
            return
        bundle = self._protected(own_time, unpack(data))
        for piece in fragments(bundle, longest):
            data, offset = piece.pack(), piece.primary.offset
            yield stored(offset, min(longest, octets - offset), len(data)), data

    def _protected(self, own_time: float, bundle: Bundle) -> Bundle:
        return bundle if self.guard is None else self.guard.protect(own_time, bundle)

    def _form(self, event: Submit, source: Eid, flags: int) -> tuple[Form, bool]:
        """How bundles of this kind are written, and whether the guard has a rule for them."""
        lifetime_ms = round(event.lifetime_s * 1000)
        key = (event.destination, source, flags, lifetime_ms, event.priority, event.ordinal)
        if key not in self._forms:
            if len(self._forms) >= MOST_FORMS:
                self._forms.clear()
            report_to = NOBODY if flags & ADMINISTRATIVE or not self.settings.report else Eid(self.number)
            primary = Primary(event.destination, source, 0, 0, lifetime_ms, flags, report_to)
            journey = Journey(hops=1, priority=event.priority, ordinal=event.ordinal)
            form = Form(primary, journey.blocks(self.number))
            ruled = self.guard is not None and self.guard.rule(unpack(form.pack(0, 0, b""))) is not None
            self._forms[key] = form, ruled
        return self._forms[key]
