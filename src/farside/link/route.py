"""Which neighbour to send a bundle to: earliest arrival over the contact plan (SABR, CCSDS 734.3-B-1).

Dijkstra's search over contacts (contact graph routing; Fraire, De Jonckère and Burleigh 2021, J. Netw. Comput. Appl.
174, 102884). Each node books what it sends on every contact of its way, so that later bundles find the volume that is
left; what other nodes put there it cannot know. A bundle is routed at the moment it could leave, by the node it is at.
"""

from __future__ import annotations

import math
from heapq import heappop, heappush
from typing import NamedTuple

from farside.link.contact import Contact, ContactPlan, LightTime


def volume(octets: float) -> float:
    """Octets that a bundle takes on a link with all below it: SABR's estimated volume consumption (its section 2.4)."""
    return max(1.03 * octets, octets + 100)


class Route(NamedTuple):
    """When the last bit arrives if sent now; the contacts used; octets that fit through in all, the first included."""

    arrival: float
    contacts: tuple[Contact, ...]
    volume: float = math.inf


class Router:
    """Routes over one contact plan, as one node sees it."""

    def __init__(self, plan: ContactPlan, light_time: LightTime) -> None:
        self.plan, self.light_time = plan, light_time
        self._booked: dict[Contact, list[float]] = {}

    def route(self, source: int, destination: int, t: float, octets: float, priority: int = 2) -> Route | None:
        """The route of earliest arrival for ``octets`` leaving at ``t`` or later.

        Bookings of lower priority than ``priority`` do not stand in the way. Ties: fewest hops, then the one that stays
        open longest, then lowest nodes. None where no sequence of contacts leads there.
        """
        plan = self.plan
        paths: list[tuple[float, int, float, tuple[int, ...], tuple[Contact, ...], float]] = [
            (t, 0, -math.inf, (source,), (), math.inf)
        ]
        settled = set()
        while paths:
            arrival, hops, closes, nodes, contacts, most = heappop(paths)
            here = nodes[-1]
            if here == destination:
                return Route(arrival, contacts, most)
            if here in settled:
                continue
            settled.add(here)
            for there in plan.receivers(here):
                if there in settled:
                    continue
                found = self._next(here, there, arrival, octets, priority)
                if found is None:
                    continue
                contact, start = found
                sent = start + contact.seconds(octets)
                heard = sent + self.light_time(here, there, sent)
                room = min(most, (contact.end - start) * contact.rate_bps / 8)
                heappush(
                    paths, (heard, hops + 1, max(closes, -contact.end), (*nodes, there), (*contacts, contact), room)
                )
        return None

    def book(self, route: Route, octets: float, priority: int) -> None:
        """Count octets that this node sends on a route."""
        for contact in route.contacts[1:]:  # of the first, its own, the clock says what is left
            self._booked.setdefault(contact, [0.0, 0.0, 0.0])[priority] += octets

    def _next(self, here: int, there: int, t: float, octets: float, priority: int) -> tuple[Contact, float] | None:
        """The first contact in which ``octets`` can be sent whole from ``t`` on, and when its first bit leaves."""
        while (contact := self.plan.next_contact(here, there, t, octets)) is not None:
            booked = self._booked.get(contact)
            start = max(t, contact.start)
            if booked is not None:
                start = max(start, contact.start + contact.seconds(sum(booked[priority:])))
            if start + contact.seconds(octets) <= contact.end:
                return contact, start
            t = contact.end
        return None
