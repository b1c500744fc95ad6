"""Expectations and the table they are printed in."""

import json

import pytest
from pydantic import ValidationError

from farside.score import Fact, Row, Table, load_facts


def fact(**more):
    return Fact(**{"key": "k", "name": "Thing", "source": "somebody", **more})


@pytest.mark.parametrize(("measured", "verdict"), [(31.52, "ok"), (31.49, "ok"), (31.54, "off"), (None, "off")])
def test_a_value_holds_within_its_tolerance(measured, verdict):
    assert fact(unit="deg", expected=31.51, tolerance=0.02).judge("g", measured).verdict == verdict


@pytest.mark.parametrize(("measured", "verdict"), [(-0.1, "ok"), (0.0, "ok"), (0.1, "off")])
def test_a_bound_holds_up_to_itself(measured, verdict):
    assert fact(at_most=0.0).judge("g", measured).verdict == verdict


def test_times_are_compared_as_times_in_seconds():
    row = fact(unit="UTC", expected="2019-01-03T02:20:09Z", tolerance=1.0).judge("g", "2019-01-03T02:20:09.900Z")
    assert row.verdict == "ok"
    assert row.shown == "2019-01-03 02:20:09.900Z"
    assert row.tolerance == "± 1 s"


def test_what_does_not_apply_is_neither_right_nor_wrong():
    row = fact(expected=5358).judge("g", 24, applies=False)
    assert row.verdict == "not applicable"
    assert Table.of("t", [row]).holds


def test_rows_of_one_group_stand_together_in_the_order_they_came():
    rows = [fact(name=name, expected=1.0).judge(group, 1.0) for name, group in ("aA", "bB", "cA")]
    assert [row.name for row in Table.of("t", rows).rows] == ["a", "c", "b"]


def test_a_fact_must_expect_something():
    with pytest.raises(ValidationError, match="either an expected value or bounds"):
        fact()


@pytest.mark.parametrize("name", ["as_flown", "against_truth"])
def test_every_fact_has_a_source_and_a_key_of_its_own(name):
    facts = load_facts(name).facts
    assert len({f.key for f in facts}) == len(facts)
    assert all(f.source for f in facts)


def test_facts_of_chang_e_4_say_nothing_about_another_mission():
    rows = load_facts("as_flown").judge({}, mission="lunar-picnic", full_size=True)
    assert {row.verdict for row in rows} == {"not applicable"}


def test_counts_of_the_real_mission_only_apply_at_full_size():
    draft = {r.name: r.verdict for r in load_facts("as_flown").judge({"lcam_frames": 24}, "chang-e-4", full_size=False)}
    full = {r.name: r.verdict for r in load_facts("as_flown").judge({"lcam_frames": 24}, "chang-e-4", full_size=True)}
    assert draft["Landing-camera frames"] == "not applicable"
    assert full["Landing-camera frames"] == "off"


def test_a_fact_that_was_not_measured_does_not_apply_and_one_that_is_missing_is_off():
    facts = load_facts("against_truth")
    rows = dict(zip((f.key for f in facts.facts), facts.judge({"altitude_error_m": None}, "any", True), strict=True))
    assert (rows["altitude_error_m"].verdict, rows["altitude_error_m"].shown) == ("off", "missing")
    assert (rows["pointing_rms_deg"].verdict, rows["pointing_rms_deg"].shown) == ("not applicable", "–")


def test_rows_that_restate_an_input_say_so():
    sources = {f.key: f.source for f in load_facts("as_flown").facts}
    given = {
        "ignition_utc", "touchdown_lat_deg", "touchdown_lon_deg", "lcam_first_utc", "lcam_last_utc", "lcam_frames",
        "tcam_first_utc", "tcam_last_utc", "tcam_rings", "tcam_pointings", "tcam_frames",
    }  # fmt: skip
    assert {key for key, text in sources.items() if "set by the mission file" in text} == given
    assert "the ground is anchored to it" in sources["touchdown_height_m"]


ROWS = (
    Row("twin", "Touchdown", 690.0, "690.0 s", "690.0 s", "± 5 s", "ok", "Wan 2019"),
    Row("products", "Records lost", 3, "3", "0", "exactly", "off", "none may be"),
)


def test_one_row_that_is_off_makes_the_table_not_hold():
    assert Table.of("t", ROWS[:1]).holds
    assert not Table.of("t", ROWS).holds


def test_the_table_as_json_keeps_numbers_and_verdicts():
    body = json.loads(Table.of("t", ROWS).to_json())
    assert body["holds"] is False
    assert body["rows"][1]["measured"] == 3
    assert body["rows"][0]["verdict"] == "ok"


def test_the_table_as_text_shows_every_row_under_its_group():
    text = Table.of("Chang'e 4", ROWS).to_text()
    for part in ("Chang'e 4", "twin", "products", "690.0 s", "± 5 s", "off"):
        assert part in text
