"""Relays side by side as a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Facts = dict[str, Any]
"""As ``Compared.facts`` has them."""
Cell = Callable[[Facts], str]

WIDTH = 100
_LABEL, _COLUMN = 32, 17
_SIDE_BY_SIDE = (WIDTH - _LABEL) // _COLUMN


def table(relays: Sequence[tuple[str, Facts]]) -> str:
    """A column for each relay, by name; as many tables under one another as it takes to keep within ``WIDTH``."""
    blocks = [relays[k : k + _SIDE_BY_SIDE] for k in range(0, len(relays), _SIDE_BY_SIDE)]
    return "\n\n".join(_block(block, _rows(relays)) for block in blocks)


def _block(relays: Sequence[tuple[str, Facts]], rows: Sequence[tuple[str, Cell]]) -> str:
    names = [_heading(name) for name, _ in relays]
    depth = max(map(len, names))
    heads = zip(*([""] * (depth - len(lines)) + lines for lines in names), strict=True)
    lines = [_line("", head) for head in heads]
    return "\n".join(lines + [_line(label, [cell(facts) for _, facts in relays]) for label, cell in rows])


def _heading(name: str) -> list[str]:
    """A name in lines that fit a column, where it can be broken behind a colon, a plus or a slash."""
    lines, most = [""], _COLUMN - 2
    for part in re.findall(r"[^:+/]*[:+/]|[^:+/]+", name):
        for piece in (part[k : k + most] for k in range(0, len(part), most)):
            if len(lines[-1] + piece) > most:
                lines.append("")
            lines[-1] += piece
    return lines


def _rows(relays: Sequence[tuple[str, Facts]]) -> list[tuple[str, Cell]]:
    stations = list(relays[0][1]["stations"])
    rows: list[tuple[str, Cell]] = [
        ("In view of the site", lambda f: _share(f["site"]["share"])),
        ("  passes", lambda f: f"{f['site']['passes']}"),
        ("  longest gap", lambda f: _hours(f["site"]["longest_gap_h"])),
        ("Elevation, deg", lambda f: _span(f["elevation_deg"], 1)),
        ("  median; while in view", lambda f: _medians(f["elevation_deg"])),
        ("Distance from the site, km", lambda f: _span(f["site_km"], 0)),
        ("  from the Moon's centre, km", lambda f: _span(f["moon_km"], 0)),
        ("  from the Earth's centre, km", lambda f: _span(f["earth_km"], 0)),
        ("Light time to the site, s", lambda f: _span(f["site_relay_s"], 3)),
        ("  from the relay to Earth, s", lambda f: _span(f["relay_earth_s"], 3)),
        ("  from the site to Earth, s", lambda f: _span(f["site_earth_s"], 3)),
        ("Angle site - relay - Earth, deg", lambda f: _span(f["site_relay_earth_deg"], 1)),
        ("Behind the Moon for the Earth", lambda f: _times(f["earth_hidden"])),
        ("  in all; longest", lambda f: _lasting(f["earth_hidden"])),
        ("Eclipses by the Moon", lambda f: _times(f["eclipses"]["moon"])),
        ("  in all; longest", lambda f: _lasting(f["eclipses"]["moon"])),
        ("Eclipses by the Earth", lambda f: _times(f["eclipses"]["earth"])),
        ("  in all; longest", lambda f: _lasting(f["eclipses"]["earth"])),
        *((f"Seen by {name.capitalize()}", _station(name)) for name in stations),
    ]
    if stations:
        rows += [
            ("  by any station", lambda f: _share(f["any_station"]["share"])),
            ("From the site to a station", lambda f: _share(f["home"]["share"])),
            ("  longest gap", lambda f: _hours(f["home"]["longest_gap_h"])),
        ]
    rows += [
        ("Region, mean over the area", lambda f: _share(f["region"]["mean_share"])),
        ("  area without a gap", lambda f: f"{100.0 * f['region']['always_share']:.2f} %"),
        ("  longest gap anywhere", lambda f: _hours(f["region"]["longest_gap_h"])),
        ("Data a day from a lander", lambda f: _size(f["bytes_a_day"]["lander"])),
        ("  from a rover", lambda f: _size(f["bytes_a_day"]["rover"])),
        ("  from the relay to stations", lambda f: _size(f["bytes_a_day"]["earth"])),
    ]
    if any(facts["stationkeeping"] for _, facts in relays):
        rows.append(("Stationkeeping, m/s a year", lambda f: _cost(f["stationkeeping"])))
    return rows


def _line(label: str, cells: Sequence[str]) -> str:
    return f"{label:<{_LABEL}}" + "".join(f"{_short(cell):>{_COLUMN}}" for cell in cells)


def _short(words: str) -> str:
    return words if len(words) < _COLUMN else f"{words[: _COLUMN - 3]}.."


def _station(name: str) -> Cell:
    return lambda f: _share(f["stations"][name]["share"])


def _share(share: float) -> str:
    if share >= 1.0:
        return "always"
    return f"{100.0 * share:.2f} %" if share > 0.0 else "never"


def _hours(hours: float) -> str:
    return "none" if hours == 0.0 else f"{hours:.2f} h" if hours < 96.0 else f"{hours / 24.0:.1f} d"


def _span(values: Mapping[str, float | None], digits: int) -> str:
    low, high = values["lowest"], values["highest"]
    return "-" if low is None or high is None else f"{low:,.{digits}f}..{high:,.{digits}f}"


def _medians(values: Mapping[str, float | None]) -> str:
    seen = values["median_in_view"]
    return f"{values['median']:.1f}; {'-' if seen is None else f'{seen:.1f}'}"


def _size(octets: float) -> str:
    if octets == 0.0:
        return "none"
    scale, unit = next((s, u) for s, u in ((1e9, "GB"), (1e6, "MB"), (0.0, "kB")) if octets >= s)
    return f"{octets / (scale or 1e3):.2f} {unit}"


def _cost(kept: dict[str, Any]) -> str:
    if not kept:
        return "-"
    if kept["lost"]:
        return f"{kept['lost']} of {kept['trials']} lost"
    return f"{kept['cost_mean_m_s']:.2f} +- {kept['cost_std_m_s']:.2f}"


def _times(tally: Mapping[str, Any]) -> str:
    return f"{tally['times']}" if tally["times"] else "never"


def _lasting(tally: Mapping[str, Any]) -> str:
    return f"{tally['total_h']:.1f}; {tally['longest_h']:.2f} h" if tally["times"] else "-"
