"""The almanac as a calendar (RFC 5545): one entry for each span, in UTC."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from farside.flight.almanac.almanac import Almanac, Lane
from farside.geometry import t_to_utc

_LONGEST = 75  # octets of a line (RFC 5545, 3.1)


def calendar(almanac: Almanac) -> str:
    """Text of an .ics file, lines ended by CR LF. The same almanac gives the same text."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//farside//windows//EN",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{_escaped(almanac.place.title)}",
    ]
    for lane in almanac.lanes:
        lines += _entries(almanac, lane)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _entries(almanac: Almanac, lane: Lane) -> Iterator[str]:
    notes = {event.t: event.note for event in almanac.events if event.lane == lane.key and event.note}
    for span in lane.spans:
        start, stop = (_stamp(t) for t in span)
        name = hashlib.sha256(f"{almanac.place.site} {lane.key} {start}".encode()).hexdigest()[:32]
        yield "BEGIN:VEVENT"
        yield f"UID:{name}@farside"
        yield f"DTSTAMP:{_stamp(almanac.start)}"  # of when it was made there is no word: the same bytes each time
        yield f"DTSTART:{start}"
        yield f"DTEND:{stop}"
        yield f"SUMMARY:{_escaped(lane.title)}"
        yield f"LOCATION:{_escaped(almanac.place.title)}"
        said = [notes[t] for t in span if t in notes][:1]
        cut = [text for edge, text in zip(span, ("had begun before", "goes on"), strict=True) if edge in _ends(almanac)]
        if said or cut:
            yield f"DESCRIPTION:{_escaped('; '.join([*said, *cut]))}"
        yield f"CATEGORIES:{lane.group.upper()}"
        yield "TRANSP:TRANSPARENT"
        yield "END:VEVENT"


def _ends(almanac: Almanac) -> tuple[float, float]:
    return almanac.start, almanac.stop


def _stamp(t: float) -> str:
    return t_to_utc(t, 0).replace("-", "").replace(":", "")


def _escaped(text: str) -> str:
    for plain, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, written)
    return text


def _folded(line: str) -> Iterator[str]:
    """A line in pieces of at most 75 octets, each but the first begun with a space; no character is cut."""
    piece, room = "", _LONGEST
    for character in line:
        size = len(character.encode())
        if size > room:
            yield piece
            piece, room = " ", _LONGEST - 1
        piece, room = piece + character, room - size
    yield piece
