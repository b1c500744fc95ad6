"""Composing the river: fly a mission, process files."""

from farside.run.fly import Flight, fly
from farside.run.process import Processed, process
from farside.run.progress import Progress, reporter

__all__ = ["Flight", "Processed", "Progress", "fly", "process", "reporter"]
