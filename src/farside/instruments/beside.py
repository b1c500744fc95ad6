"""What the labels of a folder leave open, from a file beside them: ``farside.yaml``.

No label of the archive says how many bits of a sample are used, nor which colours its filters pass. Of Chang'e 4 both
are known; whoever knows them of another mission's camera writes them down, once for a folder of its files:

    PCAML: {bits: 10, bayer: GRBG}

The camera is named as in the files' names; bayer is "" where all samples see the same.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from farside.errors import BadInput

FILE = "farside.yaml"
_BITS, _BAYER = "bits", "bayer"
_EXPECTED = {_BITS: "a whole number from 1 to 16", _BAYER: "RGGB, GRBG, GBRG, BGGR or nothing"}


def said_beside(path: Path, camera: str) -> dict[str, Any]:
    """Attributes that the file beside ``path`` gives of a camera; none where there is no such file. Raises BadInput."""
    try:
        text = path.with_name(FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(path.with_name(FILE), "", str(error), "a text file") from error
    return _parsed(path.with_name(FILE), text).get(camera.lower(), {})


@lru_cache(maxsize=16)
def _parsed(path: Path, text: str) -> dict[str, dict[str, Any]]:
    try:
        said = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise BadInput(path, "", str(error).splitlines()[0], "YAML, such as PCAML: {bits: 10, bayer: GRBG}") from error
    if not isinstance(said, dict):
        raise BadInput(path, "", said, "a camera's name, and what is known of its samples")
    for camera, fields in said.items():
        if not isinstance(fields, dict):
            raise BadInput(path, str(camera), fields, "bits, bayer or both")
        for field, value in fields.items():
            if field not in _EXPECTED:
                raise BadInput(path, f"{camera}.{field}", value, "bits or bayer")
            if not _holds(field, value):
                raise BadInput(path, f"{camera}.{field}", value, _EXPECTED[field])
    return {str(camera).lower(): fields for camera, fields in said.items()}


def _holds(field: str, value: object) -> bool:
    if field == _BITS:
        return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 16
    return isinstance(value, str) and re.fullmatch(r"(RGGB|GRBG|GBRG|BGGR)?", value) is not None
