"""process: files, real or simulated, to products: the same desks that a flight's data come to.

    OUT/report.json, report.txt    what came in, what was made, what was not and why
    OUT/release/                   gallery and report, and in a folder for each batch what its desk publishes
    OUT/archive/BATCH/             level 2 where it was made of counts, level 3
    OUT/made/BATCH/                what a run that goes on need not make again

A batch is an observing sequence as one desk works on it: each has a desk of its own, so that what is made of it depends
on nothing else that lies beside it, and files that are added to a folder change only the batches that they belong to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from farside import archive
from farside.archive import Catalog, Frame
from farside.control import Gallery, Lane, Link, Table, write_gallery
from farside.errors import BadInput, DamagedFile, OutOfSpace
from farside.geometry import Site
from farside.instruments import BESIDE
from farside.products import NO_MASTERS, Bench, Shelf, Still, level2
from farside.run import account
from farside.run.batches import Batch, Shares, camera_of, is_counts, share_out
from farside.run.desks import Desks
from farside.run.made import Journal, Result, Skipped, keep, recall, sha256
from farside.run.progress import Progress, Silence
from farside.work import Pool, key_of, sources_key

if TYPE_CHECKING:
    import xarray as xr

    from farside.products import Columns

ROOMS = ("work", "geometry", "physics", "sky", "instruments", "archive", "products", "run")
SHORT = 200
"""Characters of an unexpected error's message that are worth a line."""
LIBRARIES = ("numpy", "scipy", "numba", "opencv-python-headless", "pillow", "av")
"""What products depend on, beside their files."""


@dataclass(frozen=True)
class Processed:
    """What came of the files.

    products: by name, which begins with that of their batch. skipped: one line for each file that was of no use.
    failed: one line for each product that could not be made.
    """

    folder: Path
    products: dict[str, Path]
    skipped: list[str]
    failed: list[str]

    @property
    def gallery(self) -> Path:
        """The page to open."""
        return self.folder / "release" / "index.html"

    @property
    def report(self) -> Path:
        """What came in, what was made, what was not and why, for people; beside it the same as JSON."""
        return self.folder / account.TEXT


def process(
    paths: Sequence[str | Path],
    out: str | Path,
    site: Site | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Processed:
    """Turn product files, or folders of them, into products, a report and a gallery in the folder ``out``.

    site: where the lander stands, needed for counts (level 1). What is in ``out`` already and made of the same is not
    made again, so that the same call finishes what was interrupted and takes up files that came later. Files that are
    of no use are skipped with a line each. Raises BadInput before any work starts: no such path, nothing in it that is
    a product, or an ``out`` that holds other things.
    """
    progress = progress or Silence()
    folder = Path(out)
    account.check(folder)
    found = _found([Path(path) for path in paths], folder)
    shares = share_out(found)
    account.claim(folder)
    with Pool(workers) as pool:
        work = _Processing(folder, site, pool, progress, shares)
        results = {batch.name: work.result(batch) for batch in shares.batches}
        progress.say("report and gallery")
        _publish(folder, found, shares, results, [Path(path) for path in paths], pool)
    account.write(folder, found, shares, results)
    products = {f"{name}/{one}": path for name, result in results.items() for one, path in result.products.items()}
    skipped = account.skipped(found, shares, results)
    return Processed(folder, products, [str(one) for one in skipped], account.failed(shares, results))


class _Read(NamedTuple):
    """A frame for its desk, and key and label of a file that had to be made for it."""

    observation: xr.Dataset
    made: tuple[str, Path] | None = None


class _Processing:
    """Works on one batch after the other."""

    def __init__(self, folder: Path, site: Site | None, pool: Pool, progress: Progress, shares: Shares) -> None:
        self._folder, self._site, self._pool, self._progress = folder, site, pool, progress
        self._shares = shares
        self._code = sources_key(ROOMS, LIBRARIES)
        self._digests = dict(self._hashed(list(shares.frames)))
        self._shelves = {mission: self._shelf(frames) for mission, frames in shares.calibration.items()}
        self._total = sum(len(batch.frames) for batch in shares.batches)
        self._done = 0

    def result(self, batch: Batch) -> Result:
        """What came of a batch, now or in an earlier run."""
        place = self._folder / "made" / batch.name
        key = self._key(batch)
        result = recall(place, key)
        if result is not None:
            self._progress.say(f"{batch.title}: made already")
            self._done += len(batch.frames)
            return result
        self._progress.say(batch.title)
        before = dict(self._written(batch))
        try:
            result = self._worked(batch, Journal(place / "frames.jsonl"))
        except OutOfSpace:
            raise
        except Exception as error:  # a fault of ours in one batch must not cost the others
            return Result(None, None, (), (_why(error),), ())
        if not result.failed:  # what could not be made is tried again
            for path, written in self._written(batch):
                if before.get(path) == written:  # of an earlier run, and of other files than these
                    path.unlink()
            keep(result, place, key)
        return result

    def _written(self, batch: Batch) -> list[tuple[Path, tuple[int, int]]]:
        """What a batch has made beside level 2, and when each file was written."""
        folders = (self._folder / "archive" / batch.name / archive.DERIVED, self._folder / "release" / batch.name)
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        return [(path, ((stat := path.stat()).st_mtime_ns, stat.st_ino)) for path in files]

    # What results depend on ------------------------------------------------------------------------------------------

    def _hashed(self, frames: list[Frame]) -> Iterator[tuple[Path, str]]:
        """Hash of everything that is read of a frame, by its label; none where it cannot be read."""
        for n, (frame, digest) in enumerate(zip(frames, self._pool.map(_digest, frames), strict=True)):
            self._progress.count("files looked at", n + 1, len(frames), "")
            if digest:
                yield frame.label, digest

    def _key(self, batch: Batch) -> str:
        frames = [(frame.data.name, self._digests.get(frame.label)) for frame in batch.frames]
        counts = {camera_of(frame) for frame in batch.frames if is_counts(frame)}
        shelf = self._shares.calibration.get(batch.mission.upper(), [])
        calibration = sorted(self._digests.get(frame.label, "") for frame in shelf if camera_of(frame) in counts)
        return key_of(self._code, self._site, batch.name, frames, calibration)

    # A batch ---------------------------------------------------------------------------------------------------------

    def _worked(self, batch: Batch, journal: Journal) -> Result:
        home, word = self._folder, batch.name
        bench = Bench(
            home / "archive" / word,
            home / "release" / word,
            home / "browse" / word,
            self._site,
            self._pool,
            _no_telemetry,
        )
        desks = Desks(bench)
        skipped: list[Skipped] = []
        notes: dict[str, None] = {}
        seen: dict[Path, Still] = {}

        def read(frame: Frame) -> _Read | Exception:
            try:
                return self._read(frame, batch, bench, journal)
            except Exception as error:  # told below, where the others go on
                return error

        for frame, got in zip(batch.frames, self._pool.map(read, batch.frames), strict=True):
            self._done += 1
            self._progress.count("files", self._done, self._total, frame.start_utc)
            try:
                if isinstance(got, Exception):
                    raise got
                if got.made:
                    journal.add(*got.made)
                if (still := desks.take(got.observation, float("nan"))) is not None:
                    seen[still.path] = still
                notes |= dict.fromkeys(account.assumed(got.observation))
            except OutOfSpace:
                raise
            except Exception as error:  # whatever is wrong with one file must not cost the others
                skipped.append(Skipped(frame.label.name, _why(error)))
        failed = tuple(desks.finish(lambda what: None))
        name = batch.desk.name
        report = desks.reports.get(name)
        if report is not None:  # frames as they came, after what was made of them
            stills = {still.path: still for still in report.stills} | seen
            report = replace(report, stills=tuple(stills.values()))
        return Result(report, desks.arrived.get(name), tuple(skipped), failed, tuple(notes))

    def _read(self, frame: Frame, batch: Batch, bench: Bench, journal: Journal) -> _Read:
        """A frame as its desk wants it: counts of cameras calibrated, once, and read back from what was written."""
        observation = archive.read(frame.label)
        if not is_counts(frame) or not batch.mode:
            return _Read(observation)
        shelf = self._shelves.get(batch.mission.upper())
        masters = shelf.masters(observation) if shelf else NO_MASTERS
        key = key_of(self._code, self._site, self._digests.get(frame.label), masters.inputs())
        if (label := journal.find(key)) is not None:
            return _Read(archive.read(label))
        label = archive.write(level2(observation, self._site, masters), bench.archive / archive.LEVEL2)
        return _Read(archive.read(label), (key, label))

    def _shelf(self, frames: list[Frame]) -> Shelf:
        """The calibration frames of a mission."""
        bench = Bench(self._folder / "archive", self._folder, self._folder, self._site, self._pool, _no_telemetry)
        shelf = Shelf(bench)
        for frame in frames:
            try:
                shelf.takes(archive.read(frame.label))
            except (BadInput, DamagedFile, OSError) as error:
                self._shares.refused[frame.label] = _why(error)
        return shelf


def _digest(frame: Frame) -> str:
    files = dict.fromkeys((frame.label, frame.data, frame.label.with_name(BESIDE)))
    try:
        return sha256(*(path for path in files if path.name != BESIDE or path.is_file()))
    except OSError:
        return ""


def _why(error: Exception) -> str:
    """An error about a file in one line, without the file's name; that of what was said beside it stays."""
    if isinstance(error, DamagedFile):
        return error.why
    if isinstance(error, BadInput):
        if Path(error.source).name == BESIDE:
            return error.message
        return error.message.removeprefix(f"{error.source}: ")
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"unexpected {type(error).__name__}: {' '.join(str(error).split())[:SHORT]}; please report it"


def _no_telemetry(table: str) -> Columns | None:
    return None


# What comes in -------------------------------------------------------------------------------------------------------


def _found(paths: list[Path], out: Path) -> Catalog:
    """The products in these paths, what lies in ``out`` left alone. Raises BadInput for a path that has none."""
    if not paths:
        raise BadInput("farside process", "PATH", "", "at least one file or folder")
    asked = [_asked(path) for path in paths]
    found = archive.catalog(asked)
    ours = out.resolve()
    sequences = tuple(
        replace(sequence, frames=frames)
        for sequence in found.sequences
        if (frames := tuple(f for f in sequence.frames if not f.label.resolve().is_relative_to(ours)))
    )
    strays = tuple(stray for stray in found.strays if not Path(stray.path).resolve().is_relative_to(ours))
    found = Catalog(sequences, strays)
    labels = [frame.label.resolve() for sequence in sequences for frame in sequence.frames]
    labels += [Path(stray.path).resolve() for stray in strays]
    for path in asked:
        if not any(label.is_relative_to(path.resolve()) for label in labels):
            raise BadInput(
                "farside process", "PATH", str(path), "labelled products (NAME.2C with NAME.2CL), or a folder of them"
            )
    return found


def _asked(path: Path) -> Path:
    """A folder, or the label of a product given that or its data file."""
    if path.is_dir():
        return path
    if not path.is_file():
        raise BadInput("farside process", "PATH", str(path), "a product's file or a folder of them")
    try:
        return archive.label_of(path)
    except BadInput:
        return path  # a data file without its label: the catalog knows


# The page ------------------------------------------------------------------------------------------------------------


def _publish(
    folder: Path, found: Catalog, shares: Shares, results: dict[str, Result], paths: list[Path], pool: Pool
) -> None:
    release = folder / "release"
    files = sum(len(sequence.frames) for sequence in found.sequences) + len(found.strays)
    title = f"{files} files from {paths[0].name}" if files > 1 else paths[0].name
    pages, mosaics, films, portraits = [], [], [], []
    lanes: dict[str, list[Lane]] = {}
    for batch in shares.batches:
        if results[batch.name].arrived is None:  # nothing to show
            continue
        desks = _seated(folder, batch, results[batch.name], pool)
        rows = account.rows(batch, found, results[batch.name])
        pages += [
            replace(page, key=batch.name, title=batch.title, arrived=Table(("what came in", "value"), rows))
            for page in desks.pages({})
        ]
        mosaics += desks.mosaics()
        films += desks.films("lcam")
        portraits += desks.portraits()
        for lane in desks.lanes():
            lanes.setdefault(lane.name, []).append(lane)
    page = Gallery(
        title,
        "Made by farside from files; the report names each of them.",
        "",
        simulated=False,
        lanes=[Lane(name, [span for one in same for span in one.spans]) for name, same in lanes.items()],
        pages=pages,
        footage=films[0] if films else None,
        panoramas=mosaics,
        pictures=portraits,
        ledger=Table(
            account.LEDGER, account.ledger(found, shares), f"{len(found.strays)} files belong to no sequence."
        ),
        provenance=[("from", str(path.name)) for path in paths],
        links=[Link("Report", release / account.TEXT), Link("Report (JSON)", release / account.RECORD)],
    )
    write_gallery(release, page)


def _seated(folder: Path, batch: Batch, result: Result, pool: Pool) -> Desks:
    """The desks as they were when the batch was done."""
    desks = Desks(Bench(folder, folder, folder, None, pool, _no_telemetry))
    if result.report is not None:
        desks.reports[batch.desk.name] = result.report
    if result.arrived is not None:
        desks.arrived[batch.desk.name] = result.arrived
    return desks
