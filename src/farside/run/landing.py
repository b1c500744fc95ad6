"""footage: frames of a landing camera to films, the way down and maps, one set for each film.

landing.mp4, landing-steady.mp4   the films, and tables beside them (see ``products.footage``)
NAME/                             the same for each film where there are several
footage.json                      what was found, with its errors; marks a folder as ours
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from farside.archive import read_telemetry
from farside.errors import BadInput
from farside.geometry import Site
from farside.products import Report, Wishes, check_map, films_in, footage
from farside.run.progress import Progress, Silence
from farside.work import atomic_write, claim_folder, read_record

RECORD = "footage.json"
COMMAND = "farside footage"
TABLE = "gnc"


@dataclass(frozen=True)
class Landing:
    """What came of one film: its name, the folder it lies in, and the report on it."""

    name: str
    folder: Path
    report: Report


def landings(
    paths: Sequence[str | Path],
    out: str | Path,
    telemetry: str | Path | None = None,
    site: Site | None = None,
    wishes: Wishes | None = None,
    progress: Progress | None = None,
) -> list[Landing]:
    """Make everything of each landing film in these files and folders that can be made of it.

    telemetry: folder of the lander's telemetry; site: where the lander stands, or is thought to. Of what an earlier run
    made in ``out`` nothing is left that this one does not make. Raises BadInput before any work starts: no such path,
    no frames of a landing camera, no telemetry in its folder, a map without a site or of another place, or an ``out``
    that holds other things.
    """
    progress, wishes, folder = progress or Silence(), wishes or Wishes(), Path(out)
    if wishes.map_file is not None and site is None:
        raise BadInput(COMMAND, "--map", str(wishes.map_file), "--lat and --lon beside it: about where to look")
    if wishes.map_file is not None and not wishes.map_file.is_file():
        raise BadInput(COMMAND, "--map", str(wishes.map_file), "a GeoTIFF file")
    if wishes.map_file is not None and site is not None:
        check_map(wishes.map_file, site)
    films = films_in(paths)
    gnc = None if telemetry is None else _telemetry(Path(telemetry))
    claim_folder(folder, (RECORD,), COMMAND, "footage")
    earlier = read_record(folder / RECORD)
    said: dict[str, Any] = {}
    made: list[Landing] = []
    for name, frames in films.items():
        place = folder if len(films) == 1 else folder / name
        before = _stamps(place)
        made.append(Landing(name, place, footage(frames, place, gnc, site, wishes, progress.say)))
        written = [path for path, stamp in _stamps(place).items() if before.get(path) != stamp]
        said[name] = _said(made[-1].report, written, folder)
        _record(folder, {**earlier, **said})
    for stale in _written(earlier) - _written(said):
        (folder / stale).unlink(missing_ok=True)
    _record(folder, said)
    return made


def _telemetry(folder: Path) -> Mapping[str, NDArray[Any]]:
    if not (folder / f"{TABLE}.parquet").is_file():
        expected = f"a folder with {TABLE}.parquet in it, such as a flight's telemetry"
        raise BadInput(COMMAND, "--telemetry", str(folder), expected)
    return read_telemetry(folder, TABLE)


def _stamps(folder: Path) -> dict[Path, tuple[int, int]]:
    """When each file in a folder was written."""
    files = [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    return {path: ((stat := path.stat()).st_mtime_ns, stat.st_ino) for path in files}


def _written(said: Mapping[str, Any]) -> set[str]:
    return {path for one in said.values() for path in one.get("written", ())}


def _record(folder: Path, said: Mapping[str, Any]) -> None:
    with atomic_write(folder / RECORD) as part:
        part.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _said(report: Report, written: Iterable[Path], folder: Path) -> dict[str, Any]:
    return {
        "files": {what: str(path.relative_to(folder)) for what, path in report.products.items()},
        "findings": [vars(finding) for finding in report.findings],
        "skipped": list(report.skipped),
        "written": sorted(str(path.relative_to(folder)) for path in written),
    }
