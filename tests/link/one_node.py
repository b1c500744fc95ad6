"""One node alone: what its tests build, tell it and look for."""

from __future__ import annotations

from small_network import contacts, light_time

from farside.link import (
    Bundle,
    ContactPlan,
    Eid,
    Node,
    Priority,
    Router,
    Settings,
    unpack,
)
from farside.link.bundle import (
    ACKNOWLEDGE,
    PAYLOAD,
    Block,
    Primary,
)
from farside.link.events import (
    Consumed,
    Deliver,
    LinkUp,
    Ready,
    Received,
    Submit,
    Taken,
    Transmit,
)
from farside.link.journey import Journey
from farside.link.security import Guard
from farside.link.vault import Memory

EPOCH_MS = 599_796_600_000
JOURNEY, CENTRE = Journey(), Eid(40, 1)
PLAN = ContactPlan(contacts([(30, 0.0, 1e6)]))


def node(
    number: int, vault: Memory | None = None, guard: Guard | None = None, router: Router | None = None, **settings
) -> Node:
    return Node(number, router or Router(PLAN, light_time), EPOCH_MS, Settings(**settings), vault, guard)


def of(kind, actions):
    return [action for action in actions if isinstance(action, kind)]


def picture(payload: bytes = b"picture", sequence: int = 0, journey: Journey = JOURNEY, **primary) -> Bundle:
    head = Primary(Eid(40, 1), Eid(10, 1), EPOCH_MS, sequence, 3_600_000, ACKNOWLEDGE)
    return Bundle(head._replace(**primary), (*journey.blocks(), Block(PAYLOAD, 1, payload)))


def came(*bundles: Bundle | bytes, neighbour: int = 10, ticket: int = 1) -> Received:
    return Received(neighbour, ticket, tuple(b if isinstance(b, bytes) else b.pack() for b in bundles))


def submit(
    payload: bytes, priority: Priority = Priority.STANDARD, lifetime_s: float = 3600.0, to: Eid = CENTRE
) -> Submit:
    return Submit(to, payload, priority, lifetime_s)


def up(neighbour: int, rate_bps: float = 555_000.0, until: float = 1e9) -> LinkUp:
    return LinkUp(neighbour, rate_bps, until)


def sent(actions) -> list[Bundle]:
    """The bundles given to a link, in order."""
    return [unpack(data) for action in of(Transmit, actions) for _, data in action.bundles]


def wires(actions) -> list[bytes]:
    return [data for action in of(Transmit, actions) for _, data in action.bundles]


def tokens(actions) -> tuple[int, ...]:
    return tuple(token for action in of(Transmit, actions) for token, _ in action.bundles)


def taken(one: Node, now: float, neighbour: int, actions) -> list:
    """All of what was transmitted leaves, and is safe with the neighbour."""
    after = one.handle(now, Ready(neighbour)) if of(Transmit, actions) else []
    return after + one.handle(now, Taken(neighbour, tokens(actions)))


def consumed(one: Node, now: float, actions) -> list:
    """The application has what is delivered."""
    return [after for deliver in of(Deliver, actions) for after in one.handle(now, Consumed(deliver.id))]


def kept(vault: Memory) -> int:
    return len(list(vault.records()))


def commit(one: Node) -> None:
    one.flush()
    one.store.vault.commit()


def damage(one: Node, which: int = 0) -> None:
    key = [key for key, _, _ in one.store.vault.records()][which]
    one.store.vault.damage(key)
