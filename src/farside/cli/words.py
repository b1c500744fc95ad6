"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from farside.geometry import Site

SiteName = Annotated[
    str | None,
    typer.Argument(help="A mission or site by name (see **farside plan sites**), or the path of a file."),
]
From = Annotated[str, typer.Option("--from", help="UTC, such as 2019-01-03 or 2019-01-03T02:26Z.")]
Latitude = Annotated[float | None, typer.Option(help="Latitude, degrees; instead of a site, or of the site's own.")]
Longitude = Annotated[float | None, typer.Option(help="East longitude, degrees.")]
Seed = Annotated[int | None, typer.Option(help="Seed of the built-in ground where there is no DEM.")]
Terrain = Annotated[
    list[Path] | None,
    typer.Option(
        help="An elevation file (GeoTIFF, PDS3, PDS4) in place of the built-in ground, or a crater catalogue (CSV, "
        "NPZ, Parquet) that sharpens it; several may be given, the finest has its say."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing unless something is wrong.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON lines instead of text, for other programs.")]
Workers = Annotated[int | None, typer.Option(min=1, max=1024, help="Threads to work with. [default: all cores]")]


def site_of(lat: float | None, lon: float | None, command: str) -> Site | None:
    """The lander's place, where it is told. Raises BadInput for half of it, or one that is not on the Moon."""
    from farside.errors import BadInput
    from farside.geometry import site_at

    if (lat is None) != (lon is None):
        raise BadInput(command, "--lat, --lon", lat if lon is None else lon, "both or none of them")
    return None if lat is None or lon is None else site_at(lat, lon, command)
