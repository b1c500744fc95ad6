"""The shell's front door: thin commands over the house, one file for each group of them."""

from __future__ import annotations

import errno
import signal
import sys
from typing import Annotated

import typer

from farside.cli import catalog, flight, footage, link, node, panorama, plan, relay, terrain
from farside.errors import FarsideError

plan.app.command()(link.link)
plan.app.command()(relay.relay)
app = typer.Typer(
    name="farside",
    help="Fly a mission to the far side of the Moon and look at what it sends home.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.add_typer(flight.app)
app.add_typer(catalog.app)
app.add_typer(footage.app)
app.add_typer(panorama.app)
app.add_typer(plan.app, name="plan")
app.add_typer(terrain.app, name="terrain")
app.add_typer(node.app, name="node")


INTERRUPTED = 128 + signal.SIGINT
"""Exit code of a command that was stopped by Ctrl-C, as shells have it."""


@app.callback()
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if version:
        from farside import __version__

        typer.echo(f"farside {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; every error a user can cause becomes one line and a non-zero exit."""
    try:
        app(standalone_mode=True)
    except FarsideError as error:
        sys.exit(_complain(str(error)))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            sys.exit(
                _complain(
                    f"{error.filename or 'disk'}: the disk is full; free some space and run the same command again"
                )
            )
        sys.exit(_complain(f"{error.filename or 'file'}: {error.strerror or error}"))
    except SystemExit as stop:
        if stop.code == INTERRUPTED:  # typer makes this of Ctrl-C, without a word
            _complain("interrupted; the same command, given again, finishes it")
        raise


def _complain(line: str) -> int:
    sys.stderr.write(f"farside: {' '.join(line.split())}\n")
    return 2
