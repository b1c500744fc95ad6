"""What docs/link.md shows is true: its examples load, its table has every fault."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import pytest
import yaml

from farside.link import FAULTS
from farside.link.live import read_config
from farside.link.planfile import read_plan
from farside.link.security import read_keys
from farside.twin.link import LinkSpec

TEXT = (Path(__file__).parents[2] / "docs" / "link.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def examples(field: str) -> list[str]:
    found = [block for block in blocks("yaml") if next(iter(yaml.safe_load(block))) == field]
    assert found
    return found


def test_every_example_is_of_a_known_form():
    first = {next(iter(yaml.safe_load(block))) for block in blocks("yaml")}
    assert first == {"node", "overlap_h", "link"}


@pytest.mark.parametrize("text", examples("node"))
def test_files_of_nodes_load(tmp_path, text):
    (tmp_path / "node.yaml").write_text(text)
    assert read_config(tmp_path / "node.yaml").node in (30, 40)


def test_keys_load_and_overlap(tmp_path):
    (text,) = examples("overlap_h")
    path = tmp_path / "keys.yaml"
    for _ in range(text.count("<64 digits>")):
        text = text.replace("<64 digits>", secrets.token_hex(32), 1)
    path.write_text(text)
    path.chmod(0o600)
    new, old = read_keys(path)
    assert old.from_ms < new.from_ms < old.until_ms < new.until_ms


def test_the_link_of_a_mission_loads():
    (text,) = examples("link")
    spec = LinkSpec(**yaml.safe_load(text)["link"])
    assert spec.faults and set(yaml.safe_load(text)["link"]) == set(LinkSpec.model_fields)


def test_contact_plans_load_and_agree(tmp_path):
    (ion,), (hdtn,) = blocks("ion"), blocks("json")
    (tmp_path / "plan.ion").write_text(ion)
    (tmp_path / "plan.json").write_text(hdtn)
    file = read_plan(tmp_path / "plan.ion")
    assert [len(file.plan), len(file.ranges)] == [3, 1]
    other = read_plan(tmp_path / "plan.json", file.epoch_s)
    assert list(other.plan) == list(file.plan)[:1]
    assert other.light_time()(10, 20, 0.0) == file.light_time()(20, 10, 3599.0) == 0.2


def test_the_table_has_every_fault_with_its_limits():
    rows = re.findall(r"^\| `([a-z-]+)` \| (a link|a node)[^|]*\| ([^|]+) \| [^|]+ \|$", TEXT, re.MULTILINE)
    assert [kind for kind, *_ in rows] == list(FAULTS)
    for kind, strikes, amount in rows:
        fault = FAULTS[kind]
        assert strikes == ("a link" if fault.strikes == 2 else "a node")
        assert (amount == "none") == fault.amount.startswith("none")
        limits = [float(number) for number in re.findall(r"[-+.\de]+(?=\s|$)", amount) if re.search(r"\d", number)]
        assert limits in ([], [fault.least], [fault.least, fault.most])
        assert bool(limits) == (amount != "none")
