"""Colour as people see it, from the light in a camera's bands."""

from farside.products.colour.balance import Colours, colours_by, difference, ground_balance, lab, told_matrix
from farside.products.colour.matrix import chart, flag_red, known, linear_srgb, sunlight, to_screen, to_srgb, to_xyz
from farside.products.colour.observer import adapted, d65, observed, sun_white, xyz_to_srgb
from farside.products.colour.patches import Seen, find_chart

__all__ = [
    "Colours",
    "Seen",
    "adapted",
    "chart",
    "colours_by",
    "d65",
    "difference",
    "find_chart",
    "flag_red",
    "ground_balance",
    "known",
    "lab",
    "linear_srgb",
    "observed",
    "sun_white",
    "sunlight",
    "to_screen",
    "to_srgb",
    "to_xyz",
    "told_matrix",
    "xyz_to_srgb",
]
