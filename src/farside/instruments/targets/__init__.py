"""Colour targets that vehicles carry: where they sit and what they reflect."""

from farside.instruments.targets.targets import Chart, Flag, Paint, patch_reflectances, targets

__all__ = ["Chart", "Flag", "Paint", "patch_reflectances", "targets"]
