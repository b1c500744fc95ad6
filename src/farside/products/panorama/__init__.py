"""Panoramas: frames placed by their labels, by each other and by the ground, in one map."""

from farside.products.panorama.mosaic import grid_of, panorama

__all__ = ["grid_of", "panorama"]
