"""What a gallery shows: plain records that any flight, simulated or real, can fill.

Times are UTC ISO strings, angles degrees: these are labels for people. Nothing here knows how a product is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Event:
    """Something that happened: when, its name ("Touchdown"), a sentence about it."""

    utc: str
    name: str
    text: str = ""


@dataclass(frozen=True)
class Picture:
    """A picture file (JPEG, PNG or TIFF), shown at most 1600 pixels wide.

    utc: when it was received; alt: what is seen, for those who do not see it (the caption if empty); error: how wrong
    it is, in numbers, shown beside the caption. tiles: deep-zoom pyramid of it (.dzi, its tiles beside it) in the
    gallery's folder; anaglyph: the same picture for red and cyan glasses.
    """

    path: Path
    caption: str
    utc: str = ""
    alt: str = ""
    error: str = ""
    tiles: Path | None = None
    anaglyph: Path | None = None


@dataclass(frozen=True)
class Chapter:
    """A part of the film: where it starts, in seconds of the film, and its name."""

    at_s: float
    name: str


@dataclass(frozen=True)
class Reading:
    """Telemetry beside the film: seconds of the film, the true time then, height above ground and speed.

    east_m, north_m: of where telemetry says that the lander came to rest.
    """

    at_s: float
    utc: str
    altitude_m: float
    speed_mps: float
    east_m: float | None = None
    north_m: float | None = None


@dataclass(frozen=True)
class Fix:
    """Where the film has the camera: metres east, north, up of the landing point, with standard errors."""

    at_s: float
    east_m: float
    north_m: float
    up_m: float
    sigma_east_m: float
    sigma_north_m: float
    sigma_up_m: float


@dataclass(frozen=True)
class Ellipse:
    """Where the landing point lies, 1 sigma: half axes, and azimuth of the longer one, degrees from north."""

    major_m: float
    minor_m: float
    azimuth_deg: float


@dataclass(frozen=True)
class Footage:
    """A film (MP4) with its poster picture, chapters and readings in order of time; error: as of Picture.

    fixes: the way down measured in the film, in order of time, one run for each part without a gap; landing: how well
    that knows the landing point.
    """

    path: Path
    caption: str
    poster: Path | None = None
    chapters: Sequence[Chapter] = ()
    readings: Sequence[Reading] = ()
    alt: str = "Film of the landing, taken looking down."
    error: str = ""
    fixes: Sequence[Sequence[Fix]] = ()
    landing: Ellipse | None = None


@dataclass(frozen=True)
class Mark:
    """A direction worth naming on the azimuth scale, such as the Sun: degrees clockwise from north."""

    az_deg: float
    name: str


@dataclass(frozen=True)
class Panorama:
    """An equirectangular panorama picture: azimuth clockwise to the right, square pixels.

    north: whether azimuth counts from there; else nobody knows where it is. az_left_deg: azimuth of the left edge;
    az_span_deg: how far it reaches to the right; el_top_deg, el_bottom_deg: elevations of the upper and lower edges.
    look_az_deg: where a visitor first looks. error, tiles: as of Picture; the tiles cover the same angles. name: a few
    words that tell it from the flight's other panoramas.
    """

    path: Path
    caption: str
    az_left_deg: float
    el_top_deg: float
    el_bottom_deg: float
    north: bool = True
    az_span_deg: float = 360.0
    look_az_deg: float = 0.0
    marks: Sequence[Mark] = ()
    alt: str = "The landing site all around, under a black sky."
    error: str = ""
    tiles: Path | None = None
    name: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under named columns; columns that hold only numbers are set as numbers."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str | int | float]]
    text: str = ""


@dataclass(frozen=True)
class Check:
    """One row of the score: texts with their units, and whether it holds."""

    name: str
    measured: str
    expected: str
    tolerance: str
    verdict: Literal["ok", "off", "not applicable"]
    source: str = ""


@dataclass(frozen=True)
class Link:
    """A file or address behind the gallery; a Path is written relative to the gallery's folder."""

    text: str
    target: Path | str


@dataclass(frozen=True)
class Series:
    """One line of a chart: a value for each of the chart's times, NaN where there is none."""

    name: str
    values: Sequence[float] | NDArray[np.floating]


@dataclass(frozen=True)
class Chart:
    """Values over time, drawn by the page: telemetry, a temperature, a voltage.

    utc: times in ascending order, as UTC ISO strings or datetime64; every series has as many values. text: what is to
    be seen. Long charts are thinned when written: the lowest and highest of every stretch stay.
    """

    title: str
    unit: str
    utc: Sequence[str] | NDArray[np.datetime64]
    series: Sequence[Series]
    text: str = ""


@dataclass(frozen=True)
class FindingRow:
    """What an instrument found: "Depth of layer 2", "6.1 m", "± 0.3 m", and a sentence about what it means."""

    name: str
    value: str
    error: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class Page:
    """One instrument: what it is, what arrived, what it means and how wrong it is.

    key: the file's name without ".html" (lower-case letters, digits, hyphens; "index" and "flight" are taken); what:
    two or three sentences; the first sentence and picture stand on the front page. Missing parts are left out.
    """

    key: str
    title: str
    what: str
    arrived: Table | None = None
    findings: Sequence[FindingRow] = ()
    pictures: Sequence[Picture] = ()
    films: Sequence[Footage] = ()
    charts: Sequence[Chart] = ()
    checks: Sequence[Check] = ()
    links: Sequence[Link] = ()


@dataclass(frozen=True)
class Span:
    """Something that lasted, on a lane of the timeline; kind: what it is of, which gives its colour ("command")."""

    start_utc: str
    end_utc: str
    name: str
    kind: str = ""


@dataclass(frozen=True)
class Lane:
    """One row of the timeline: an instrument's records, the commands of a vehicle, relay contact, the Sun."""

    name: str
    spans: Sequence[Span] = ()


@dataclass(frozen=True)
class Gallery:
    """One flight as the public sees it; every part may still be missing while data arrive.

    epoch_utc: the moment times are counted from (touchdown), empty while it is not known; status, progress (0..1): what
    is arriving just now; finished: nothing more will come, open pages stop looking for more. lanes: rows of the
    timeline, below its events. pages: one for each instrument. provenance: names and values for the foot.
    """

    title: str
    subtitle: str
    epoch_utc: str
    finished: bool = True
    status: str = ""
    progress: float | None = None
    simulated: bool = True
    events: Sequence[Event] = ()
    lanes: Sequence[Lane] = ()
    pages: Sequence[Page] = ()
    footage: Footage | None = None
    panoramas: Sequence[Panorama] = ()
    pictures: Sequence[Picture] = ()
    ledger: Table | None = None
    checks: Sequence[Check] = ()
    provenance: Sequence[tuple[str, str]] = ()
    links: Sequence[Link] = field(default=())
