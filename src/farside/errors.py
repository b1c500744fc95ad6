"""The one error family: every message says what, where, what was expected and what to do."""

from __future__ import annotations

from pathlib import Path


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
