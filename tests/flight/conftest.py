from __future__ import annotations

import json
from typing import Any

import pytest


@pytest.fixture(scope="session")
def truth(flight) -> dict[str, Any]:
    """What really happened in the shared draft flight."""
    return json.loads((flight.folder / "truth" / "flight.json").read_text())
