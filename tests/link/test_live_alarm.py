"""What is to be done at a time of the mission is not done before, though clocks are corrected meanwhile."""

from __future__ import annotations

import asyncio
import time

import pytest

from farside.link.live.alarm import at


@pytest.mark.parametrize("rate", [0.5, 1.0, 3.0])
def test_it_is_never_early_by_a_clock_that_runs_slow_or_fast(rate):
    begun = time.monotonic()
    assert rang(lambda: 1000.0 + rate * (time.monotonic() - begun), 1000.1) >= 1000.1


def test_a_clock_set_back_is_waited_for():
    begun = time.monotonic()

    def clock() -> float:
        passed = time.monotonic() - begun
        return 1000.0 + passed - (0.1 if passed > 0.05 else 0.0)

    assert rang(clock, 1000.2) >= 1000.2
    assert time.monotonic() - begun >= 0.3


def test_what_is_past_is_done_at_once_but_not_inside_the_call():
    assert rang(lambda: 1000.0, 999.0) == 1000.0


def rang(clock, t: float) -> float:
    """What the clock shows when it rings."""

    async def ring() -> float:
        shown = asyncio.get_running_loop().create_future()
        at(clock, t, lambda: shown.set_result(clock()))
        assert not shown.done()
        return await shown

    return asyncio.run(ring())
