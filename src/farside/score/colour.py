"""What the ground made of charts and of two days at one place, against a twin that is as published and lies still."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from farside import archive
from farside.errors import DamagedFile
from farside.score.flown import Measured, Truth


def measure(flight: Path, truth: Truth) -> Measured:
    """Everything colour.yaml asks for, by key; nothing where no chart was seen, no ground twice."""
    folder = flight / "archive" / archive.DERIVED
    return {**_chart(folder / "tcam-chart.parquet"), **_changed(folder)}


def _chart(table: Path) -> Measured:
    if not table.is_file():
        return {}
    columns, attrs = archive.read_table(table)
    try:
        balance, off = np.array(attrs["white_balance"], float), columns["ciede2000"]
        used = off[:, 1 if attrs["colour_from"] == "chart" else 0]
        return {"chart_balance_error": float(np.abs(np.log(balance)).max()), "chart_ciede2000": float(used.mean())}
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise DamagedFile(table, f"not the table of a chart: {error}") from error


def _changed(folder: Path) -> Measured:
    found = []
    for path in sorted(folder.rglob("*-CHANGE_*.json")):
        try:
            found.append(len(json.loads(json.loads(path.read_text(encoding="utf-8"))["attrs"]["places"])))
        except (KeyError, ValueError, TypeError) as error:
            raise DamagedFile(path, f"not the attributes of a change: {error}") from error
    return {"ground_changed_falsely": sum(found)} if found else {}
