"""Panorama: frames in, a panorama of record out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from farside.cli.words import Json, Quiet, Workers

app = typer.Typer()


@app.command()
def panorama(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Frames (data or label), or folders of them.")],
    out: Annotated[Path, typer.Option(help="Folder for the panoramas, their pictures and reports.")],
    projection: Annotated[
        str,
        typer.Option(
            help="equirectangular, cylindrical, polar (seen from above, circles of elevation) or vertical (the ground "
            "as a map)."
        ),
    ] = "equirectangular",
    width: Annotated[
        int | None,
        typer.Option(
            help="Pixels across, at most twice the camera's own. [default: the camera's own; from above at most 8192]"
        ),
    ] = None,
    az_left: Annotated[
        float, typer.Option(help="Azimuth of the left edge in degrees, from the lander's +y axis.")
    ] = 180.0,
    workers: Workers = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Lay frames of level 2 side by side: a panorama of each sequence that looks around, and a report of how well it
    fits.

    Frames are placed by their labels and by what they show of each other. The folder gets the record (light and its
    error, linear, as TIFF under a PDS4 label), a picture, the same with horizon and azimuths, and tiles for deep zoom.
    A panorama that contradicts its labels is refused, with the reason; then the exit status is 1. Examples:

        farside panorama downloads/TCAM --out site-a

        farside panorama ce4/archive/data_chang_e --projection vertical --width 4000 --out map
    """
    from farside.run import panoramas, reporter

    with reporter("json" if as_json else "quiet" if quiet else "rich") as progress:
        made = panoramas(paths, out, projection, width, az_left, workers, progress)
    for one in made:
        for line in one.skipped:
            typer.echo(f"farside: skipped: {line}", err=True)
        if one.refused:
            typer.echo(f"farside: {one.name} refused: {one.refused}", err=True)
        if as_json:
            files = {what: str(path) for what, path in one.files.items()}
            typer.echo(json.dumps({"event": "panorama", "name": one.name, "files": files, "refused": one.refused}))
        elif not quiet and one.files:
            typer.echo(one.report)
            for path in one.files.values():
                typer.echo(f"    {path}")
    if any(one.refused for one in made):
        raise typer.Exit(1)
