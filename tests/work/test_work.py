from __future__ import annotations

import errno

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.errors import OutOfSpace
from farside.work import Pool, Stages, atomic_write, key_of, rng


@given(st.integers(0, 2**62), st.text(max_size=5), st.integers(0, 100))
def test_random_numbers_belong_to_their_name_and_not_to_their_order(seed, name, n):
    first = rng(seed, name, n).random(4)
    rng(seed, name, n + 1).random(100)
    np.testing.assert_array_equal(rng(seed, name, n).random(4), first)
    assert not np.array_equal(rng(seed, name, n + 1).random(4), first)


def test_names_do_not_run_together():
    assert rng(1, "ab", "c").random() != rng(1, "a", "bc").random()


def test_a_full_disk_is_one_clear_line_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "a" / "file"
    with pytest.raises(OutOfSpace, match="disk is full"), atomic_write(path) as part:
        part.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.rglob("*")) == [tmp_path / "a"]


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic_write(path) as part:
        part.write_text("new")
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert path.read_text() == "old"


def test_a_stage_is_made_once(tmp_path):
    stages, made = Stages(tmp_path), []

    def make() -> bytes:
        made.append(1)
        return b"result"

    with Pool(2) as pool:
        first = stages.submit("kind", "abcd", pool, make).result()
        assert first == stages.submit("kind", "abcd", pool, make).result() == b"result"
    assert len(made) == 1


def test_a_result_is_stored_when_it_is_made_and_not_when_it_is_asked_for(tmp_path):
    stages = Stages(tmp_path)
    with Pool(1) as pool:
        stages.submit("kind", "abcd", pool, lambda: b"result")
        pool.submit(len, "the only worker has come this far").result()
        assert stages.path("kind", "abcd").read_bytes() == b"result"
        failed = stages.submit("kind", "dcba", pool, lambda: bytes([1 // 0]))
        with pytest.raises(ZeroDivisionError):
            failed.result()
    assert not stages.path("kind", "dcba").exists()


def test_pruning_keeps_what_this_run_used(tmp_path):
    Stages(tmp_path).file("kind", "old0", "", lambda part: part.write_bytes(b"old"))
    Stages(tmp_path).tree("tree", "old1", lambda folder: (folder / "x").write_bytes(b"old"))
    stages = Stages(tmp_path)
    stages.file("kind", "new0", "", lambda part: part.write_bytes(b"new"))
    kept = stages.tree("tree", "new1", lambda folder: (folder / "x").write_bytes(b"new"))
    stages.prune()
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == ["new0", "x"]
    assert (kept / "x").read_bytes() == b"new"


def test_keys_tell_values_apart():
    keys = {key_of(1), key_of(1.5), key_of("1"), key_of([1]), key_of(np.array([1])), key_of(np.array([1.0]))}
    assert len(keys) == 6
    with pytest.raises(TypeError):
        key_of(object())
