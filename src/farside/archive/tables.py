"""Level-3 tables: columns in Parquet, with what they mean and where they come from beside them.

NAME.parquet    columns (n,) or (n, k)
NAME.json       attributes: units, provenance
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from farside.archive.telemetry import Columns, read_columns, write_columns
from farside.errors import DamagedFile
from farside.work import atomic_write


def write_table(folder: str | Path, name: str, columns: Mapping[str, NDArray[Any]], attrs: Mapping[str, Any]) -> Path:
    """Write columns and attributes; the same bytes for the same table. Return the Parquet file's path."""
    path = write_columns(Path(folder) / f"{name}.parquet", columns)
    with atomic_write(path.with_suffix(".json")) as part:
        part.write_text(json.dumps({"attrs": dict(attrs)}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return path


def read_table(path: str | Path) -> tuple[Columns, dict[str, Any]]:
    """Columns and attributes of a table written by ``write_table``, given its Parquet file. Raises DamagedFile."""
    beside = Path(path).with_suffix(".json")
    try:
        attrs: dict[str, Any] = json.loads(beside.read_text(encoding="utf-8"))["attrs"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedFile(beside, f"not the attributes of a table: {error}") from error
    return read_columns(Path(path)), attrs
