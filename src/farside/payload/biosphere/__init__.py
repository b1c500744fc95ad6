"""The sealed biological experiment: heat, gases, water, mustard and silkworms, their sensors and their pictures."""

from farside.payload.biosphere.life import Brood, Life, Plan, brood, live
from farside.payload.biosphere.picture import observe, radiance
from farside.payload.biosphere.sensors import read_sensors, report

__all__ = ["Brood", "Life", "Plan", "brood", "live", "observe", "radiance", "read_sensors", "report"]
