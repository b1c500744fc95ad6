"""What goes next over a link that is free."""

from __future__ import annotations

from farside.link.events import LinkUp
from farside.link.journey import Priority
from farside.link.route import Router, volume
from farside.link.store import Store, Stored


def choose(
    store: Store, router: Router, me: int, now: float, link: LinkUp, most: float, urgent_only: bool
) -> list[Stored]:
    """The most urgent bundles that belong on node ``me``'s link and get through before it closes: one batch.

    most: octets of a batch, except that one bundle always fits. What is expedited makes a batch of its own, for it
    should not wait for the end of a block of other things. Books the volume on the contacts of each way.
    """
    room = (link.until - now) * link.rate_bps / 8
    batch: list[Stored] = []
    used = 0.0
    for queue in store.queues():
        urgent = next(iter(queue.values())).priority is Priority.EXPEDITED
        if not urgent and (urgent_only or (batch and batch[0].priority is Priority.EXPEDITED)):
            break
        route, booked, largest = None, 0.0, room
        for stored in queue.values():
            need = volume(stored.size)
            if batch and used + need > most:
                break
            if need > min(largest, room - used):
                continue  # its turn comes with a longer contact
            if route is None or booked + need > route.volume:
                if route is not None:
                    router.book(route, booked, stored.priority)
                leaves = now + 8 * used / link.rate_bps
                route, booked = router.route(me, stored.destination.node, leaves, need, stored.priority), 0.0
                if route is None:
                    largest = need - 1  # a smaller one may still find its way
                    continue
            if route.contacts[0].receiver != link.neighbour:
                break  # the others of this queue go the same way
            batch.append(stored)
            used, booked = used + need, booked + need
        if route is not None and booked:
            router.book(route, booked, batch[-1].priority)
        if batch and used >= most:
            break
    return batch
