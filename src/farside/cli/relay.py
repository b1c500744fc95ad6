"""Plan relay: relays compared for a site."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from farside.cli.words import From, Json, Quiet, Seed, SiteName, Terrain

COMMAND = "farside plan relay"
TRIALS = 20


def relay(
    name: SiteName = None,
    *,
    start: From,
    stop: Annotated[str, typer.Option("--to", help="UTC; at least a revolution later.")],
    site: Annotated[
        tuple[float, float] | None,
        typer.Option(metavar="LAT LON", help="Latitude and east longitude, degrees; instead of a name."),
    ] = None,
    compare: Annotated[
        str,
        typer.Option(
            help="Relays, with commas between: halo, nrho, elfo, ..., numbers changed (halo:z=15000:phase=0.5), an OEM "
            "or SPK file; those joined by + serve together."
        ),
    ] = "halo",
    region: Annotated[
        str,
        typer.Option(
            help="For the map: far-side, south-pole, north-pole, moon, ..., a box S,N,W,E, or the corners of a polygon "
            "'LAT,LON LAT,LON LAT,LON ...'."
        ),
    ] = "far-side",
    cell: Annotated[float, typer.Option(help="Cells of the map, degrees.")] = 2.0,
    mask: Annotated[
        float | None, typer.Option(help="Least elevation of the relay, degrees. [default: the site's, or 5]")
    ] = None,
    terrain: Terrain = None,
    seed: Seed = None,
    stationkeeping: Annotated[
        bool, typer.Option("--stationkeeping", help="Fly stationkeeping 20 times along each halo orbit: its cost.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the report, the orbits (OEM, SPK), a page of them in 3-D, and the charts."),
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Relays for a site, side by side: availability, gaps, distances, light times, eclipses, and a map of coverage.

    Examples:
        farside plan relay --site -75 132.4 --compare halo,nrho,elfo --from 2027-01-01 --to 2027-07-01 --out relays

        farside plan relay chang-e-4 --compare halo,halo:z=30000 --from 2019-01-03 --to 2020-01-03

        farside plan relay --site -89.5 0 --compare elfo,elfo+elfo:anomaly=180 --from 2027-01-01 --to 2027-03-01
    """
    from farside.cli.plan import place_given
    from farside.errors import BadInput
    from farside.run import check_comparison_folder, reporter
    from farside.run import relay as compare_relays

    if out is not None:
        check_comparison_folder(out)
    if name is None and site is None:
        raise BadInput(COMMAND, "SITE", None, "a mission or site (see farside plan sites), or --site LAT LON")
    if name is not None and site is not None:
        raise BadInput(
            COMMAND, "--site", f"{site[0]:g} {site[1]:g}", f"no --site beside the name {name}: one or the other"
        )
    lat, lon = site or (None, None)
    place = place_given(COMMAND, name, lat, lon, None)
    relays = [words.strip() for words in compare.split(",")]
    with reporter("json" if as_json else "quiet" if quiet else "rich") as progress:
        compared = compare_relays(
            place, start, stop, compare=relays, region_of=region, cell_deg=cell, mask_deg=mask, terrain=terrain,
            seed=seed, keeping_trials=TRIALS if stationkeeping else 0, progress=progress,
        )  # fmt: skip
        written = [str(path) for path in compared.save(out, progress.say)] if out else []
    if as_json:
        typer.echo(json.dumps({"event": "done", "files": written, "relays": compared.to_dict()}))
    elif not quiet:
        typer.echo(compared.to_text(), nl=False)
        if out:
            typer.echo(f"written: {len(written)} files in {out}")
