"""The vault in memory: what a crash leaves."""

import pytest

from farside.link.vault import DamagedRecord, Memory, Vault


def test_crash_leaves_exactly_what_was_committed():
    vault = Memory()
    kept, dropped = vault.put(b"a", b"kept"), vault.put(b"b", [b"dro", memoryview(b"pped")])
    vault.set_state("counter", b"1")
    vault.commit()
    vault.drop(dropped)
    lost = vault.put(b"c", b"lost")
    vault.set_state("counter", b"2")
    vault.set_state("new", b"x")
    vault.crash()
    assert list(vault.records()) == [(kept, b"a", 4), (dropped, b"b", 7)]
    assert vault.get(dropped) == b"dropped"
    assert vault.state("counter") == b"1"
    assert vault.state("new") is None
    assert vault.put(b"", b"") > lost


def test_sealed_batch_is_lost_until_it_is_written():
    vault = Memory()
    durable = vault.seal()
    vault.put(b"", b"in the open batch")
    durable()
    vault.crash()
    assert list(vault.records()) == []
    key = vault.put(b"", b"sealed")
    durable = vault.seal()
    vault.set_state("later", b"1")
    assert vault.dirty
    durable()
    vault.crash()
    assert vault.get(key) == b"sealed"
    assert vault.state("later") is None


def test_record_that_came_and_went_stays_away_after_a_crash():
    vault = Memory()
    vault.drop(vault.put(b"", b""))
    vault.crash()
    assert list(vault.records()) == []
    assert not vault.dirty


def test_damaged_record_is_named():
    vault: Vault = Memory()
    key = vault.put(b"", b"data")
    vault.damage(key)
    with pytest.raises(DamagedRecord, match=f"record {key} of the store"):
        vault.get(key)
    vault.drop(key)
    with pytest.raises(KeyError):
        vault.get(key)
