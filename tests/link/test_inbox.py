"""The inbox takes whatever comes, from whomever."""

from __future__ import annotations

import pytest

from farside.link import BundleId, Eid
from farside.link.events import Deliver
from farside.link.live.spool import Inbox

STRANGERS = ["//base/in", "//base_in", "//../../etc/passwd", "//\0", "//é", "//" + "x" * 500, "//" + "x" * 501, "//"]


def test_strangers_names_stay_apart_and_in_the_folder(tmp_path):
    inbox = Inbox(tmp_path / "in")
    paths = []
    for name in STRANGERS:
        unit = BundleId(Eid(0, 0, name), 1, 2)
        paths.append(inbox.put(Deliver(unit, Eid(40, 1), 0.0, name.encode())))
    assert len(set(paths)) == len(STRANGERS)
    assert {path.parent for path in paths} == {tmp_path / "in" / "1"}
    assert [path.read_bytes() for path in paths] == [name.encode() for name in STRANGERS]


@pytest.mark.parametrize("source", [Eid(10, 3), Eid(0, 0, "//base")])
def test_what_comes_again_takes_its_own_place(tmp_path, source):
    for _ in range(2):
        inbox = Inbox(tmp_path)
        path = inbox.put(Deliver(BundleId(source, 1, 2), Eid(40, 7), 0.0, b"once"))
    assert list((tmp_path / "7").iterdir()) == [path]
    assert len((tmp_path / "received.jsonl").read_text().splitlines()) == 1
