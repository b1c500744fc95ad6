"""The vault on disk: what is kept, what its files take, and what it says when something is wrong."""

import errno
import os
import random
import shutil
import sqlite3
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import google_crc32c
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from farside.errors import BadInput, DamagedFile, OutOfSpace
from farside.link.vault import DamagedRecord, Disk
from farside.link.vault.index import Index


def contents(vault):
    return {key: (meta, vault.get(key), length) for key, meta, length in vault.records()}


def octets(folder):
    return sum(path.stat().st_size for path in folder.glob("*.segment"))


def test_batch_outlives_its_vault(tmp_path):
    vault = Disk(tmp_path)
    part = bytearray(b"in parts")
    whole, parts = vault.put(b"w", b"whole"), vault.put(b"p", [b"", memoryview(part)[:3], memoryview(b"parts")])
    assert vault.get(parts) == b"in parts"
    assert vault.dirty
    vault.set_state("name", b"value")
    vault.commit()
    assert not vault.dirty
    assert (vault.get(whole), vault.get(parts)) == (b"whole", b"in parts")
    vault.close()
    again = Disk(tmp_path)
    assert contents(again) == {whole: (b"w", b"whole", 5), parts: (b"p", b"in parts", 8)}
    assert again.state("name") == b"value"
    assert again.state("other") is None
    assert again.put(b"", b"") > parts
    again.close()


def test_unknown_key_is_a_key_error(tmp_path):
    vault = Disk(tmp_path)
    key = vault.put(b"", b"")
    vault.drop(key)
    for unknown in (key, 99):
        with pytest.raises(KeyError):
            vault.get(unknown)
        with pytest.raises(KeyError):
            vault.drop(unknown)
    vault.close()


def test_record_that_came_and_went_within_a_batch_is_not_written(tmp_path):
    vault = Disk(tmp_path)
    before = octets(tmp_path)
    vault.drop(vault.put(b"", bytes(10000)))
    assert not vault.dirty
    vault.commit()
    assert octets(tmp_path) == before
    vault.close()


def test_keys_of_dropped_records_are_not_given_again(tmp_path):
    vault = Disk(tmp_path)
    keys = [vault.put(b"", b"x") for _ in range(5)]
    vault.commit()
    for key in keys:
        vault.drop(key)
    vault.close()
    for path in tmp_path.glob("index*"):
        path.unlink()
    again = Disk(tmp_path)
    assert list(again.records()) == []
    assert again.put(b"", b"") > keys[-1]
    again.close()


class VaultAgainstModel(RuleBasedStateMachine):
    """Whatever is done, the vault holds what a dictionary holds; after a crash, what it held at the last commit."""

    def __init__(self):
        super().__init__()
        self.places = []
        self.now, self.durable = ({}, {}), ({}, {})

    @initialize(size=st.sampled_from([200, 2000, 1 << 20]))
    def begin(self, size):
        self.size = size
        self.vault = Disk(self.place(), size)

    def place(self):
        self.places.append(Path(tempfile.mkdtemp()))
        return self.places[-1] / "store"

    @rule(meta=st.binary(max_size=20), data=st.binary(max_size=300), cut=st.integers(0, 300))
    def put(self, meta, data, cut):
        key = self.vault.put(meta, [memoryview(data)[:cut], data[cut:]] if cut % 2 else data)
        assert key > max(self.now[0], default=0)
        self.now[0][key] = meta, data, len(data)

    @precondition(lambda self: self.now[0])
    @rule(data=st.data())
    def drop(self, data):
        key = data.draw(st.sampled_from(sorted(self.now[0])))
        self.vault.drop(key)
        del self.now[0][key]

    @rule(name=st.sampled_from("abc"), value=st.binary(max_size=100))
    def set_state(self, name, value):
        self.vault.set_state(name, value)
        self.now[1][name] = value

    @rule()
    def commit(self):
        self.vault.commit()
        self.durable = tuple(map(dict, self.now))

    @rule(data=st.binary(max_size=50))
    def put_while_a_batch_is_written(self, data):
        durable, sealed = self.vault.seal(), tuple(map(dict, self.now))
        self.put(b"meanwhile", data, 0)
        if self.durable[0].keys() & self.now[0].keys():
            key = max(self.durable[0].keys() & self.now[0].keys())
            self.vault.drop(key)
            del self.now[0][key]
        durable()
        self.durable = sealed

    @rule(index=st.sampled_from(["kept", "lost", "garbage"]))
    def crash(self, index):
        place = self.place()
        shutil.copytree(self.vault.folder, place)
        self.vault.close()
        if index != "kept":
            for path in place.glob("index*"):
                path.unlink()
        if index == "garbage":
            (place / "index.sqlite").write_bytes(bytes(range(256)) * 40)
        self.vault = Disk(place, self.size)
        self.now = tuple(map(dict, self.durable))
        assert not [line for line in self.vault.damaged if "index" not in line]
        assert self.vault.torn == 0

    @rule()
    def reopen(self):
        self.vault.close()
        self.durable = tuple(map(dict, self.now))
        self.vault = Disk(self.vault.folder, self.size)
        assert self.vault.damaged == []

    @invariant()
    def holds_what_the_model_holds(self):
        if self.places:
            assert contents(self.vault) == self.now[0]
            assert {name: self.vault.state(name) for name in "abc"} == {name: self.now[1].get(name) for name in "abc"}

    def teardown(self):
        self.vault.close()
        for place in self.places:
            shutil.rmtree(place)


TestVaultAgainstModel = VaultAgainstModel.TestCase
TestVaultAgainstModel.settings = settings(
    max_examples=30, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("seed", range(2))
def test_disk_used_stays_within_twice_what_is_wanted_and_two_segments(tmp_path, seed):
    """Most records go soon, in any order; a few stay for ever."""
    rng, size = random.Random(seed), 1 << 16
    vault, live, lengths = Disk(tmp_path, size), {}, {}
    for _ in range(600):
        for _ in range(rng.randrange(20)):
            data = rng.randbytes(rng.randrange(2000))
            key = vault.put(b"meta", data)
            live[key], lengths[key] = data, len(data) + 36
        for key in rng.sample(sorted(live), min(len(live), rng.randrange(20))):
            if key % 50:
                vault.drop(key)
                del live[key]
        vault.set_state("round", rng.randbytes(8))
        vault.commit()
        wanted = sum(lengths[key] for key in live)
        assert octets(tmp_path) <= 2 * wanted + 2 * size + 40000  # a batch
    while vault.dirty:
        vault.commit()
    assert octets(tmp_path) <= 2 * sum(lengths[key] for key in live) + 2 * size
    assert int(min(tmp_path.glob("*.segment")).stem) > 1
    assert {key: data for key, (_, data, _) in contents(vault).items()} == live
    vault.close()
    for path in tmp_path.glob("index*"):
        path.unlink()
    again = Disk(tmp_path)
    assert {key: data for key, (_, data, _) in contents(again).items()} == live
    again.close()


def test_store_of_which_nothing_is_wanted_takes_one_segment(tmp_path):
    vault = Disk(tmp_path, 10000)
    keys = []
    for _ in range(50):
        keys += [vault.put(b"", bytes(1000)) for _ in range(5)]
        vault.commit()
    for key in keys:
        vault.drop(key)
    vault.commit()
    assert len(list(tmp_path.glob("*.segment"))) == 1
    assert not vault.dirty
    vault.close()


def test_crash_brings_back_what_was_dropped_after_it_had_been_moved(tmp_path):
    """A segment goes by what was durable, not by what the next batch has dropped already."""
    vault = Disk(tmp_path / "a", 4000)
    kept = vault.put(b"", b"kept")
    keys = [vault.put(b"", bytes(1000)) for _ in range(3)]
    vault.commit()
    for _ in range(20):
        keys += [vault.put(b"", bytes(1000)) for _ in range(3)]
        vault.commit()
    for key in keys:
        vault.drop(key)
    durable = vault.seal()  # moves ``kept`` out of the first segment
    vault.drop(kept)
    durable()
    assert not (tmp_path / "a" / "00000001.segment").exists()
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    vault.close()
    again = Disk(tmp_path / "b")
    assert contents(again) == {kept: (b"", b"kept", 4)}
    again.close()
    closed = Disk(tmp_path / "a")
    assert contents(closed) == {}
    closed.close()


def test_batches_are_written_in_a_thread_while_others_grow(tmp_path):
    rng, vault, model = random.Random(3), Disk(tmp_path, 1 << 15), {}
    with ThreadPoolExecutor(1) as pool:
        writing = None
        for _ in range(3000):
            if rng.random() < 0.6 or not model:
                data = rng.randbytes(rng.randrange(400))
                model[vault.put(b"m", data)] = data
            elif rng.random() < 0.5:
                key = rng.choice(list(model))
                assert vault.get(key) == model[key]
            else:
                key = rng.choice(list(model))
                vault.drop(key)
                del model[key]
            if writing is None or writing.done():
                if writing:
                    writing.result()
                writing = pool.submit(vault.seal())
            if rng.random() < 0.01:
                assert {key: length for key, _, length in vault.records()} == {k: len(d) for k, d in model.items()}
        writing.result()
    vault.close()
    again = Disk(tmp_path)
    assert {key: data for key, (_, data, _) in contents(again).items()} == model
    again.close()


def test_seal_while_a_batch_is_being_written_is_refused(tmp_path):
    vault = Disk(tmp_path)
    vault.put(b"", b"")
    durable = vault.seal()
    with pytest.raises(RuntimeError, match="still being written"):
        vault.seal()
    durable()
    vault.close()


@pytest.fixture
def no_memory(monkeypatch):
    """Everything is read from the disk."""
    monkeypatch.setattr("farside.link.vault.disk.RECENT_OCTETS", 0)


@pytest.mark.usefixtures("no_memory")
def test_damaged_record_is_named_and_the_others_live(tmp_path):
    vault = Disk(tmp_path)
    keys = [vault.put(b"meta", bytes([65 + k]) * 500) for k in range(5)]
    vault.commit()
    path = tmp_path / "00000001.segment"
    octets = bytearray(path.read_bytes())
    octets[octets.index(b"CCC") + 100] ^= 1
    path.write_bytes(octets)
    with pytest.raises(DamagedRecord, match=f"record {keys[2]} "):
        vault.get(keys[2])
    assert vault.get(keys[1]) == b"B" * 500
    vault.drop(keys[2])
    vault.close()
    again = Disk(tmp_path)
    assert [key for key, _, _ in again.records()] == [keys[0], keys[1], *keys[3:]]
    assert again.damaged == []
    again.close()


@pytest.mark.parametrize("place", [0, 5, 9, 20, 31, 33, 300])
def test_damage_in_the_middle_costs_one_record(tmp_path, place):
    """Anywhere in it: sync word, checksum, key, lengths, kind, meta, data."""
    vault = Disk(tmp_path)
    keys = []
    for k in range(5):
        keys.append(vault.put(b"meta", bytes([65 + k]) * 500))
        vault.commit()
    vault.close()
    path = tmp_path / "00000001.segment"
    octets = bytearray(path.read_bytes())
    octets[octets.index(b"CCC") - 36 + place] ^= 0x81
    path.write_bytes(octets)
    for file in tmp_path.glob("index*"):
        file.unlink()
    again = Disk(tmp_path)
    assert [key for key, _, _ in again.records()] == [keys[0], keys[1], *keys[3:]]
    assert again.damaged == [f"{path}: 536 octets at {octets.index(b'CCC') - 36} are damaged"]
    assert again.torn == 0
    again.close()


@pytest.mark.usefixtures("no_memory")
def test_damaged_record_does_not_stop_the_sweep(tmp_path):
    vault = Disk(tmp_path, 4000)
    kept, bad = vault.put(b"", b"kept" * 10), vault.put(b"", b"bad!" * 10)
    keys = []
    for _ in range(20):
        keys += [vault.put(b"", bytes(1000)) for _ in range(3)]
        vault.commit()
    path = tmp_path / "00000001.segment"
    octets = bytearray(path.read_bytes())
    octets[octets.index(b"bad!")] ^= 1
    path.write_bytes(octets)
    for key in keys:
        vault.drop(key)
    vault.commit()
    assert not path.exists()
    assert vault.get(kept) == b"kept" * 10
    with pytest.raises(DamagedRecord):
        vault.get(bad)
    assert vault.damaged == [f"{tmp_path}: record {bad} is damaged"]
    assert [key for key, _, _ in vault.records()] == [kept]
    vault.drop(bad)
    vault.close()
    again = Disk(tmp_path)
    assert contents(again) == {kept: (b"", b"kept" * 10, 40)}
    again.close()


def test_damaged_header_is_reported_and_its_records_live(tmp_path):
    vault = Disk(tmp_path)
    key = vault.put(b"", b"data")
    vault.close()
    path = tmp_path / "00000001.segment"
    path.write_bytes(bytes(32) + path.read_bytes()[32:])
    again = Disk(tmp_path)
    assert again.get(key) == b"data"
    assert again.damaged == [f"{path}: its header is damaged"]
    again.close()


def test_missing_segment_is_reported(tmp_path):
    vault = Disk(tmp_path, 1000)
    keys = []
    for _ in range(3):
        keys.append(vault.put(b"", bytes(900)))
        vault.commit()
    vault.close()
    (tmp_path / "00000002.segment").unlink()
    again = Disk(tmp_path)
    assert [key for key, _, _ in again.records()] == [keys[0], keys[2]]
    assert "1 segments before it are missing" in again.damaged[0]
    assert "1 records were in segments that are missing" in again.damaged[1]
    again.close()


@pytest.mark.parametrize("call", ["writev", "fdatasync"])
def test_full_disk_is_said_and_the_batch_waits(tmp_path, monkeypatch, call):
    vault = Disk(tmp_path)
    first = vault.put(b"", b"first")
    vault.commit()
    before = octets(tmp_path)
    real = getattr(os, call)

    def full(fd, *args):
        if call == "writev":
            os.write(fd, b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    second, third = vault.put(b"", b"second"), vault.put(b"", b"third")
    vault.drop(first)
    vault.set_state("a", b"1")
    monkeypatch.setattr(os, call, full)
    with pytest.raises(OutOfSpace, match="the disk is full; nothing of the batch was written"):
        vault.commit()
    assert octets(tmp_path) == before
    assert vault.dirty
    assert vault.get(second) == b"second"
    vault.drop(third)
    with pytest.raises(OutOfSpace):
        vault.commit()
    fourth = vault.put(b"", b"fourth")
    assert [key for key, _, _ in vault.records()] == [second, fourth]
    monkeypatch.setattr(os, call, real)
    vault.commit()
    assert not vault.dirty
    vault.close()
    again = Disk(tmp_path)
    assert contents(again) == {second: (b"", b"second", 6), fourth: (b"", b"fourth", 6)}
    assert again.state("a") == b"1"
    again.close()


def test_failing_disk_is_named(tmp_path, monkeypatch):
    vault = Disk(tmp_path)
    vault.put(b"", b"")

    def broken(fd):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", broken)
        with pytest.raises(DamagedFile, match="Input/output error; nothing of the batch was written"):
            vault.commit()
    vault.close()


def test_index_that_fails_is_caught_up(tmp_path, monkeypatch):
    """What the log holds is durable, whatever becomes of the index."""
    vault = Disk(tmp_path, 1000)
    keys = [vault.put(b"", b"0")]
    vault.commit()

    def fails(*args):
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Index, "add", fails)
        for k in range(4):
            keys.append(vault.put(b"m", bytes([k]) * 700))
            vault.commit()
        vault.drop(keys[0])
        vault.commit()
        assert vault.damaged == [f"{tmp_path}: database or disk is full; the index is behind the log, which is whole"]
        assert vault.get(keys[2]) == b"\1" * 700
        with pytest.raises(DamagedFile, match="made anew when the store is opened"):
            list(vault.records())
    assert [key for key, _, _ in vault.records()] == keys[1:]
    vault.put(b"", b"")
    vault.close()
    again = Disk(tmp_path)
    assert [key for key, _, _ in again.records()][:4] == keys[1:]
    again.close()


def test_nothing_is_moved_while_the_index_fails(tmp_path, monkeypatch):
    """For it could not be deleted where it was."""
    vault = Disk(tmp_path, 2000)
    for _ in range(3):
        vault.put(b"", bytes(1000))
    vault.commit()

    def fails(*args):
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Index, "add", fails)
        vault.commit()
        for _ in range(50):
            key = vault.put(b"", bytes(1000))
            vault.commit()
            vault.drop(key)
        assert octets(tmp_path) < 3 * 1100 + 50 * 1300
        kept = len(list(tmp_path.glob("*.segment")))
        assert vault.dirty
    while vault.dirty:
        vault.commit()
    assert len(list(vault.records())) == 3
    assert len(list(tmp_path.glob("*.segment"))) < kept / 3
    vault.close()


def test_two_vaults_cannot_share_a_folder(tmp_path):
    vault = Disk(tmp_path)
    with pytest.raises(BadInput, match=f"{tmp_path}: store: 'in use'; expected a store that no other node has open"):
        Disk(tmp_path)
    vault.close()
    Disk(tmp_path).close()


def test_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_bytes(b"mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "store"):
        with pytest.raises(BadInput, match=r"file.*: store: .*; expected a folder on a sound disk that can be written"):
            Disk(folder)
    assert (tmp_path / "file").read_bytes() == b"mine"


def test_other_version_is_named_and_left_alone(tmp_path):
    Disk(tmp_path).close()
    path = tmp_path / "00000001.segment"
    header = bytearray(path.read_bytes())
    header[8:12] = (9).to_bytes(4, "little")
    header[24:28] = google_crc32c.value(bytes(header[:24]) + bytes(8)).to_bytes(4, "little")
    path.write_bytes(header)
    with pytest.raises(BadInput, match="format version: 9; expected 1"):
        Disk(tmp_path)
    assert path.read_bytes() == header


def test_files_of_something_else_are_left_alone(tmp_path):
    path = tmp_path / "00000001.segment"
    path.write_bytes(b"not a segment" * 100)
    with pytest.raises(DamagedFile, match="neither this nor another segment begins as one of a store does"):
        Disk(tmp_path)
    assert path.read_bytes() == b"not a segment" * 100


def test_lock_is_free_again_after_a_refusal(tmp_path):
    (tmp_path / "00000001.segment").write_bytes(b"x")
    with pytest.raises(DamagedFile):
        Disk(tmp_path)
    (tmp_path / "00000001.segment").unlink()
    Disk(tmp_path).close()


def test_batch_larger_than_a_segment_is_one_batch(tmp_path):
    vault = Disk(tmp_path, 1000)
    keys = [vault.put(b"", bytes(700)) for _ in range(2000)]  # more pieces than one system call takes
    vault.commit()
    assert vault.get(keys[-1]) == bytes(700)
    vault.close()
    again = Disk(tmp_path, 1000)
    assert len(list(again.records())) == 2000
    again.close()


def test_writes_that_the_system_cuts_short_go_on(tmp_path, monkeypatch):
    real, rng = os.writev, random.Random(1)

    def some(fd, pieces):
        joined = b"".join(pieces)
        return os.write(fd, joined[: rng.randint(1, len(joined))])

    monkeypatch.setattr(os, "writev", some)
    vault = Disk(tmp_path)
    model = {vault.put(b"m", data): data for data in (rng.randbytes(rng.randrange(3000)) for _ in range(50))}
    vault.close()
    monkeypatch.setattr(os, "writev", real)
    again = Disk(tmp_path)
    assert {key: data for key, (_, data, _) in contents(again).items()} == model
    again.close()
