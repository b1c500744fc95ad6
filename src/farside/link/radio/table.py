"""The budget as a link engineer reads it: a column for each link, a line for each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from farside.link.radio.budget import Budget, Row

_NAME, _COLUMN = 26, 15


def budget_table(columns: Mapping[str, Budget], heads: Sequence[tuple[str, Sequence[str]]] = ()) -> str:
    """Budgets at one sight each, side by side. heads: further lines over them: what, and its value in each column."""
    wide = max(_COLUMN, *(len(name) + 2 for name in columns))
    lines = [_line("", list(columns), wide), *(_line(what, values, wide) for what, values in heads)]
    cells = {name: {_words(row): _tenths(row.value) for row in b.rows} for name, b in columns.items()}
    steps = _steps([budget.rows for budget in columns.values()])
    lines += [_line(what, [cells[name].get(what, "") for name in columns], wide) for what in steps]
    lines.append(_line("not in the data, dB", [_tenths(-b.link.hop.modulation_db) for b in columns.values()], wide))
    lines.append(_line("needed Eb/N0, dB", [_tenths(b.link.required_ebn0_db) for b in columns.values()], wide))
    return "\n".join(lines) + "\n"


def number(value: object) -> float:
    """The one value of an array of one, or of a number."""
    return float(np.ravel(value)[0])  # type: ignore[call-overload]


def _tenths(value: object) -> str:
    return f"{round(number(value), 1) + 0.0:.1f}"  # no negative zero


def _steps(budgets: Sequence[Sequence[Row]]) -> list[str]:
    """Every line of any budget once, those that only some have behind the free-space loss."""
    every = [_words(row) for row in budgets[0]]
    after = every.index("free space, dB") + 1
    for rows in budgets[1:]:
        missing = [words for row in rows if (words := _words(row)) not in every]
        every[after:after] = missing
    return every


def _words(row: Row) -> str:
    return f"{row.name}, {row.unit}"


def _line(what: str, values: Sequence[str], wide: int) -> str:
    return (f"{what:<{_NAME}}" + "".join(f"{value:>{wide}}" for value in values)).rstrip()
