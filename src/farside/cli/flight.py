"""Fly a mission, process its data, score it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from farside.cli.words import Json, Quiet, Terrain, Workers, site_of

app = typer.Typer()

SHOWN = 20
"""So many files that were skipped are named; the report names all."""


@app.command()
def missions(as_json: Json = False) -> None:
    """List the missions that come with farside, and the files to start your own from."""
    from farside.twin import builtin, load_mission

    for name, path in builtin().items():
        mission = load_mission(name)
        if as_json:
            typer.echo(json.dumps({"mission": name, "title": mission.title, "file": str(path)}))
        else:
            typer.echo(f"{name:<16}{mission.title}: {mission.summary}")
            typer.echo(f"{'':<16}{path}")


@app.command()
def fly(
    mission: Annotated[str, typer.Argument(help="A mission's name (see **farside missions**) or the path of a file.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for everything the flight leaves. [default: its name]")
    ] = None,
    quality: Annotated[str, typer.Option(help="draft (a minute), standard (minutes) or full (hours).")] = "standard",
    terrain: Terrain = None,
    seed: Annotated[int | None, typer.Option(help="Another seed than the mission file's.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Threads, or processes, to work with. [default: all cores]")
    ] = None,
    processes: Annotated[bool, typer.Option("--processes", help="Make frames in processes, not threads.")] = False,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Make frames on the Dask cluster of this scheduler, e.g. tcp://10.0.0.5:8786; its workers have to see "
            "--out under the same path.",
        ),
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Fly a mission, carry its data home, make its products and open its gallery to the public.

    The same command finishes a flight that was interrupted; nothing already made is lost. Example:

        farside fly chang-e-4 --quality draft --out ce4
    """
    from farside.run import fly as fly_mission
    from farside.run import reporter

    with reporter("json" if as_json else "quiet" if quiet else "rich") as progress:
        flight = fly_mission(
            mission,
            quality=quality,
            out=out,
            terrain=terrain,
            seed=seed,
            workers=workers,
            processes=processes,
            cluster=cluster,
            progress=progress,
        )
    if as_json:
        typer.echo(json.dumps({"event": "done", "folder": str(flight.folder), "gallery": str(flight.gallery)}))
    elif not quiet:
        typer.echo(f"The gallery is open: {flight.gallery.resolve()}")


@app.command()
def process(
    paths: Annotated[list[Path], typer.Argument(help="Product files (data or label), or folders of them.")],
    out: Annotated[Path, typer.Option(help="Folder for products, report and gallery.")],
    lat: Annotated[float | None, typer.Option(help="Latitude of the lander in degrees; level 1 needs it.")] = None,
    lon: Annotated[float | None, typer.Option(help="East longitude of the lander in degrees.")] = None,
    workers: Workers = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Turn data files, simulated or real downloads of the Chang'e archive, into products, a report and a gallery.

    Any mixture of cameras, sequences and missions may lie in the folders. What cannot be used is named with the reason,
    and the rest is made. The same command finishes a run that was interrupted, and takes up files that were added;
    nothing is made twice. Exit code 1: nothing could be made. Example:

        farside process downloads/2019-03 downloads/2019-07 --out products
    """
    from farside.run import process as process_files
    from farside.run import reporter

    site = site_of(lat, lon, "farside process")
    with reporter("json" if as_json else "quiet" if quiet else "rich") as progress:
        done = process_files(paths, out, site, workers, progress)
    for line in done.skipped[:SHOWN]:
        typer.echo(f"farside: skipped: {line}", err=True)
    if (more := len(done.skipped) - SHOWN) > 0:
        typer.echo(f"farside: skipped: {more} more; {done.report} names all", err=True)
    for line in done.failed:
        typer.echo(f"farside: not made: {line}", err=True)
    if as_json:
        files = {name: str(path) for name, path in done.products.items()}
        counts = {"skipped": len(done.skipped), "failed": len(done.failed)}
        typer.echo(json.dumps({"event": "done", "products": files, **counts, "report": str(done.report)}))
    elif not quiet:
        for name, path in done.products.items():
            typer.echo(f"{name:<40} {path}")
        typer.echo(f"The report: {done.report}")
        typer.echo(f"The gallery is open: {done.gallery.resolve()}")
    if not done.products:
        raise typer.Exit(1)


@app.command()
def score(
    folder: Annotated[Path, typer.Argument(help="Folder of a flight.")],
    as_json: Json = False,
) -> None:
    """Hold a flight against the mission as flown, and its products against the truth."""
    from farside.score import score_flight

    table = score_flight(folder)
    typer.echo(table.to_json() if as_json else table.to_text(), nl=not as_json)
    if not table.holds:
        raise typer.Exit(1)
