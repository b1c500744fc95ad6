"""Power goes while a batch is written: all that was committed is there, and nothing of that batch."""

import random
import shutil

import pytest

from farside.link.vault import Disk

SEGMENT = 6000


def contents(vault):
    return {key: (meta, vault.get(key)) for key, meta, _ in vault.records()}, {n: vault.state(n) for n in "abc"}


class History:
    """A store and what it should hold, changed at random."""

    def __init__(self, folder, rng):
        self.vault, self.rng = Disk(folder, SEGMENT), rng
        self.records, self.states = {}, dict.fromkeys("abc")

    def put(self):
        meta, data = self.rng.randbytes(self.rng.randrange(20)), self.rng.randbytes(self.rng.randrange(800))
        self.records[self.vault.put(meta, data)] = meta, data

    def batch(self):
        """Change this and that and commit; the last batch of a history always has octets to lose."""
        rng = self.rng
        for _ in range(rng.randrange(8)):
            self.put()
        for key in rng.sample(sorted(self.records), rng.randrange(1 + len(self.records) // 2)):
            self.vault.drop(key)
            del self.records[key]
        self.put()
        if rng.random() < 0.5:
            name = rng.choice("abc")
            self.states[name] = rng.randbytes(30)
            self.vault.set_state(name, self.states[name])
        self.vault.commit()


def copy_index(source, target):
    for path in target.glob("index*"):
        path.unlink()
    for path in source.glob("index*"):
        shutil.copy(path, target)


def tear(path, start, rng):
    """Let the octets from ``start`` on be as a torn write leaves them; whether the end is among those harmed."""
    octets = bytearray(path.read_bytes())
    at = rng.randrange(start, len(octets))
    kind = rng.choice(["cut", "zeros", "garbage", "hole"])
    if kind == "cut":
        del octets[at:]
    elif kind == "zeros":
        octets[at:] = bytes(len(octets) - at)
    elif kind == "garbage":
        octets[at:] = rng.randbytes(len(octets) - at + rng.randrange(500))
    else:  # a block never reached the disk, while later ones did
        to = min(len(octets), at + rng.randrange(1, 600))
        octets[at:to] = bytes(b ^ 0xA5 for b in octets[at:to])
        path.write_bytes(octets)
        return to == len(octets)
    path.write_bytes(octets)
    return True


@pytest.mark.parametrize("block", range(8))
def test_power_loss_at_200_random_points_loses_nothing_committed(tmp_path, block):
    for seed in range(25 * block, 25 * block + 25):
        lose_power(tmp_path / str(seed), random.Random(seed))


def lose_power(folder, rng):
    folder.mkdir()
    history = History(folder / "run", rng)
    for _ in range(rng.randint(0, 12)):
        history.batch()
    shutil.copytree(folder / "run", folder / "before")
    expected = dict(history.records), dict(history.states)
    history.batch()

    # the disk when power goes in the last batch: no segment is deleted yet, the newest one is torn
    torn = folder / "torn"
    shutil.copytree(folder / "before", torn)
    newest = max((folder / "run").glob("*.segment")).name
    start = (torn / newest).stat().st_size if (torn / newest).exists() else 32
    shutil.copy(folder / "run" / newest, torn)
    end_harmed = tear(torn / newest, start, rng)

    index = rng.choice(["behind", "ahead", "lost", "garbage"])
    if index == "ahead" and end_harmed:  # a disk that did not keep to the order it was told
        copy_index(folder / "run", torn)
    elif index in ("lost", "garbage"):
        for path in torn.glob("index*"):
            path.unlink()
    if index == "garbage":
        (torn / "index.sqlite").write_bytes(rng.randbytes(9000))
    history.vault.close()
    if (torn / newest).read_bytes() == (folder / "run" / newest).read_bytes():
        expected = history.records, history.states  # zeros in the place of zeros

    vault = Disk(torn, SEGMENT)
    assert contents(vault) == expected
    assert [line for line in vault.damaged if "index" not in line] == []

    # life goes on from there
    again = History.__new__(History)
    again.vault, again.rng, (again.records, again.states) = vault, rng, expected
    for _ in range(5):
        again.batch()
    vault.close()
    for path in torn.glob("index*"):
        if rng.random() < 0.5:
            path.unlink()
    vault = Disk(torn, SEGMENT)
    assert contents(vault) == (again.records, again.states)
    assert vault.torn == 0
    vault.close()


def test_octets_of_the_torn_batch_are_counted(tmp_path):
    vault = Disk(tmp_path / "a")
    kept = vault.put(b"", b"kept")
    vault.commit()
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    vault.close()
    with (tmp_path / "b" / "00000001.segment").open("ab") as file:
        file.write(b"half a record")
    again = Disk(tmp_path / "b")
    assert contents(again)[0] == {kept: (b"", b"kept")}
    assert (again.torn, again.damaged) == (13, [])
    again.close()


def test_damage_to_a_batch_that_the_index_knows_is_not_a_torn_write(tmp_path):
    """The index learns of a batch when it is durable: what it knows is damaged, not torn, and the rest is kept."""
    vault = Disk(tmp_path)
    keys = [vault.put(b"", letter * 100) for letter in (b"A", b"B", b"C")]
    vault.close()
    path = tmp_path / "00000001.segment"
    octets = path.read_bytes()
    path.write_bytes(octets.replace(b"BBB", b"BXB", 1))
    again = Disk(tmp_path)
    assert again.get(keys[0]) == b"A" * 100
    assert again.get(keys[2]) == b"C" * 100
    assert again.torn == 0
    again.close()


def test_damaged_mark_before_a_torn_batch_costs_nothing(tmp_path):
    """A batch whose mark is damaged was durable, for another follows it; that one is torn and goes."""
    vault = Disk(tmp_path / "a")
    first = vault.put(b"", b"first")
    vault.commit()
    path = tmp_path / "a" / "00000001.segment"
    mark = path.stat().st_size - 1
    vault.put(b"", b"torn" * 50)
    vault.commit()
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    vault.close()
    path = tmp_path / "b" / "00000001.segment"
    octets = bytearray(path.read_bytes())
    octets[mark] ^= 1
    octets[octets.index(b"torn") + 5] ^= 1
    path.write_bytes(octets)
    for file in (tmp_path / "b").glob("index*"):
        file.unlink()
    for _ in range(2):
        again = Disk(tmp_path / "b")
        assert contents(again)[0] == {first: (b"", b"first")}
        again.close()
        for file in (tmp_path / "b").glob("index*"):
            file.unlink()
