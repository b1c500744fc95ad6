"""Charts of relays: data in, figure out; ``save`` writes any of them as PNG or SVG, the same bytes each time."""

from farside.flight.charts.comparison import comparison
from farside.flight.charts.eclipses import eclipses
from farside.flight.charts.families import families_chart
from farside.flight.charts.maps import maps
from farside.flight.charts.margins import Curves, margins
from farside.flight.charts.orbits import orbits
from farside.flight.charts.style import FAINT, INK, KINDS, PAPER, save
from farside.flight.charts.tracks import tracks
from farside.flight.charts.upkeep import upkeep

__all__ = [
    "FAINT",
    "INK",
    "KINDS",
    "PAPER",
    "Curves",
    "comparison",
    "eclipses",
    "families_chart",
    "maps",
    "margins",
    "orbits",
    "save",
    "tracks",
    "upkeep",
]
