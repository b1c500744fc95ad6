"""What we learn from the data: each instrument's desk, and the steps that more than one of them takes."""

from farside.products.calibrate import calibrate
from farside.products.desk import Bench, Columns, Curve, Descent, Desk, Film, Finding, Mosaic, Report, Still
from farside.products.desks import DESKS
from farside.products.frames import COUNTS, demand, is_wide, level2
from farside.products.lcam import Wishes, check_map, films_in, footage
from farside.products.light_tiff import write_light
from farside.products.masters import NONE as NO_MASTERS
from farside.products.panorama import PROJECTIONS, Roll, check_view, grid_of, panorama, write_panorama
from farside.products.shelf import Shelf
from farside.products.still import write_still
from farside.products.tone import picture, write_graticule, write_panorama_tiles, write_picture

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
    "Mosaic",
    "Report",
    "Roll",
    "Shelf",
    "Still",
    "Wishes",
    "calibrate",
    "check_map",
    "check_view",
    "demand",
    "films_in",
    "footage",
    "grid_of",
    "is_wide",
    "level2",
    "panorama",
    "picture",
    "write_graticule",
    "write_light",
    "write_panorama",
    "write_panorama_tiles",
    "write_picture",
    "write_still",
]
