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

from farside.archive.telemetry import write_columns
from farside.work import atomic_write


def write_table(folder: str | Path, name: str, columns: Mapping[str, NDArray[Any]], attrs: Mapping[str, Any]) -> Path:
    """Write columns and attributes; the same bytes for the same table. Return the Parquet file's path."""
    path = write_columns(Path(folder) / f"{name}.parquet", columns)
    with atomic_write(path.with_suffix(".json")) as part:
        part.write_text(json.dumps({"attrs": dict(attrs)}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return path
