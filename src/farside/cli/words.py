"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
