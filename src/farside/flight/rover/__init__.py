"""The rover: how it stands, rolls off, finds its way, drives, and lives on sunlight."""

from farside.flight.rover.cost import CostMap, Obstacles, cost_map
from farside.flight.rover.drive import Drive, Place, drive
from farside.flight.rover.energy import Activity, Energy, drive_power, live, next_body_k, next_charge, panel_power
from farside.flight.rover.footing import Stand, attitudes, stand
from farside.flight.rover.ramp import RollOff, roll_off
from farside.flight.rover.rolling import steering, wheel_turns
from farside.flight.rover.route import find_route, line_cost, plan_route
from farside.flight.rover.rules import SUN_MODES, refusal, sun_events, sun_mode
from farside.flight.rover.telemetry import telemetry
from farside.flight.rover.tracks import imprint
from farside.flight.rover.travel import Travel
from farside.flight.rover.vehicle import Rover, yutu2

__all__ = [
    "SUN_MODES",
    "Activity",
    "CostMap",
    "Drive",
    "Energy",
    "Obstacles",
    "Place",
    "RollOff",
    "Rover",
    "Stand",
    "Travel",
    "attitudes",
    "cost_map",
    "drive",
    "drive_power",
    "find_route",
    "imprint",
    "line_cost",
    "live",
    "next_body_k",
    "next_charge",
    "panel_power",
    "plan_route",
    "refusal",
    "roll_off",
    "stand",
    "steering",
    "sun_events",
    "sun_mode",
    "telemetry",
    "wheel_turns",
    "yutu2",
]
