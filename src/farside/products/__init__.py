"""What we learn from the data: each instrument's desk, and the steps that more than one of them takes."""

from farside.products.calibrate import calibrate
from farside.products.desk import Bench, Columns, Curve, Descent, Desk, Film, Finding, Mosaic, Report, Still
from farside.products.desks import DESKS
from farside.products.frames import COUNTS, demand, level2
from farside.products.lcam import Footage, footage
from farside.products.light_tiff import write_light
from farside.products.masters import NONE as NO_MASTERS
from farside.products.panorama import PROJECTIONS, grid_of, panorama, write_panorama
from farside.products.shelf import Shelf
from farside.products.still import write_still
from farside.products.tone import picture, write_picture

__all__ = [
    "COUNTS",
    "DESKS",
    "NO_MASTERS",
    "PROJECTIONS",
    "Bench",
    "Columns",
    "Curve",
    "Descent",
    "Desk",
    "Film",
    "Finding",
    "Footage",
    "Mosaic",
    "Report",
    "Shelf",
    "Still",
    "calibrate",
    "demand",
    "footage",
    "grid_of",
    "level2",
    "panorama",
    "picture",
    "write_light",
    "write_panorama",
    "write_picture",
    "write_still",
]
