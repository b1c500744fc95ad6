"""What all tests share: real data where there is any, and one draft flight for the whole session."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import farside  # noqa: F401  before anything that imports NumPy: it settles the number of linear algebra threads

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real data, FARSIDE_TEST_DATA; skips where it is absent."""
    folder = Path(os.environ.get("FARSIDE_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder} (set FARSIDE_TEST_DATA)")
    return folder


@pytest.fixture(scope="session")
def flight(tmp_path_factory: pytest.TempPathFactory):
    """Chang'e 4 flown once in draft quality; tests that use it belong to one xdist group, so that it is flown once."""
    from farside.run import fly

    return fly("chang-e-4", quality="draft", out=tmp_path_factory.mktemp("flight") / "ce4")
