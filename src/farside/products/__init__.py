"""What we learn from the data: calibrated frames, the panorama and the landing footage."""

from farside.products.calibrate import calibrate
from farside.products.footage import Footage, footage
from farside.products.panorama import grid_of, panorama
from farside.products.still import write_still
from farside.products.tone import picture, write_picture

__all__ = ["Footage", "calibrate", "footage", "grid_of", "panorama", "picture", "write_picture", "write_still"]
