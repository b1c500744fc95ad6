"""What the tests of the link share."""

from __future__ import annotations

import pytest
import simpy
from small_network import T0, contacts, light_time

from farside.link import ContactPlan, Network, Settings


@pytest.fixture
def queqiao():
    """Build a network over given Earth passes: ``queqiao([(30, 0, 1000)], settings)``."""

    def build(passes: list[tuple[int, float, float]], settings: dict[int, Settings] | None = None, **kwargs) -> Network:
        return Network(simpy.Environment(), ContactPlan(contacts(passes, **kwargs)), light_time, T0, settings)

    return build
