"""The landing camera: its frames and the landing footage."""

from farside.products.lcam.desk import LcamDesk
from farside.products.lcam.footage import Footage, footage

__all__ = ["Footage", "LcamDesk", "footage"]
