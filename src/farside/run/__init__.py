"""Composing the river: fly."""

from farside.run.fly import Flight, fly
from farside.run.progress import Progress, reporter

__all__ = ["Flight", "Progress", "fly", "reporter"]
