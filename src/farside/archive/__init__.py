"""Reading and writing files: ours (PDS4) and those of the Chang'e archive; the telemetry store; the bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from farside.archive.bundle import DERIVED, LEVEL2, RAW, write_bundle
from farside.archive.catalog import Catalog, Frame, ObservingSequence, catalog
from farside.archive.frames import Frames
from farside.archive.layers import Layer, label_layers, layer_rows, read_layers, write_layers
from farside.archive.level1 import write_level1
from farside.archive.level2 import write_level2
from farside.archive.reader import label_of, labels, place_of, read, read_all
from farside.archive.tables import read_table, write_table
from farside.archive.telemetry import index_telemetry, read_telemetry, write_telemetry

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "DERIVED",
    "LEVEL2",
    "RAW",
    "Catalog",
    "Frame",
    "Frames",
    "Layer",
    "ObservingSequence",
    "catalog",
    "index_telemetry",
    "keep",
    "label_layers",
    "label_of",
    "labels",
    "layer_rows",
    "place_of",
    "read",
    "read_all",
    "read_layers",
    "read_table",
    "read_telemetry",
    "write",
    "write_bundle",
    "write_layers",
    "write_table",
    "write_telemetry",
]


def write(observation: xr.Dataset, folder: str | Path) -> Path:
    """Write data file and label by the observation's level; return the label's path.

    raw and 1: counts and a PDS4 label (NAME.img, NAME.xml). 2A, 2C: the Chang'e dialect (NAME.2A, NAME.2AL).
    """
    writer = write_level1 if observation.attrs["level"] in ("raw", "1") else write_level2
    return writer(observation, Path(folder))


def keep(observation: xr.Dataset, folder: str | Path) -> Path:
    """The label of an observation as it is: where it was read from, else written into ``folder``."""
    return place_of(observation) or write(observation, folder)
