"""The score table: what was measured, what was expected, and whether it holds."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from io import StringIO
from itertools import groupby
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.console import RenderableType

Value = float | str
Verdict = Literal["ok", "off", "not applicable"]
_STYLE = {"ok": "green", "off": "bold red", "not applicable": "dim"}


@dataclass(frozen=True)
class Row:
    """One comparison. ``measured`` is None where there was nothing to measure; the other texts carry their units.

    group: what is held against what. shown: the measured value as text. source: where the expectation comes from.
    """

    group: str
    name: str
    measured: Value | None
    shown: str
    expected: str
    tolerance: str
    verdict: Verdict
    source: str


@dataclass(frozen=True)
class Table:
    """Rows of one flight, in order."""

    title: str
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, title: str, rows: Iterable[Row]) -> Table:
        """A table of rows, those of one group together, groups by their first row."""
        together: dict[str, list[Row]] = {}
        for row in rows:
            together.setdefault(row.group, []).append(row)
        return cls(title, tuple(row for group in together.values() for row in group))

    @property
    def holds(self) -> bool:
        """Whether nothing is off."""
        return all(row.verdict != "off" for row in self.rows)

    def to_json(self) -> str:
        """The table as JSON text, one object with ``title``, ``holds`` and ``rows``."""
        body = {"title": self.title, "holds": self.holds, "rows": [asdict(row) for row in self.rows]}
        return json.dumps(body, indent=1, ensure_ascii=False) + "\n"

    def to_text(self) -> str:
        """The table as text for a terminal, in colour where that is one."""
        from rich.console import Console

        width = max(shutil.get_terminal_size((120, 24)).columns, 100)
        out = StringIO()
        Console(file=out, width=width, force_terminal=sys.stdout.isatty()).print(self)
        return out.getvalue().rstrip("\n")

    def __rich__(self) -> RenderableType:
        """The table as rich prints it: a part for each group. Sources are left to the JSON."""
        from rich import box
        from rich.console import Group
        from rich.table import Table as RichTable
        from rich.text import Text

        parts: list[RenderableType] = [Text(self.title, style="bold")]
        for group, rows in groupby(self.rows, key=lambda row: row.group):
            table = RichTable(title=group, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False)
            table.add_column("")
            table.add_column("measured", justify="right", no_wrap=True)
            table.add_column("expected", no_wrap=True)
            table.add_column("verdict", no_wrap=True)
            for row in rows:
                verdict = Text(row.verdict, style=_STYLE[row.verdict])
                table.add_row(Text(row.name), Text(row.shown), Text(f"{row.expected} {row.tolerance}"), verdict)
            parts += [Text(), table]
        return Group(*parts)
