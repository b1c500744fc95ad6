"""The landing camera: its frames, the landing footage, and how they hang together."""

from farside.products.lcam.chain import Chain, Step, chain
from farside.products.lcam.desk import LcamDesk
from farside.products.lcam.films import films_in
from farside.products.lcam.footage import Footage, cut
from farside.products.lcam.landing import Wishes, footage
from farside.products.lcam.place import check_map
from farside.products.lcam.register import Match
from farside.products.lcam.stand import way_down
from farside.products.lcam.trajectory import Trajectory, expected, trajectory

__all__ = [
    "Chain",
    "Footage",
    "LcamDesk",
    "Match",
    "Step",
    "Trajectory",
    "Wishes",
    "chain",
    "check_map",
    "cut",
    "expected",
    "films_in",
    "footage",
    "trajectory",
    "way_down",
]
