"""Portraits: few frames of something near as one picture; from two eyes, how far it is, the ground, what changed."""

from farside.products.portrait.change import change
from farside.products.portrait.desk import PcamDesk
from farside.products.portrait.elevation import elevation, write_geotiff, write_orthophoto
from farside.products.portrait.mosaic import portrait
from farside.products.portrait.plan import write_change, write_plan
from farside.products.portrait.stereo import depth_map

__all__ = [
    "PcamDesk",
    "change",
    "depth_map",
    "elevation",
    "portrait",
    "write_change",
    "write_geotiff",
    "write_orthophoto",
    "write_plan",
]
