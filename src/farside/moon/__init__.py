"""The ground as it truly is: elevation, brightness, temperature, rocks, and the relief around a site."""

from farside.moon.box import Box, box_site
from farside.moon.craters import Craters, read_catalogue
from farside.moon.horizon import Horizon, horizon_of, skyline
from farside.moon.moon import Moon
from farside.moon.raster import terrain_sha256
from farside.moon.relief import Relief, build_relief
from farside.moon.rocks import Rocks
from farside.moon.soil import ColourMap, HapkeMaps, bands_at
from farside.moon.temperature import GroundTemperature
from farside.moon.tile import Tile

__all__ = [
    "Box",
    "ColourMap",
    "Craters",
    "GroundTemperature",
    "HapkeMaps",
    "Horizon",
    "Moon",
    "Relief",
    "Rocks",
    "Tile",
    "bands_at",
    "box_site",
    "build_relief",
    "horizon_of",
    "read_catalogue",
    "skyline",
    "terrain_sha256",
]
