"""Contact plans as files: ION's text and HDTN's JSON, read and written.

@ 2026/12/01-00:00:00                     # what +0 means; else the reader is told
a contact +0 +3600 10 20 69375            # from 10 to 20, octets a second
a range +0 +3600 10 20 1                  # one-way light time, s (ION knows whole seconds; fractions are read, too)

{"contacts": [{"contact": 0, "source": 10, "dest": 20, "startTime": 0, "endTime": 3600, "rateBitsPerSec": 555000,
               "owlt": 0.2}]}
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from farside.errors import BadInput
from farside.link.contact import Contact, ContactPlan, LightTime

_STAMP = "%Y/%m/%d-%H:%M:%S"


class Range(NamedTuple):
    """One-way light time in seconds between two nodes, from start to end, either way."""

    a: int
    b: int
    start: float
    end: float
    light_s: float


class PlanFile(NamedTuple):
    """A contact plan, the ranges that came with it, and the Unix time (s) of its time 0."""

    plan: ContactPlan
    ranges: tuple[Range, ...]
    epoch_s: float

    def light_time(self) -> LightTime:
        """Light time as a function of sender, receiver and time; 0 where no range says otherwise."""
        spans: dict[frozenset[int], list[Range]] = {}
        for span in self.ranges:
            spans.setdefault(frozenset((span.a, span.b)), []).append(span)

        def light_time(sender: int, receiver: int, t: float) -> float:
            known = spans.get(frozenset((sender, receiver)), ())
            return next((span.light_s for span in known if span.start <= t < span.end), 0.0)

        return light_time


def read_plan(path: str | Path, epoch_s: float | None = None) -> PlanFile:
    """Read a contact plan in ION's or HDTN's form. epoch_s: Unix time of +0, where the file does not say it.

    Raises BadInput naming line and field for what is malformed, for overlapping contacts, and for a missing epoch.
    """
    file = Path(path)
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(file, "", type(error).__name__, "a contact plan: ION text or HDTN JSON") from None
    plan = _read_json(file, text, epoch_s) if text.lstrip().startswith("{") else _read_ion(file, text, epoch_s)
    if not len(plan.plan):
        raise BadInput(file, "contacts", 0, "at least one contact")
    return plan


def _read_ion(file: Path, text: str, epoch_s: float | None) -> PlanFile:
    contacts: list[Contact] = []
    ranges: list[Range] = []
    reference = epoch = epoch_s
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].split()
        where = f"line {number}"
        if not words:
            continue
        if words[0] == "@" and len(words) == 2:
            reference = _moment(file, where, words[1], reference)
            epoch = reference if epoch is None else epoch
            continue
        if words[0] != "a" or len(words) < 7 or words[1] not in ("contact", "range"):
            raise BadInput(file, where, line.strip(), "a contact START END FROM TO OCTETS_PER_S, or a range … SECONDS")
        start, end = (_moment(file, where, word, reference) for word in words[2:4])
        epoch = start if epoch is None else epoch
        ends = [_number(file, where, word, int) for word in words[4:6]]
        value = _number(file, where, words[6], float)
        if words[1] == "contact":
            contacts.append(Contact(int(ends[0]), int(ends[1]), start - epoch, end - epoch, 8 * value))
        else:
            ranges.append(Range(int(ends[0]), int(ends[1]), start - epoch, end - epoch, value))
    return PlanFile(_plan(file, contacts), tuple(ranges), epoch or 0.0)


def _moment(file: Path, where: str, word: str, reference: float | None) -> float:
    """Unix time of ``+seconds`` after the reference, or of a date."""
    if re.fullmatch(r"\+\d+(\.\d+)?", word):
        if reference is None:
            raise BadInput(
                file, where, word, "an epoch: a line '@ yyyy/mm/dd-hh:mm:ss' before it, or epoch in the node's file"
            )
        return reference + float(word)
    try:
        return datetime.strptime(word, _STAMP).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise BadInput(file, where, word, "+seconds or yyyy/mm/dd-hh:mm:ss") from None


def _number(file: Path, where: str, word: str, kind: Callable[[str], float]) -> float:
    try:
        value = kind(word)
    except ValueError:
        value = -1.0
    if not 0 <= value < math.inf:
        raise BadInput(file, where, word, "a number from 0")
    return value


def _read_json(file: Path, text: str, epoch_s: float | None) -> PlanFile:
    try:
        document: Any = json.loads(text)
        rows = document["contacts"]
        epoch = document.get("epoch_unix_s", epoch_s)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadInput(file, "", text[:40], 'an object with a list "contacts"') from None
    if epoch is None:
        raise BadInput(file, "epoch", None, "an epoch in the node's file: times count from it")
    contacts, ranges = [], []
    for number, row in enumerate(rows):
        try:
            ends = int(row["source"]), int(row["dest"])
            start, end = float(row["startTime"]), float(row["endTime"])
            rate = float(row["rateBitsPerSec"]) if "rateBitsPerSec" in row else 8.0 * float(row["rate"])
            contacts.append(Contact(*ends, start, end, rate))
            ranges.append(Range(*ends, start, end, float(row.get("owlt", 0.0))))
        except (KeyError, TypeError, ValueError) as error:
            expected = "source, dest, startTime, endTime, rateBitsPerSec (and owlt)"
            raise BadInput(file, f"contacts[{number}]", f"{type(error).__name__}: {error}", expected) from None
    return PlanFile(_plan(file, contacts), tuple(ranges), float(epoch))


def _plan(file: Path, contacts: Iterable[Contact]) -> ContactPlan:
    try:
        return ContactPlan(contacts)
    except BadInput as error:
        raise BadInput(file, error.field, error.value, error.expected) from None


def to_ion(plan: ContactPlan, light_time: LightTime, epoch_s: float) -> str:
    """A plan in ION's form: whole seconds, contacts made shorter, light times rounded up."""
    lines = [f"@ {datetime.fromtimestamp(epoch_s, UTC).strftime(_STAMP)}"]
    for c in plan:
        start, end = math.ceil(c.start), math.floor(min(c.end, 2**31))
        light_s = math.ceil(light_time(c.sender, c.receiver, c.start))
        lines.append(f"a contact +{start} +{end} {c.sender} {c.receiver} {math.floor(c.rate_bps / 8)}")
        if c.sender < c.receiver:  # a range line counts both ways
            lines.append(f"a range +{start} +{end} {c.sender} {c.receiver} {light_s}")
    return "\n".join(lines) + "\n"


def to_json(plan: ContactPlan, light_time: LightTime, epoch_s: float) -> str:
    """A plan in HDTN's form, with the epoch beside it; times and light times as they are."""
    rows = [
        {
            "contact": number,
            "source": c.sender,
            "dest": c.receiver,
            "startTime": c.start,
            "endTime": c.end,
            "rateBitsPerSec": c.rate_bps,
            "owlt": light_time(c.sender, c.receiver, c.start),
        }
        for number, c in enumerate(plan)
    ]
    return json.dumps({"epoch_unix_s": epoch_s, "contacts": rows}, indent=1) + "\n"
