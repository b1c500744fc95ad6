"""Plan link: the radio of a site, its budgets, rates and contacts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from farside.cli.words import From, Json, Latitude, Longitude, Quiet, SiteName

COMMAND = "farside plan link"


def link(
    site: SiteName = None,
    *,
    start: From,
    stop: Annotated[str, typer.Option("--to", help="UTC.")],
    out: Annotated[
        Path,
        typer.Option(help="Folder for budget.txt, report.json, contacts.ion and .json, margins.png and .svg."),
    ],
    lat: Latitude = None,
    lon: Longitude = None,
    height_m: Annotated[
        float | None, typer.Option("--height-m", help="Height over the 1737.4 km sphere. [default: 0]")
    ] = None,
    relay: Annotated[
        str | None,
        typer.Option(
            help="As for **farside plan relay**: halo:z=15000, elfo, a file. [default: the mission's, or a halo orbit "
            "of Queqiao's kind]"
        ),
    ] = None,
    radio: Annotated[
        Path | None,
        typer.Option(
            help="YAML with what differs from Chang'e 4's radio: antennas, powers, rates, margins. [default: the "
            "mission's own]"
        ),
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Radio of a site: link budgets of all hops, margins over time, the rates that hold, and the contact plan.

    Examples:
        farside plan link chang-e-4 --from 2019-01-03 --to 2019-02-03 --out link

        farside plan link --lat -75 --lon 132 --from 2027-03-01 --to 2027-04-01 --radio mine.yaml --out link
    """
    from farside.cli.plan import place_given
    from farside.run import check_link_folder, link_plan, reporter

    check_link_folder(out)
    place = place_given(COMMAND, site, lat, lon, height_m)
    with reporter("json" if as_json else "quiet" if quiet else "rich") as progress:
        plan = link_plan(place, start, stop, relay=relay, radio=radio, progress=progress)
        progress.say("writing")
        written = [str(path) for path in plan.save(out)]
    if as_json:
        typer.echo(json.dumps({"event": "done", "files": written, "link": plan.to_dict()}))
    elif not quiet:
        typer.echo(plan.to_text(), nl=False)
        for name in written:
            typer.echo(f"written: {name}")
