"""The ground as it truly is: elevation, brightness, temperature, rocks, and the relief around a site."""

from farside.moon.horizon import Horizon, horizon_of, skyline
from farside.moon.moon import Moon
from farside.moon.raster import terrain_sha256
from farside.moon.relief import Relief, build_relief
from farside.moon.rocks import Rocks
from farside.moon.soil import ColourMap, HapkeMaps, bands_at
from farside.moon.temperature import GroundTemperature

__all__ = [
    "ColourMap",
    "GroundTemperature",
    "HapkeMaps",
    "Horizon",
    "Moon",
    "Relief",
    "Rocks",
    "bands_at",
    "build_relief",
    "horizon_of",
    "skyline",
    "terrain_sha256",
]
