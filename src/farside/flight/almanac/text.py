"""The almanac as text: one line an event, and a summary that can be read alone."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np

from farside.flight.almanac.almanac import Almanac, Lane
from farside.flight.almanac.uncertainty import numbers
from farside.flight.views import EARTH_SPIN
from farside.flight.windows import Span, gaps
from farside.geometry import MOON_RADIUS_M, t_to_utc
from farside.sky import earth_orientation_error

_WIDTH = 120


def text(almanac: Almanac, summary_only: bool) -> str:
    """Heading, table of events (unless only the summary is wanted), summary; lines of at most 120 characters."""
    parts = [_heading(almanac)]
    if not summary_only:
        parts.append(_table(almanac))
    parts.append(_summary(almanac))
    return "\n\n".join(parts) + "\n"


def summary(almanac: Almanac) -> list[tuple[str, str]]:
    """What an analyst wants to know first: subject and sentence."""
    return [*_sun(almanac), *_earth(almanac), *_relay(almanac), *_eclipses(almanac), *_vehicles(almanac)]


def _heading(a: Almanac) -> str:
    p = a.place
    lat, lon = p.position.lat_deg, a.site.lon_deg
    where = f"{abs(lat):.4f} {'S' if lat < 0 else 'N'}, {lon:.4f} E, {a.site.height_m:.0f} m"
    frame = f" ({p.position.frame})" if p.position.frame else ""
    start, stop = (_minute(t) for t in (a.start, a.stop))
    return "\n".join(
        [
            f"{p.title}: {where}{frame}",
            f"{start} to {stop} UTC, {_long(a.stop - a.start)}",
            *textwrap.wrap(f"Seen from {p.eye_m:g} m above the ground; {a.ground}. Relay: {a.relay}.", _WIDTH),
        ]
    )


def _table(a: Almanac) -> str:
    if not a.events:
        return "No events."
    width = max(len(event.what) for event in a.events)
    lines = [f"{'UTC':<20} {'1 sigma':>8}  {'event':<{width}}  {'azimuth':>7} {'elevation':>9}"]
    for event in a.events:
        where = "" if event.az_deg is None else f"{event.az_deg:7.1f} {round(event.el_deg or 0.0, 2) + 0.0:+9.2f}"
        utc = t_to_utc(event.t, 0).replace("T", " ").removesuffix("Z")
        line = f"{utc:<20} {_short(event.sigma_s):>8}  {event.what:<{width}}  {where:<17}"
        lines.append(f"{line}  {event.note}".rstrip())
    return "\n".join(lines)


def _summary(a: Almanac) -> str:
    rows = [*summary(a), *_uncertain(a), *(("Note", note) for note in a.place.notes)]
    margin = max(len(label) for label, _ in rows) + 2
    lines = []
    for label, sentence in rows:
        lines += textwrap.wrap(sentence, _WIDTH, initial_indent=f"{label:<{margin}}", subsequent_indent=" " * margin)
    return "\n".join(lines)


def _sun(a: Almanac) -> list[tuple[str, str]]:
    if "sun.limb" not in a.by_key:
        return []
    limb, centre, level = (a.by_key[f"sun.{name}"] for name in ("limb", "centre", "level"))
    rows = [("Sun", f"over the terrain {_share(a, limb)}; {_longest_gap(a, limb.spans, 'night')}.")]
    late, early = _shift(centre, level, 0), _shift(level, centre, 1)
    shifted = [
        f"{what} {_short(abs(s))} {'later' if (s > 0) == (what == 'sunrise') else 'earlier'}"
        for what, s in (("sunrise", late), ("sunset", early))
        if s is not None
    ]
    terrain = f"; the terrain brings {' and '.join(shifted)} on average" if shifted else ""
    rows.append(("", f"over a level horizon (centre) {_share(a, level)}{terrain}."))
    return rows


def _earth(a: Almanac) -> list[tuple[str, str]]:
    if "earth" not in a.by_key:
        return []
    highest = f"highest {a.facts['earth.highest_deg']:.1f} deg over a level horizon"
    lane = a.by_key["earth"]
    said = f"over the terrain {_share(a, lane)}" if lane.spans else "never over the terrain"
    return [("Earth", f"{said}; {highest}.")]


def _relay(a: Almanac) -> list[tuple[str, str]]:
    rows = []
    if "relay" in a.by_key:
        height = f"{a.facts['relay.lowest_deg']:.1f} to {a.facts['relay.highest_deg']:.1f} deg high"
        rows.append(("Relay", f"in view of the site {_share(a, a.by_key['relay'])}; {height}."))
    for lane in a.lanes:
        if lane.group == "station":
            mean = f", {_short(lane.total_s / len(lane.spans))} each" if lane.spans else ""
            name = lane.title.split(" sees")[0]
            hidden = a.by_key[f"hidden.{lane.key.split('.')[1]}"]
            moon = f"; behind the Moon {_short(hidden.total_s)}" if hidden.spans else "; never behind the Moon"
            rows.append((name, f"sees the relay {_share(a, lane)}, {len(lane.spans)} passes{mean}{moon}."))
    if "home" in a.by_key:
        home = a.by_key["home"]
        gap = _longest_gap(a, home.spans, "gap")
        rows.append(("Contact", f"from the site through the relay to a station {_share(a, home)}; {gap}."))
    return rows


def _eclipses(a: Almanac) -> list[tuple[str, str]]:
    lanes = [lane for lane in a.lanes if lane.group == "eclipse"]
    if not lanes:
        return []
    parts = []
    for lane in map(a.with_the_sun_up, lanes):
        body, place = lane.title.split(" before the Sun at the ")
        if lane.spans:
            parts.append(f"at the {place} by the {body} {len(lane.spans)} ({_short(lane.total_s)})")
    return [("Eclipses", f"{', '.join(parts) or 'none'}.")]


def _vehicles(a: Almanac) -> list[tuple[str, str]]:
    rows = []
    for lane in a.lanes:
        if lane.group == "vehicle":
            name, what = lane.key.removeprefix("vehicle.").rsplit(".", 1)
            times = f", {len(lane.spans)} times" if len(lane.spans) > 1 else ""
            said = f"{lane.title.removeprefix(name + ' ')} {_share(a, lane)}{times}."
            rows.append((name if what == "awake" else "", said))
    return rows


def _uncertain(a: Almanac) -> list[tuple[str, str]]:
    error = numbers()["position_m"] if a.place.position.error_m is None else a.place.position.error_m
    tilt = np.degrees(error / MOON_RADIUS_M)
    said = [
        f"skyline to {a.facts['skyline.sigma_deg']:.2g} deg (median); coordinates to {error:g} m, which tilts the "
        f"horizon by {tilt:.2g} deg; each hundredth of a degree is 100 s of the Sun."
    ]
    if any(lane.group == "station" for lane in a.lanes):
        turn_ms = float(earth_orientation_error(a.stop)) / EARTH_SPIN * 1e3
        said.append(f"Stations: refraction and antennas some 30 s, Earth's orientation {turn_ms:.2g} ms.")
        said.append("Where on its orbit the relay really is, no error bar says.")
    return [("Uncertain", " ".join(said))]


def _share(a: Almanac, lane: Lane) -> str:
    return f"{lane.total_s / 3600.0:.1f} h ({100.0 * lane.total_s / (a.stop - a.start):.1f} %)"


def _longest_gap(a: Almanac, spans: Sequence[Span], word: str) -> str:
    missing = gaps(spans, a.start, a.stop)
    if not missing:
        return f"no {word}"
    start, stop = max(missing, key=lambda span: span[1] - span[0])
    least = "at least " if start == a.start or stop == a.stop else ""
    return f"longest {word} {least}{_long(stop - start)}, {_minute(start)} to {_minute(stop)}"


def _shift(later: Lane, earlier: Lane, edge: int) -> float | None:
    """Mean of the nearest edge in ``later`` minus that in ``earlier``, s; None where either has none of its own."""
    mine, others = (np.array([span[edge] for span in lane.spans]) for lane in (later, earlier))
    if not len(mine) or not len(others):
        return None
    apart = mine[:, None] - others
    nearest = apart[np.arange(len(mine)), np.abs(apart).argmin(axis=1)]
    real = nearest[(nearest != 0.0) & (np.abs(nearest) < 5 * 86_400.0)]  # both open at the span's edge: nothing to tell
    return float(real.mean()) if len(real) else None


def _minute(t: float) -> str:
    return t_to_utc(t, 0)[:16].replace("T", " ")


def _short(seconds: float) -> str:
    """A duration in one unit."""
    for limit, unit, name in ((120.0, 1.0, "s"), (7200.0, 60.0, "min"), (172_800.0, 3600.0, "h")):
        if seconds < limit:
            return f"{seconds / unit:.{1 if name == 'h' else 0}f} {name}"
    return f"{seconds / 86_400.0:.1f} d"


def _long(seconds: float) -> str:
    """A duration in days and hours, or hours and minutes."""
    minutes = round(seconds / 60.0)
    if minutes < 1440:
        return f"{minutes // 60} h {minutes % 60} min"
    hours = round(seconds / 3600.0)
    return f"{hours // 24} d {hours % 24} h"
