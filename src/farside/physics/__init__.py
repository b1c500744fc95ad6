"""Formulas that truth and reduction share: the Sun as a light, how regolith reflects it, warms up and glows."""

from farside.physics.albedo import (
    Reflectance,
    SolarAlbedo,
    geometric_albedo,
    hemispherical_albedo,
    normal_albedo,
    reflectance,
    regolith_solar_albedo,
    solar_albedo,
    spherical_albedo,
)
from farside.physics.conduction import Column, Soil, column, conduct, lunar_soil, orbital_albedo, spin_up
from farside.physics.disc import COLUMN_X, column_above, even_disc, light_above, light_past, limb_darkening
from farside.physics.facets import Facets, facet_temperatures, facets, from_below, rough_glow, thermal_roughness
from farside.physics.hapke import Regolith, diffusive_reflectance, hapke_radf, radf, scattered, tilted
from farside.physics.planck import STEFAN_BOLTZMANN, brightness_temperature, planck
from farside.physics.regolith import Bands, Relief, known_bands, regolith_at, roughness, von_karman_regolith
from farside.physics.solar import SOLAR_CONSTANT_W_M2, SUN_RADIUS_AU, solar_angular_radius, solar_irradiance

__all__ = [
    "COLUMN_X",
    "SOLAR_CONSTANT_W_M2",
    "STEFAN_BOLTZMANN",
    "SUN_RADIUS_AU",
    "Bands",
    "Column",
    "Facets",
    "Reflectance",
    "Regolith",
    "Relief",
    "Soil",
    "SolarAlbedo",
    "brightness_temperature",
    "column",
    "column_above",
    "conduct",
    "diffusive_reflectance",
    "even_disc",
    "facet_temperatures",
    "facets",
    "from_below",
    "geometric_albedo",
    "hapke_radf",
    "hemispherical_albedo",
    "known_bands",
    "light_above",
    "light_past",
    "limb_darkening",
    "lunar_soil",
    "normal_albedo",
    "orbital_albedo",
    "planck",
    "radf",
    "reflectance",
    "regolith_at",
    "regolith_solar_albedo",
    "rough_glow",
    "roughness",
    "scattered",
    "solar_albedo",
    "solar_angular_radius",
    "solar_irradiance",
    "spherical_albedo",
    "spin_up",
    "thermal_roughness",
    "tilted",
    "von_karman_regolith",
]
