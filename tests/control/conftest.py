from __future__ import annotations

import sys
from pathlib import Path

import pytest

from farside.control.release import STATIC

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "docs")]

import chromium  # noqa: E402
import content  # noqa: E402


@pytest.fixture(scope="session")
def built() -> None:
    """The page out of web/: made by installing the package."""
    if not (STATIC / "index.html").is_file():
        pytest.skip("the gallery's page is not built (make setup)")


@pytest.fixture(scope="session")
def flight(tmp_path_factory: pytest.TempPathFactory, built: None):
    """A finished gallery over made-up media."""
    return content.made_up_flight(tmp_path_factory.mktemp("products"))


@pytest.fixture(scope="session")
def browser_needed() -> None:
    if chromium.find_chromium() is None:
        pytest.skip("no Chromium on this machine (make chromium)")
