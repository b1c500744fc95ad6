"""A node as a process of its own: adapters, contacts, spool folders, metrics, and an orderly end."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from farside.errors import BadInput, FarsideError
from farside.link.contact import Contact, ContactPlan, LightTime
from farside.link.events import Action, Deliver, Dropped, PushedBack, Rejected, Resent, Submit
from farside.link.live.config import Config
from farside.link.live.driver import Driver
from farside.link.live.metrics import serve_metrics
from farside.link.live.spool import Inbox, waiting
from farside.link.ltp import LinkUp as Carrier
from farside.link.node import Node, Settings
from farside.link.planfile import PlanFile, read_plan
from farside.link.route import Router
from farside.link.security import Guard, Keys, Pattern, Rule, read_keys
from farside.link.sockets import (
    Adapter,
    Address,
    LtpAdapter,
    StcpSender,
    Tls,
    UdpAdapter,
    stcp_server,
    tcpcl_client,
    tcpcl_server,
)
from farside.link.vault import Disk

BP_EPOCH_S = 946_684_800
"""Unix time of BP time 0."""
LIFETIME_S = 60 * 86400.0
LOOK_S = 0.25
"""The outbox is looked through so often."""
STATE = "outbox"

Say = Callable[[str], None]


async def serve(config: Config, say: Say, ready: Callable[[], None] = lambda: None) -> None:
    """Run a node until SIGINT or SIGTERM. ready() is called when it is listening. Raises BadInput."""
    file = read_plan(config.plan, config.epoch_s)
    if config.node not in file.plan.nodes:
        raise BadInput(config.plan, "node", config.node, f"a node of the plan: {', '.join(map(str, file.plan.nodes))}")
    guard = _guard(config, file)
    for folder in (config.inbox, config.outbox):
        _make(folder)
    vault = Disk(config.store)
    for line in vault.damaged:
        say(f"store: {line}")
    process = _Process(config, file, guard, vault, say)
    try:
        await process.run(ready)
    finally:
        vault.close()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(folder, "", error.strerror, "a folder, or a place where one can be made") from None


def _guard(config: Config, file: PlanFile) -> Guard | None:
    if not config.rules and not config.keys:
        return None
    rules = tuple(
        Rule(Pattern.parse(r.source), Pattern.parse(r.destination), r.sign, r.encrypt, r.require) for r in config.rules
    )
    keys = read_keys(config.keys) if config.keys else Keys()
    return Guard(rules, keys, _epoch_ms(file))


def _epoch_ms(file: PlanFile) -> int:
    return round((file.epoch_s - BP_EPOCH_S) * 1000)


class _Process:
    def __init__(self, config: Config, file: PlanFile, guard: Guard | None, vault: Disk, say: Say) -> None:
        self.config, self.file, self.vault, self.say = config, file, vault, say
        self.plan: ContactPlan = file.plan
        self.light_time: LightTime = file.light_time()
        settings = Settings(
            capacity=config.capacity_mb * 1e6,
            evict=config.evict,
            copies=config.copies,
            acknowledge_every_s=config.acknowledge_every_s,
            resend_after_s=config.resend_after_s,
            first_sequence=round(time.time() * 1000),  # a store that is lost must not make old numbers anew
        )
        router = Router(self.plan, self.light_time)
        node = Node(config.node, router, _epoch_ms(file), settings, vault, guard)
        self.inbox = Inbox(config.inbox)
        self.driver = Driver(node, vault, self.clock, self._deliver, say)
        self.driver.listeners.append(self._note)
        self._ends: list[Callable[[], Awaitable[None]]] = []

    def clock(self) -> float:
        """Seconds since the plan's time 0."""
        return time.time() - self.file.epoch_s

    async def run(self, ready: Callable[[], None]) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        metrics = self.config.metrics
        end_metrics = await serve_metrics(self.driver, Address.parse(metrics, "metrics")) if metrics else None
        try:
            await self._open()
            self._schedule()
            held = sum(1 for _ in self.driver.node.store)
            self.say(f"{self.config.title} is up; {held} bundles in its store")
            ready()
            sending = loop.create_task(self._send_outbox())
            await stop.wait()
            self.say("stopping")
            sending.cancel()
        finally:
            for end in self._ends:
                await end()
            await self.driver.close()
            if end_metrics:
                end_metrics()
        self.say(f"{self.config.title} has stopped; {sum(1 for _ in self.driver.node.store)} bundles stay in its store")

    # Links ---------------------------------------------------------------------------------------------------------

    async def _open(self) -> None:
        tls = self.config.tls and Tls(self.config.tls.certificate, self.config.tls.key, self.config.tls.authorities)
        me, local = self.config.node, {}
        for url in self.config.listen:
            scheme, _, text = url.partition("://")
            address = Address.parse(text, "listen")
            if scheme == "tcpcl":
                server = tcpcl_server(self.driver, me, address, 1e9, tls or None)
            elif scheme == "stcp":
                server = stcp_server(self.driver, address)
            else:
                local[scheme] = address
                continue
            await server.open()
            self._ends.append(server.close)
        for neighbour, url in self.config.neighbours.items():
            scheme, _, text = url.partition("://")
            address, rate = Address.parse(text, "neighbours"), self._rate(me, neighbour)
            adapter: Adapter
            if scheme == "tcpcl":
                adapter = tcpcl_client(self.driver, me, neighbour, address, rate, tls or None)
            elif scheme == "stcp":
                adapter = StcpSender(self.driver, neighbour, address, rate).open()
            elif scheme not in local:
                own = f"an own {scheme}://host:port to talk to {neighbour}"
                raise BadInput("listen", scheme, list(self.config.listen), own)
            elif scheme == "udp":
                adapter = await UdpAdapter(self.driver, neighbour, local[scheme], address, rate).open()
            else:
                adapter = await self._ltp(neighbour, local[scheme], address)
            self._ends.append(adapter.close)

    def _rate(self, sender: int, receiver: int) -> float:
        """The rate of a link by the plan; 1 Gbit/s where it has none (only what comes is taken then)."""
        return max((c.rate_bps for c in self.plan if (c.sender, c.receiver) == (sender, receiver)), default=1e9)

    async def _ltp(self, neighbour: int, local: Address, remote: Address) -> LtpAdapter:
        me = self.config.node
        light_s = self.light_time(me, neighbour, self.clock())
        link = Carrier(self._rate(me, neighbour), self._rate(neighbour, me), light_s)
        memory = self.vault.state(f"ltp {neighbour}") or b""
        adapter = LtpAdapter(self.driver, me, neighbour, local, remote, link, memory)
        self.driver.before_commit.append(lambda: self.vault.set_state(f"ltp {neighbour}", adapter.memory))
        return await adapter.open()

    def _schedule(self) -> None:
        """Contacts of the plan that begin or end from now on."""
        loop, now = asyncio.get_running_loop(), self.clock()

        def at(t: float, do: Callable[[Contact], None], contact: Contact) -> None:
            # a timer may not be longer than some weeks; ask again then
            wait = t - self.clock()
            if wait > 86400.0:
                loop.call_later(86400.0, at, t, do, contact)
            else:
                loop.call_later(max(wait, 0.0), do, contact)

        for contact in self.plan:
            if contact.sender == self.config.node and contact.end > now:
                at(contact.start, self.driver.contact_begins, contact)
                at(contact.end, self.driver.contact_ends, contact)

    # Applications --------------------------------------------------------------------------------------------------

    def _deliver(self, action: Deliver, done: Callable[[], None]) -> None:
        path = self.inbox.put(action)
        self.say(f"received {path} ({len(action.payload)} octets from {action.id.source})")
        asyncio.get_running_loop().call_soon(done)

    async def _send_outbox(self) -> None:
        """Take in what is put into the outbox; a file goes when its content is durable in the store, and only once."""
        taken = set(json.loads(self.vault.state(STATE) or b"[]"))
        while True:
            for file in list(waiting(self.config.outbox)):
                name = str(file.path.relative_to(self.config.outbox))
                if name not in taken:
                    try:
                        submit = Submit(file.destination, file.path.read_bytes(), file.priority, LIFETIME_S, name)
                        self.vault.set_state(STATE, json.dumps([name]).encode())
                        unit = self.driver.submit(submit)
                    except FarsideError as error:
                        self.say(f"{name} waits: {error}")
                        await asyncio.sleep(5.0)
                        continue
                    await self.driver.committed()
                    self.say(f"sending {name} ({len(submit.payload)} octets) as {unit}")
                file.path.unlink()
                taken.discard(name)
            await asyncio.sleep(LOOK_S)

    def _note(self, action: Action) -> None:
        match action:
            case Rejected(id_, why):
                self.say(f"refused {id_}: {why}")
            case Resent(id_):
                self.say(f"no acknowledgement of {id_} in time: sending it again")
            case PushedBack(neighbour, octets, why):
                self.say(f"did not take {octets} octets of node {neighbour}: {why}")
            case Dropped(id_, octets, why):
                self.say(f"dropped {id_ or 'something unreadable'} ({octets} octets): {why}")
