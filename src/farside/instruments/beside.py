"""What the labels of a folder leave open, from a file beside them: ``farside.yaml``.

No label of the archive says how many bits of a sample are used, nor which colours its filters pass. Of Chang'e 4 both
are known; whoever knows them of another mission's camera writes them down, once for a folder of its files:

    PCAML: {bits: 10, bayer: GRBG}

The camera is named as in the files' names; bayer is "" where all samples see the same. Nor does a label say where in a
frame a colour chart is: who sees one tells the corners of its field of patches, by the file's name without its ending,
in columns and rows from 0, from the upper left one as one sees the chart upright, clockwise:

    TCAM: {chart: {CE4_GRAS_TCAM-I-112_SCI_N_20190106051031_20190106051031_0004_A: [1, 39, 121, 32, 134, 109, 4, 120]}}
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from farside.errors import BadInput
from farside.instruments.instrument import CAMERAS

FILE = "farside.yaml"
_BITS, _BAYER, _CHART = "bits", "bayer", "chart"
_EXPECTED = {
    _BITS: "a whole number from 1 to 16",
    _BAYER: "RGGB, GRBG, GBRG, BGGR or nothing",
    _CHART: "for each file that shows the chart, its name without ending and eight numbers",
}


def said_beside(path: Path, camera: str) -> dict[str, Any]:
    """Attributes that the file beside ``path`` gives of a camera; none where there is no such file. Raises BadInput."""
    try:
        text = path.with_name(FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(path.with_name(FILE), "", str(error), "a text file") from error
    said = dict(_parsed(path.with_name(FILE), text).get(camera.lower(), {}))
    corners = said.pop(_CHART, {}).get(path.name.rsplit(".", 1)[0])
    return said if corners is None else said | {"chart_corners": [float(x) for x in corners]}


@lru_cache(maxsize=16)
def _parsed(path: Path, text: str) -> dict[str, dict[str, Any]]:
    try:
        said = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise BadInput(path, "", str(error).splitlines()[0], "YAML, such as PCAML: {bits: 10, bayer: GRBG}") from error
    if not isinstance(said, dict):
        raise BadInput(path, "", said, "a camera's name, and what is known of its samples")
    for camera, fields in said.items():
        if str(camera).lower() not in CAMERAS and not any(
            f"_{camera}-".lower() in file.name.lower() for file in path.parent.iterdir()
        ):
            known = ", ".join(name.upper() for name in CAMERAS)
            raise BadInput(path, str(camera), fields, f"a camera by its name in the files' names, such as {known}")
        if not isinstance(fields, dict):
            raise BadInput(path, str(camera), fields, "bits, bayer or chart")
        for field, value in fields.items():
            if field not in _EXPECTED:
                raise BadInput(path, f"{camera}.{field}", value, "bits, bayer or chart")
            if not _holds(field, value):
                raise BadInput(path, f"{camera}.{field}", value, _EXPECTED[field])
        for product in fields.get(_CHART, {}):
            if not any(path.parent.glob(f"{product}.*")):
                raise BadInput(path, f"{camera}.{_CHART}", product, "a file beside it, without its ending")
    return {str(camera).lower(): fields for camera, fields in said.items()}


def _holds(field: str, value: object) -> bool:
    if field == _BITS:
        return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 16
    if field == _CHART:
        return isinstance(value, dict) and all(isinstance(k, str) and _are_corners(v) for k, v in value.items())
    return isinstance(value, str) and re.fullmatch(r"(RGGB|GRBG|GBRG|BGGR)?", value) is not None


def _are_corners(value: object) -> bool:
    return isinstance(value, list) and len(value) == 8 and all(isinstance(x, int | float) for x in value)
