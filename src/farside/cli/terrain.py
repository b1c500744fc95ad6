"""Terrain: ground as files, and published elevation files as ground."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from farside.cli.words import Json, Quiet, Terrain, Workers

app = typer.Typer(help="Ground as files: export a site, look at it, fetch elevation models.", no_args_is_help=True)

Where = Annotated[
    str | None,
    typer.Argument(metavar="SITE", help="A mission or site (see **farside plan sites**), or the path of a file."),
]
Lat = Annotated[float | None, typer.Option(help="Latitude of the middle, degrees, instead of a site.")]
Lon = Annotated[float | None, typer.Option(help="East longitude of the middle, degrees.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Of the craters no DEM shows. [default: the mission's]")]


@app.command()
def export(
    site: Where = None,
    size_m: Annotated[float, typer.Option("--size-m", help="Side of the square, m.")] = ...,  # type: ignore[assignment]
    post_m: Annotated[float, typer.Option("--post-m", help="Spacing of the posts, m.")] = ...,  # type: ignore[assignment]
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = ...,  # type: ignore[assignment]
    lat: Lat = None,
    lon: Lon = None,
    terrain: Terrain = None,
    seed: Seed = None,
    albedo: Annotated[bool, typer.Option("--albedo", help="Albedo, too: a GeoTIFF and the colours of meshes.")] = False,
    mesh: Annotated[str, typer.Option(help="glb, ply, both or none.")] = "both",
    mesh_post_m: Annotated[
        float | None, typer.Option("--mesh-post-m", help="Spacing of a mesh's vertices. [default: 1024 a side at most]")
    ] = None,
    rocks: Annotated[bool, typer.Option("--rocks", help="Rocks in the meshes, too.")] = False,
    rocks_from_m: Annotated[
        float | None,
        typer.Option("--rocks-from-m", help="Smallest diameter of rocks. [default: a post; 0.01]"),
    ] = None,
    tables: Annotated[str, typer.Option(help="parquet or csv, for the tables of craters and rocks.")] = "parquet",
    workers: Workers = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Write a square of ground: GeoTIFF, picture, meshes (glTF, PLY), and a table of every crater and rock in it.

    The same command finishes an export that was interrupted. Examples:

        farside terrain export chang-e-4 --size-m 1000 --post-m 0.5 --out tianhe

        farside terrain export --lat -45.4 --lon 177.6 --size-m 20000 --post-m 10 --terrain dem.tif --out mine
    """
    from farside.errors import BadInput
    from farside.moon.export import Wanted, plot_at
    from farside.run import reporter
    from farside.run.terrain import export as write
    from farside.run.terrain import spot

    command = "farside terrain export"
    for option, value, known in (
        ("--mesh", mesh, ("glb", "ply", "both", "none")),
        ("--tables", tables, ("parquet", "csv")),
    ):
        if value not in known:
            raise BadInput(command, option, value, f"one of {', '.join(known)}")
    title, lat, lon, mission_seed = spot(site, lat, lon, command)
    meshes = {"both": ("glb", "ply"), "none": ()}.get(mesh, (mesh,))
    wanted = Wanted(albedo, meshes, mesh_post_m, tables, rocks, rocks_from_m)
    plot = plot_at(lat, lon, size_m, post_m, command)
    with reporter("json" if as_json else "quiet" if quiet else "rich") as progress:
        files = write(
            plot, out, title, wanted, mission_seed if seed is None else seed, terrain or [], workers, progress
        )
    if as_json:
        typer.echo(json.dumps({"event": "done", "files": {name: str(path) for name, path in files.items()}}))
    elif not quiet:
        for path in files.values():
            typer.echo(f"{_size(path):>9}  {path}")


@app.command()
def look(
    site: Where = None,
    size_m: Annotated[float, typer.Option("--size-m", help="Side of the square, m.")] = 10_000.0,
    out: Annotated[Path, typer.Option(help="The picture, a PNG.")] = Path("ground.png"),
    lat: Lat = None,
    lon: Lon = None,
    terrain: Terrain = None,
    seed: Seed = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Draw a square of ground, shaded by a low Sun: what an export would hold, in seconds.

    farside terrain look chang-e-4 --size-m 50000 --out around.png
    """
    from farside.errors import BadInput
    from farside.moon.export import plot_at
    from farside.run import reporter
    from farside.run.terrain import look as draw
    from farside.run.terrain import spot

    command = "farside terrain look"
    if out.suffix.lower() != ".png":
        raise BadInput(command, "--out", str(out), "a name that ends in .png")
    title, lat, lon, mission_seed = spot(site, lat, lon, command)
    plot = plot_at(lat, lon, size_m, max(size_m / 1024, 0.005), command)
    with reporter("json" if as_json else "quiet" if quiet else "rich") as progress:
        low, high = draw(plot, out, title, mission_seed if seed is None else seed, terrain or [], progress)
    if as_json:
        typer.echo(json.dumps({"event": "done", "file": str(out), "lowest_m": low, "highest_m": high}))
    elif not quiet:
        typer.echo(f"{out}: {title}, {low:.1f} to {high:.1f} m")


@app.command()
def fetch(
    product: Annotated[str, typer.Argument(help="A known product (see **farside terrain products**), or any URL.")],
    size_km: Annotated[float, typer.Option("--size-km", help="Side of the square to cut out, km.")] = ...,  # type: ignore[assignment]
    out: Annotated[Path, typer.Option(help="The GeoTIFF to write.")] = ...,  # type: ignore[assignment]
    site: Annotated[
        str | None, typer.Option(help="A mission or site (see **farside plan sites**), or the path of a file.")
    ] = None,
    lat: Lat = None,
    lon: Lon = None,
    whole: Annotated[
        bool | None,
        typer.Option(
            "--whole/--pieces",
            help="Fetch files whole, or only the piece where the server can. [default: pieces of files from 0.5 GB]",
        ),
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Folder that keeps what was fetched. [default: the user's]")
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Fetch a published elevation model, cut to a site: a GeoTIFF for --terrain.

    A download that broke off goes on where it was. What a file held is noted, and a file that has changed is refused.

    Examples:
        farside terrain fetch ldem-64 --site chang-e-4 --size-km 300 --out around.tif

        farside terrain fetch https://example.org/dem.tif --lat -45.4 --lon 177.6 --size-km 20 --out mine.tif
    """
    from farside.errors import BadInput
    from farside.moon.export import plot_at
    from farside.moon.fetch import Cache, Fetching
    from farside.moon.fetch import fetch as get
    from farside.run import reporter
    from farside.run.terrain import spot

    command = "farside terrain fetch"
    if out.suffix.lower() not in (".tif", ".tiff"):
        raise BadInput(command, "--out", str(out), "a name that ends in .tif")
    if not 0 < size_km <= 2000:
        raise BadInput(command, "--size-km", size_km, "a side above 0 and up to 2000 km")
    _, lat, lon, _ = spot(site, lat, lon, command)
    plot_at(lat, lon, 1.0, 0.5, command)  # says what is wrong with a latitude or longitude
    with reporter("json" if as_json else "quiet" if quiet else "rich") as progress:
        how = Fetching(Cache(cache), whole, progress.say, lambda what, k, n: progress.count(what, k, n, ""))
        tags = get(product, lat, lon, size_km * 1000, out, how)
    if as_json:
        typer.echo(json.dumps({"event": "done", "file": str(out), **tags}))
    elif not quiet:
        typer.echo(f"{_size(out):>9}  {out}")
        if "CREDIT" in tags:
            typer.echo(f"           credit: {tags['CREDIT']}")


@app.command()
def products(as_json: Json = False) -> None:
    """List the elevation models that fetch knows by name."""
    from dataclasses import asdict

    from farside.moon.fetch import products as known

    for product in known().values():
        if as_json:
            typer.echo(json.dumps(asdict(product), ensure_ascii=False))
            continue
        doubt = "" if product.checked or product.by_hand else "  (address not confirmed)"
        typer.echo(f"{product.key:<16}{product.post_m:>7g} m  {product.title}{doubt}")
        if product.by_hand:
            typer.echo(f"{'':<27}{product.by_hand}")


def _size(path: Path) -> str:
    size = float(path.stat().st_size)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
