"""A desk: where one instrument's data are worked on as they come in, and what it reports when all are there.

A desk knows only files and housekeeping, so it cannot tell a simulated record from a real download.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from farside.geometry import Site
from farside.work import Pool

if TYPE_CHECKING:
    import xarray as xr

Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Bench:
    """What a desk works with.

    archive: holds a folder for each level. release: the public folder. browse: small pictures. site: where the lander
    stands, None where only the files may tell. telemetry: decoded housekeeping so far, in the order of time, by the
    table's name ("gnc", "rover", "biosphere", "commands"); None where nothing came.
    """

    archive: Path
    release: Path
    browse: Path
    site: Site | None
    pool: Pool
    telemetry: Callable[[str], Columns | None]


@dataclass(frozen=True)
class Still:
    """A picture with what is seen in it; alt: for those who do not see it (the caption if empty).

    error: how wrong it is, a short text to stand beside the caption ("pointing ± 0.02°, residual 0.3 px"). tiles: its
    deep-zoom pyramid (.dzi) in the release folder; anaglyph: the same picture for red and cyan glasses.
    """

    path: Path
    caption: str
    alt: str = ""
    error: str = ""
    tiles: Path | None = None
    anaglyph: Path | None = None


@dataclass(frozen=True)
class Film:
    """A film: it starts at ``start`` (TDB s past J2000) and shows ``speed`` real seconds a second.

    error: as of Still.
    """

    path: Path
    caption: str
    start: float
    speed: float
    duration_s: float
    poster: Path | None = None
    error: str = ""


@dataclass(frozen=True)
class Mosaic:
    """A panorama picture all around: azimuth of its left edge, elevations of its edges, and the Sun's azimuth.

    sun_az_deg: None where azimuth does not count from north, for nobody told how the lander stands. tiles, error: as of
    Still. name: a few words that tell it from other panoramas ("Terrain camera, 2019-01-06").
    """

    path: Path
    caption: str
    az_left_deg: float
    el_top_deg: float
    el_bottom_deg: float
    sun_az_deg: float | None
    tiles: Path | None = None
    error: str = ""
    name: str = ""


@dataclass(frozen=True)
class Descent:
    """The camera's way down by its film, adjusted together with telemetry: t (n,) TDB s past J2000, ascending.

    position_m, sigma_m (n, 3): east, north, up of the landing point, and their standard errors. landing_covariance_m2
    (2, 2): of the landing point, east and north, among the ground that the film's first frames show.
    """

    t: NDArray[np.float64]
    position_m: NDArray[np.float64]
    sigma_m: NDArray[np.float64]
    landing_covariance_m2: NDArray[np.float64]


@dataclass(frozen=True)
class Finding:
    """What was found: "Depth of layer 2", "6.1 m", "± 0.3 m", and a sentence about what it means."""

    name: str
    value: str
    error: str = ""
    meaning: str = ""

    @property
    def told(self) -> str:
        """Value and error as one reads them: "6.1 m ± 0.3 m", "24, 2 cannot be read"."""
        return self.value + (" " if self.error.startswith("±") else ", " if self.error else "") + self.error


@dataclass(frozen=True)
class Curve:
    """Values over time to be drawn: t (n,) TDB s past J2000, series (n,) by name, all in ``unit``."""

    title: str
    unit: str
    t: NDArray[np.float64]
    series: Mapping[str, NDArray[Any]]
    text: str = ""


@dataclass(frozen=True)
class Report:
    """What a desk has made: product files by name, and what people look at.

    portraits: those of the stills that show a vehicle. descent: drawn beside every film of the landing. skipped: a line
    for each thing that was taken and could not be used.
    """

    products: Mapping[str, Path] = field(default_factory=dict)
    stills: tuple[Still, ...] = ()
    films: tuple[Film, ...] = ()
    mosaics: tuple[Mosaic, ...] = ()
    findings: tuple[Finding, ...] = ()
    curves: tuple[Curve, ...] = ()
    portraits: tuple[Still, ...] = ()
    descent: Descent | None = None
    skipped: tuple[str, ...] = ()


class Desk(ABC):
    """One instrument's desk.

    instruments: whose records it takes. tables: housekeeping that it reports on even where no record came. what: two or
    three sentences about what the instrument is. of_counts: whether its products are made of level 1 even where level 2
    is there, too.
    """

    name: ClassVar[str]
    instruments: ClassVar[tuple[str, ...]] = ()
    tables: ClassVar[tuple[str, ...]] = ()
    of_counts: ClassVar[bool] = False
    title: ClassVar[str]
    what: ClassVar[str]

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    @abstractmethod
    def take(self, observation: xr.Dataset) -> Still | None:
        """Take one observation, level 1 or 2, and write its level 2; a picture if there is one to show at once.

        Keeps paths, not arrays. Raises DamagedFile or BadInput for what cannot be used.
        """

    def rest(self) -> None:  # noqa: B027  most desks have nothing to begin early
        """Another instrument's data have begun to come: what needs no more data may be begun."""

    @abstractmethod
    def finish(self) -> Report:
        """Products of everything taken; where records are missing, of what is there."""
