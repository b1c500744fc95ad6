"""Files over packets that are lost, doubled and out of order."""

import heapq
import itertools
import random
from dataclasses import dataclass, field

import pytest
from spacepackets.cfdp.conf import PduConfig
from spacepackets.cfdp.defs import ChecksumType, CrcFlag, TransmissionMode
from spacepackets.cfdp.pdu import AckPdu, EofPdu, FileDataPdu, FinishedPdu, MetadataPdu, NakPdu
from spacepackets.cfdp.pdu.helper import PduFactory
from spacepackets.cfdp.pdu.metadata import MetadataParams
from spacepackets.util import ByteFieldU8, ByteFieldU16

from farside.errors import BadInput
from farside.link.cfdp import (
    Arrived,
    Delivered,
    Failed,
    FileService,
    LinkDown,
    LinkUp,
    Pdu,
    Peer,
    Put,
    Ready,
    Send,
    Wake,
    WakeAt,
)

LANDER, CENTRE = 10, 30
GOLDEN = {
    MetadataPdu: "200012010a00071e07430000001805612e696d6705622e696d67",
    FileDataPdu: "30000c010a00071e000000000001020304050607",
    EofPdu: "20000a010a00071e04008295a69600000018",
    NakPdu: "280011010a00071e0800000000000000180000000800000010",
}


@dataclass
class Path:
    """Two services, and what lies between them."""

    seed: int = 0
    loss: float = 0.0
    double: float = 0.0
    jitter_s: float = 0.0
    delay_s: float = 1.5
    rate_bps: float = 1e6
    damage: float = 0.0
    eat: object = None  # (pdu, how often it was seen) -> whether it is lost
    peers: dict = field(default_factory=dict)
    first_sequence: int = 0

    def __post_init__(self):
        self.rng = random.Random(self.seed)
        settings = {"ack_s": 2 * self.delay_s + 3, "nak_s": 2 * self.delay_s + 3} | self.peers
        self.services = {
            LANDER: FileService(LANDER, [Peer(CENTRE, **settings)], self.first_sequence),
            CENTRE: FileService(CENTRE, [Peer(LANDER, **settings)]),
        }
        self.events, self.count, self.now = [], itertools.count(), 0.0
        self.log, self.sent, self.free, self.up = [], [], {LANDER: 0.0, CENTRE: 0.0}, False
        self.seen = {}

    def at(self, t, node, event):
        heapq.heappush(self.events, (t, next(self.count), node, event))

    def contact(self, begin, end=None):
        for node, other in ((LANDER, CENTRE), (CENTRE, LANDER)):
            self.at(begin, node, LinkUp(other, self.rate_bps, end or float("inf")))
            if end is not None:
                self.at(end, node, LinkDown(other))

    def run(self, until=1e6):
        while self.events and self.events[0][0] <= until:
            self.now, _, node, event = heapq.heappop(self.events)
            if isinstance(event, LinkUp):
                self.up, self.free[node] = True, self.now
            elif isinstance(event, LinkDown):
                self.up = False
            elif isinstance(event, Pdu | Ready) and not self.up:
                continue  # lost in the outage
            elif isinstance(event, Ready) and self.free[node] > self.now:
                continue  # there is more on its way out
            for action in self.services[node].handle(self.now, event):
                self.carry_out(node, action)
        return self

    def carry_out(self, node, action):
        if isinstance(action, WakeAt):
            assert action.t >= self.now
            self.at(action.t, node, Wake(action.t))
        elif isinstance(action, Send):
            assert self.up
            self.send(node, action)
        else:
            self.log.append((self.now, node, action))

    def send(self, node, action):
        assert len(action.octets) <= 1024
        pdu = PduFactory.from_raw(action.octets)
        self.sent.append((self.now, node, pdu))
        leaves = self.free[node] = max(self.now, self.free[node]) + 8 * len(action.octets) / self.rate_bps
        self.at(leaves, node, Ready(action.neighbour))
        name = type(pdu).__name__
        self.seen[name] = self.seen.get(name, 0) + 1
        if self.rng.random() < self.loss or (self.eat and self.eat(pdu, self.seen[name])):
            return
        for _ in range(1 + (self.rng.random() < self.double)):
            octets = bytearray(action.octets)
            if self.rng.random() < self.damage:
                octets[self.rng.randrange(len(octets))] ^= 1 << self.rng.randrange(8)
            late = self.rng.random() * self.jitter_s
            self.at(leaves + self.delay_s + late, action.neighbour, Pdu(bytes(octets)))

    def told(self, kind):
        return [action for _, _, action in self.log if isinstance(action, kind)]


def some(seed, octets):
    return random.Random(seed).randbytes(octets)


def delivered_once(path, files):
    """Every file has come once and whole, its sender knows, and nobody has anything left to do."""
    assert sorted((d.name, d.data) for d in path.told(Delivered)) == sorted(files.items())
    assert sorted(a.name for a in path.told(Arrived)) == sorted(files)
    assert path.told(Failed) == []
    assert [path.services[node]._open for node in (LANDER, CENTRE)] == [{}, {}]


@pytest.mark.parametrize("octets", [0, 1, 900, 1000, 1024, 100_000])
def test_file_comes_whole(octets):
    path = Path()
    path.contact(0)
    path.at(1, LANDER, Put("a/b.img", some(1, octets), CENTRE))
    path.run()
    delivered_once(path, {"a/b.img": some(1, octets)})
    assert path.told(Delivered)[0].source == LANDER
    assert not any(isinstance(pdu, NakPdu) for _, _, pdu in path.sent)


@pytest.mark.parametrize("seed", range(30))
def test_loss_doubling_and_disorder_cost_nothing(seed):
    rng = random.Random(seed)
    path = Path(
        seed=seed,
        loss=rng.choice([0.01, 0.1, 0.3]),
        double=rng.choice([0, 0.2]),
        jitter_s=rng.choice([0, 0.5, 5.0]),
        damage=rng.choice([0, 0.05]),
        peers={"tries": 40},
    )
    path.contact(0)
    files = {f"{k}.img": some(k, rng.randrange(30_000)) for k in range(5)}
    for k, (name, data) in enumerate(files.items()):
        path.at(rng.uniform(0, 20) if k else 0, LANDER, Put(name, data, CENTRE))
    path.run()
    delivered_once(path, files)


def test_files_go_both_ways_at_once():
    path = Path(loss=0.1, peers={"tries": 40})
    path.contact(0)
    path.at(0, LANDER, Put("down", some(1, 50_000), CENTRE))
    path.at(0, CENTRE, Put("up", some(2, 20_000), LANDER))
    path.run()
    delivered_once(path, {"down": some(1, 50_000), "up": some(2, 20_000)})
    assert {(d.source, d.name) for d in path.told(Delivered)} == {(LANDER, "down"), (CENTRE, "up")}


@pytest.mark.parametrize("pdu", [MetadataPdu, EofPdu, FileDataPdu, FinishedPdu, AckPdu, NakPdu])
@pytest.mark.parametrize("times", [1, 3])
def test_each_kind_of_data_unit_may_be_lost(pdu, times):
    """Some data are lost in any case, so that requests for them are on their way, too."""

    def eat(found, seen):
        return (isinstance(found, pdu) and seen <= times) or (isinstance(found, FileDataPdu) and seen == 4)

    path = Path(eat=eat)
    path.contact(0)
    path.at(0, LANDER, Put("x", some(3, 20_000), CENTRE))
    path.run()
    delivered_once(path, {"x": some(3, 20_000)})


def test_transfer_goes_on_after_an_outage_and_does_not_begin_again():
    """Two days without contact in the middle of a file: no timer runs, and only what was on its way is sent again."""
    path = Path(rate_bps=100_000, peers={"tries": 3})
    path.contact(0, 20)
    path.contact(200_000, 300_000)
    data = some(4, 1_000_000)  # 80 s of contact
    path.at(0, LANDER, Put("long", data, CENTRE))
    path.run(199_999)
    assert max(t for t, _, _ in path.sent) < 20
    assert path.told(Delivered) == []
    path.run()
    delivered_once(path, {"long": data})
    carried = sum(len(pdu.file_data) for _, _, pdu in path.sent if isinstance(pdu, FileDataPdu))
    assert carried < 1.1 * len(data)
    assert path.log[0][0] < 200_000 + 70 + 10


@pytest.mark.parametrize("end", [2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0])
def test_outage_at_any_stage_of_the_handshake_costs_only_its_time(end):
    path = Path(peers={"tries": 3})
    path.contact(0, end)
    path.contact(1000, 2000)
    path.at(0.5, LANDER, Put("x", some(5, 1000), CENTRE))
    path.run()
    delivered_once(path, {"x": some(5, 1000)})


def test_next_file_does_not_wait_for_the_last_acknowledgement():
    path = Path(delay_s=100)
    path.contact(0)
    for k in range(5):
        path.at(0, LANDER, Put(str(k), some(k, 1000), CENTRE))
    path.run()
    assert max(t for t, node, pdu in path.sent if isinstance(pdu, EofPdu)) < 1
    delivered_once(path, {str(k): some(k, 1000) for k in range(5)})


def test_no_more_is_given_to_a_link_than_it_takes():
    service = FileService(LANDER, [Peer(CENTRE, 10, 10)])
    service.handle(0, Put("x", bytes(1_000_000), CENTRE))
    burst = service.handle(1, LinkUp(CENTRE, 1e5, 1e9))
    assert 65_000 < sum(len(a.octets) for a in burst if isinstance(a, Send)) < 67_000
    assert not any(isinstance(a, Send) for a in service.handle(2, Wake(2)))
    assert sum(isinstance(a, Send) for a in service.handle(3, Ready(CENTRE))) > 60
    service.handle(4, LinkDown(CENTRE))
    assert not any(isinstance(a, Send) for a in service.handle(5, Ready(CENTRE)))


def test_wrong_checksum_is_not_delivered_and_the_sender_is_told():
    """cfdp-py does not look at the checksum where nothing is missing."""
    path = Path()

    def falsify(node, action, send=path.send):
        pdu = PduFactory.from_raw(action.octets)
        if isinstance(pdu, FileDataPdu) and pdu.offset == 0:
            wrong = FileDataPdu(pdu.pdu_header.pdu_conf, pdu._params)
            wrong._params.file_data = b"?" + pdu.file_data[1:]
            action = Send(action.neighbour, bytes(wrong.pack()))
        send(node, action)

    path.send = falsify
    path.contact(0)
    path.at(0, LANDER, Put("x", some(1, 3000), CENTRE))
    path.run()
    assert path.told(Delivered) == path.told(Arrived) == []
    assert [(node, f.name, f.why) for _, node, f in path.log] == [
        (CENTRE, "x", "file checksum failure"),
        (LANDER, "x", "file checksum failure"),
    ]


def test_peer_that_never_answers_is_given_up_after_its_tries():
    path = Path(eat=lambda pdu, seen: True, peers={"tries": 4})
    path.contact(0)
    path.at(0, LANDER, Put("x", some(1, 3000), CENTRE))
    path.run()
    assert path.told(Failed) == [Failed(CENTRE, "x", "positive ack limit reached")]
    assert sum(isinstance(pdu, EofPdu) for _, _, pdu in path.sent) == 5  # the last one cancels
    assert path.log[0][0] == pytest.approx(4 * 6, abs=0.5)


def test_sender_that_falls_silent_is_given_up():
    path = Path(peers={"silence_s": 500})
    path.contact(0, 0.1)
    path.contact(1000)
    path.at(0, LANDER, Put("x", some(1, 100_000), CENTRE))
    path.delay_s = 0.01
    path.run(500)
    path.services[LANDER] = FileService(LANDER, [Peer(CENTRE, 10, 10)])
    path.run()
    assert path.told(Failed) == [Failed(LANDER, "x", "no word from the peer")]
    assert path.log[0][0] == pytest.approx(1500, abs=1)


def test_file_longer_than_is_taken_is_refused_and_keeps_no_octets():
    path = Path(peers={"most_octets": 1000, "tries": 3})
    path.contact(0)
    path.at(0, LANDER, Put("x", some(1, 3000), CENTRE))
    path.run()
    assert next(f.why for f in path.told(Failed)) == "3000 octets; at most 1000 are taken"
    assert path.told(Delivered) == []


def test_golden_data_units_are_understood_and_written_alike():
    for kind, octets in GOLDEN.items():
        pdu = PduFactory.from_raw(bytes.fromhex(octets))
        assert isinstance(pdu, kind)
        assert pdu.pack().hex() == octets


def test_golden_file_is_received_and_asked_for():
    """The golden metadata, data of 0 to 8 and end of file: 8 to 24 are asked for, and then the file is whole."""
    service = FileService(CENTRE, [Peer(LANDER, 10, 10, crc=False)])
    service.handle(0, LinkUp(LANDER, 1e6, 1e9))
    for octets in (GOLDEN[MetadataPdu], GOLDEN[FileDataPdu]):
        assert not any(isinstance(a, Send) for a in service.handle(1, Pdu(bytes.fromhex(octets))))
    last = bytes.fromhex("30000c010a00071e00000010") + bytes(range(16, 24))
    service.handle(1, Pdu(last))
    sent = [a.octets.hex() for a in service.handle(2, Pdu(bytes.fromhex(GOLDEN[EofPdu]))) if isinstance(a, Send)]
    assert len(sent) == 2
    assert GOLDEN[NakPdu] in sent
    middle = bytes.fromhex("30000c010a00071e00000008") + bytes(range(8, 16))
    delivered = [a for a in service.handle(3, Pdu(middle)) if isinstance(a, Delivered)]
    assert delivered == [Delivered(LANDER, "b.img", bytes(range(24)))]


def test_golden_file_is_sent():
    service = FileService(LANDER, [Peer(CENTRE, 10, 10, pdu_octets=20, crc=False)], first_sequence=7)
    service.handle(0, LinkUp(CENTRE, 1e6, 1e9))
    sent = [a.octets for a in service.handle(0, Put("b.img", bytes(range(24)), CENTRE)) if isinstance(a, Send)]
    pdus = [PduFactory.from_raw(octets) for octets in sent]
    assert type(pdus[0]) is MetadataPdu
    assert type(pdus[-1]) is EofPdu
    assert pdus[-1].file_checksum.hex() == "8295a696"
    assert b"".join(pdu.file_data for pdu in pdus[1:-1]) == bytes(range(24))
    assert {(p.source_entity_id.value, p.transaction_seq_num.value, p.dest_entity_id.value) for p in pdus} == {
        (LANDER, 7, CENTRE)
    }


def test_what_is_missing_is_asked_for_in_data_units_the_peer_can_take():
    """Each second data unit of a long file is lost: the request does not fit into one of 1024 octets."""
    path = Path(eat=lambda pdu, seen: isinstance(pdu, FileDataPdu) and seen % 2 == 0 and seen < 600)
    path.contact(0)
    data = some(1, 600_000)
    path.at(0, LANDER, Put("x", data, CENTRE))
    path.run()
    delivered_once(path, {"x": data})
    assert sum(isinstance(pdu, NakPdu) for _, _, pdu in path.sent) >= 3


def test_late_and_doubled_data_units_of_a_file_that_has_ended_do_not_begin_it_again():
    path = Path()
    path.contact(0)
    path.at(0, LANDER, Put("x", some(1, 3000), CENTRE))
    path.run()
    late = [pdu.pack() for _, node, pdu in path.sent if node == LANDER]
    for octets in late:
        actions = path.services[CENTRE].handle(path.now, Pdu(bytes(octets)))
        assert not any(isinstance(a, Delivered | Failed) for a in actions)
    assert path.services[CENTRE]._open == {}


@pytest.mark.parametrize("seed", range(3))
def test_hostile_octets_harm_nobody(seed):
    rng = random.Random(seed)
    service = FileService(CENTRE, [Peer(LANDER, 10, 10, crc=False)])
    service.handle(0, LinkUp(LANDER, 1e6, 1e9))
    service.handle(0, Put("mine", bytes(5000), LANDER))
    base = [bytes.fromhex(octets) for octets in GOLDEN.values()]
    mine = FileService(LANDER, [Peer(CENTRE, 10, 10, crc=False)])
    t = 0.0
    for _ in range(3000):
        octets = bytearray(rng.choice(base)) if rng.random() < 0.95 else bytearray(rng.randbytes(rng.randrange(60)))
        for _ in range(rng.randrange(3)):
            if octets:
                octets[rng.randrange(len(octets))] = rng.randrange(256)
        t += rng.random()
        for action in service.handle(t, Pdu(bytes(octets))):
            if isinstance(action, Send):
                mine.handle(t, Pdu(action.octets))
        service.handle(t, rng.choice([Wake(t), Ready(LANDER)]))
    assert service.refused > 0
    assert len(service._open) <= 1000


def test_put_that_cannot_be_carried_out_is_named():
    service = FileService(LANDER, [Peer(CENTRE, 10, 10)])
    with pytest.raises(BadInput, match=r"file 'x': destination: 99; expected one of the peers: \[30\]"):
        service.handle(0, Put("x", b"", 99))
    for name in ("", "a//b", "a/", "x" * 256):
        with pytest.raises(BadInput, match=r"name: .* expected a plain path"):
            service.handle(0, Put(name, b"", CENTRE))
    assert service._open == {}


def test_same_seed_gives_the_same_octets():
    def sent():
        path = Path(seed=5, loss=0.2, jitter_s=2, peers={"tries": 40})
        path.contact(0)
        path.at(0, LANDER, Put("x", some(1, 30_000), CENTRE))
        path.run()
        return [(t, node, bytes(pdu.pack())) for t, node, pdu in path.sent]

    assert sent() == sent()


def test_finished_stands_for_a_lost_acknowledgement_of_the_end_of_file():
    """cfdp-py would refuse it, and wait until it had said the end of file again."""
    path = Path(eat=lambda pdu, seen: isinstance(pdu, AckPdu) and seen == 1)
    path.contact(0)
    path.at(0, LANDER, Put("x", some(1, 3000), CENTRE))
    path.run()
    delivered_once(path, {"x": some(1, 3000)})
    kinds = [type(pdu) for _, _, pdu in path.sent]
    assert (kinds.count(EofPdu), kinds.count(FinishedPdu)) == (1, 1)


def test_end_of_file_is_acknowledged_again_while_data_are_missing():
    """The sender has three tries; the data come after it has used them up, had nobody answered."""

    def eat(pdu, seen):
        first_acknowledgement = isinstance(pdu, AckPdu) and seen == 1
        return first_acknowledgement or (isinstance(pdu, FileDataPdu) and pdu.offset == 0 and seen < 15)

    path = Path(eat=eat, peers={"tries": 40})
    path.services[LANDER] = FileService(LANDER, [Peer(CENTRE, 6, 6, tries=3)])
    path.contact(0)
    path.at(0, LANDER, Put("x", some(1, 3000), CENTRE))
    path.run()
    delivered_once(path, {"x": some(1, 3000)})
    assert path.log[0][0] > 3 * 6
    assert sum(isinstance(pdu, EofPdu) for _, _, pdu in path.sent) == 2


def test_finished_is_acknowledged_again_by_a_sender_who_has_forgotten_the_file():
    path = Path(eat=lambda pdu, seen: isinstance(pdu, AckPdu) and seen == 2)
    path.contact(0)
    path.at(0, LANDER, Put("x", some(1, 3000), CENTRE))
    path.run()
    delivered_once(path, {"x": some(1, 3000)})
    assert sum(isinstance(pdu, FinishedPdu) for _, _, pdu in path.sent) == 2
    assert sum(isinstance(pdu, AckPdu) for _, _, pdu in path.sent) == 3


def test_data_out_of_order_are_not_asked_for():
    path = Path()
    path.contact(0)
    path.at(0, LANDER, Put("x", some(1, 5000), CENTRE))
    path.run(0.2)
    arriving = [event for event in path.events if isinstance(event[3], Pdu)]
    assert len(arriving) > 6
    times = [event[0] for event in arriving]
    path.events = [event for event in path.events if event not in arriving]
    order = [arriving[k] for k in (0, 3, 1, 2, 5, 4, *range(6, len(arriving)))]
    for t, event in zip(sorted(times), order, strict=True):
        path.at(t, event[2], event[3])
    path.run()
    delivered_once(path, {"x": some(1, 5000)})
    assert not any(isinstance(pdu, NakPdu) for _, _, pdu in path.sent)


def test_data_beyond_the_announced_end_take_no_room():
    service = FileService(CENTRE, [Peer(LANDER, 10, 10, crc=False)])
    service.handle(0, Pdu(bytes.fromhex(GOLDEN[MetadataPdu])))
    service.handle(0, Pdu(bytes.fromhex("30000c010a00071e" + "03000000" + "0001020304050607")))
    (file,) = service._open.values()
    assert file.data == b""


def test_files_without_acknowledgement_are_not_taken_in():
    service = FileService(30, [Peer(10, 5.0, 5.0, 3)], 0)
    service.handle(0.0, LinkUp(10, 1e6, 1e9))
    unacknowledged = PduConfig(
        source_entity_id=ByteFieldU8(10),
        dest_entity_id=ByteFieldU8(30),
        transaction_seq_num=ByteFieldU16(7),
        trans_mode=TransmissionMode.UNACKNOWLEDGED,
        crc_flag=CrcFlag.NO_CRC,
    )
    begin = MetadataPdu(unacknowledged, MetadataParams(False, ChecksumType.CRC_32, 24, "a", "b")).pack()
    end = EofPdu(unacknowledged, b"\x82\x95\xa6\x96", 24).pack()
    for t, pdu in enumerate((begin, end)):
        assert service.handle(float(t), Pdu(bytes(pdu))) == []
    assert service.handle(1e4, Wake(1e4)) == []
    assert service.refused == 2
