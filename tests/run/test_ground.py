"""The ground segment takes what comes: damage is named, and everything else goes on."""

import cbor2
import numpy as np
import pytest

from farside.errors import DamagedFile
from farside.geometry import Site, utc_to_t
from farside.instruments import kind
from farside.instruments.commanding import Verdict, pack_packet
from farside.instruments.lfs import waveforms
from farside.products import DESKS, Bench
from farside.run.desks import Desks, joined
from farside.run.ground import Ground
from farside.work import Pool

SITE = Site(-45.4446, 177.5991)
T = utc_to_t("2019-01-05T06:00:00Z")


@pytest.fixture
def ground(tmp_path):
    with Pool(1) as pool:
        yield Ground(tmp_path, SITE, "A flight", "with damage", pool)


def radio_record(**changes) -> bytes:
    dn = np.random.default_rng(1).integers(2000, 2200, (3, 3, 4096)).astype(np.uint16)
    header = {
        "instrument": "lfs", "mode": "TR", "band": "high", "index": 0, "sequence_id": "0001", "level": "raw",
        "start_utc": "2019-01-05T06:00:00.000Z", "stop_utc": "2019-01-05T06:00:03.000Z", "every_s": 1.0,
        "sample_hz": 1e8, **changes,
    }  # fmt: skip
    return kind("lfs").pack(waveforms(dn, **header))


@pytest.mark.parametrize(
    ("record", "says"),
    [
        (b"noise", "raw record"),
        (cbor2.dumps({"header": {"instrument": "gravimeter"}}), "gravimeter"),
        (radio_record()[:-40], "raw record"),
    ],
)
def test_a_damaged_record_is_named_and_the_next_one_is_taken(ground, record, says):
    ground.record_arrived(record, T)
    assert len(ground.damaged) == 1 and says in ground.damaged[0]
    ground.record_arrived(radio_record(), T + 60.0)
    assert len(ground.damaged) == 1
    assert len(list((ground.folder / "archive" / "data_raw").glob("*.xml"))) == 1
    assert len(list((ground.folder / "received").iterdir())) == 2  # what came is kept as it came


def test_damaged_packets_are_named_and_the_next_ones_are_taken(ground):
    good = pack_packet(Verdict(T, "rover", "rover.drive", "no way"), 0)
    ground.telemetry_arrived(good[:-3])
    ground.telemetry_arrived(good)
    assert len(ground.damaged) == 1
    assert list(ground.housekeeping("commands")["reason"]) == ["no way"]
    assert ground.housekeeping("gnc") is None


def test_nothing_received_is_still_a_page(ground):
    ground.finish(lambda what: None)
    assert ground.products == {}
    assert ground.publish({}).is_file()


def test_a_desk_that_fails_is_one_line_and_the_others_report(tmp_path, monkeypatch):
    lfs = next(desk for desk in DESKS if desk.name == "lfs")
    rover = next(desk for desk in DESKS if desk.name == "rover")

    def broken(self):
        raise DamagedFile("its file", "eaten by mice")

    monkeypatch.setattr(lfs, "finish", broken)
    monkeypatch.setattr(lfs, "take", lambda self, observation: None)
    monkeypatch.setattr(rover, "finish", lambda self: "a report")
    with Pool(1) as pool:
        desks = Desks(Bench(tmp_path, tmp_path, tmp_path, SITE, pool, lambda table: {} if table == "rover" else None))
        desks.take(kind("lfs").unpack(radio_record()), T)
        lines = desks.finish(lambda what: None)
    assert lines == ["lfs: its file: eaten by mice"]
    assert desks.reports["rover"] == "a report"


def test_spans_close_together_are_one():
    assert joined([(5.0, 6.0), (0.0, 1.0), (7.0, 8.0)], gap=2.0) == [(0.0, 1.0), (5.0, 8.0)]
