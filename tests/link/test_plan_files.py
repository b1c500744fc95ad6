"""Contact plans as files: both forms say the same, and whatever is wrong is named with its place."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.errors import BadInput
from farside.link import Contact, ContactPlan
from farside.link.planfile import Range, read_plan, to_ion, to_json

NEW_YEAR_2026 = 1_767_225_600.0
HEAD = "@ 2026/01/01-00:00:00\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "plan"
    path.write_text(text)
    return path


def refusal(folder: Path, text: str, epoch_s: float | None = None) -> BadInput:
    with pytest.raises(BadInput) as refused:
        read_plan(written(folder, text), epoch_s)
    assert str(refused.value).startswith(f"{folder / 'plan'}: ")
    assert "\n" not in str(refused.value)
    return refused.value


# What is there ------------------------------------------------------------------------------------------------------


def test_ion_counts_octets_and_a_range_holds_both_ways(tmp_path):
    text = (
        HEAD
        + "a contact +0 +3600 10 20 69375  # home\n\na range +0 +3600 10 20 1\na contact +10 +20.5 20 10 15.625 1.0\n"
    )
    file = read_plan(written(tmp_path, text))
    assert file.epoch_s == NEW_YEAR_2026
    assert list(file.plan) == [Contact(10, 20, 0.0, 3600.0, 555_000.0), Contact(20, 10, 10.0, 20.5, 125.0)]
    light = file.light_time()
    assert light(10, 20, 0.0) == light(20, 10, 3599.9) == 1.0
    assert light(10, 20, 3600.0) == light(10, 30, 5.0) == 0.0


def test_dates_and_seconds_after_an_epoch_mean_the_same(tmp_path):
    relative = read_plan(written(tmp_path, HEAD + "a contact +60 +120 10 20 1000\n"))
    dates = read_plan(written(tmp_path, HEAD + "a contact 2026/01/01-00:01:00 2026/01/01-00:02:00 10 20 1000\n"))
    told = read_plan(written(tmp_path, "a contact +60 +120 10 20 1000\n"), NEW_YEAR_2026)
    assert list(relative.plan) == list(dates.plan) == list(told.plan) == [Contact(10, 20, 60.0, 120.0, 8000.0)]
    assert {p.epoch_s for p in (relative, dates, told)} == {NEW_YEAR_2026}


def test_without_an_epoch_dates_count_from_the_first(tmp_path):
    text = "a contact 2026/01/01-00:01:00 2026/01/01-00:02:00 10 20 1000\n"
    file = read_plan(written(tmp_path, text))
    assert file.epoch_s == NEW_YEAR_2026 + 60
    assert next(iter(file.plan)).start == 0.0


def test_a_later_epoch_line_moves_what_follows(tmp_path):
    text = HEAD + "a contact +0 +60 10 20 1000\n@ 2026/01/02-00:00:00\na contact +0 +60 10 20 1000\n"
    assert [c.start for c in read_plan(written(tmp_path, text)).plan] == [0.0, 86400.0]


def test_another_time_zero_moves_everything_alike(tmp_path):
    file = read_plan(written(tmp_path, HEAD + "a contact +0 +60 10 20 1000\na range +0 +60 10 20 2\n"))
    moved = file.at_epoch(NEW_YEAR_2026 - 100)
    assert list(moved.plan) == [Contact(10, 20, 100.0, 160.0, 8000.0)]
    assert moved.ranges == (Range(10, 20, 100.0, 160.0, 2.0),)
    assert moved.epoch_s == NEW_YEAR_2026 - 100


def test_hdtn_form_as_hdtn_writes_it(tmp_path):
    row = {
        "contact": 0,
        "source": 102,
        "dest": 10,
        "startTime": 0,
        "endTime": 2000,
        "rateBitsPerSec": 1000000,
        "owlt": 1,
    }
    file = read_plan(written(tmp_path, json.dumps({"contacts": [row]})), NEW_YEAR_2026)
    assert list(file.plan) == [Contact(102, 10, 0.0, 2000.0, 1e6)]
    assert file.light_time()(102, 10, 5.0) == 1.0


def test_contacts_that_no_range_covers_are_found(tmp_path):
    text = HEAD + "".join(f"a contact +{t} +{t + 100} 10 20 1000\n" for t in (0, 100, 200))
    text += "a range +0 +50 20 10 1\na range +50 +150 10 20 2\na range +200 +400 10 20 2\n"
    assert [c.start for c in read_plan(written(tmp_path, text)).without_range()] == [100.0]


# There and back -----------------------------------------------------------------------------------------------------


@st.composite
def plans(draw, whole: bool):
    number = st.integers(0, 500) if whole else st.floats(0, 500, allow_nan=False)
    contacts = []
    for sender, receiver in draw(
        st.lists(st.sampled_from([(1, 2), (2, 1), (2, 3), (3, 2), (7, 3)]), unique=True, min_size=1)
    ):
        t = 0.0
        for _ in range(draw(st.integers(1, 3))):
            start = t + draw(number)
            t = start + 1 + draw(number)
            contacts.append(Contact(sender, receiver, float(start), float(t), 8.0 * draw(st.integers(1, 10**9))))
    return ContactPlan(contacts)


def light(sender: int, receiver: int, t: float) -> float:
    return float(sender + receiver)


@given(plans(whole=False))
def test_json_gives_back_what_was_written(tmp_path_factory, plan):
    path = written(tmp_path_factory.mktemp("plan"), to_json(plan, light, 12.5))
    file = read_plan(path)
    assert list(file.plan) == list(plan)
    assert file.epoch_s == 12.5
    assert file.without_range() == []
    assert all(file.light_time()(c.sender, c.receiver, c.start) == light(*c[:3]) for c in plan)
    assert path.read_text() == to_json(file.plan, file.light_time(), file.epoch_s)


@given(plans(whole=True))
def test_ion_gives_back_whole_seconds(tmp_path_factory, plan):
    path = written(tmp_path_factory.mktemp("plan"), to_ion(plan, light, NEW_YEAR_2026))
    file = read_plan(path)
    assert list(file.plan) == list(plan)
    assert file.without_range() == []
    assert all(file.light_time()(c.sender, c.receiver, c.start) == light(*c[:3]) for c in plan)
    assert path.read_text() == to_ion(file.plan, file.light_time(), file.epoch_s)


@given(plans(whole=False), st.floats(0.01, 5.0))
def test_ion_promises_no_more_than_there_is(tmp_path_factory, plan, light_s):
    text = to_ion(plan, lambda *_: light_s, NEW_YEAR_2026)
    if "contact" not in text:
        return
    file = read_plan(written(tmp_path_factory.mktemp("plan"), text))
    for c in file.plan:
        (true,) = [p for p in plan if p[:2] == c[:2] and p.start <= c.start and c.end <= p.end]
        assert c.rate_bps <= true.rate_bps
        assert file.light_time()(c.sender, c.receiver, c.start) >= light_s


def test_contacts_without_end_are_written_with_one(tmp_path):
    plan = ContactPlan([Contact(1, 2, 0.0, math.inf, 1e6), Contact(2, 1, 0.0, 0.5, 1e6), Contact(2, 3, 0.0, 9.0, 7.0)])
    file = read_plan(written(tmp_path, to_ion(plan, light, 0.0)))
    assert [c[:4] for c in file.plan] == [(1, 2, 0.0, 2.0**31)], "too short and too slow ones are left out"
    assert list(read_plan(written(tmp_path, to_json(plan, light, 0.0))).plan) == list(plan)


# What is wrong ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "place", "value"),
    [
        ("a contact +0 +60 10 20", "line 3", "a contact +0 +60 10 20"),
        ("contact +0 +60 10 20 1000", "line 3", "contact +0 +60 10 20 1000"),
        ("a contact +0 +60 10 20 1000 1 more", "line 3", "a contact +0 +60 10 20 1000 1 more"),
        ("a plan +0 +60 10 20 1000", "line 3", "a plan +0 +60 10 20 1000"),
        ("a contact soon +60 10 20 1000", "line 3, start", "soon"),
        ("a contact 2026-01-01T00:00:00Z +60 10 20 1000", "line 3, start", "2026-01-01T00:00:00Z"),
        ("a contact +0 -60 10 20 1000", "line 3, end", "-60"),
        ("a contact +60 +60 10 20 1000", "line 3, end", "+60"),
        ("a contact +60 2025/12/31-00:00:00 10 20 1000", "line 3, end", "2025/12/31-00:00:00"),
        ("a contact +0 +60 lander 20 1000", "line 3, from", "lander"),
        ("a contact +0 +60 10 0 1000", "line 3, to", "0"),
        ("a contact +0 +60 10 2.5 1000", "line 3, to", "2.5"),
        ("a contact +0 +60 10 20 fast", "line 3, octets a second", "fast"),
        ("a contact +0 +60 10 20 0", "line 3, octets a second", "0"),
        ("a contact +0 +60 10 20 nan", "line 3, octets a second", "nan"),
        ("a contact +0 +60 10 20 inf", "line 3, octets a second", "inf"),
        ("a contact +0 +60 10 20 1000 sure", "line 3, confidence", "sure"),
        ("a range +0 +60 10 20 -1", "line 3, light time", "-1"),
        ("a range +60 +0 10 20 1", "line 3, end", "+0"),
        ("@ tomorrow", "line 3", "tomorrow"),
    ],
)
def test_a_malformed_line_is_named(tmp_path, line, place, value):
    error = refusal(tmp_path, f"{HEAD}a contact +0 +60 30 40 1000\n{line}\n")
    assert (error.field, error.value) == (place, value)


def test_seconds_without_an_epoch(tmp_path):
    error = refusal(tmp_path, "a contact +0 +60 10 20 1000\n")
    assert error.field == "line 1, start"
    assert "epoch" in error.expected
    assert refusal(tmp_path, '{"contacts": []}').field == "epoch"


def test_overlaps_name_both_lines(tmp_path):
    error = refusal(tmp_path, HEAD + "a contact +50 +99 10 20 5\na contact +0 +9 20 10 5\na contact +0 +60 10 20 5\n")
    assert (error.field, error.value) == ("line 2, start", 50.0)
    assert error.expected == "60.0 or later: line 4 is also of 10 and 20"
    both_ways = "a contact +0 +60 10 20 5\na range +0 +60 10 20 1\na range +59 +99 20 10 2\n"
    assert refusal(tmp_path, HEAD + both_ways).field == "line 4, start"


def test_contacts_that_touch_do_not_overlap(tmp_path):
    text = HEAD + "a contact +0 +60 10 20 5\na contact +60 +99 10 20 6\na contact +0 +99 20 10 5\n"
    assert len(read_plan(written(tmp_path, text)).plan) == 3


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"source": "lander"}, "contacts[1].source"),
        ({"source": 10.5}, "contacts[1].source"),
        ({"source": True}, "contacts[1].source"),
        ({"dest": 0}, "contacts[1].dest"),
        ({"dest": None}, "contacts[1].dest"),
        ({"startTime": "soon"}, "contacts[1].startTime"),
        ({"startTime": math.nan}, "contacts[1].startTime"),
        ({"endTime": 100}, "contacts[1].endTime"),
        ({"endTime": [1]}, "contacts[1].endTime"),
        ({"rateBitsPerSec": 0}, "contacts[1].rateBitsPerSec"),
        ({"rateBitsPerSec": math.inf}, "contacts[1].rateBitsPerSec"),
        ({"owlt": -1}, "contacts[1].owlt"),
        ({"startTime": 5}, "contacts[1], start"),
    ],
)
def test_a_wrong_field_of_the_json_form_is_named(tmp_path, change, place):
    row = {"source": 10, "dest": 20, "startTime": 0, "endTime": 60, "rateBitsPerSec": 1000, "owlt": 0}
    later = row | {"startTime": 100, "endTime": 160}
    document = {"epoch_unix_s": 0, "contacts": [row, later | change]}
    assert refusal(tmp_path, json.dumps(document)).field == place


@pytest.mark.parametrize("name", ["source", "dest", "startTime", "endTime", "rateBitsPerSec"])
def test_a_missing_field_of_the_json_form_is_named(tmp_path, name):
    row = {"source": 10, "dest": 20, "startTime": 0, "endTime": 60, "rateBitsPerSec": 1000}
    del row[name]
    assert refusal(tmp_path, json.dumps({"contacts": [row]}), 0.0).field == f"contacts[0].{name}"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "contacts"),
        ("# nothing yet\n", "contacts"),
        ('{"contacts": [', "line 1"),
        ('{"contacts": 5}', ""),
        ('{"contacts": {"a": 1}}', ""),
        ('[{"source": 1}]', ""),
        ('{"contacts": [5]}', "contacts[0]"),
        ('{"contacts": [], "epoch_unix_s": "now"}', "epoch_unix_s"),
    ],
)
def test_what_is_no_plan(tmp_path, text, place):
    assert refusal(tmp_path, text, 0.0).field == place


def test_a_plan_that_cannot_be_read(tmp_path):
    with pytest.raises(BadInput, match="No such file"):
        read_plan(tmp_path / "absent")
    with pytest.raises(BadInput, match="directory"):
        read_plan(tmp_path)
    (tmp_path / "plan").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="no text"):
        read_plan(tmp_path / "plan")
