"""What the sealed experiment teaches: its climate, its breath, when the first seed sprouted and how it grew."""

from farside.products.biosphere.balance import balanced, reflectance
from farside.products.biosphere.budget import budget
from farside.products.biosphere.charts import charts
from farside.products.biosphere.desk import BiosphereDesk
from farside.products.biosphere.figure import write_picture
from farside.products.biosphere.report import biosphere
from farside.products.biosphere.sprout import growth
from farside.products.biosphere.timelapse import Timelapse, timelapse

__all__ = [
    "BiosphereDesk",
    "Timelapse",
    "balanced",
    "biosphere",
    "budget",
    "charts",
    "growth",
    "reflectance",
    "timelapse",
    "write_picture",
]
