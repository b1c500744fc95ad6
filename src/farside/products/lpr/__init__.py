"""The radar's products: level 2B from raw records, and the radargram with its depth section and layers."""

from farside.products.lpr.calibrate import calibrate
from farside.products.lpr.desk import LprDesk
from farside.products.lpr.edit import distance_m, moving_records
from farside.products.lpr.picture import write_picture
from farside.products.lpr.section import radargram

__all__ = ["LprDesk", "calibrate", "distance_m", "moving_records", "radargram", "write_picture"]
