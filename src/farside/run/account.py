"""The account of a processing, report.json, and report.txt for people: what came in, what was made, what not and why.

sequences   each observing sequence: frames, times, gaps, files there twice or damaged, and the batch they went to
batches     what each desk made, with its errors, and what it could not make
skipped     files that were of no use, a line each; spare: files that were not needed, for another one was used
counts      of all of these
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from farside import __version__
from farside.archive import Catalog, ObservingSequence
from farside.instruments import CAMERAS
from farside.products import Finding
from farside.run.batches import Batch, Shares
from farside.run.made import Result, Skipped
from farside.work import atomic_write, check_folder, claim_folder

if TYPE_CHECKING:
    import xarray as xr

RECORD, TEXT = "report.json", "report.txt"
"""RECORD also marks a folder as ours."""
LEDGER = ("sequence", "level", "files", "frames", "missing", "damaged", "went to")
SHOWN = 8
"""So many runs of missing frames are named in text; JSON has all."""

Results = Mapping[str, Result]


def check(folder: Path) -> None:
    """Raise BadInput for a folder that holds other things."""
    check_folder(folder, (RECORD,), "farside process", "processing")


def claim(folder: Path) -> None:
    """Make ``folder`` ours. Raises BadInput for one that holds other things."""
    claim_folder(folder, (RECORD,), "farside process", "processing")
    if not (folder / RECORD).is_file():
        _write(folder / RECORD, json.dumps({"status": "in progress"}))


def write(folder: Path, found: Catalog, shares: Shares, results: Results) -> None:
    """Write both forms into ``folder``, and beside the gallery, which may be moved without the rest."""
    said = _account(folder, found, shares, results)
    for place in (folder / "release", folder):
        _write(place / TEXT, "\n".join(_lines(said)))
        _write(place / RECORD, json.dumps(said, indent=1))


def skipped(found: Catalog, shares: Shares, results: Results) -> list[Skipped]:
    """Files that were of no use, by their paths, in the order of those."""
    refused = [Skipped(str(label), why) for label, why in shares.refused.items()]
    strays = [Skipped(stray.path, stray.why) for stray in found.strays]
    places = {batch.name: {frame.label.name: str(frame.label) for frame in batch.frames} for batch in shares.batches}
    taken = [Skipped(places[name][one.file], one.why) for name, r in results.items() for one in r.skipped]
    return sorted(refused + strays + taken, key=lambda one: (one.file, one.why))


def failed(shares: Shares, results: Results) -> list[str]:
    """One line for each thing that could not be made."""
    return [f"{batch.name}: {line}" for batch in shares.batches for line in results[batch.name].failed]


def assumed(observation: xr.Dataset) -> list[str]:
    """What was taken for granted of a level-2 frame, for neither its label nor a file beside it says it."""
    a = observation.attrs
    if "dn" not in observation or a.get("level") not in ("2A", "2B", "2C") or a["instrument"] not in CAMERAS:
        return []
    said = json.loads(str(a.get("provenance", "{}"))).get("assumed", {})
    notes = []
    if "bayer" in said:
        notes.append(f"colour filters of {a['instrument']} are taken to begin {said['bayer']}, like Chang'e 4's")
    if "acali" in said:
        notes.append(f"colours of {a['instrument']} are weighted by acali as in farside's own numbers")
    if "bits" not in a:
        notes.append(f"bits of a sample of {a['instrument']} are not known: full scale is where its counts pile up")
    return notes


def rows(batch: Batch, found: Catalog, result: Result) -> list[tuple[str, str]]:
    """What came in of a batch, for its page."""
    mine = {frame.label for frame in batch.frames}
    sequences = [s for s in found.sequences if any(frame.label in mine for frame in s.frames)]
    gaps = [f"{s.key.instrument} {text}" for s in sequences if (text := _gaps(s))]
    twice = sum(len(s.duplicates) for s in sequences)
    first, last = batch.frames[0].start_utc, batch.frames[-1].start_utc
    said = [
        ("frames", str(len(batch.frames))),
        ("of no use", str(len(result.skipped) or "")),
        ("first taken", _clock(first)),
        ("last taken", _clock(last)),
        ("missing", "; ".join(gaps)),
        ("there more than once", str(twice or "")),
    ]
    return [row for row in said if row[1]]


def ledger(found: Catalog, shares: Shares) -> list[tuple[str | int, ...]]:
    """A row for each observing sequence, under LEDGER, for the gallery's front page."""
    return [
        (
            f"{s.key.mission} {s.key.instrument}-{s.key.mode} {s.key.sequence_id}",
            s.key.level,
            len(s.frames),
            len(s.takes),
            sum(b - a + 1 for a, b in s.gaps),
            len(s.damaged),
            shares.batch_of.get(s.key, "nowhere"),
        )
        for s in found.sequences
    ]


def _account(folder: Path, found: Catalog, shares: Shares, results: Results) -> dict[str, Any]:
    sequences = [_sequence(sequence, shares) for sequence in found.sequences]
    batches = [_batch(folder, batch, results[batch.name]) for batch in shares.batches]
    of_no_use = [{"file": one.file, "why": one.why} for one in skipped(found, shares, results)]
    spare = [{"file": str(label), "why": why} for label, why in sorted(shares.spare.items())]
    return {
        "status": "complete",
        "farside": __version__,
        "sequences": sequences,
        "batches": batches,
        "skipped": of_no_use,
        "spare": spare,
        "counts": {
            "files": sum(len(s.frames) for s in found.sequences) + len(found.strays),
            "sequences": len(sequences),
            "batches": len(batches),
            "frames used": sum(batch["used"] for batch in batches),
            "calibration frames": sum(map(len, shares.calibration.values())),
            "skipped": len(of_no_use),
            "spare": len(spare),
            "products": sum(len(batch["products"]) for batch in batches),
            "not made": sum(len(batch["not made"]) for batch in batches),
        },
    }


def _sequence(sequence: ObservingSequence, shares: Shares) -> dict[str, Any]:
    return {
        **sequence.key._asdict(),
        "files": len(sequence.frames),
        "frames": len(sequence.takes),
        "first_utc": sequence.frames[0].start_utc,
        "last_utc": sequence.frames[-1].start_utc,
        "bytes": sequence.octets,
        "missing": [list(gap) for gap in sequence.gaps],
        "more than once": [[str(frame.label) for frame in files] for files in sequence.duplicates],
        "damaged": [str(frame.label) for frame in sequence.damaged],
        "batch": shares.batch_of.get(sequence.key, ""),
        "why nowhere": "" if sequence.key in shares.batch_of else _why_nowhere(sequence, shares),
    }


def _why_nowhere(sequence: ObservingSequence, shares: Shares) -> str:
    """Why none of a sequence's files is used: most often that of all of them."""
    reasons = Counter((shares.spare | shares.refused).get(frame.label, "") for frame in sequence.frames)
    return max(reasons, key=lambda why: reasons[why])


def _batch(folder: Path, batch: Batch, result: Result) -> dict[str, Any]:
    findings = result.report.findings if result.report else ()
    return {
        "name": batch.name,
        "title": batch.title,
        "frames": len(batch.frames),
        "used": len(batch.frames) - len(result.skipped) if result.arrived else 0,
        "products": {name: os.path.relpath(path, folder) for name, path in result.products.items()},
        "pictures": len(result.report.stills) if result.report else 0,
        "findings": [{"name": f.name, "value": f.value, "error": f.error, "meaning": f.meaning} for f in findings],
        "not made": list(result.failed),
        "assumed": list(result.notes),
    }


# For people ----------------------------------------------------------------------------------------------------------


def _lines(said: Mapping[str, Any]) -> list[str]:
    lines = [f"What farside {said['farside']} made of these files", "", "SEQUENCES", ""]
    for one in said["sequences"]:
        lines += [*_sequence_lines(one), ""]
    lines += ["PRODUCTS", ""]
    for one in said["batches"]:
        lines += [*_batch_lines(one), ""]
    if said["skipped"]:
        lines += ["SKIPPED", "", *(f"{one['file']}: {one['why']}" for one in said["skipped"]), ""]
    if said["spare"]:
        reasons = Counter(one["why"] for one in said["spare"])
        lines += ["NOT NEEDED", "", *(f"{count:>8}  {why}" for why, count in sorted(reasons.items())), ""]
    lines += ["COUNTS", "", *(f"{count:>8}  {name}" for name, count in said["counts"].items()), ""]
    return lines


def _sequence_lines(one: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{one['mission']} {one['instrument']}-{one['mode']} {one['sequence_id']}, level {one['level']}: "
        f"frames {one['frames']}, files {one['files']}, {_clock(one['first_utc'])} to {_clock(one['last_utc'])} UTC"
    ]
    if one["missing"]:
        lines.append(f"  missing: {_runs(one['missing'])}")
    if one["more than once"]:
        lines.append(f"  there more than once: {len(one['more than once'])} frames")
    if one["damaged"]:
        lines.append(f"  damaged: {len(one['damaged'])} files")
    lines.append(f"  went to: {one['batch'] or 'nowhere'}" + (f" ({one['why nowhere']})" if one["why nowhere"] else ""))
    return lines


def _batch_lines(one: Mapping[str, Any]) -> list[str]:
    lines = [f"{one['name']}: {one['title']}, {one['used']} of {one['frames']} frames used"]
    lines += [f"  {name}: {path}" for name, path in one["products"].items()]
    for said in one["findings"]:
        found = Finding(**said)
        lines.append(f"  {found.name}: {found.told}. {found.meaning}".rstrip(". ") + ".")
    lines += [f"  not made: {line}" for line in one["not made"]]
    lines += [f"  assumed: {line}" for line in one["assumed"]]
    if not one["products"]:
        lines.append(f"  no product; pictures on its page: {one['pictures'] or 'none'}")
    return lines


def _gaps(sequence: ObservingSequence) -> str:
    return _runs([list(gap) for gap in sequence.gaps])


def _runs(gaps: list[list[int]]) -> str:
    runs = [str(a) if a == b else f"{a} to {b}" for a, b in gaps]
    more = f" and {len(runs) - SHOWN} more" if len(runs) > SHOWN else ""
    return ", ".join(runs[:SHOWN]) + more


def _clock(utc: str) -> str:
    return utc[:19].replace("T", " ") or "no time"


def _write(path: Path, text: str) -> None:
    with atomic_write(path) as part:
        part.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
