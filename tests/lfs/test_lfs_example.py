"""The spectrometer is the worked example of CONTRIBUTING.md: what is said there must be there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PATHS = sorted(set(re.findall(r"`((?:instruments|payload|twin|products|score)/[\w./-]+)`", TEXT)))
LISTS = re.findall(r"`(\w+)` in `([\w/]+\.py)`", TEXT)
TESTS = sorted(set(re.findall(r"`(test_\w+)`", TEXT)))


@pytest.mark.parametrize("path", PATHS)
def test_file_that_is_named_is_there(path):
    assert (ROOT / "src" / "farside" / path).exists()


@pytest.mark.parametrize(("name", "path"), LISTS)
def test_list_that_is_named_holds_the_instruments(name, path):
    text = (ROOT / "src" / "farside" / path).read_text(encoding="utf-8")
    assert re.search(rf"^(class )?{name}\b", text, re.MULTILINE)
    assert re.search("lfs|lcam", text, re.IGNORECASE)


@pytest.mark.parametrize("name", TESTS)
def test_test_that_is_named_exists(name):
    assert any(f"def {name}(" in path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
