"""Landing films in folders: which frames belong together."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from farside import archive
from farside.errors import BadInput


def films_in(paths: Iterable[str | Path]) -> dict[str, archive.Frames]:
    """Frames of the landing camera in these folders, or of these files, by observing sequence; of two levels the later.

    Files that are damaged are among them: whoever reads them is told. Raises BadInput where there are none.
    """
    wanted = [Path(path) for path in paths]
    films: dict[str, archive.Frames] = {}
    for sequence in archive.catalog(wanted).sequences:  # by level, too: the later one comes last
        key = sequence.key
        labels = [files[0].label for files in sequence.takes if files[0].light == "scene"]
        if key.instrument.lower() == "lcam" and labels:
            films[f"{key.mission}-{key.instrument}-{key.mode}-{key.sequence_id}".upper()] = archive.Frames(labels)
    if not films:
        raise BadInput(
            " ".join(map(str, wanted)), "frames", "none", "frames of a landing camera, such as LCAM NAME.2AL"
        )
    return films
