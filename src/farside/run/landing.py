"""footage: frames of a landing camera to films, the way down and maps, one set for each film.

landing.mp4, landing-steady.mp4   the films, and tables beside them (see ``products.footage``)
NAME/                             the same for each film where there are several
footage.json                      what was found, with its errors; marks a folder as ours
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farside.archive import read_telemetry
from farside.errors import BadInput
from farside.geometry import Site
from farside.products import Report, Wishes, films_in, footage
from farside.run.progress import Progress, Silence
from farside.work import atomic_write, claim_folder

RECORD = "footage.json"
COMMAND = "farside footage"


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

    telemetry: folder of the lander's telemetry; site: where the lander stands, or is thought to. Raises BadInput before
    any work starts: no such path, no frames of a landing camera, a map without a site, or an ``out`` that holds other
    things.
    """
    progress, wishes, folder = progress or Silence(), wishes or Wishes(), Path(out)
    if wishes.map_file is not None and site is None:
        raise BadInput(COMMAND, "--map", str(wishes.map_file), "--lat and --lon beside it: about where to look")
    if wishes.map_file is not None and not wishes.map_file.is_file():
        raise BadInput(COMMAND, "--map", str(wishes.map_file), "a GeoTIFF file")
    films = films_in(paths)
    gnc = None if telemetry is None else read_telemetry(Path(telemetry), "gnc")
    claim_folder(folder, (RECORD,), COMMAND, "footage")
    made: list[Landing] = []
    for name, frames in films.items():
        place = folder if len(films) == 1 else folder / name
        made.append(Landing(name, place, footage(frames, place, gnc, site, wishes, progress.say)))
        with atomic_write(folder / RECORD) as part:
            said = {one.name: _said(one, folder) for one in made}
            part.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return made


def _said(landing: Landing, folder: Path) -> dict[str, Any]:
    return {
        "files": {what: str(path.relative_to(folder)) for what, path in landing.report.products.items()},
        "findings": [vars(finding) for finding in landing.report.findings],
    }
