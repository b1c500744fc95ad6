"""Colour as people see it, from the light in a camera's bands."""

from farside.products.colour.matrix import linear_srgb, sunlight, to_srgb, to_xyz
from farside.products.colour.observer import adapted, d65, observed, sun_white, xyz_to_srgb

__all__ = ["adapted", "d65", "linear_srgb", "observed", "sun_white", "sunlight", "to_srgb", "to_xyz", "xyz_to_srgb"]
