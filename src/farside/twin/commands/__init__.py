"""The vocabulary of command sequences: one file a command, each listed here.

A command is an ``Order``: its YAML form (``at``, ``do``, ``with``) and ``run``, the SimPy process that a vehicle starts
when the command's time has come.
"""

from farside.twin.commands.biosphere_photograph import BiospherePhotograph
from farside.twin.commands.biosphere_power import BiospherePower
from farside.twin.commands.biosphere_report import BiosphereReport
from farside.twin.commands.biosphere_water import BiosphereWater
from farside.twin.commands.camera_calibrate import CameraCalibrate
from farside.twin.commands.gnc_report import GncReport
from farside.twin.commands.lcam_film import LcamFilm
from farside.twin.commands.lfs_listen import LfsListen
from farside.twin.commands.lpr_sound import LprSound
from farside.twin.commands.order import Order
from farside.twin.commands.pcam_panorama import PcamPanorama
from farside.twin.commands.pcam_portrait import PcamPortrait
from farside.twin.commands.relay_report import RelayReport
from farside.twin.commands.rover_drive import RoverDrive
from farside.twin.commands.rover_pair import HazcamPair, NavcamPair
from farside.twin.commands.rover_report import RoverReport
from farside.twin.commands.rover_rolloff import RoverRolloff
from farside.twin.commands.tcam_panorama import TcamPanorama
from farside.twin.commands.tcam_portrait import TcamPortrait
from farside.twin.commands.vnis_measure import VnisMeasure

COMMANDS: tuple[type[Order], ...] = (
    BiospherePhotograph,
    BiospherePower,
    BiosphereReport,
    BiosphereWater,
    CameraCalibrate,
    GncReport,
    HazcamPair,
    LcamFilm,
    LfsListen,
    LprSound,
    NavcamPair,
    PcamPanorama,
    PcamPortrait,
    RelayReport,
    RoverDrive,
    RoverReport,
    RoverRolloff,
    TcamPanorama,
    TcamPortrait,
    VnisMeasure,
)

__all__ = ["COMMANDS", "Order"]
