"""A node as a process of its own: adapters, contacts, spool folders, metrics, and an orderly end."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from farside.errors import BadInput, FarsideError
from farside.link.contact import Contact, ContactPlan, LightTime
from farside.link.events import (
    Action,
    ClockDiffers,
    Deliver,
    Dropped,
    Expired,
    PushedBack,
    Rejected,
    Resent,
    Submit,
    Wake,
)
from farside.link.live.alarm import at
from farside.link.live.config import Config
from farside.link.live.driver import Driver, collect_seldom
from farside.link.live.metrics import serve_metrics
from farside.link.live.spool import Inbox, Outgoing, waiting
from farside.link.ltp import LinkUp as Carrier
from farside.link.node import Node
from farside.link.planfile import PlanFile, read_plan
from farside.link.route import Router
from farside.link.security import Guard, Keys, Pattern, Rule, Why, read_keys
from farside.link.settings import Settings
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
"""Unix time of BP time 0, and of mission time 0: whatever the plan begins with, what is in the store stays true."""
LIFETIME_S = 60 * 86400.0
LOOK_S = 0.25
"""The outbox is looked through so often."""
RETRY_S = 2.0
"""What could not be laid into the inbox is tried again after so long."""
DATAGRAM_OCTETS = 60_000
"""Longest payload of a bundle that fits a datagram with all its blocks."""
STATE = "outbox"

Say = Callable[[str], None]


async def serve(config: Config, say: Say, ready: Callable[[], None] = lambda: None) -> None:
    """Run a node until SIGINT or SIGTERM. ready() is called when it is listening. Raises BadInput."""
    file = read_plan(config.plan, config.epoch_s).at_epoch(BP_EPOCH_S)
    for node in (config.node, *config.neighbours):
        if node not in file.plan.nodes:
            raise BadInput(config.plan, "node", node, f"a node of the plan: {', '.join(map(str, file.plan.nodes))}")
    guard = _guard(config)
    for field, folder in (("inbox", config.inbox), ("outbox", config.outbox)):
        _make(config, field, folder)
    vault = Disk(config.store)
    collect_seldom()
    process = _Process(config, file, guard, vault, say)
    try:
        await process.run(ready)
    finally:
        vault.close()


def _make(config: Config, field: str, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        expected = f"a folder that can be used or made ({error.strerror})"
        raise BadInput(config.title, field, str(folder), expected) from None


def _guard(config: Config) -> Guard | None:
    if not config.rules and not config.keys:
        return None
    rules = tuple(
        Rule(Pattern.parse(r.source), Pattern.parse(r.destination), r.sign, r.encrypt, r.require) for r in config.rules
    )
    keys = read_keys(config.keys) if config.keys else Keys()
    return Guard(rules, keys, 0)


class _Process:
    def __init__(self, config: Config, file: PlanFile, guard: Guard | None, vault: Disk, say: Say) -> None:
        self.config, self.file, self.vault, self.say = config, file, vault, say
        self.plan: ContactPlan = file.plan
        self.light_time: LightTime = file.light_time()
        datagrams = any(url.startswith("udp://") for url in config.neighbours.values())
        settings = Settings(
            capacity=config.capacity_mb * 1e6,
            fragment_octets=DATAGRAM_OCTETS if datagrams else Settings.fragment_octets,
            evict=config.evict,
            copies=config.copies,
            acknowledge_every_s=config.acknowledge_every_s,
            resend_after_s=config.resend_after_s,
            first_sequence=round(time.time() * 1000),  # a store that is lost must not make old numbers anew
        )
        router = Router(self.plan, self.light_time)
        node = Node(config.node, router, 0, settings, vault, guard)
        self.inbox = Inbox(config.inbox)
        self.driver = Driver(node, vault, self.clock, self._deliver, say)
        self.driver.listeners.append(self._note)
        self._ends: list[Callable[[], Awaitable[None]]] = []
        self._ltp: dict[int, LtpAdapter] = {}
        self._contacts: dict[tuple[int, int], Contact] = {}
        self._said: dict[str, str] = {}

    def clock(self) -> float:
        """Mission time: seconds since BP time 0."""
        return time.time() - BP_EPOCH_S

    async def run(self, ready: Callable[[], None]) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        try:
            await self._open()
            self._schedule()
            self._report_doubts()
            self.driver.tell(Wake(self.clock()))  # what it kept for applications here, or has to send again
            self.say(f"{self.config.title} is up; {self._held()} bundles in its store")
            ready()
            sending = loop.create_task(self._send_outbox())
            await asyncio.wait((loop.create_task(stop.wait()), sending), return_when=asyncio.FIRST_COMPLETED)
            if not stop.is_set():
                sending.result()
            self.say("stopping")
            sending.cancel()
        finally:
            for end in self._ends:
                await end()
            await self.driver.close()
        self.say(f"{self.config.title} has stopped; {self._held()} bundles stay in its store")

    def _report_doubts(self) -> None:
        for line in self.vault.damaged:
            self.say(f"store: {line}")
        for contact in self.file.without_range()[:1]:
            pair = f"{contact.sender} and {contact.receiver}"
            self.say(f"plan: no range for all contacts of {pair}: light time 0 is assumed there")

    def _held(self) -> int:
        return sum(1 for _ in self.driver.node.store)

    # Links ---------------------------------------------------------------------------------------------------------

    async def _open(self) -> None:
        config, driver, me = self.config, self.driver, self.config.node
        tls = Tls(config.tls.certificate, config.tls.key, config.tls.authorities) if config.tls else None
        if config.metrics:
            with _named(config, "metrics"):
                end_metrics = await serve_metrics(driver, Address.parse(config.metrics))
            self._ends.append(end_metrics)
        own: dict[str, list[Address]] = {"ltp": [], "udp": []}
        for url in config.listen:
            scheme, _, text = url.partition("://")
            if scheme in own:
                own[scheme].append(Address.parse(text))
                continue
            tcpcl = scheme == "tcpcl"
            server = (
                tcpcl_server(driver, me, Address.parse(text), 1e9, tls)
                if tcpcl
                else stcp_server(driver, Address.parse(text))
            )
            with _named(config, "listen"):
                await server.open()
            self._ends.append(server.close)
        for neighbour, url in config.neighbours.items():
            scheme, _, text = url.partition("://")
            address, rate = Address.parse(text), self._rate(me, neighbour)
            adapter: Adapter
            if scheme == "tcpcl":
                adapter = tcpcl_client(driver, me, neighbour, address, rate, tls)
            elif scheme == "stcp":
                adapter = StcpSender(driver, neighbour, address, rate).open()
            else:
                local = own[scheme].pop(0)  # in the order of both lists
                with _named(config, f"neighbours.{neighbour}"):
                    if scheme == "udp":
                        adapter = await UdpAdapter(driver, neighbour, local, address, rate).open()
                    else:
                        adapter = self._ltp[neighbour] = await self._open_ltp(neighbour, local, address)
            self._ends.append(adapter.close)

    def _rate(self, sender: int, receiver: int) -> float:
        """The highest rate of a link by the plan; 1 Gbit/s where it has none (only what comes is taken then)."""
        return max((c.rate_bps for c in self.plan if (c.sender, c.receiver) == (sender, receiver)), default=1e9)

    async def _open_ltp(self, neighbour: int, local: Address, remote: Address) -> LtpAdapter:
        memory = self.vault.state(f"ltp {neighbour}") or b""
        adapter = LtpAdapter(self.driver, self.config.node, neighbour, local, remote, None, memory)
        self.driver.before_commit.append(lambda: self.vault.set_state(f"ltp {neighbour}", adapter.memory))
        return await adapter.open()

    def _schedule(self) -> None:
        """Contacts of the plan that begin or end from now on, either way."""
        now = self.clock()
        for contact in self.plan:
            if self.config.node in (contact.sender, contact.receiver) and contact.end > now:
                at(self.clock, contact.start, partial(self._begins, contact))
                at(self.clock, contact.end, partial(self._over, contact))

    def _begins(self, contact: Contact) -> None:
        self._contacts[contact.sender, contact.receiver] = contact
        self._tune(contact)
        if contact.sender == self.config.node:
            self.driver.contact_begins(contact)

    def _over(self, contact: Contact) -> None:
        if self._contacts.get((contact.sender, contact.receiver)) is not contact:
            return
        del self._contacts[contact.sender, contact.receiver]
        if contact.sender == self.config.node:
            self.driver.contact_ends(contact)
        self._tune(contact)

    def _tune(self, contact: Contact) -> None:
        """LTP has to know when its link is there (both ways, for its reports), how fast it is, how long light takes."""
        me = self.config.node
        neighbour = contact.receiver if contact.sender == me else contact.sender
        out, back = self._contacts.get((me, neighbour)), self._contacts.get((neighbour, me))
        if neighbour not in self._ltp:
            return
        link = None
        if out and back:
            now, end = self.clock(), min(out.end, back.end)
            until = asyncio.get_running_loop().time() + end - now
            link = Carrier(out.rate_bps, back.rate_bps, self.light_time(me, neighbour, now), until)
        self._ltp[neighbour].set_link(link)

    # Applications --------------------------------------------------------------------------------------------------

    def _deliver(self, action: Deliver, done: Callable[[], None]) -> None:
        """Lay a payload down; while that cannot be done the node keeps it."""
        loop, name = asyncio.get_running_loop(), str(action.id)
        try:
            path = self.inbox.put(action)
        except OSError as error:
            self._say_once(name, f"{name} cannot be laid into the inbox, trying again: {error.strerror}")
            loop.call_later(RETRY_S, self._deliver, action, done)
            return
        self._said.pop(name, None)
        self.say(f"received {path} ({len(action.payload)} octets from {action.id.source})")
        loop.call_soon(done)

    async def _send_outbox(self) -> None:
        """Take in what is put into the outbox; a file goes when its content is durable in the store, and only once."""
        taken = json.loads(self.vault.state(STATE) or b"[]")  # before the power went, perhaps
        while True:
            try:
                for file in list(waiting(self.config.outbox)):
                    if [file.name, *file.mark] != taken:
                        taken = await self._send(file) or taken
                    if [file.name, *file.mark] == taken:
                        file.path.unlink()
            except OSError as error:
                self._say_once("outbox", f"outbox: {error.filename}: {error.strerror}")
            await asyncio.sleep(LOOK_S)

    async def _send(self, file: Outgoing) -> list[object] | None:
        """Submit a file; what tells it from others, once it is durable in the store. None where it has to wait."""
        if file.destination.node not in self.plan.nodes:
            self._say_once(file.name, f"{file.name} waits: no node {file.destination.node} in the plan")
            return None
        submit = Submit(file.destination, file.path.read_bytes(), file.priority, LIFETIME_S, file.name)
        mark = [file.name, *file.mark]
        try:
            unit = self.driver.submit(submit)
        except FarsideError as error:
            self._say_once(file.name, f"{file.name} waits: {error}")
            return None
        self.vault.set_state(STATE, json.dumps(mark).encode())  # in the batch that holds the payload
        await self.driver.committed()
        self._said.pop(file.name, None)
        self.say(f"sending {file.name} ({len(submit.payload)} octets) as {unit}")
        return mark

    def _say_once(self, about: str, line: str) -> None:
        """Say it unless it has been said."""
        if self._said.get(about) != line:
            self._said[about] = line
            self.say(line)

    def _note(self, action: Action) -> None:
        match action:
            case Rejected(id_, Why.EXPIRED_KEY):
                self.say(f"refused {id_}: {Why.EXPIRED_KEY}, by this node's clock ({_utc(self.clock())})")
            case Rejected(id_, why):
                self.say(f"refused {id_}: {why}")
            case Resent(id_):
                self.say(f"no acknowledgement of {id_} in time: sending it again")
            case Expired(id_):
                self.say(f"the lifetime of {id_} has ended")
            case PushedBack(neighbour, octets, why):
                self._say_once(f"node {neighbour}", f"did not take {octets} octets of node {neighbour}: {why}")
            case Dropped(id_, octets, why):
                self.say(f"dropped {id_ or 'something unreadable'} ({octets} octets): {why}")
            case ClockDiffers(source, seconds):
                self.say(self._about_clocks(source, seconds))

    def _about_clocks(self, source: int, seconds: float) -> str:
        keys = ", keys by this node's clock" if self.config.keys else ""
        size = f"{abs(seconds) / 3600:.1f} h" if abs(seconds) >= 3600 else f"{abs(seconds) / 60:.1f} min"
        if seconds < 0:
            found = f"the clock of node {source} is {size} ahead of this node's ({_utc(self.clock())})"
        else:
            found = (
                f"the clock of node {source} is {size} behind this node's ({_utc(self.clock())}), or a link took long"
            )
        return f"{found}: lifetimes are counted by age{keys}"


def _utc(t: float) -> str:
    return datetime.fromtimestamp(t + BP_EPOCH_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def _named(config: Config, field: str) -> Iterator[None]:
    """Say whose address it is that cannot be had."""
    try:
        yield
    except BadInput as error:
        raise BadInput(config.title, field, error.value, error.expected) from None
