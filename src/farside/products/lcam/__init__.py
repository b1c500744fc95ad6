"""The landing camera: its frames, the landing footage, and how they hang together."""

from farside.products.lcam.chain import Chain, Step, chain
from farside.products.lcam.desk import LcamDesk
from farside.products.lcam.footage import Footage, footage
from farside.products.lcam.register import Match
from farside.products.lcam.trajectory import Trajectory, trajectory

__all__ = ["Chain", "Footage", "LcamDesk", "Match", "Step", "Trajectory", "chain", "footage", "trajectory"]
