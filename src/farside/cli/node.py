"""Node: lander, relay, station or centre as a process of its own, over real sockets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from farside.cli.words import Quiet

app = typer.Typer(help="Carry bundles between machines: a node of the space link as a process.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(metavar="CONFIG", help="The node's file.")]


@app.command()
def run(
    config: File,
    listen: Annotated[
        list[str] | None,
        typer.Option(help="Where to listen, in place of the file's: tcpcl://, stcp://, ltp:// or udp://host:port."),
    ] = None,
    plan: Annotated[Path | None, typer.Option(help="Contact plan (ION or HDTN form), in place of the file's.")] = None,
    store: Annotated[Path | None, typer.Option(help="Folder of the store, in place of the file's.")] = None,
    metrics: Annotated[str | None, typer.Option(help="host:port for Prometheus, in place of the file's.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Log nothing; metrics tell how it is.")] = False,
) -> None:
    """Run a node until Ctrl-C or SIGTERM. What it has acknowledged it keeps, even if the plug is pulled.

    farside node run lander.yaml

    CONFIG is YAML; its paths count from its own folder. **farside node example** writes four that work.

    Needed: **node** (its number), **store**, **inbox**, **outbox** (folders), **plan** (a file).

    Links: **listen** (list of URLs), **neighbours** (node: URL, those it dials), **tls** (certificate, key,
    authorities: PEM files). URLs: tcpcl://host:port, ltp://, stcp://, udp://; for each ltp or udp neighbour an own
    address in listen, in the same order.

    Security: **keys** (a file of mode 600), **rules** (list of source, destination, sign, encrypt, require).

    Others: **name**, **epoch** (UTC that +0 in the plan means), **metrics** (host:port), **capacity_mb** (1000),
    **evict** (false), **copies** (1 or 2), **acknowledge_every_s** (10), **resend_after_s** (60).
    """
    import asyncio
    import time

    from farside.link.live import read_config, serve

    changes: dict[str, object] = {name: str(value) for name, value in (("metrics", metrics),) if value is not None}
    changes |= {name: value.absolute() for name, value in (("plan", plan), ("store", store)) if value is not None}
    if listen:
        changes["listen"] = tuple(listen)

    def say(line: str) -> None:
        if not quiet:
            # gmtime() alone reads a coarse clock: for some milliseconds of each second it shows the one before
            typer.echo(f"{time.strftime('%H:%M:%S', time.gmtime(time.time()))} {line}", err=True)

    asyncio.run(serve(read_config(config, **changes), say))


@app.command()
def send(
    config: File,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to send.")],
    to: Annotated[str, typer.Option(help="Endpoint that it is for, such as ipn:40.1.")] = ...,  # type: ignore[assignment]
    priority: Annotated[int, typer.Option(min=0, max=2, help="0 bulk, 1 standard, 2 expedited.")] = 1,
    quiet: Quiet = False,
) -> None:
    """Give a node a file to send; it is copied into its outbox, whether the node runs or not.

    farside node send lander.yaml picture.jpg --to ipn:40.1
    """
    from farside.link import Priority
    from farside.link.live import put_in_outbox, read_config

    path = put_in_outbox(read_config(config), file, to, Priority(priority))
    if not quiet:
        typer.echo(f"waiting in {path}")


@app.command()
def example(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")], quiet: Quiet = False
) -> None:
    """Write lander, relay, station and centre with a contact plan and a fresh key, to run in four terminals.

    farside node example four
    """
    from farside.link.live import write_example

    for path in write_example(folder):
        if not quiet:
            typer.echo(str(path))
    if not quiet:
        typer.echo(
            f"in four terminals:  farside node run {folder}/NAME.yaml  (lander, relay, station, centre)\n"
            f"in a fifth one:     farside node send {folder}/lander.yaml FILE --to ipn:40.1"
        )


@app.command()
def key(path: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")]) -> None:
    """Write a key file with one fresh key, for the lander and the centre; edit who may use it and until when."""
    from farside.link.live import write_key

    typer.echo(str(write_key(path)))
