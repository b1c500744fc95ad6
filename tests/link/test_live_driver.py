"""Between node and sockets: nothing leaves before what it rests on is durable, in order, and nothing is lost for it."""

from __future__ import annotations

import asyncio
import threading

import pytest
from small_network import light_time

from farside.errors import OutOfSpace
from farside.link import Contact, ContactPlan, Eid, Node, Priority, Router, Settings, StoreFull, bp_time
from farside.link.bundle import unpack
from farside.link.events import Acknowledged, Submit
from farside.link.live import Driver, driver
from farside.link.vault import Disk, Memory

FOR_CENTRE, FOR_LANDER = Eid(40, 1), Eid(10, 1)
EPOCH_MS = bp_time(0.0)
END = 1e6
PLAN = ContactPlan([Contact(10, 40, 0.0, END, 1e9), Contact(40, 10, 0.0, END, 1e9)])


class Link:
    """An adapter without a network: remembers what it is told, and says what it is asked to say."""

    def __init__(self, of: Driver, neighbour: int, journal: list[str]) -> None:
        self.driver, self.neighbour, self.journal = of, neighbour, journal
        self.batches: list[tuple[tuple[int, bytes], ...]] = []
        self.accepted: list[int] = []
        self.refused: list[int] = []
        self.closed = False

    def send(self, batch) -> None:
        self.batches.append(tuple(batch))
        self.journal.append("send")

    def accept(self, ticket: int) -> None:
        self.accepted.append(ticket)
        self.journal.append("accept")

    def refuse(self, ticket: int) -> None:
        self.refused.append(ticket)

    async def close(self) -> None:
        self.closed = True

    @property
    def payloads(self) -> list[bytes]:
        return [unpack(data).payload for batch in self.batches for _, data in batch]


class Slow:
    """A vault whose commits take until somebody lets them go, and may fail."""

    def __init__(self, vault) -> None:
        self._vault = vault
        self.go = threading.Event()
        self.go.set()
        self.full = False
        self.commits = 0
        self.journal: list[str] = []

    def __getattr__(self, name: str):
        return getattr(self._vault, name)

    def seal(self):
        if self.full:
            raise OutOfSpace("the disk is full")
        write = self._vault.seal()

        def slowly() -> None:
            assert self.go.wait(10)
            write()
            self.commits += 1
            self.journal.append("durable")

        return slowly


@pytest.fixture(params=["memory", "disk"])
def vault(request, tmp_path):
    made = Slow(Memory() if request.param == "memory" else Disk(tmp_path / "store"))
    yield made
    made.full = False
    made.go.set()
    made.close()


class Side:
    """A driver of one node, with what it delivered."""

    def __init__(self, number: int, vault, settings: Settings | None = None, now: float = 100.0) -> None:
        self.now, self.said = now, []
        self.delivered: list[bytes] = []
        self.done: list = []
        self.vault = vault
        node = Node(number, Router(PLAN, light_time), EPOCH_MS, settings or Settings(), vault)
        self.driver = Driver(node, vault, lambda: self.now, self._deliver, self.said.append)
        self.link = Link(self.driver, 50 - number, vault.journal)

    def _deliver(self, action, done) -> None:
        self.delivered.append(action.payload)
        self.done.append(done)
        self.vault.journal.append("deliver")

    def connect(self) -> Side:
        for contact in PLAN:
            if contact.sender == self.driver.node.number:
                self.driver.contact_begins(contact)
        self.driver.up(self.link, 1e9)
        return self

    def submit(self, payload: bytes, to: Eid = FOR_CENTRE, priority: Priority = Priority.STANDARD):
        return self.driver.submit(Submit(to, payload, priority, 86400.0))

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0.002)


def run(coroutine) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 20))


def bundles_of(payloads: list[bytes], number: int = 10, to: Eid = FOR_CENTRE) -> list[bytes]:
    """Bundles as a node sends them."""
    node = Node(number, Router(PLAN, light_time), EPOCH_MS, Settings(), Memory())
    for payload in payloads:
        node.handle(90.0, Submit(to, payload, Priority.STANDARD, 86400.0))
    return [node.store.data(stored) for stored in node.store]


# Durable first ------------------------------------------------------------------------------------------------------


def test_no_bundle_leaves_before_it_is_durable_at_its_source(vault):
    async def main():
        side = Side(10, vault).connect()
        await side.settle()
        vault.go.clear()
        side.submit(b"first")
        await side.settle()
        assert not side.link.batches
        vault.go.set()
        await side.driver.committed()
        assert side.link.payloads == [b"first"]
        assert vault.journal == ["durable", "send"]
        await side.driver.close()

    run(main())


def test_nothing_is_accepted_or_delivered_before_it_is_durable(vault):
    async def main():
        side = Side(40, vault).connect()
        vault.go.clear()
        side.driver.received(side.link, 7, bundles_of([b"a picture"]))
        await side.settle()
        assert not side.link.accepted and not side.delivered
        vault.go.set()
        await side.driver.committed()
        assert side.link.accepted == [7] and side.delivered == [b"a picture"]
        assert vault.journal[0] == "durable" and sorted(vault.journal[1:]) == ["accept", "deliver"]
        await side.driver.close()

    run(main())


def test_delivery_is_acknowledged_only_when_the_application_has_it(vault):
    async def main():
        side = Side(40, vault, Settings(acknowledge_every_s=0.0)).connect()
        side.driver.received(side.link, 1, bundles_of([b"a picture"]))
        await side.driver.committed()
        await side.settle()
        assert side.delivered and not side.link.batches
        held = [stored for stored in side.driver.node.store if stored.destination.node == 40]
        assert len(held) == 1, "kept until it is taken"
        side.done[0]()
        await asyncio.sleep(0)
        await side.driver.committed()
        assert len(side.link.batches) == 1, "the acknowledgement"
        assert vault.journal.index("deliver") < vault.journal.index("send")
        await side.driver.close()

    run(main())


def test_what_was_delivered_and_not_taken_is_delivered_again_after_a_loss_of_power(tmp_path):
    async def main():
        memory = Slow(Memory())
        side = Side(40, memory).connect()
        side.driver.received(side.link, 1, bundles_of([b"a picture"]))
        await side.driver.committed()
        assert side.delivered == [b"a picture"]
        memory._vault.crash()
        again = Side(40, memory).connect()
        await again.driver.committed()
        await again.settle()
        assert again.delivered == [b"a picture"]
        again.done[0]()
        await asyncio.sleep(0)
        await again.driver.committed()
        memory._vault.crash()
        third = Side(40, memory).connect()
        await third.settle()
        assert third.delivered == []

    run(main())


def test_what_is_durable_leaves_while_something_else_is_written(vault):
    async def main():
        side = Side(10, vault).connect()
        side.submit(b"first")
        await side.driver.committed()
        side.submit(b"second")
        await side.driver.committed()
        vault.go.clear()
        side.driver.received(side.link, 1, bundles_of([b"theirs"], 40, FOR_LANDER))
        await side.settle()
        side.driver.ready(side.link)
        await side.settle()
        assert side.link.payloads == [b"first", b"second"]
        side.submit(b"third")
        side.driver.ready(side.link)
        await side.settle()
        assert side.link.payloads == [b"first", b"second"] and not side.link.accepted
        vault.go.set()
        await side.driver.committed()
        assert side.link.payloads[:3] == [b"first", b"second", b"third"] and side.link.accepted == [1]
        await side.driver.close()

    run(main())


# Order and company --------------------------------------------------------------------------------------------------


def test_what_comes_during_a_commit_shares_the_next_one(vault):
    async def main():
        side = Side(10, vault).connect()
        await side.settle()
        vault.go.clear()
        before = vault.commits
        side.submit(b"0")
        await side.settle()
        for number in range(1, 200):
            side.submit(b"%d" % number)
        await side.settle()
        assert vault.commits == before
        vault.go.set()
        await side.driver.committed()
        assert vault.commits - before <= 3
        for _ in range(5):
            side.driver.ready(side.link)
            await side.driver.committed()
        assert side.link.payloads == [b"%d" % number for number in range(200)]
        await side.driver.close()

    run(main())


def test_actions_keep_their_order(vault):
    async def main():
        side = Side(40, vault).connect()
        payloads = [b"%d" % number for number in range(50)]
        for ticket, data in enumerate(bundles_of(payloads)):
            side.driver.received(side.link, ticket, [data])
            if ticket % 7 == 0:
                await asyncio.sleep(0)
        await side.driver.committed()
        assert side.link.accepted == list(range(50))
        assert side.delivered == payloads
        await side.driver.close()

    run(main())


# A disk that is full ------------------------------------------------------------------------------------------------


def test_full_disk_stops_intake_loses_nothing_and_goes_on(vault, monkeypatch):
    monkeypatch.setattr(driver, "RETRY_S", 0.02)

    async def main():
        side = Side(10, vault, Settings(acknowledge_every_s=0.0)).connect()
        await side.settle()
        vault.full = True
        side.submit(b"before")
        theirs = bundles_of([b"theirs"], 40, FOR_LANDER)
        side.driver.received(side.link, 1, theirs)
        await side.settle()
        assert side.driver.failed and not side.link.batches and not side.link.accepted
        with pytest.raises(StoreFull):
            side.submit(b"meanwhile")
        side.driver.received(side.link, 2, bundles_of([b"more"], 40, FOR_LANDER))
        await side.settle()
        assert not side.link.refused, "even a refusal waits for what was decided before it"
        assert [line for line in side.said if "cannot be written" in line] == [
            "the store cannot be written, trying again: the disk is full"
        ]
        waiting = asyncio.create_task(side.driver.committed())
        await side.settle()
        assert not waiting.done()
        vault.full = False
        await waiting
        await side.settle()
        assert side.link.accepted == [1] and side.link.refused == [2]
        assert side.link.payloads[0] == b"before" and side.delivered == [b"theirs"]
        assert side.said[-1] == "the store can be written again"
        side.submit(b"after")
        side.driver.ready(side.link)
        await side.driver.committed()
        assert b"after" in side.link.payloads
        await side.driver.close()

    run(main())


def test_waiting_for_a_full_disk_does_not_keep_the_processor_busy(vault, monkeypatch):
    monkeypatch.setattr(driver, "RETRY_S", 0.05)

    async def main():
        side = Side(10, vault)
        vault.full = True
        turns = 0
        side.submit(b"kept in mind")
        waiting = asyncio.create_task(side.driver.committed())

        settle = side.driver._settle

        def counted() -> None:
            nonlocal turns
            turns += 1
            settle()

        monkeypatch.setattr(side.driver, "_settle", counted)
        await asyncio.sleep(0.4)
        assert turns < 50
        vault.full = False
        await waiting
        await side.driver.close()

    run(main())


def test_ends_on_a_full_disk_with_what_was_durable(tmp_path, monkeypatch):
    monkeypatch.setattr(driver, "RETRY_S", 0.02)

    async def main():
        memory = Slow(Memory())
        side = Side(10, memory)
        side.submit(b"kept")
        await side.driver.committed()
        memory.full = True
        side.submit(b"nobody was told of it")
        await side.settle()
        await side.driver.close()
        memory._vault.crash()
        memory.full = False
        assert [stored.octets for stored in Side(10, memory).driver.node.store] == [4]

    run(main())


# Links --------------------------------------------------------------------------------------------------------------


def test_bundles_wait_for_the_plan_and_for_the_link(vault):
    async def main():
        side = Side(10, vault)
        side.submit(b"early")
        await side.driver.committed()
        side.driver.up(side.link, 1e9)
        await side.settle()
        assert not side.link.batches, "no contact yet"
        contact = next(iter(PLAN))
        side.driver.contact_begins(contact)
        assert side.link.payloads == [b"early"]
        side.driver.lost(side.link, [token for token, _ in side.link.batches[0]])
        side.driver.contact_ends(contact)
        side.driver.ready(side.link)
        side.now += 1000
        side.submit(b"too late")
        await side.driver.committed()
        assert len(side.link.batches) == 1
        await side.driver.close()

    run(main())


def test_a_batch_for_a_link_that_went_away_comes_back_and_goes_again(vault):
    async def main():
        side = Side(10, vault).connect()
        await side.settle()
        vault.go.clear()
        side.submit(b"twice lucky")
        await side.settle()
        side.driver.down(side.link, "pulled")
        vault.go.set()
        await side.driver.committed()
        await side.settle()
        assert not side.link.batches
        side.now += 6.0  # a neighbour that lost something is left alone for 5 s
        other = Link(side.driver, 40, [])
        side.driver.up(other, 1e9)
        await side.driver.committed()
        assert other.payloads == [b"twice lucky"]
        assert side.said == ["link with node 40 is up", "link with node 40 is down: pulled", "link with node 40 is up"]
        await side.driver.close()

    run(main())


def test_the_end_of_an_older_connection_does_not_end_the_newer(vault):
    async def main():
        side = Side(10, vault).connect()
        newer = Link(side.driver, 40, [])
        side.driver.up(newer, 1e9)
        side.driver.down(side.link, "replaced")
        side.submit(b"by the new one")
        await side.driver.committed()
        assert newer.payloads == [b"by the new one"] and not side.link.batches
        await side.driver.close()

    run(main())


def test_why_a_neighbour_cannot_be_reached_is_said_once(vault):
    async def main():
        side, stranger = Side(10, vault), Link(None, None, [])
        for why in ("refused", "refused", "TLS: expired", "TLS: expired", "refused"):
            side.driver.down(side.link, why)
        side.driver.down(stranger, "TLS: no certificate")
        assert side.said == [
            "no link with node 40: refused",
            "no link with node 40: TLS: expired",
            "no link with node 40: refused",
            "no link with somebody who dialled in: TLS: no certificate",
        ]
        side.driver.up(side.link, 1e9)
        side.driver.down(side.link, "pulled")
        side.driver.down(side.link, "refused")
        assert side.said[-2:] == ["link with node 40 is down: pulled", "no link with node 40: refused"]
        before = list(side.said)
        side.driver.up(stranger, 0.0)  # one that only receives
        side.driver.down(stranger, "the peer closed the connection")
        assert side.said == before
        await side.driver.close()

    run(main())


def test_close_ends_links_first_and_then_commits(vault):
    async def main():
        side = Side(10, vault).connect()
        await side.settle()
        vault.go.clear()
        side.submit(b"the last one")
        closing = asyncio.create_task(side.driver.close())
        await side.settle()
        assert side.link.closed and not closing.done()
        before = vault.commits
        vault.go.set()
        await closing
        assert vault.commits == before + 1
        assert not vault.dirty
        assert side.driver.tell(Submit(FOR_CENTRE, b"x", Priority.BULK, 1.0)) == [], "it has ended"

    run(main())


def test_listeners_hear_of_what_happened_once_it_is_durable(vault):
    async def main():
        side, far = Side(10, vault).connect(), Side(40, Slow(Memory()), Settings(acknowledge_every_s=0.0)).connect()
        heard = []
        side.driver.listeners.append(heard.append)
        unit = side.submit(b"there and back")
        await side.driver.committed()
        ((token, data),) = side.link.batches[0]
        side.driver.taken(side.link, [token])
        far.driver.received(far.link, 1, [data])
        await far.driver.committed()
        far.done[0]()
        await asyncio.sleep(0)
        await far.driver.committed()
        side.driver.received(side.link, 1, [data for _, data in far.link.batches[0]])
        await side.driver.committed()
        assert Acknowledged(unit) in heard
        assert side.driver.counts["acknowledged"] == side.driver.counts["forwarded"] == 1
        assert not list(side.driver.node.store)
        await side.driver.close()
        await far.driver.close()

    run(main())
