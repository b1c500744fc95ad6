from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from farside.errors import BadInput
from farside.twin import builtin, load_mission

TEXT = builtin()["chang-e-4"].read_text()
NAMES = [s.name for s in load_mission("chang-e-4").sequences]
PANORAMA = f"sequences.{NAMES.index('panorama A')}"
RINGS = f"sequences.{NAMES.index('panorama S1')}"
FAULT = (
    "seed: 20190103\nlink: {{faults: [{{kind: {}, at: [{}], amount: {}, "
    "from_utc: 2019-01-04T00:00:00Z, until_utc: 2019-01-05T00:00:00Z}}]}}"
)


def refused(tmp_path: Path, text: str) -> str:
    """The one line that a mission file with this text is refused with."""
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(BadInput) as caught:
        load_mission(path)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(str(path))
    return line.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("lat_deg: -45.4446 ", "lat_deg: -95.4446 ", "site.lat_deg: -95.4446; expected greater than or equal to -90"),
        ("ignition_utc: 2019-01-03T02:14:50Z", "ignition_utc: yesterday", "lander.descent.ignition_utc: 'yesterday'"),
        (
            "start_utc: 2019-01-03T02:10:00Z",
            "start_utc: 2919-01-03T02:10:00Z",
            "span.start_utc: '2919-01-03T02:10:00Z'",
        ),
        ("end_utc: 2019-01-1", "end_utc: 2018-01-1", "span"),
        ("do: lcam.film", "do: lcam.flim", "sequences.0.commands.1"),
        ("duration_s: 545.0", "duration_s: -3", "sequences.0.commands.1.with.duration_s: -3"),
        ("until: touchdown+4min", "until: touchup+4min", "sequences.0.commands.0.with.until: 'touchup+4min'"),
        ("pitches_deg: [-7, -19]", "pitches_deg: []", f"{RINGS}.commands.0.with.pitches_deg: []"),
        ("heading_deg: 0.0  ", "headnig_deg: 0.0  ", "lander.headnig_deg: 0.0; expected no such field"),
        ("node: 20", "node: 10", "expected a different node number for every vehicle"),
        ("uplink_utc: 2019-01-06T01:30:00Z", "preloaded: false", PANORAMA),
        ("utc: 2019-01-05T06:03:20Z", "utc: noon", "sun.bursts.0.utc: 'noon'"),
        ("seed: 20190103", "seed: -1", "seed: -1"),
        ("x_m: 0.0", "x_m: .nan", "rover.stowed.x_m: nan"),
        ("every_s: 1.0}", "every_s: 1.0e-13}", "sequences.0.commands.0.with.every_s: 1e-13"),
        ("epoch_utc: 2018-12-20T", "epoch_utc: 2015-12-20T", "a relay orbit"),
        ("instruments: [lcam, ", "instruments: [", "instruments aboard ('tcam'"),
        ("seed: 20190103", "seed: 20190103\nlink: {mode: thick}", "link.mode: 'thick'"),
        (
            "seed: 20190103",
            FAULT.format("gremlins", "relay", 0),
            "link.faults.0.kind: 'gremlins'; expected one of frame-loss",
        ),
        ("seed: 20190103", FAULT.format("cut", "relay", 0), "two nodes for cut, got ('relay',)"),
        ("seed: 20190103", FAULT.format("outage", "magpie", 0), "faults at lander, rover, relay, centre, Jiamusi"),
        (
            "seed: 20190103",
            FAULT.format("bit-errors", "lander, relay", 2),
            "share of bits turned over, from 0 to 0.001",
        ),
        (
            'sequence_id: "0001", duration_s: 545.0}}',
            'sequence_id: "0001", duration_s: 545.0}}\n'
            '      - {at: touchdown, do: lcam.film, with: {sequence_id: "0001", duration_s: 5.0}}',
            "got 0001 twice",
        ),
    ],
)
def test_a_bad_value_is_named_with_file_path_value_and_expectation(tmp_path, before, after, line):
    assert TEXT.count(before) == 1
    said = refused(tmp_path, TEXT.replace(before, after))
    assert line in said
    assert "expected" in said


def test_malformed_yaml_is_placed_to_the_line(tmp_path):
    assert "line 3, column" in refused(tmp_path, "mission: x\nsite: {\n  - ]")


def test_a_file_that_is_no_mapping_is_refused(tmp_path):
    assert "expected a mapping" in refused(tmp_path, "- 1\n- 2\n")


def test_binary_rubbish_is_refused(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_bytes(bytes(range(128, 256)))
    with pytest.raises(BadInput, match="UTF-8"):
        load_mission(path)


def test_an_unknown_mission_names_the_known_ones():
    with pytest.raises(BadInput, match="chang-e-4"):
        load_mission("chang-e-99")


def test_a_mission_file_equals_the_built_in_one_it_was_copied_from(tmp_path):
    path = tmp_path / "copy.yaml"
    path.write_text(TEXT)
    assert load_mission(path) == load_mission("chang-e-4")


def test_a_mission_survives_being_written_as_yaml(tmp_path):
    mission = load_mission("chang-e-4")
    path = tmp_path / "again.yaml"
    path.write_text(yaml.safe_dump(mission.model_dump(mode="json", by_alias=True, exclude_none=True)))
    assert load_mission(path) == mission
