"""Plan: when Sun, Earth and relay are in view of a site."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from farside.cli.words import From, Json, Latitude, Longitude, Seed, SiteName, Terrain

if TYPE_CHECKING:
    from farside.flight.almanac import Almanac, Place

app = typer.Typer(help="Plan a mission: windows, relays and radio of a site.", no_args_is_help=True)

SUFFIXES = (".txt", ".csv", ".json", ".ics", ".png", ".svg")
FORMATS = ("text", "csv", "json", "ical")
COMMAND = "farside plan windows"


@app.command()
def sites(as_json: Json = False) -> None:
    """List the missions and sites that come with farside."""
    from farside.run import sites as known

    for name, place in known().items():
        p = place.position
        if as_json:
            typer.echo(json.dumps(place.model_dump(mode="json"), ensure_ascii=False))
            continue
        lat = f"{abs(p.lat_deg):g} {'S' if p.lat_deg < 0 else 'N'}"
        known_from = "; ".join(word for word in (p.frame, p.source) if word)
        typer.echo(f"{name:<16}{place.title}: {lat}, {p.lon_deg:g} E ({known_from})")
        for note in place.notes:
            typer.echo(f"{'':<16}{note}")


@app.command()
def windows(
    site: SiteName = None,
    *,
    start: From,
    stop: Annotated[str, typer.Option("--to", help="UTC.")],
    lat: Latitude = None,
    lon: Longitude = None,
    height_m: Annotated[
        float | None, typer.Option("--height-m", help="Height over the 1737.4 km sphere. [default: the ground's]")
    ] = None,
    relay: Annotated[
        str | None, typer.Option(help="queqiao (a halo orbit of its kind) or none. [default: the site's]")
    ] = None,
    terrain: Terrain = None,
    seed: Seed = None,
    eye_m: Annotated[
        float | None, typer.Option("--eye", help="Height of camera and antenna above the ground, m.")
    ] = None,
    show: Annotated[
        str | None, typer.Option(help="Some of sun,earth,relay,stations,eclipses,vehicles. [default: all]")
    ] = None,
    summary: Annotated[bool, typer.Option("--summary", help="Print the summary only, without the events.")] = False,
    style: Annotated[str, typer.Option("--format", help="What to print: text, csv, json or ical.")] = "text",
    out: Annotated[
        list[Path] | None,
        typer.Option(help="Write a .txt, .csv, .json, .ics, .png or .svg file; several may be given."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress; with --out nothing at all.")] = False,
    as_json: Json = False,
) -> None:
    """Windows of a site: Sun over its terrain, Earth, relay, stations, eclipses, and when the vehicles wake and sleep.

    The first time at a site looks round its horizon (seconds); that is kept. Examples:

        farside plan windows chang-e-4 --from 2019-01-03 --to 2020-01-03 --summary

        farside plan windows --lat -45.4 --lon 177.6 --relay queqiao --from 2027-03-01 --to 2027-04-01 --out march.png
    """
    from farside.errors import BadInput
    from farside.flight.almanac import GROUPS
    from farside.run import reporter
    from farside.run import windows as find_windows

    if style not in FORMATS:
        raise BadInput(COMMAND, "--format", style, f"one of {', '.join(FORMATS)}")
    for path in out or []:
        if path.suffix.lower() not in SUFFIXES:
            raise BadInput(COMMAND, "--out", str(path), f"a name that ends in one of {', '.join(SUFFIXES)}")
        if not path.parent.is_dir():
            raise BadInput(COMMAND, "--out", str(path), "a file in a folder that is there")
    asked = [word.strip() for word in show.split(",")] if show else list(GROUPS)
    for word in asked:
        if word not in GROUPS:
            raise BadInput(COMMAND, "--show", word, f"some of {','.join(GROUPS)}")
    place = place_given(COMMAND, site, lat, lon, height_m)
    with reporter("json" if as_json else "quiet" if quiet else "rich") as progress:
        almanac = find_windows(
            place,
            start,
            stop,
            **{group: group in asked for group in GROUPS if group != "relay"},
            relay=relay if "relay" in asked else "none",
            terrain=terrain,
            seed=seed,
            eye_m=eye_m,
            progress=progress,
        )
    for path in out or []:
        write(almanac, path)
    if as_json:
        files = [str(path) for path in out or []]
        typer.echo(json.dumps({"event": "done", "files": files, "windows": json.loads(almanac.to_json())}))
    elif not out:
        printers: dict[str, Callable[[], str]] = {
            "text": lambda: almanac.to_text(summary),
            "csv": almanac.to_csv,
            "json": almanac.to_json,
            "ical": almanac.to_ical,
        }
        typer.echo(printers[style](), nl=False)
    elif not quiet:
        typer.echo(almanac.to_text(summary_only=True), nl=False)
        for path in out:
            typer.echo(f"written: {path}")


def write(almanac: Almanac, path: Path) -> None:
    """Write an almanac as the name of the file says."""
    from farside.work import atomic_write

    suffix = path.suffix.lower()
    if suffix in (".png", ".svg"):
        almanac.timeline(path)
        return
    texts = {".txt": almanac.to_text, ".csv": almanac.to_csv, ".json": almanac.to_json, ".ics": almanac.to_ical}
    with atomic_write(path) as part:
        part.write_bytes(texts[suffix]().encode())


def place_given(
    command: str, site: str | None, lat: float | None, lon: float | None, height_m: float | None
) -> str | Place:
    """What a command was asked about: a name, or a place with some of its numbers replaced."""
    from farside.errors import BadInput
    from farside.flight.almanac import place_from
    from farside.run import place_named

    given = {"lat_deg": lat, "lon_deg": lon, "height_m": height_m}
    given = {name: value for name, value in given.items() if value is not None}
    if site is None:
        if lat is None or lon is None:
            raise BadInput(command, "SITE", None, "a mission or site (see farside plan sites), or --lat and --lon")
        title = f"{abs(lat):g} {'S' if lat < 0 else 'N'} {lon % 360.0:g} E"
        stations = ["jiamusi", "kashi", "neuquen"]
        return place_from(command, {"site": "place", "title": title, "position": given, "stations": stations})
    if not given:
        return site
    spec = place_named(site).model_dump()
    if "lat_deg" in given or "lon_deg" in given:
        spec["position"] |= {"source": "yours", "height_m": None}
    spec["position"] |= given
    return place_from(command, spec)
