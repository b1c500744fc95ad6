"""The vocabulary of command sequences: one file a command, each listed here.

A command is an ``Order``: its YAML form (``at``, ``do``, ``with``) and ``run``, the SimPy process that a vehicle starts
when the command's time has come.
"""

from farside.twin.commands.gnc_report import GncReport
from farside.twin.commands.lcam_film import LcamFilm
from farside.twin.commands.lfs_listen import LfsListen
from farside.twin.commands.order import Order
from farside.twin.commands.tcam_panorama import TcamPanorama

COMMANDS: tuple[type[Order], ...] = (GncReport, LcamFilm, LfsListen, TcamPanorama)

__all__ = ["COMMANDS", "Order"]
