"""The terrain camera: its frames and the panorama."""

from farside.products.tcam.desk import TcamDesk

__all__ = ["TcamDesk"]
