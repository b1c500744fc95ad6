"""An index of the log in SQLite, so that opening a store does not read all of its data.

The log alone is the truth: an index that lags behind it is caught up, one that does not fit it is made anew. Rows are
written many a statement, for SQLite lets other threads run between steps and would wait for them after each row.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from farside.link.vault.record import Put

_SCHEMA = """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS record
        (key INTEGER PRIMARY KEY, segment INTEGER, offset INTEGER, octets INTEGER, meta BLOB);
    CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value BLOB);
    CREATE TABLE IF NOT EXISTS position
        (id INTEGER PRIMARY KEY, segment INTEGER, offset INTEGER, number INTEGER, next_key INTEGER);
"""
_ROWS = 200  # in a statement: 1000 parameters; more are not faster
_PAGE = 1000


class Position(NamedTuple):
    """How far the index goes: to the mark of batch ``number`` that ends at ``offset`` of ``segment``."""

    segment: int
    offset: int
    number: int
    next_key: int


class Index:
    """Where records lie and what describes them. Every method raises sqlite3.Error where the file is damaged."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._db.executescript(_SCHEMA)
        except sqlite3.Error:
            self._db.close()
            raise

    def position(self) -> Position | None:
        """How far it goes; None while it is empty."""
        row = self._db.execute("SELECT segment, offset, number, next_key FROM position WHERE number > 0").fetchone()
        return Position(*row) if row else None

    def add(self, puts: Sequence[Put], drops: Iterable[int], states: dict[str, bytes], position: Position) -> None:
        """Take over what was written up to ``position``."""
        db = self._db
        db.execute("BEGIN")
        try:
            for first in range(0, len(puts), _ROWS):
                rows = puts[first : first + _ROWS]
                values = ",".join(["(?,?,?,?,?)"] * len(rows))
                db.execute(f"INSERT OR REPLACE INTO record VALUES {values}", list(chain.from_iterable(rows)))
            db.execute("DELETE FROM record WHERE key IN (SELECT value FROM json_each(?))", [json.dumps(list(drops))])
            db.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", states.items())
            db.execute("INSERT OR REPLACE INTO position VALUES (1, ?, ?, ?, ?)", position)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def places(self) -> Iterator[tuple[int, int, int, int]]:
        """Every record: key, segment, offset, octets."""
        return self._db.execute("SELECT key, segment, offset, octets FROM record ORDER BY key")

    def states(self) -> dict[str, bytes]:
        """Every named value."""
        return dict(self._db.execute("SELECT name, value FROM state"))

    def page(self, after: int) -> list[tuple[int, bytes, int]]:
        """The next records with keys above ``after``: key, meta, octets."""
        query = "SELECT key, meta, octets FROM record WHERE key > ? ORDER BY key LIMIT ?"
        return self._db.execute(query, (after, _PAGE)).fetchall()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
