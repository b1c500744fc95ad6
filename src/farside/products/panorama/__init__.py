"""Panoramas: frames placed by their labels, by each other and by the ground, in one map."""

from farside.products.panorama.graticule import graticule
from farside.products.panorama.mosaic import grid_of, panorama, write_panorama
from farside.products.panorama.roll import Roll
from farside.products.panorama.views import PROJECTIONS, check_view

__all__ = ["PROJECTIONS", "Roll", "check_view", "graticule", "grid_of", "panorama", "write_panorama"]
