"""What docs/radio.md shows is true: its files load, its table is what the command says, its numbers are the radio's."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from farside.link.radio import Sight, budget, budget_table, radio, read_radio
from farside.twin import Mission, load_mission

TEXT = (Path(__file__).parents[2] / "docs" / "radio.md").read_text()
OWN, MISSION = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def test_the_radio_of_ones_own_loads(tmp_path):
    (tmp_path / "mine.yaml").write_text(OWN)
    mine = read_radio(tmp_path / "mine.yaml")
    assert mine.terminals["relay-dish"].antenna.axis_dbi(8.47) - 48.8 < 0.1
    assert mine.hops["relay-earth"].losses_db == {"polarisation": 0.3, "rain": 3.0}


def test_the_mission_that_leaves_it_to_the_budget_loads():
    spec = load_mission("chang-e-4").model_dump(mode="json", by_alias=True)
    for section, fields in yaml.safe_load(MISSION).items():
        spec[section] |= fields
    mission = Mission(**spec)
    assert mission.rover.to_relay_bps == mission.relay.from_earth_bps == mission.link.frame_loss.earth == "by_budget"
    assert radio(mission.link.radio).terminals["rover-high-gain"].power_w == 1.5


def test_the_lines_of_the_table_are_those_of_a_budget():
    hops = ("lander-relay", "rover-relay")
    columns = {hop: budget(radio().link(hop), Sight(76_739.0, 0.0, 0.0, 1.2, 1.5)) for hop in hops}
    for line in budget_table(columns).splitlines()[1:]:
        if not line.startswith(("system noise", "G/T", "C/N0")):  # where the Moon stands is not told
            assert f"    {line}\n" in TEXT
