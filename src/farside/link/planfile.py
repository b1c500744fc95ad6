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
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from farside.errors import BadInput
from farside.link.contact import Contact, ContactPlan, LightTime

_STAMP = "%Y/%m/%d-%H:%M:%S"
_ION_END = 2**31
"""Written where a contact has no end, s."""


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
        spans = self._spans()

        def light_time(sender: int, receiver: int, t: float) -> float:
            known = spans.get(frozenset((sender, receiver)), ())
            return next((span.light_s for span in known if span.start <= t < span.end), 0.0)

        return light_time

    def without_range(self) -> list[Contact]:
        """Contacts for some time of which no range is given."""
        spans, found = self._spans(), []
        for contact in self.plan:
            t = contact.start
            for span in sorted(spans.get(frozenset((contact.sender, contact.receiver)), ()), key=lambda s: s.start):
                if span.start <= t:
                    t = max(t, span.end)
            if t < contact.end:
                found.append(contact)
        return found

    def at_epoch(self, epoch_s: float) -> PlanFile:
        """The same with another time 0 (Unix time, s)."""
        later = self.epoch_s - epoch_s
        contacts = [c._replace(start=c.start + later, end=c.end + later) for c in self.plan]
        ranges = tuple(r._replace(start=r.start + later, end=r.end + later) for r in self.ranges)
        return PlanFile(ContactPlan(contacts), ranges, epoch_s)

    def _spans(self) -> dict[frozenset[int], list[Range]]:
        spans: dict[frozenset[int], list[Range]] = {}
        for span in self.ranges:
            spans.setdefault(frozenset((span.a, span.b)), []).append(span)
        return spans


def read_plan(path: str | Path, epoch_s: float | None = None) -> PlanFile:
    """Read a contact plan in ION's or HDTN's form. epoch_s: Unix time of +0, where the file does not say it.

    Raises BadInput naming line and field for what is malformed or overlaps, and for a missing epoch.
    """
    file = Path(path)
    try:
        text = file.read_text()
    except OSError as error:
        raise BadInput(file, "", error.strerror or "unreadable", "a contact plan: ION text or HDTN JSON") from None
    except UnicodeDecodeError:
        raise BadInput(file, "", "no text", "a contact plan: ION text or HDTN JSON") from None
    plan = _read_json(file, text, epoch_s) if text.lstrip().startswith(("{", "[")) else _read_ion(file, text, epoch_s)
    if not len(plan.plan):
        raise BadInput(file, "contacts", 0, "at least one contact")
    return plan


# ION ---------------------------------------------------------------------------------------------------------------

_ION = "a contact START END FROM TO OCTETS_PER_S, a range START END FROM TO SECONDS, or @ yyyy/mm/dd-hh:mm:ss"


def _read_ion(file: Path, text: str, epoch_s: float | None) -> PlanFile:
    contacts: list[tuple[str, Contact]] = []
    ranges: list[tuple[str, Range]] = []
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
        if words[0] != "a" or len(words) not in (7, 8) or words[1] not in ("contact", "range"):
            raise BadInput(file, where, line.strip(), _ION)
        start, end = (
            _moment(file, f"{where}, {name}", word, reference)
            for name, word in zip(("start", "end"), words[2:4], strict=True)
        )
        epoch = start if epoch is None else epoch
        if not end > start:
            raise BadInput(file, f"{where}, end", words[3], f"a time after the start, {words[2]}")
        a, b = (_node(file, f"{where}, {name}", word) for name, word in zip(("from", "to"), words[4:6], strict=True))
        if words[1] == "contact":
            rate = 8 * _number(file, f"{where}, octets a second", words[6], "a number above 0", above=0.0)
            contacts.append((where, Contact(a, b, start - epoch, end - epoch, rate)))
        else:
            light_s = _number(file, f"{where}, light time", words[6], "seconds, 0 or more")
            ranges.append((where, Range(a, b, start - epoch, end - epoch, light_s)))
        for word in words[7:]:  # ION's confidence; not used here
            _number(file, f"{where}, confidence", word, "a number from 0 to 1")
    _no_overlap(file, [(where, (c.sender, c.receiver), c.start, c.end) for where, c in contacts])
    _no_overlap(file, [(where, (min(r.a, r.b), max(r.a, r.b)), r.start, r.end) for where, r in ranges])
    return PlanFile(ContactPlan(c for _, c in contacts), tuple(r for _, r in ranges), epoch or 0.0)


def _moment(file: Path, where: str, word: str, reference: float | None) -> float:
    """Unix time of ``+seconds`` after the reference, or of a date."""
    if re.fullmatch(r"\+\d+(\.\d+)?", word):
        if reference is None:
            expected = "an epoch: a line '@ yyyy/mm/dd-hh:mm:ss' before it, or epoch in the node's file"
            raise BadInput(file, where, word, expected)
        return reference + float(word)
    try:
        return datetime.strptime(word, _STAMP).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise BadInput(file, where, word, "+seconds or yyyy/mm/dd-hh:mm:ss (UTC)") from None


def _node(file: Path, where: str, value: object) -> int:
    try:
        number = int(value) if isinstance(value, str) else value
    except ValueError:
        number = None
    if type(number) is not int or not 0 < number < 1 << 32:
        raise BadInput(file, where, value, "a node number, 1 or more")
    return number


def _number(
    file: Path, where: str, value: object, expected: str, above: float = -math.inf, least: float = 0.0
) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if not (number >= least and above < number < math.inf):
        raise BadInput(file, where, value, expected)
    return number


def _no_overlap(file: Path, spans: Iterable[tuple[str, tuple[int, int], float, float]]) -> None:
    """Raises BadInput where two spans of one link have a time in common."""
    for before, after in pairwise(sorted(spans, key=lambda span: (span[1], span[2]))):
        if before[1] == after[1] and after[2] < before[3]:
            ends = f"{after[1][0]} and {after[1][1]}"
            raise BadInput(file, f"{after[0]}, start", after[2], f"{before[3]} or later: {before[0]} is also of {ends}")


# HDTN --------------------------------------------------------------------------------------------------------------


def _read_json(file: Path, text: str, epoch_s: float | None) -> PlanFile:
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(
            file, f"line {getattr(error, 'lineno', 1)}", getattr(error, "msg", "malformed"), "JSON"
        ) from None
    if not isinstance(document, dict) or not isinstance(document.get("contacts"), list):
        raise BadInput(file, "", text[:40], 'an object with a list "contacts"')
    epoch = document.get("epoch_unix_s", epoch_s)
    if epoch is None:
        raise BadInput(file, "epoch", None, "an epoch in the node's file: times count from it")
    epoch = _number(file, "epoch_unix_s", epoch, "Unix time in seconds")
    contacts: list[tuple[str, Contact]] = []
    ranges: list[Range] = []
    for number, row in enumerate(document["contacts"]):
        contact, light_s = _json_contact(file, f"contacts[{number}]", row)
        contacts.append((f"contacts[{number}]", contact))
        ranges += [] if light_s is None else [Range(*contact[:4], light_s)]
    _no_overlap(file, [(where, (c.sender, c.receiver), c.start, c.end) for where, c in contacts])
    return PlanFile(ContactPlan(c for _, c in contacts), tuple(ranges), epoch)


def _json_contact(file: Path, where: str, row: Any) -> tuple[Contact, float | None]:
    """A contact, and its light time where that is given."""
    needed = ("source", "dest", "startTime", "endTime", "rateBitsPerSec")
    if not isinstance(row, dict):
        raise BadInput(file, where, row, f"an object with {', '.join(needed)} (and owlt)")
    for name in needed:
        if name not in row:
            raise BadInput(file, f"{where}.{name}", None, f"{', '.join(needed)} (and owlt)")
    source, dest = (_node(file, f"{where}.{name}", row[name]) for name in ("source", "dest"))
    start = _number(file, f"{where}.startTime", row["startTime"], "seconds", least=-math.inf)
    end = (
        math.inf
        if row["endTime"] == math.inf
        else _number(file, f"{where}.endTime", row["endTime"], "seconds", least=-math.inf)
    )
    if not end > start:
        raise BadInput(file, f"{where}.endTime", row["endTime"], f"a time after startTime, {row['startTime']}")
    rate = _number(file, f"{where}.rateBitsPerSec", row["rateBitsPerSec"], "a number above 0", above=0.0)
    light_s = _number(file, f"{where}.owlt", row["owlt"], "seconds, 0 or more") if "owlt" in row else None
    return Contact(source, dest, start, end, rate), light_s


# Writing -----------------------------------------------------------------------------------------------------------


def to_ion(plan: ContactPlan, light_time: LightTime, epoch_s: float) -> str:
    """A plan in ION's form: whole seconds, contacts made shorter, rates rounded down, light times up.

    Left out: what is then shorter than a second or slower than an octet a second.
    """
    lines = [f"@ {datetime.fromtimestamp(epoch_s, UTC).strftime(_STAMP)}"]
    spans: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    for c in plan:
        start, end, rate = max(math.ceil(c.start), 0), math.floor(min(c.end, _ION_END)), math.floor(c.rate_bps / 8)
        if end > start and rate:
            lines.append(f"a contact +{start} +{end} {c.sender} {c.receiver} {rate}")
            pair = min(c.sender, c.receiver), max(c.sender, c.receiver)
            spans.setdefault(pair, []).append((start, end, math.ceil(light_time(c.sender, c.receiver, c.start))))
    for (a, b), of_pair in spans.items():  # a range counts both ways, so that of the way back may be there already
        known = -1
        for start, end, light_s in sorted(of_pair):
            if end > (begin := max(start, known)):
                lines.append(f"a range +{begin} +{end} {a} {b} {light_s}")
                known = end
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
