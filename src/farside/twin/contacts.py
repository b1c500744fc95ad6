"""The contact plan in force: who can talk to whom, when, how fast, and how long a signal takes.

    lander, rover ==> relay ==> one station at a time ==> centre        data
    lander, rover <-- relay <-- the same station     <-- centre         commands, 125 bit/s on the last leg

Each of the two has links of its own to the relay (four at once, Zhang 2021). Where the Earth stands above the horizon
they may also talk to a station directly; on the far side they never do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from farside.flight import (
    LightTime,
    Station,
    relay_elevation,
    relay_station_s,
    site_relay_s,
    spans,
    station_elevation,
)
from farside.geometry import Site
from farside.link import Contact, ContactPlan
from farside.sky import direction_to, site_motion
from farside.sky import station_elevation as elevation_at_station
from farside.twin.mission import Mission, StationSpec
from farside.twin.part import ByBudget
from farside.twin.radio import Budgets
from farside.twin.world import World

Array = NDArray[np.float64]
OfTime = Callable[[Array], Array]
Rate = float | ByBudget

HANDOVER_S = 300.0
"""From one station's last bit to the next one's first: pointing and acquisition, assumed."""
STEP_S = 1800.0
"""Coarse grid of the search for rising and setting: nothing here is in view for less."""
LATEST_LIGHT_S = 600.0
"""Light-time tables reach this far past the span's end, for what is on its way then."""


class Contacts:
    """Plan and light times of one flight, in mission time (seconds since the span's start)."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.t0, self.t1 = world.mission.span.start, world.mission.span.end
        self._light: dict[frozenset[int], LightTime | float] = {}
        self._budgets = Budgets(world)
        self.surface = (world.mission.lander, world.mission.rover)
        self.plan = ContactPlan([*self._surface(), *self._earth(), *self._direct(), *self._ground_lines()])

    def light_time(self, sender: int, receiver: int, now: float) -> float:
        """One-way light time in seconds for a signal that leaves at mission time ``now``."""
        light = self._light[frozenset((sender, receiver))]
        return light if isinstance(light, float) else float(light(self.t0 + now))

    def _link(self, there: int, back: int, span: tuple[float, float], rates: tuple[Rate, Rate]) -> list[Contact]:
        """Both directions of a link over a span of TDB seconds."""
        return [*self._one_way(there, back, span, rates[0]), *self._one_way(back, there, span, rates[1])]

    def _one_way(self, sender: int, receiver: int, span: tuple[float, float], rate: Rate) -> list[Contact]:
        if rate == "by_budget":
            return self._budgets.contacts(sender, receiver, *span)
        return [Contact(sender, receiver, span[0] - self.t0, span[1] - self.t0, rate)]

    def _surface(self) -> list[Contact]:
        """Lander and rover with the relay."""
        relay = self.world.mission.relay
        above = _over(relay_elevation(self.world.orbit, self.world.site), relay.min_elevation_deg)
        views = spans(above, self.t0, self.t1, STEP_S)
        light = site_relay_s(self.world.orbit, self.world.site, self.t0, self.t1 + LATEST_LIGHT_S)
        contacts = []
        for spec in self.surface:
            self._light[frozenset((spec.node, relay.node))] = light
            rates = (spec.to_relay_bps, relay.to_surface_bps)
            contacts += [c for span in views for c in self._link(spec.node, relay.node, span, rates)]
        return contacts

    def _earth(self) -> list[Contact]:
        """Relay and stations, one at a time."""
        mission, relay = self.world.mission, self.world.mission.relay
        views = {}
        for spec in mission.stations:
            station = _station(spec)
            above = _over(station_elevation(self.world.orbit, station), spec.min_elevation_deg)
            views[spec.node] = spans(above, self.t0, self.t1, STEP_S)
            light = relay_station_s(self.world.orbit, station, self.t0, self.t1 + LATEST_LIGHT_S)
            self._light[frozenset((relay.node, spec.node))] = light
        rates = (relay.to_earth_bps, relay.from_earth_bps)
        turns = take_turns(views)
        return [c for node, start, end in turns for c in self._link(relay.node, node, (start, end), rates)]

    def _direct(self) -> list[Contact]:
        """Lander and rover with stations, wherever the Earth is above the site's horizon."""
        mission, site = self.world.mission, self.world.site
        views = {}
        for spec in mission.stations:
            direct = spans(_mutual_elevation(site, spec, mission), self.t0, self.t1, STEP_S)
            if direct:
                views[spec.node] = direct
                motion = _station(spec).motion
                light = LightTime(site_motion(site), motion, self.t0, self.t1 + LATEST_LIGHT_S)
                for vehicle in self.surface:
                    self._light[frozenset((vehicle.node, spec.node))] = light
        contacts = []
        for node, start, end in take_turns(views):
            for vehicle in self.surface:
                rates = (vehicle.to_earth_bps, mission.relay.from_earth_bps)
                contacts += self._link(vehicle.node, node, (start, end), rates)
        return contacts

    def _ground_lines(self) -> list[Contact]:
        """Stations and mission control."""
        centre, contacts = self.world.mission.centre, []
        for spec in self.world.mission.stations:
            self._light[frozenset((centre.node, spec.node))] = centre.delay_s
            rates = (centre.from_station_bps, centre.to_station_bps)
            contacts += self._link(spec.node, centre.node, (self.t0, self.t1), rates)
        return contacts


def take_turns(passes: Mapping[int, Sequence[tuple[float, float]]]) -> list[tuple[int, float, float]]:
    """Share one antenna among several stations: (node, start, end), never two at once.

    passes: for each node, when it is in view. Each station is kept until it sets, then comes the one in view that sets
    last, which makes the fewest handovers; each new station costs ``HANDOVER_S``.
    """
    views = sorted((start, end, node) for node, passed in passes.items() for start, end in passed)
    turns: list[tuple[int, float, float]] = []
    t = -float("inf")
    while left := [(start, end, node) for start, end, node in views if end > t]:
        t = max(t, left[0][0])
        _, end, node = max((view for view in left if view[0] <= t), key=lambda view: (view[1], -view[2]))
        if t + HANDOVER_S < end:
            turns.append((node, t + HANDOVER_S, end))
        t = end
    return turns


def _station(spec: StationSpec) -> Station:
    return Station(spec.name, spec.lat_deg, spec.lon_deg, spec.height_m, spec.min_elevation_deg)


def _over(elevation: OfTime, mask_deg: float) -> OfTime:
    """By how much (radians) an elevation exceeds a mask, as a function of time."""
    return lambda t: elevation(t) - np.radians(mask_deg)


def _mutual_elevation(site: Site, spec: StationSpec, mission: Mission) -> OfTime:
    """By how much (radians) both ends of a direct link are above their masks, as a function of time."""
    station, moon = _station(spec), site_motion(site)
    mask, surface_mask = np.radians(spec.min_elevation_deg), np.radians(mission.relay.min_elevation_deg)

    def above(t: Array) -> Array:
        at_site = np.arcsin(np.clip(direction_to(station.motion, site, t)[..., 2], -1.0, 1.0)) - surface_mask
        at_station = elevation_at_station(moon, spec.lat_deg, spec.lon_deg, spec.height_m, t) - mask
        return np.minimum(at_site, at_station)

    return above
