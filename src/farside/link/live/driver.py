"""Between a node and the world: what happens becomes events, what the node wants is done once it is durable.

Nothing that was decided since the last commit leaves before the commit that holds it: no bundle, no acceptance, no
delivery. So what a neighbour or an application has been told stays true through a loss of power. Commits are made for
many bundles at once, one at a time, in a thread, while the next ones are already taken in.
"""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, get_args

from farside.errors import FarsideError
from farside.link.bundle import BundleId, Form, Primary, unpack
from farside.link.contact import Contact
from farside.link.eid import Eid
from farside.link.events import (
    Accept,
    Action,
    Consumed,
    Deliver,
    Event,
    Generated,
    LinkDown,
    LinkUp,
    Lost,
    Note,
    Ready,
    Received,
    Refuse,
    Submit,
    Taken,
    Transmit,
    Wake,
    WakeAt,
)
from farside.link.live.alarm import at
from farside.link.node import Node
from farside.link.sockets import Adapter
from farside.link.vault import Vault

GROUP_S = 0.03
"""Time from the start of one commit to that of the next, at least."""
NAMES = {kind: kind.__name__.lower() for kind in get_args(Note)}
"""Under which each note is counted."""
RETRY_S = 1.0
"""After a commit that failed (a full disk), the next attempt."""
FOREVER = float("inf")

Deliverer = Callable[[Deliver, Callable[[], None]], None]
"""Gives a payload to the application and calls back once it is safe there."""


def collect_seldom() -> None:
    """Let Python look for unreachable circles seldom: a node makes none, and thousands of bundles are in its way."""
    gc.set_threshold(200_000, 20, 100)


class Driver:
    """One node over its adapters. ``clock()`` is mission time; deliver: see Deliverer; say(line) hears of events.

    counts: notes of the node by name, bundles and octets in and out.
    """

    def __init__(
        self,
        node: Node,
        vault: Vault,
        clock: Callable[[], float],
        deliver: Deliverer,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.node, self.vault, self.clock, self._deliver, self._say = node, vault, clock, deliver, say
        self.counts: Counter[str] = Counter()
        self.adapters: dict[int, Adapter] = {}
        self._ears: set[Adapter] = set()
        self._unreached: dict[int | None, str] = {}
        self.failed: str = ""
        """Why the store cannot be written now; empty where it can."""
        self._told = ""
        self._open: dict[int, Contact] = {}
        self._held: list[Action] = []
        self._tickets: dict[int, tuple[Adapter, int]] = {}
        self._ticket = 0
        self._begun = 0.0
        self._durable = node.store.newest
        unpack(Form(Primary(Eid(node.number), Eid(node.number), 0, 0, 0)).pack(0, 0, b""))  # loads the codec's kernel
        self._consumed: list[Event] = []
        self._thread = ThreadPoolExecutor(1, "vault")
        self._committing: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._closing = self._closed = False
        self.listeners: list[Callable[[Action], None]] = []
        self.before_commit: list[Callable[[], None]] = []
        """Called before each commit: what else has to be kept with it."""

    def tell(self, *events: Event) -> list[Action]:
        """Inform the node; what it wants done is done as soon as it may be. Raises StoreFull for a Submit."""
        if self._closed:
            return []
        actions = self.node.handle(self.clock(), *events)
        for action in actions:
            if isinstance(action, Transmit) and action.newest <= self._durable:
                self._transmit(action)  # it rests on nothing that is still to be written
            else:
                self._held.append(action)
        self._settle()
        return actions

    def submit(self, event: Submit) -> BundleId:
        """Hand a payload to the node; it is safe once ``committed`` has returned."""
        actions = self.tell(event)
        return next(action.id for action in actions if isinstance(action, Generated) and not action.administrative)

    async def committed(self) -> None:
        """Wait until all that was decided so far is durable; while the store cannot be written, that is long."""
        while self._committing is not None or self.vault.dirty:
            if self.failed and self._closing:
                return
            await self._writable.wait()
            self._settle()
            if self._committing is not None:
                await asyncio.shield(self._committing)

    async def close(self) -> None:
        """End in an orderly way: links first, then a last commit.

        What cannot be written is lost here; nobody has been told that it was kept.
        """
        self._closing = True
        for adapter in list(self.adapters.values()):
            await adapter.close()
        self._tell_consumed()
        self._writable.set()
        await self.committed()
        self._closed = True
        self._thread.shutdown()

    # Commits -------------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Let out what may leave, or see that it is committed."""
        if self._committing is not None:
            return
        if self.vault.dirty:
            self._committing = asyncio.get_running_loop().create_task(self._commit())
        else:
            self._release()

    async def _commit(self) -> None:
        """Make batches durable until nothing is left to do."""
        loop = asyncio.get_running_loop()
        try:
            while self.vault.dirty and not self.failed:
                # what has come in the same moment goes along, and with much to do, what comes soon
                await asyncio.sleep(max(self._begun + GROUP_S - loop.time(), 0.0))
                self._begun = loop.time()
                sealed, self._held, newest = self._held, [], self.node.store.newest
                self.node.flush()
                for prepare in self.before_commit:
                    prepare()
                try:
                    await loop.run_in_executor(self._thread, self.vault.seal())
                except FarsideError as error:
                    self._held = sealed + self._held
                    self._fail(str(error))
                    return
                self._durable = newest
                if self._told:
                    self._say("the store can be written again")
                    self._told = ""
                self._let_out(sealed)
        finally:
            self._committing = None
        if not self.vault.dirty:
            self._release()

    def _fail(self, why: str) -> None:
        """The store cannot be written: nothing leaves, nothing is taken in, and it is tried again."""
        if why != self._told:
            self._say(f"the store cannot be written, trying again: {why}")
        self.failed = self._told = why
        self._writable.clear()
        capacity, self.node.store.capacity = self.node.store.capacity, 0.0

        def again() -> None:
            self.failed, self.node.store.capacity = "", capacity
            self._writable.set()
            self._settle()

        asyncio.get_running_loop().call_later(RETRY_S, again)

    def _release(self) -> None:
        held, self._held = self._held, []
        self._let_out(held)

    # Actions -------------------------------------------------------------------------------------------------------

    def _let_out(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Deliver(id_):
                    self.counts["delivered"] += 1
                    self._deliver(action, partial(self._note_consumed, id_))
                case Transmit():
                    self._transmit(action)
                case Accept(_, ticket):
                    adapter, own = self._tickets.pop(ticket)
                    adapter.accept(own)
                case Refuse(_, ticket):
                    adapter, own = self._tickets.pop(ticket)
                    adapter.refuse(own)
                case WakeAt(t):
                    at(self.clock, t, partial(self.tell, Wake(t)))
                case _:
                    self._note(action)

    def _note(self, action: Action) -> None:
        self.counts[NAMES[type(action)]] += 1
        for listener in self.listeners:
            listener(action)

    def _note_consumed(self, unit: BundleId) -> None:
        """The application has a payload; the node hears of many at once."""
        if not self._consumed:
            asyncio.get_running_loop().call_soon(self._tell_consumed)
        self._consumed.append(Consumed(unit))

    def _tell_consumed(self) -> None:
        events, self._consumed = self._consumed, []
        if events:
            self.tell(*events)

    def _transmit(self, action: Transmit) -> None:
        adapter = self.adapters.get(action.neighbour)
        tokens = tuple(token for token, _ in action.bundles)
        if adapter is None:
            asyncio.get_running_loop().call_soon(self.tell, Lost(action.neighbour, tokens))
            return
        self.counts["bundles_sent"] += len(tokens)
        self.counts["octets_sent"] += sum(len(data) for _, data in action.bundles)
        adapter.send(action.bundles)

    # Contacts ------------------------------------------------------------------------------------------------------

    def contact_begins(self, contact: Contact) -> None:
        """By the plan, a neighbour can be sent to from now on."""
        self._open[contact.receiver] = contact
        self._link(contact.receiver)

    def contact_ends(self, contact: Contact) -> None:
        """By the plan, a contact is over."""
        if self._open.get(contact.receiver) is contact:
            del self._open[contact.receiver]
            self.tell(LinkDown(contact.receiver))

    def _link(self, neighbour: int) -> None:
        """Tell the node of a link that is there by the plan and in truth."""
        contact = self._open.get(neighbour)
        if contact is not None and neighbour in self.adapters and not self._closing:
            self.tell(Ready(neighbour))
            self.tell(LinkUp(neighbour, contact.rate_bps, contact.end))

    # What adapters tell (see sockets.Driver) -----------------------------------------------------------------------

    def up(self, adapter: Adapter, rate_bps: float) -> None:
        """A neighbour can be reached."""
        if adapter.neighbour is None or not rate_bps:
            self._ears.add(adapter)
            return
        if self._closing:
            return
        if self.adapters.get(adapter.neighbour) is adapter:
            return  # only its rate has changed
        self.adapters[adapter.neighbour] = adapter
        self._unreached.pop(adapter.neighbour, None)
        self._say(f"link with node {adapter.neighbour} is up")
        self._link(adapter.neighbour)

    def down(self, adapter: Adapter, why: str) -> None:
        """A neighbour can no longer be reached, or cannot be yet: the same reason is told once."""
        neighbour = adapter.neighbour
        if adapter in self._ears:
            self._ears.discard(adapter)
            return
        if neighbour is not None and self.adapters.get(neighbour) is adapter:
            del self.adapters[neighbour]
            self._say(f"link with node {neighbour} is down: {why}")
            self.tell(LinkDown(neighbour))
        elif neighbour not in self.adapters and self._unreached.get(neighbour) != why and not self._closing:
            self._unreached[neighbour] = why
            whom = "somebody who dialled in" if neighbour is None else f"node {neighbour}"
            self._say(f"no link with {whom}: {why}")

    def ready(self, adapter: Adapter) -> None:
        """What was given has left."""
        if adapter.neighbour is not None:
            self.tell(Ready(adapter.neighbour))

    def taken(self, adapter: Adapter, tokens: Sequence[Any]) -> None:
        """The neighbour has these."""
        if adapter.neighbour is not None:
            self.tell(Taken(adapter.neighbour, tuple(tokens)))

    def lost(self, adapter: Adapter, tokens: Sequence[Any]) -> None:
        """These did not get there."""
        if adapter.neighbour is not None:
            self.tell(Lost(adapter.neighbour, tuple(tokens)))

    def received(self, adapter: Adapter, ticket: int, bundles: Sequence[bytes]) -> None:
        """Bundles have come."""
        self._ticket += 1
        self._tickets[self._ticket] = adapter, ticket
        self.counts["bundles_received"] += len(bundles)
        self.counts["octets_received"] += sum(map(len, bundles))
        self.tell(Received(adapter.neighbour or 0, self._ticket, tuple(bundles)))
