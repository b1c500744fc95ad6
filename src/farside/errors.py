"""The one error family: every message says what, where, what was expected and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class FarsideError(Exception):
    """Base of every error a user can cause or must know about; printed as one line, never as a traceback.

    ``args`` are the constructor's arguments and the text is ``message``, so that an error can be pickled and raised
    again elsewhere (SimPy and process pools both rebuild errors from their args).
    """

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.message = str(args[0]) if args else ""

    def __str__(self) -> str:
        return self.message


class BadInput(FarsideError):
    """A value that cannot be used.

    source: file or command the value came from; field: path inside it (``rover.mast.height_m``);
    value: what was found; expected: what would have been right, with an example where that helps.
    """

    def __init__(self, source: str | Path, field: str, value: object, expected: str) -> None:
        self.source, self.field, self.value, self.expected = str(source), field, value, expected
        place = f"{source}: {field}: " if field else f"{source}: "
        super().__init__(source, field, value, expected)
        self.message = f"{place}{_short(value)}; expected {expected}"


def first_wrong(errors: Sequence[Mapping[str, Any]], file: str) -> tuple[tuple[int | str, ...], Any, str]:
    """Place, value and expectation of the first of pydantic's ``errors`` for a BadInput.

    file: what it was read from, in words ("a mission file"). A misspelt field is refused and, as a rule, missed: the
    misspelling is the line that helps, and comes first.
    """
    first, *rest = sorted(errors, key=lambda error: error["type"] != "extra_forbidden")
    missing = first["type"] == "missing"
    expected = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if first["type"] == "extra_forbidden":
        expected = f"no such field: it is not one of {file}"
    elif missing:
        expected = "a value: this field must be there"
    more = f" (and {len(rest)} more like it)" if rest else ""
    return first["loc"], None if missing else first["input"], expected[0].lower() + expected[1:] + more


class DamagedFile(FarsideError):
    """A data file or label that cannot be read; a batch skips it and reports it."""

    def __init__(self, path: str | Path, why: str) -> None:
        self.path, self.why = str(path), why
        super().__init__(path, why)
        self.message = f"{path}: {why}"


class OutOfSpace(FarsideError):
    """The disk is full, or too small for what is about to be made."""


def _short(value: object, limit: int = 120) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
