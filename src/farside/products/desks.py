"""All desks, in the order of their pages."""

from farside.products.desk import Desk
from farside.products.lcam import LcamDesk
from farside.products.tcam import TcamDesk

DESKS: tuple[type[Desk], ...] = (LcamDesk, TcamDesk)
