"""Contacts: who can send to whom, when and how fast (SABR, CCSDS 734.3-B-1).

Times are seconds of mission time (since the epoch of the network), at the sender. A contact is one direction; the way
back is a contact of its own, usually at another rate.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from farside.errors import BadInput

LightTime = Callable[[int, int, float], float]
"""Light time in seconds from one node to another for a signal that leaves at a mission time: ``(10, 20, t) -> s``."""


class Contact(NamedTuple):
    """``sender`` can be heard by ``receiver`` from ``start`` to ``end`` at ``rate_bps`` bits a second."""

    sender: int
    receiver: int
    start: float
    end: float
    rate_bps: float

    def seconds(self, octets: float) -> float:
        """Time that sending ``octets`` takes."""
        return 8 * octets / self.rate_bps


class ContactPlan:
    """All contacts of a network, in order of start.

    Raises BadInput for a contact that ends before it starts or has no rate, and for two of one link that overlap.
    """

    def __init__(self, contacts: Iterable[Contact]) -> None:
        self._contacts = sorted(contacts, key=lambda c: (c.start, c.sender, c.receiver))
        self._links: dict[int, dict[int, list[Contact]]] = {}
        for contact in self._contacts:
            self._add(contact)
        self._ends = {
            (sender, receiver): [contact.end for contact in link]
            for sender, links in self._links.items()
            for receiver, link in links.items()
        }

    def _add(self, contact: Contact) -> None:
        name = f"{contact.sender} to {contact.receiver}"
        if not contact.end > contact.start:
            raise BadInput("contact plan", name, contact.end, f"an end after the start, {contact.start}")
        if not contact.rate_bps > 0:
            raise BadInput("contact plan", name, contact.rate_bps, "a rate above 0 bit/s")
        link = self._links.setdefault(contact.sender, {}).setdefault(contact.receiver, [])
        if link and contact.start < link[-1].end:
            raise BadInput("contact plan", name, contact.start, f"a start after the contact before, {link[-1].end}")
        link.append(contact)

    def __iter__(self) -> Iterator[Contact]:
        return iter(self._contacts)

    def __len__(self) -> int:
        return len(self._contacts)

    @property
    def nodes(self) -> list[int]:
        """Every node that sends or receives, in order."""
        return sorted({node for contact in self._contacts for node in (contact.sender, contact.receiver)})

    def receivers(self, sender: int) -> list[int]:
        """The nodes that a node can ever send to, in order."""
        return sorted(self._links.get(sender, ()))

    def next_contact(self, sender: int, receiver: int, t: float, octets: float) -> Contact | None:
        """The first contact of a link in which ``octets`` can be sent whole from ``t`` on."""
        ends = self._ends.get((sender, receiver), [])
        for contact in self._links.get(sender, {}).get(receiver, [])[bisect_right(ends, t) :]:
            if max(t, contact.start) + contact.seconds(octets) <= contact.end:
                return contact
        return None
