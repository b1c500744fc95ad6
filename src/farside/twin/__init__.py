"""The twin: mission file, command sequence, clock, vehicles as actors, and the truth of a flight."""

from farside.twin.clock import Arrival, Clock
from farside.twin.code import code_key
from farside.twin.contacts import take_turns
from farside.twin.link import balance_row
from farside.twin.mission import Mission, builtin
from farside.twin.mission import load as load_mission
from farside.twin.quality import Quality, qualities
from farside.twin.relay_orbit import OrbitFile
from farside.twin.services import RECORDS, TELEMETRY
from farside.twin.truth import Truth
from farside.twin.world import World

__all__ = [
    "RECORDS",
    "TELEMETRY",
    "Arrival",
    "Clock",
    "Mission",
    "OrbitFile",
    "Quality",
    "Truth",
    "World",
    "balance_row",
    "builtin",
    "code_key",
    "load_mission",
    "qualities",
    "take_turns",
]
