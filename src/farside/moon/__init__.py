"""The ground as it truly is: elevation, brightness, rocks, and the relief around a site."""

from farside.moon.moon import Moon
from farside.moon.relief import Relief, build_relief
from farside.moon.rocks import Rocks

__all__ = ["Moon", "Relief", "Rocks", "build_relief"]
