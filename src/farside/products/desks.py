"""All desks, in the order of their pages."""

from farside.products.biosphere import BiosphereDesk
from farside.products.desk import Desk
from farside.products.lander import LanderDesk
from farside.products.lcam import LcamDesk
from farside.products.lfs import LfsDesk
from farside.products.lpr import LprDesk
from farside.products.portrait import PcamDesk
from farside.products.relay import RelayDesk
from farside.products.rover import RoverDesk
from farside.products.tcam import TcamDesk
from farside.products.vnis import VnisDesk

DESKS: tuple[type[Desk], ...] = (
    LanderDesk, LcamDesk, TcamDesk, RoverDesk, PcamDesk, LfsDesk, LprDesk, VnisDesk, BiosphereDesk, RelayDesk,
)  # fmt: skip
