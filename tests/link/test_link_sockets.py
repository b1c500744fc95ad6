"""Convergence layers over loopback: bundles go over real sockets and the driver is told what became of them."""

from __future__ import annotations

import asyncio
import random
import socket

import pytest
from authority import Authority, node
from cryptography import x509
from socket_driver import Listener

from farside.errors import BadInput
from farside.link.ltp import LinkUp
from farside.link.sockets import (
    Address,
    LtpAdapter,
    StcpSender,
    Tls,
    UdpAdapter,
    connection,
    stcp_server,
    tcpcl_client,
    tcpcl_server,
)

HERE = Address("127.0.0.1", 0)


def bundle(number: int, octets: int = 300) -> bytes:
    """A CBOR array of no fixed length with one byte string: enough of a bundle for the layers below it."""
    return random.Random(number).randbytes(octets)


def batches(count: int, each: int, octets: int = 300) -> list[list[tuple[int, bytes]]]:
    return [[(b * each + k, bundle(b * each + k, octets)) for k in range(each)] for b in range(count)]


def flat(given) -> list[bytes]:
    return [data for batch in given for _, data in batch]


def run(coroutine) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 60))


def test_stcp_carries_batches_and_tells_when_they_have_left():
    async def main():
        there, here, given = Listener(), Listener(), batches(5, 40)
        server = await stcp_server(there, HERE).open()
        here.queue.extend(given)
        sender = StcpSender(here, 20, server.address, 1e9).open()
        await there.until(lambda: len(there.got) == 200)
        assert there.got == flat(given)
        await here.until(lambda: len(here.arrived) == 200)
        assert here.ups == [(20, 1e9)] and there.ups == [(None, 0.0)]
        await sender.close()
        await there.until(lambda: there.downs)
        await server.close()
        assert not here.failed

    run(main())


def test_stcp_sender_dials_again_when_the_receiver_comes_back(monkeypatch):
    monkeypatch.setattr(connection, "FIRST_WAIT_S", 0.05)

    async def main():
        there, here = Listener(), Listener()
        server = await stcp_server(there, HERE).open()
        port = server.address
        sender = StcpSender(here, 20, port, 1e9).open()
        await here.until(lambda: here.ups)
        await there.until(lambda: there.ups)
        await server.close()
        await here.until(lambda: here.downs)
        sender.send([(1, b"nobody listens")])
        await here.until(lambda: here.failed == [1])
        server = await stcp_server(there, port).open()
        here.queue.extend(batches(1, 3))
        await there.until(lambda: len(there.got) == 3)
        await sender.close()
        await server.close()

    run(main())


def test_too_long_a_bundle_closes_the_connection_with_a_reason():
    async def main():
        there = Listener()
        server = await stcp_server(there, HERE, longest=100).open()
        _, writer = await asyncio.open_connection(*server.address)
        writer.write((101).to_bytes(4, "big"))
        await there.until(lambda: there.downs)
        assert "101 octets" in there.downs[0]
        writer.close()
        await server.close()

    run(main())


def test_tcpcl_carries_batches_both_ways_and_takes_on_acknowledgement():
    async def main():
        there, here, given, back = Listener(), Listener(), batches(5, 40), batches(2, 10)
        server = await tcpcl_server(there, 20, HERE, 1e9).open()
        here.queue.extend(given)
        there.queue.extend(back)
        client = tcpcl_client(here, 10, 20, server.address, 1e9)
        await here.until(lambda: len(here.arrived) == 200 and len(here.got) == 20)
        await there.until(lambda: len(there.arrived) == 20)
        assert there.got == flat(given) and here.got == flat(back)
        assert here.ups == [(20, 1e9)] and there.ups == [(10, 1e9)]
        await client.close()
        await there.until(lambda: there.downs)
        await server.close()
        assert not here.failed and not there.failed

    run(main())


def test_tcpcl_acknowledges_what_is_accepted_and_refuses_the_rest():
    async def main():
        there, here = Listener(answer=lambda ticket, bundles: None), Listener()
        server = await tcpcl_server(there, 20, HERE, 1e9).open()
        here.queue.append([(1, b"kept")])
        client = tcpcl_client(here, 10, 20, server.address, 1e9)
        await there.until(lambda: there.held)
        assert not here.arrived
        there.held[0][0].accept(there.held[0][1])
        await here.until(lambda: here.arrived == [1])
        client.send([(2, b"no room")])
        await there.until(lambda: len(there.held) == 2)
        there.held[1][0].refuse(there.held[1][1])
        await here.until(lambda: here.failed == [2])
        client.send([(3, b"cut")])
        await there.until(lambda: len(there.held) == 3)
        for adapter in there.adapters:
            adapter.transport.abort()
        await here.until(lambda: here.failed == [2, 3] and here.downs)
        await client.close()
        await server.close()

    run(main())


def test_a_late_answer_to_an_old_connection_is_not_taken_for_one_to_the_new(monkeypatch):
    monkeypatch.setattr(connection, "FIRST_WAIT_S", 0.05)

    async def main():
        there, here = Listener(), Listener(answer=lambda ticket, bundles: None)
        there.queue.append([(1, b"cut")])
        server = await tcpcl_server(there, 20, HERE, 1e9).open()
        client = tcpcl_client(here, 10, 20, server.address, 1e9)
        await here.until(lambda: len(here.held) == 1)
        there.queue.append([(2, b"not yet kept")])
        client.transport.abort()
        await here.until(lambda: len(here.held) == 2)
        (_, old), (_, new) = here.held
        client.accept(old)
        await asyncio.sleep(0.1)
        assert not there.arrived
        client.accept(new)
        await there.until(lambda: there.arrived == [2])
        assert there.failed == [1]
        await client.close()
        await server.close()

    run(main())


def test_large_bundle_goes_in_segments():
    async def main():
        there, here, data = Listener(), Listener(), bundle(1, 3_000_000)
        server = await tcpcl_server(there, 20, HERE, 1e9, segment_mru=100_000).open()
        here.queue.append([(1, data)])
        client = tcpcl_client(here, 10, 20, server.address, 1e9)
        await here.until(lambda: here.arrived == [1])
        assert there.got == [data]
        await client.close()
        await server.close()

    run(main())


@pytest.mark.parametrize("kind", ["stcp", "tcpcl"])
def test_reading_stops_while_too_much_is_not_yet_kept(kind, monkeypatch):
    monkeypatch.setattr(connection, "MOST_UNKEPT", 1_000_000)

    async def main():
        there, here, given = Listener(answer=lambda ticket, bundles: None), Listener(), batches(400, 1, 100_000)
        if kind == "stcp":
            server = await stcp_server(there, HERE).open()
            client = StcpSender(here, 20, server.address, 1e9).open()
        else:
            server = await tcpcl_server(there, 20, HERE, 1e9).open()
            client = tcpcl_client(here, 10, 20, server.address, 1e9)
        here.queue.extend(given)
        await here.until(lambda: here.ups)
        if len(here.queue) == 400:
            here.ready(client)
        await asyncio.sleep(0.5)
        held = len(there.held)
        assert 0 < held <= 20
        assert here.queue, "the sender feels it"
        there.answer = lambda ticket, bundles: True
        for adapter, ticket in there.held:
            adapter.accept(ticket)
        await here.until(lambda: len(here.arrived) == 400)
        await client.close()
        await server.close()

    run(main())


# TLS ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def authority(tmp_path) -> Authority:
    return Authority(tmp_path, "authority")


def meet(server_tls: Tls | None, client_tls: Tls | None, given=()) -> tuple[Listener, Listener]:
    """Let node 10 dial node 20 and both wait for what comes of it."""
    pair = []

    async def main():
        there, here = Listener(), Listener()
        pair.extend((there, here))
        server = await tcpcl_server(there, 20, HERE, 1e9, server_tls).open()
        here.queue.extend(given)
        client = tcpcl_client(here, 10, 20, server.address, 1e9, client_tls)
        await here.until(lambda: here.downs or len(here.arrived) == len(flat(given)) > 0)
        if not here.downs:
            assert client.transport.get_extra_info("ssl_object").version().startswith("TLSv1")
        await client.close()
        await server.close()

    run(main())
    return pair[0], pair[1]


def test_session_is_secured_where_both_have_certificates(authority):
    given = batches(3, 30)
    there, here = meet(authority.issue("twenty", node(20)), authority.issue("ten", node(10)), given)
    assert there.got == flat(given) and sorted(here.arrived) == list(range(90))


def test_certificate_of_another_node_is_refused(authority):
    _, here = meet(authority.issue("thirty", node(30)), authority.issue("ten", node(10)), batches(1, 1))
    assert not here.arrived and "certificate" in here.downs[0]


def test_certificate_of_another_authority_is_refused(authority, tmp_path):
    stranger = Authority(tmp_path, "stranger")
    there, here = meet(authority.issue("twenty", node(20)), stranger.issue("ten", node(10)), batches(1, 1))
    assert not there.got and here.downs[0].startswith("TLS: ")


def test_certificate_without_node_id_must_name_the_host(authority):
    import ipaddress

    good = authority.issue("host", x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    there, here = meet(good, authority.issue("ten", node(10)), batches(1, 1))
    assert there.got
    there, here = meet(authority.issue("nobody"), authority.issue("ten", node(10)), batches(1, 1))
    assert not there.got and "names no node id" in here.downs[0]


def test_plain_peer_is_refused_where_tls_is_required(authority):
    there, here = meet(authority.issue("twenty", node(20)), None, batches(1, 1))
    assert not there.got and here.downs


def test_missing_or_wrong_certificate_is_named(authority, tmp_path):
    good = authority.issue("ten", node(10))
    with pytest.raises(BadInput, match=r"tls\.key.*none\.key"):
        Tls(good.certificate, tmp_path / "none.key", good.authorities).context(server=True)
    with pytest.raises(BadInput, match=r"tls\.certificate"):
        Tls(good.key, good.key, good.authorities).context(server=True)
    with pytest.raises(BadInput, match=r"tls\.certificate"):
        Tls(good.certificate, authority.issue("other").key, good.authorities).context(server=False)
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("no certificate")
    with pytest.raises(BadInput, match=r"tls\.authorities"):
        Tls(good.certificate, good.key, rubbish).context(server=False)


# Datagrams ---------------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def udp_pair(make):
    """Two adapters that send to each other: ``make(number, local, remote)``."""
    ends = Address("127.0.0.1", free_port()), Address("127.0.0.1", free_port())
    two = await make(2, *reversed(ends)).open()  # it listens before the other speaks
    return await make(1, *ends).open(), two


def test_udp_carries_bundles_at_a_pace():
    async def main():
        there, here, given = Listener(), Listener(), batches(4, 50)
        here.queue.extend(given)
        loop = asyncio.get_running_loop()
        start = loop.time()
        one, two = await udp_pair(
            lambda n, local, remote: UdpAdapter({1: here, 2: there}[n], 3 - n, local, remote, 1e6, longest=8192)
        )
        await there.until(lambda: len(there.got) == 200)
        assert sorted(there.got) == sorted(flat(given))
        assert loop.time() - start >= 8 * 200 * 328 / 1e6 - 0.05
        one.send([("long", bytes(8193)), ("short", b"x")])
        await here.until(lambda: "short" in here.arrived)
        assert here.failed == ["long"] and len(here.arrived) == 201
        await one.close()
        await two.close()
        assert here.downs == there.downs == ["closed"]

    run(main())


def cbor_bundles(count: int, octets: int) -> list[bytes]:
    """Real bundles, for LTP finds them in the block by their form."""
    from farside.link import bundle as form
    from farside.link.eid import Eid

    made = []
    for k in range(count):
        primary = form.Primary(Eid(40, 1), Eid(10, 1), 600_000_000_000, k, 1000)
        payload = form.Block(form.PAYLOAD, 1, random.Random(k).randbytes(octets))
        made.append(form.Bundle(primary, (payload,)).pack())
    return made


def test_ltp_carries_blocks_of_bundles_over_datagrams():
    async def main():
        there, here, bundles = Listener(), Listener(), cbor_bundles(60, 20_000)
        here.queue.extend([list(enumerate(bundles[k : k + 20], k)) for k in range(0, 60, 20)])
        link = LinkUp(50e6, 50e6, 0.001)
        one, two = await udp_pair(
            lambda n, local, remote: LtpAdapter({1: here, 2: there}[n], n, 3 - n, local, remote, link)
        )
        await here.until(lambda: len(here.arrived) == 60)
        assert there.got == bundles and not here.failed
        two.set_link(None)
        one.set_link(None)
        one.send([("held", bundles[0])])
        await asyncio.sleep(0.1)
        assert len(there.got) == 60
        two.set_link(link)
        one.set_link(link)
        await here.until(lambda: "held" in here.arrived)
        one.set_link(None)
        one.send([("open", bundles[0])])
        await one.close()
        assert here.failed == ["open"]
        await two.close()

    run(main())


def test_ltp_refusal_reaches_the_sender():
    async def main():
        there, here = Listener(answer=lambda ticket, bundles: False), Listener()
        here.queue.append([("a", cbor_bundles(1, 100)[0])])
        link = LinkUp(10e6, 10e6, 0.001)
        one, two = await udp_pair(
            lambda n, local, remote: LtpAdapter({1: here, 2: there}[n], n, 3 - n, local, remote, link)
        )
        await here.until(lambda: here.failed == ["a"])
        await one.close()
        await two.close()

    run(main())


# Bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "host", "host:", "host:port", "host:70000", "::1:4556", "a b:1", "host:-1", "host:²"]
)
def test_malformed_address_is_named(text):
    with pytest.raises(BadInput, match="host:port"):
        Address.parse(text)


def test_addresses_are_read_as_people_write_them():
    assert Address.parse("127.0.0.1:4556") == ("127.0.0.1", 4556)
    assert Address.parse("[::1]:4556") == ("::1", 4556)
    assert Address.parse(":1113") == ("", 1113)
    assert str(Address.parse("[::1]:4556")) == "[::1]:4556"


def test_port_in_use_is_named():
    async def main():
        server = await stcp_server(Listener(), HERE).open()
        with pytest.raises(BadInput, match="something else listens there"):
            await tcpcl_server(Listener(), 20, server.address, 1e9).open()
        await server.close()
        one = await UdpAdapter(Listener(), 2, HERE, Address("127.0.0.1", 9), 1e6).open()
        with pytest.raises(BadInput, match="something else listens there"):
            await UdpAdapter(Listener(), 2, one.local, Address("127.0.0.1", 9), 1e6).open()
        await one.close()
        with pytest.raises(BadInput, match="an address of this machine"):
            await stcp_server(Listener(), Address("203.0.113.7", 0)).open()

    run(main())
