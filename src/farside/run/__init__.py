"""Composing the river: fly a mission, process files, plan a site's days."""

from farside.run.comparison import check_comparison_folder
from farside.run.fly import Flight, fly
from farside.run.landing import Landing, landings
from farside.run.link import link_plan
from farside.run.panoramas import Panorama, panoramas
from farside.run.plan import place_named, sites, windows
from farside.run.process import Processed, process
from farside.run.progress import Progress, reporter
from farside.run.radio import check_link_folder
from farside.run.relay import relay

__all__ = [
    "Flight",
    "Landing",
    "Panorama",
    "Processed",
    "Progress",
    "check_comparison_folder",
    "check_link_folder",
    "fly",
    "landings",
    "link_plan",
    "panoramas",
    "place_named",
    "process",
    "relay",
    "reporter",
    "sites",
    "windows",
]
