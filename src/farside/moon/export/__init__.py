"""A plot of ground as files: GeoTIFF, glTF and PLY meshes, and the truth table of every crater and rock."""

from farside.moon.export.folder import Making, Wanted, export, look
from farside.moon.export.mesh import Stones
from farside.moon.export.plot import Plot, plot_at

__all__ = ["Making", "Plot", "Stones", "Wanted", "export", "look", "plot_at"]
