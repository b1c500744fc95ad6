"""People: the public gallery of a flight, and (later) mission control."""

from farside.control.gallery import (
    Chapter,
    Check,
    Event,
    Footage,
    Gallery,
    Link,
    Mark,
    Panorama,
    Picture,
    Reading,
    Table,
)
from farside.control.release import write_gallery

__all__ = [
    "Chapter",
    "Check",
    "Event",
    "Footage",
    "Gallery",
    "Link",
    "Mark",
    "Panorama",
    "Picture",
    "Reading",
    "Table",
    "write_gallery",
]
