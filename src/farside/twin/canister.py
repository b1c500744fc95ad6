"""The sealed experiment aboard the lander: what it was told so far, and what comes of it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from farside.geometry import Site
from farside.payload.biosphere import Life, Plan, live


class Canister:
    """State of the experiment's commands. It is powered once, watered once, and off for good.

    site: where it stands. seed: of the flight. until: when nobody asks for it any more, TDB s past J2000.
    """

    def __init__(self, site: Site, seed: int, until: float) -> None:
        self.site, self.seed, self.until = site, seed, until
        self.plan: Plan | None = None
        self.readings = 0

    def silence(self) -> str | None:
        """Why it does not answer now; None while it is powered."""
        if self.plan is None:
            return "not powered"
        return None if self.plan.power_off_t is None else "powered off"

    def power_on(self, t: float) -> None:
        """Power it from ``t`` on, TDB s past J2000."""
        self.plan = Plan(t)

    def power_off(self, t: float) -> None:
        """End its power at ``t``."""
        self.plan = replace(self.powered, power_off_t=t)

    def release_water(self, t: float) -> None:
        """Open the valve at ``t``."""
        self.plan = replace(self.powered, water_t=t)

    @property
    def powered(self) -> Plan:
        """What was commanded of it since it was powered."""
        assert self.plan is not None
        return self.plan

    @property
    def life(self) -> Life:
        """All that comes of what was commanded so far; nothing in it changes before a later command's time."""
        return _life(self.site, self.powered, self.until, self.seed)


@lru_cache(maxsize=4)
def _life(site: Site, plan: Plan, until: float, seed: int) -> Life:
    return live(site, plan, until, seed)
