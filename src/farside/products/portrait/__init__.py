"""Portraits: few frames of something near as one picture, and, from two eyes, how far away it is."""

from farside.products.portrait.desk import PcamDesk
from farside.products.portrait.mosaic import portrait
from farside.products.portrait.stereo import depth_map

__all__ = ["PcamDesk", "depth_map", "portrait"]
