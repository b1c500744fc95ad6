"""Formulas that truth and reduction share: the Sun as a light, how regolith reflects it and how it glows."""

from farside.physics.hapke import Regolith, diffusive_reflectance, hapke_radf, radf, von_karman_regolith
from farside.physics.planck import planck
from farside.physics.solar import SUN_RADIUS_AU, solar_angular_radius, solar_irradiance

__all__ = [
    "SUN_RADIUS_AU",
    "Regolith",
    "diffusive_reflectance",
    "hapke_radf",
    "planck",
    "radf",
    "solar_angular_radius",
    "solar_irradiance",
    "von_karman_regolith",
]
