"""fly: the whole river once, from a mission file to an open gallery."""

from __future__ import annotations

import fcntl
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from farside import __version__
from farside.control import Check, Table, write_orbit_page
from farside.errors import BadInput, OutOfSpace
from farside.geometry import t_to_utc
from farside.payload import device
from farside.run.ground import Ground
from farside.run.progress import Progress, Silence
from farside.run.relay_page import mission_scene
from farside.score import Row, score_flight
from farside.score import Table as ScoreTable
from farside.twin import (
    RECORDS,
    TELEMETRY,
    Clock,
    Mission,
    Quality,
    World,
    balance_row,
    load_mission,
    qualities,
)
from farside.work import Pool, Stages, Workers, atomic_write, claim_folder, hire, key_of

RECORD = "record.json"
SAME_FLIGHT = ("mission_sha256", "seed", "quality", "terrain")
"""What makes two flights the same one; a folder holds one flight."""


@dataclass(frozen=True)
class Flight:
    """A flight that is over: its folder, and the ways into it."""

    folder: Path

    @property
    def gallery(self) -> Path:
        """The page to open."""
        return self.folder / "release" / "index.html"

    @property
    def record(self) -> dict[str, Any]:
        """Provenance, timings and byte ledger."""
        return json.loads((self.folder / RECORD).read_text())

    @property
    def products(self) -> dict[str, Path]:
        """Finished products by name."""
        return {name: self.folder / path for name, path in self.record["products"].items()}

    def score(self) -> ScoreTable:
        """Twin against the mission as flown, products against truth."""
        return score_flight(self.folder)


def fly(
    mission: str | Path,
    quality: str = "standard",
    out: str | Path | None = None,
    terrain: str | Path | Sequence[str | Path] | None = None,
    seed: int | None = None,
    workers: int | None = None,
    processes: bool = False,
    cluster: str | None = None,
    progress: Progress | None = None,
) -> Flight:
    """Fly a mission, by name or file, into the folder ``out`` (default: the mission's name).

    terrain: elevation files, the finest has its say; None: the built-in ground. workers: how many threads share the
    work. processes, cluster: frames, soundings and spectra of the radio are made by as many processes, or by the
    workers of the Dask scheduler at an address such as "tcp://10.0.0.5:8786", which have to see ``out`` under the same
    path. The result is a function of mission, quality, terrain and seed alone; an interrupted flight is finished by the
    same call. Raises BadInput before any work starts, OutOfSpace when the disk is too small.
    """
    progress = progress or Silence()
    spec, level = _checked(load_mission(mission), quality, seed)
    folder = Path(out) if out is not None else Path(spec.mission)
    with Pool(workers) as pool, _away(workers, processes, cluster) as away:
        stages = Stages(folder / "stages")
        files = [terrain] if isinstance(terrain, str | Path) else terrain or []
        world = World(spec, level, stages, pool, [Path(file) for file in files], progress.say, away)
        _ = world.moon  # a terrain file that cannot be used is refused before anything is touched
        provenance = _provenance(spec, quality, world)
        _claim(folder, level, provenance)
        with _alone(folder):
            _record(folder, {"status": "in progress", **provenance})
            _Flying(world, folder, progress).run(provenance)
            stages.prune()
    return Flight(folder)


def _away(workers: int | None, processes: bool, cluster: str | None) -> AbstractContextManager[Workers | None]:
    return hire(workers, processes, cluster) if processes or cluster is not None else nullcontext()


class _Flying:
    """One flight under way."""

    def __init__(self, world: World, folder: Path, progress: Progress) -> None:
        self.world, self.folder, self.progress = world, folder, progress
        self.timings: dict[str, float] = {}
        self._start = time.monotonic()
        mission = world.mission
        self.clock: Clock = self._timed("world", lambda: Clock(world))
        # only now is anything of an earlier flight replaced: whatever can be refused has been
        for stale in ("truth", "score.json"):
            _remove(folder / stale)
        self.ground = Ground(folder, mission.place(), mission.title, mission.summary, world.pool)

    def run(self, provenance: dict[str, Any]) -> None:
        """Let time run; then close the books."""
        self._timed("flight", self._receive)
        self._timed("products", lambda: self.ground.finish(self.progress.say))
        self.clock.truth.write(self.folder / "truth")
        for line in [*self.ground.damaged, *(f"refused: {line}" for line in self.clock.refused)]:
            self.progress.say(line)
        predicted = self.clock.predicted()
        ledger = [{**row, "predicted_s": predicted.get(row["id"])} for row in self.clock.ledger.table()]
        _record(
            self.folder,
            {
                "status": "complete",
                **provenance,
                "products": {name: str(path.relative_to(self.folder)) for name, path in self.ground.products.items()},
                "damaged": self.ground.damaged,
                "refused": self.clock.refused,
                "balance": balance_row(self.clock.balance()),
                "ledger": ledger,
                "timings_s": self.timings,
            },
        )
        self.progress.say("scoring the flight")
        table = self._timed("score", lambda: score_flight(self.folder))
        with atomic_write(self.folder / "score.json") as part:
            part.write_text(table.to_json())
        self._timed("relay page", lambda: write_orbit_page(self.folder / "release", mission_scene(self.world)))
        facts = [(name, str(value)) for name, value in provenance.items()]
        self.ground.publish(
            _by_group(table),
            ledger=ledger_table(ledger, self.clock),
            checks=[_check(row) for row in table.rows],
            provenance=facts,
        )
        # timings of the last steps too
        _record(self.folder, {**json.loads((self.folder / RECORD).read_text()), "timings_s": self.timings})

    def _receive(self) -> None:
        expected = self.world.expected_records()
        done = 0
        for arrival in self.clock.arrivals():
            if arrival.service == TELEMETRY:
                self.ground.telemetry_arrived(arrival.payload)
            elif arrival.service == RECORDS:
                self.ground.record_arrived(arrival.payload, arrival.t)
                done += 1
                self.progress.count("records on Earth", done, expected, t_to_utc(arrival.t, 0))
                if self.ground.publish_sometimes(f"receiving: {done} of {expected} records", done / expected):
                    self._first_picture()

    def _first_picture(self) -> None:
        if "first picture" not in self.timings:
            self.timings["first picture"] = round(time.monotonic() - self._start, 3)
            self.progress.say(f"the gallery opens and grows: {self.folder / 'release' / 'index.html'}")

    def _timed(self, what: str, do: Callable[[], Any]) -> Any:
        start = time.monotonic()
        try:
            return do()
        finally:
            self.timings[what] = round(time.monotonic() - start, 3)


def _checked(spec: Mission, quality: str, seed: int | None) -> tuple[Mission, Quality]:
    if quality not in qualities():
        raise BadInput("farside fly", "--quality", quality, f"one of {', '.join(qualities())}")
    if seed is not None:
        if not 0 <= seed < 2**63:
            raise BadInput("farside fly", "--seed", seed, "a whole number from 0 to 9223372036854775807")
        spec = spec.model_copy(update={"seed": seed})
    return spec, qualities()[quality]


def _claim(folder: Path, quality: Quality, provenance: dict[str, Any]) -> None:
    """Make the flight's folder; refuse one that holds anything else, or a disk that is too small."""
    claim_folder(folder, (RECORD,), "farside fly", "flight")
    if (folder / RECORD).exists():
        earlier = json.loads((folder / RECORD).read_text())
        other = [name for name in SAME_FLIGHT if earlier.get(name) != provenance[name]]
        if other:
            raise BadInput(
                "farside fly",
                "--out",
                str(folder),
                f"another folder: this one holds a flight with another {' and '.join(other)}",
            )
    held = sum(p.stat().st_size for p in (folder / "stages").rglob("*") if p.is_file())
    free = shutil.disk_usage(folder).free + held
    if free < quality.disk_gb * 1e9:
        raise OutOfSpace(
            f"{folder}: {free / 1e9:.1f} GB free; this quality needs {quality.disk_gb:.1f} GB: "
            "free some space, choose another --out, or a lower --quality"
        )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder for this flight alone. Raises BadInput where another one is under way in it."""
    with (folder / "stages.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput("farside fly", "--out", str(folder), "a folder in which no flight is under way") from None
        yield


def _provenance(spec: Mission, quality: str, world: World) -> dict[str, Any]:
    return {
        "farside": __version__,
        "mission": spec.mission,
        "mission_sha256": key_of(spec, *spec.relay.orbit.inputs),
        "seed": spec.seed,
        "quality": quality,
        "terrain": " ".join([*sorted(file.name for file in world.terrain), world.terrain_sha256]).strip() or "built-in",
        "device": device(),
    }


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _record(folder: Path, record: dict[str, Any]) -> None:
    with atomic_write(folder / RECORD) as part:
        part.write_text(json.dumps(record, indent=1) + "\n")


def ledger_table(ledger: list[dict[str, Any]], clock: Clock) -> Table:
    """The byte ledger as the public sees it: one row for each kind of data."""
    balance = clock.balance()
    kinds: dict[str, list[dict[str, Any]]] = {}
    for row in ledger:
        kinds.setdefault(row["name"].split("-")[0] or "commands", []).append(row)
    rows = [
        (
            kind,
            len(group),
            sum(row["octets"] for row in group),
            sum(row["octets"] for row in group if row["delivered_s"] is not None),
            "yes" if all(row["intact"] for row in group if row["delivered_s"] is not None) else "no",
            _lateness(group),
        )
        for kind, group in sorted(kinds.items())
    ]
    ends = {name: n for name, n in balance_row(balance).items() if name not in ("generated", "held", "closes")}
    text = f"Generated {balance.generated:,} bytes = in stores {balance.held:,}" + "".join(
        f" + {name} {octets:,}" for name, octets in ends.items() if octets or name == "delivered"
    )
    text += "."
    heads = ("data", "units", "bytes generated", "bytes delivered", "intact (SHA-256)", "later than planned, s")
    return Table(heads, rows, text)


def _lateness(group: list[dict[str, Any]]) -> str:
    """By how much a kind of data came later than the contact plan promised: median and most, seconds."""
    late = [
        row["delivered_s"] - row["predicted_s"]
        for row in group
        if row["delivered_s"] is not None and row["predicted_s"] is not None
    ]
    return f"{np.median(late):.1f} (at most {max(late):.1f})".replace("-0.0", "0.0") if late else ""


def _by_group(table: ScoreTable) -> dict[str, list[Check]]:
    groups: dict[str, list[Check]] = {}
    for row in table.rows:
        groups.setdefault(row.group, []).append(_check(row))
    return groups


def _check(row: Row) -> Check:
    return Check(row.name, row.shown, row.expected, row.tolerance, row.verdict, row.source)
