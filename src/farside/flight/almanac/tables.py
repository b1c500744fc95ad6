"""The almanac for other programs: CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from farside.flight.almanac.almanac import Almanac, Event
from farside.flight.almanac.text import summary
from farside.geometry import t_to_utc

_COLUMNS = ("utc", "tdb_s", "lane", "event", "azimuth_deg", "elevation_deg", "one_sigma_s", "note")


def csv_text(almanac: Almanac) -> str:
    """Events, one a line under a heading; times to the millisecond."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for event in almanac.events:
        writer.writerow(_row(event).values())
    return out.getvalue()


def json_text(almanac: Almanac) -> str:
    """One object: what was asked, lanes with their spans, events, summary."""
    return json.dumps(as_object(almanac), ensure_ascii=False, indent=1) + "\n"


def as_object(almanac: Almanac) -> dict[str, Any]:
    """What ``json_text`` writes."""
    a = almanac
    return {
        "site": a.place.site,
        "title": a.place.title,
        "position": {
            "lat_deg": a.site.lat_deg,
            "lon_deg": a.site.lon_deg,
            "height_m": a.site.height_m,
            "frame": a.place.position.frame,
            "source": a.place.position.source,
        },
        "eye_m": a.place.eye_m,
        "ground": a.ground,
        "relay": a.relay,
        "start_utc": t_to_utc(a.start),
        "stop_utc": t_to_utc(a.stop),
        "lanes": [
            {
                "key": lane.key,
                "title": lane.title,
                "total_s": round(lane.total_s, 3),
                "spans_utc": [[t_to_utc(edge) for edge in span] for span in lane.spans],
            }
            for lane in a.lanes
        ],
        "events": [_row(event) for event in a.events],
        "facts": {name: round(value, 4) for name, value in a.facts.items()},
        "summary": [f"{label} {sentence}".strip() for label, sentence in summary(a)],
        "notes": list(a.place.notes),
    }


def _row(event: Event) -> dict[str, Any]:
    az, el = event.az_deg, event.el_deg
    values = (
        event.utc,
        round(event.t, 4),
        event.lane,
        event.what,
        None if az is None else round(az, 4),
        None if el is None else round(el, 4),
        round(event.sigma_s, 1),
        event.note,
    )
    return dict(zip(_COLUMNS, values, strict=True))
