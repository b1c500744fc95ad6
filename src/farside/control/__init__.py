"""People: the public gallery of a flight, and (later) mission control."""

from farside.control.gallery import (
    Chapter,
    Chart,
    Check,
    Event,
    FindingRow,
    Footage,
    Gallery,
    Lane,
    Link,
    Mark,
    Page,
    Panorama,
    Picture,
    Reading,
    Series,
    Span,
    Table,
)
from farside.control.release import write_gallery

__all__ = [
    "Chapter",
    "Chart",
    "Check",
    "Event",
    "FindingRow",
    "Footage",
    "Gallery",
    "Lane",
    "Link",
    "Mark",
    "Page",
    "Panorama",
    "Picture",
    "Reading",
    "Series",
    "Span",
    "Table",
    "write_gallery",
]
