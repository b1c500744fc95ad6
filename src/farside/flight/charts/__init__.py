"""Charts of relays: data in, figure out; ``save`` writes any of them as PNG or SVG, the same bytes each time."""

from farside.flight.charts.families import families_chart
from farside.flight.charts.style import FAINT, INK, KINDS, PAPER, save

__all__ = ["FAINT", "INK", "KINDS", "PAPER", "families_chart", "save"]
