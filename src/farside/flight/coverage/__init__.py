"""Coverage: what relays give a site and a region of the Moon, and how they keep in touch with Earth and Sun."""

from farside.flight.coverage.facts import facts
from farside.flight.coverage.map import Coverage, coverage_map
from farside.flight.coverage.region import CELL_DEG, NAMED, Region, region
from farside.flight.coverage.service import BEYOND_S, Service, check_covers, service, track_step
from farside.flight.coverage.track import Track, track

__all__ = [
    "BEYOND_S",
    "CELL_DEG",
    "NAMED",
    "Coverage",
    "Region",
    "Service",
    "Track",
    "check_covers",
    "coverage_map",
    "facts",
    "region",
    "service",
    "track",
    "track_step",
]
