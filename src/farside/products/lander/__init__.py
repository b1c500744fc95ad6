"""The lander: its descent and rest, from its housekeeping."""

from farside.products.lander.desk import LanderDesk

__all__ = ["LanderDesk"]
