"""Which neighbour to send a bundle to: earliest arrival over the contact plan.

Dijkstra's search over contacts (contact graph routing; Fraire, De Jonckère and Burleigh 2021, J. Netw. Comput. Appl.
174, 102884). Queues ahead are not counted: each bundle is routed at the moment it could leave, by the node it is at.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple

from farside.link.contact import Contact, ContactPlan, LightTime


class Route(NamedTuple):
    """When the last bit arrives if sent now and nothing is queued, and the contacts used."""

    arrival: float
    contacts: tuple[Contact, ...]


class Router:
    """Routes over one contact plan."""

    def __init__(self, plan: ContactPlan, light_time: LightTime) -> None:
        self.plan, self.light_time = plan, light_time

    def route(self, source: int, destination: int, t: float, octets: int) -> Route | None:
        """The route of earliest arrival for ``octets`` leaving at ``t`` or later; ties: fewest hops, lowest nodes.

        None where no sequence of contacts leads there.
        """
        plan = self.plan
        paths: list[tuple[float, int, tuple[int, ...], tuple[Contact, ...]]] = [(t, 0, (source,), ())]
        settled = set()
        while paths:
            arrival, hops, nodes, contacts = heappop(paths)
            here = nodes[-1]
            if here == destination:
                return Route(arrival, contacts)
            if here in settled:
                continue
            settled.add(here)
            for there in plan.receivers(here):
                contact = plan.next_contact(here, there, arrival, octets) if there not in settled else None
                if contact is not None:
                    sent = max(arrival, contact.start) + contact.seconds(octets)
                    heard = sent + self.light_time(here, there, sent)
                    heappush(paths, (heard, hops + 1, (*nodes, there), (*contacts, contact)))
        return None
