"""Catalog: what lies in a folder of downloads, before anything is made of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from farside.cli.words import Json

if TYPE_CHECKING:
    from farside.archive import ObservingSequence

app = typer.Typer()

SHOWN = 10
"""Lines that text spends on what is wrong with one sequence; JSON has all."""


@app.command()
def catalog(
    paths: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Folders of products, or product files.")],
    as_json: Json = False,
) -> None:
    """List the products in folders by observing sequence: how many frames, from when to when, what is missing.

    Knows the level-2 files of Chang'e 3 to 6 and Tianwen 1, and farside's own of levels 1 and 2. Reads labels only, so
    thousands of files take seconds. Damaged files (a label without data, data without a label, cut short, no label at
    all) are named with the reason; the rest is listed. Numbers missing between the first and the last frame, and frames
    that are there twice, are told by their index. With **--json** one line is one sequence, with all
    its files. Examples:

        farside catalog downloads

        farside catalog downloads/TCAM downloads/PCAM --json > catalog.jsonl
    """
    from farside.archive import catalog as find
    from farside.errors import BadInput

    found = find(paths)
    if not found.sequences and not found.strays:
        raise BadInput("farside catalog", "DIR", " ".join(map(str, paths)), "products of the archive, such as NAME.2BL")
    if as_json:
        for sequence in found.sequences:
            typer.echo(json.dumps(_record(sequence)))
        for stray in found.strays:
            typer.echo(json.dumps({"event": "damaged", "file": stray.path, "why": stray.why}))
        return
    rows = [_row(sequence) for sequence in found.sequences]
    widths = [max(len(row[k]) for row in [HEAD, *rows]) for k in range(len(HEAD))]
    typer.echo(_line(HEAD, widths))
    for row, sequence in zip(rows, found.sequences, strict=True):
        typer.echo(_line(row, widths))
        for line in _remarks(sequence):
            typer.echo(f"    {line}")
    for stray in found.strays:
        typer.echo(f"in no sequence: {stray}")
    files = len(found.strays) + sum(len(sequence.frames) for sequence in found.sequences)
    counts = (f"{n} {what}{'' if n == 1 else 's'}" for n, what in ((len(rows), "sequence"), (files, "file")))
    typer.echo(f"{', '.join(counts)}, {found.damaged or 'none'} damaged")


HEAD = ("mission", "instrument", "sequence", "level", "frames", "first UTC", "last UTC", "size", "damaged")
RIGHT = ("frames", "size", "damaged")


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    placed = zip(HEAD, cells, widths, strict=True)
    return "  ".join(cell.rjust(w) if name in RIGHT else cell.ljust(w) for name, cell, w in placed).rstrip()


def _row(sequence: ObservingSequence) -> tuple[str, ...]:
    key, frames = sequence.key, sequence.frames
    first, last = (frame.start_utc[:19] or "-" for frame in (frames[0], frames[-1]))
    return (
        key.mission, f"{key.instrument}-{key.mode}", key.sequence_id, key.level, str(len(sequence.takes)), first, last,
        _size(sequence.octets), str(len(sequence.damaged) or "-"),
    )  # fmt: skip


def _remarks(sequence: ObservingSequence) -> list[str]:
    """One line for each thing that is wrong, or missing."""
    gaps = [f"{a}" if a == b else f"{a} to {b}" for a, b in sequence.gaps]
    lines = [f"missing: {', '.join(gaps[:SHOWN])}{_more(gaps)}"] if gaps else []
    twice = [f"{files[0].name.index} ({len(files)} files)" for files in sequence.duplicates]
    lines += [f"there more than once: {', '.join(twice[:SHOWN])}{_more(twice)}"] if twice else []
    damaged = [f"damaged: {frame.label}: {frame.damage}" for frame in sequence.damaged]
    return lines + damaged[:SHOWN] + ([f"damaged:{_more(damaged)}"] if len(damaged) > SHOWN else [])


def _more(things: list[str]) -> str:
    return f" and {len(things) - SHOWN} more (--json names all)" if len(things) > SHOWN else ""


def _record(sequence: ObservingSequence) -> dict[str, Any]:
    frames = sequence.frames
    return {
        "event": "sequence",
        **sequence.key._asdict(),
        "frames": len(sequence.takes),
        "first_utc": frames[0].start_utc,
        "last_utc": frames[-1].start_utc,
        "bytes": sequence.octets,
        "missing": [list(gap) for gap in sequence.gaps],
        "duplicates": [[str(frame.label) for frame in files] for files in sequence.duplicates],
        "damaged": [{"file": str(frame.label), "why": frame.damage} for frame in sequence.damaged],
        "readable": [str(frame.label) for frame in sequence.readable],
    }


def _size(octets: float) -> str:
    for unit in ("B", "kB", "MB"):
        if octets < 1000:
            return f"{octets:.3g} {unit}"
        octets /= 1000
    return f"{octets:.2f} GB"
