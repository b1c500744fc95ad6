"""Footage: a folder of landing camera frames to films, the way down, and the ground as a map."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from farside.cli.words import Json, Quiet, site_of

app = typer.Typer()

SHOWN = 20
"""Lines that are spent on frames that could not be used; the record has all."""


@app.command()
def footage(
    paths: Annotated[list[Path], typer.Argument(help="Frames of the landing camera, or folders of them.")],
    out: Annotated[Path, typer.Option(help="Folder for films, maps and tables.")],
    telemetry: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Telemetry of the lander (a flight's folder *telemetry*); tells sizes."),
    ] = None,
    map_file: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE", help="Orbital map (GeoTIFF: heights as real numbers, brightness as whole "
                     "ones) to find the landing point in; needs --lat and --lon."),
    ] = None,
    lat: Annotated[float | None, typer.Option(help="Latitude of the lander in degrees, at least nearly.")] = None,
    lon: Annotated[float | None, typer.Option(help="East longitude of the lander in degrees.")] = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Write UTC, height, speed and a scale bar into the films.")
    ] = False,
    stabilise: Annotated[
        bool, typer.Option("--stabilise/--no-stabilise", help="Make the film held still, too.")
    ] = True,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Make a film of a landing, and measure in it: the way down, the landing point, the ground as a map with relief.

    Frames are of level 1 or 2, simulated or real downloads, in any order; damaged ones are named. Real frames have no
    telemetry: then nothing tells how large things are, and what can be said without is said. Each number comes with
    its error. Examples:

        farside footage downloads/LCAM --out landing --overlay

        farside footage ce4/archive/data_chang_e --telemetry ce4/telemetry --lat -45.4446 --lon 177.5991 --out landing
    """
    from farside.products import Wishes
    from farside.run import landings, reporter

    site = site_of(lat, lon, "farside footage")
    wishes = Wishes(overlay, stabilise, map_file)
    with reporter("json" if as_json else "quiet" if quiet else "rich") as progress:
        made = landings(paths, out, telemetry, site, wishes, progress)
    for one in made:
        for line in one.report.skipped[:SHOWN]:
            typer.echo(f"farside: skipped: {line}", err=True)
        if (more := len(one.report.skipped) - SHOWN) > 0:
            typer.echo(f"farside: skipped: {more} more; {out / 'footage.json'} names all", err=True)
        if as_json:
            files = {product: str(path) for product, path in one.report.products.items()}
            found = [vars(finding) for finding in one.report.findings]
            typer.echo(json.dumps({"event": "done", "film": one.name, "products": files, "findings": found}))
        elif not quiet:
            typer.echo(f"{one.name}: {one.folder}")
            for f in one.report.findings:
                typer.echo(f"  {f.name}: {f.told}. {f.meaning}".rstrip())
