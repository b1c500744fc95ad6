"""What the lander's radio antennas hear: the Galaxy, the Sun, the plasma around them and the lander itself."""

from farside.payload.lfs.burst import Burst, arrival_time
from farside.payload.lfs.observe import Listening, observe
from farside.payload.lfs.sky import galactic_brightness

__all__ = ["Burst", "Listening", "arrival_time", "galactic_brightness", "observe"]
