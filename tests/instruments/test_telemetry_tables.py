"""Housekeeping of all vehicles in one stream: sorted by kind, checked, and damage named."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.errors import DamagedFile
from farside.geometry import utc_to_t
from farside.instruments import commanding
from farside.instruments.commanding import Verdict
from farside.instruments.packet import Packet, split
from farside.instruments.telemetry import TABLES, sort_packets, unpack_table

T = utc_to_t("2019-01-03T07:07:00Z")
YES = Verdict(T, "rover", "rover.rolloff", "")
NO = Verdict(T + 60.0, "lander", "biosphere.photograph", "powered off")


def test_a_verdict_comes_back_as_it_was_sent():
    columns = commanding.unpack_packets(commanding.pack_packet(YES, 0) + commanding.pack_packet(NO, 1))
    assert list(columns["vehicle"]) == ["rover", "lander"]
    assert list(columns["command"]) == ["rover.rolloff", "biosphere.photograph"]
    assert list(columns["reason"]) == ["", "powered off"]
    assert list(columns["refused"]) == [0, 1]
    assert np.abs(columns["t"] - [YES.t, NO.t]).max() < 2.0**-16


def test_long_texts_are_cut_and_never_spill_into_other_fields():
    long = Verdict(T, "v" * 40, "c" * 80, "r" * 99)
    (vehicle,), (command,), (reason,) = (
        commanding.unpack_packets(commanding.pack_packet(long, 3))[name] for name in ("vehicle", "command", "reason")
    )
    assert set(vehicle) == {"v"} and set(command) == {"c"} and set(reason) == {"r"}


def test_every_table_has_its_own_apid():
    apids = [apid for apid, _ in TABLES.values()]
    assert len(set(apids)) == len(apids)
    assert all(0 < apid < 0x7FF for apid in apids)


@given(st.lists(st.sampled_from([1, 2]), max_size=12))
def test_a_mixed_stream_is_sorted_into_its_kinds_in_order(kinds):
    packets = {k: Packet(f"kind {k}", k, 0x1E, [("value", ">u2")]) for k in (1, 2)}
    stream = b"".join(packets[k].pack(T + n, {"value": n}, n) for n, k in enumerate(kinds))
    parts = split(stream)
    assert set(parts) == set(kinds)
    for k, part in parts.items():
        assert list(packets[k].unpack(part)["value"]) == [n for n, kind in enumerate(kinds) if kind == k]


def test_sorted_packets_are_decoded_by_their_own_table():
    tables = sort_packets(commanding.pack_packet(YES, 0))
    assert list(tables) == ["commands"]
    assert list(unpack_table("commands", tables["commands"])["command"]) == ["rover.rolloff"]


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda p: p[:-1], "cut short"),
        (lambda p: p[:4], "too few"),
        (lambda p: bytes([0x0F, 0xFE]) + p[2:], "0x7fe"),
        (lambda p: p[:6] + bytes([0xFF]) + p[7:], "not one of ours"),
        (lambda p: p[:13] + b"\xff" + p[14:], "not ASCII"),
    ],
)
def test_damage_is_named(damage, what):
    with pytest.raises(DamagedFile, match=what):
        sort_packets(damage(commanding.pack_packet(NO, 0)))
