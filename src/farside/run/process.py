"""process: files, real or simulated, to products: the same desks that a flight's data come to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from farside import archive
from farside.control import Gallery, write_gallery
from farside.errors import BadInput, FarsideError
from farside.geometry import Site
from farside.products import Bench
from farside.run.desks import Desks
from farside.run.progress import Progress, Silence
from farside.work import Pool, atomic_write, replace_folder

if TYPE_CHECKING:
    from farside.products import Columns

RECORD = "processed.json"
"""Marks a folder as ours to replace."""
FOLDERS = ("archive", "release", "browse")


@dataclass(frozen=True)
class Processed:
    """What came of the files: products by name, and one line for each file that was skipped, or product not made."""

    folder: Path
    products: dict[str, Path]
    skipped: list[str]

    @property
    def gallery(self) -> Path:
        """The page to open."""
        return self.folder / "release" / "index.html"


def process(
    paths: Sequence[str | Path],
    out: str | Path,
    site: Site | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Processed:
    """Turn product files, or folders of them, into products and a gallery in the folder ``out``.

    site: where the lander stands, needed for counts (level 1). Damaged files are skipped with a line each. Raises
    BadInput before any work starts: no such path, nothing in it that is a product, or an ``out`` that holds other
    things.
    """
    progress = progress or Silence()
    files = _found([Path(path) for path in paths])
    folder = Path(out)
    _claim(folder)
    skipped: list[str] = []
    with Pool(workers) as pool:
        desks = Desks(Bench(folder / "archive", folder / "release", folder / "browse", site, pool, _no_telemetry))
        for n, path in enumerate(files):
            try:
                observation = archive.read(path)
                desks.take(observation, float("nan"))
                progress.count("files", n + 1, len(files), str(observation.attrs.get("start_utc", "")))
            except FarsideError as error:
                skipped.append(str(error))
        skipped += desks.finish(progress.say)
    products = {name: path for report in desks.reports.values() for name, path in report.products.items()}
    _publish(desks, files, [Path(path) for path in paths], folder)
    _record(folder, "complete", {name: str(path.relative_to(folder)) for name, path in products.items()}, skipped)
    return Processed(folder, products, skipped)


def _publish(desks: Desks, files: list[Path], paths: list[Path], folder: Path) -> None:
    title = f"{len(files)} files from {paths[0].name}" if len(files) > 1 else files[0].name
    subtitle = "Made by farside from the files named below."
    sources = [("file", path.name) for path in files]
    mosaics = desks.mosaics()
    page = Gallery(
        title, subtitle, "", simulated=False, lanes=desks.lanes(), pages=desks.pages({}),
        panorama=mosaics[0] if mosaics else None, provenance=sources,
    )  # fmt: skip
    write_gallery(folder / "release", page)


def _no_telemetry(table: str) -> Columns | None:
    return None


def _found(paths: list[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = archive.labels(path)
            if not found:
                raise BadInput(
                    "farside process", "PATH", str(path), "a folder with labelled products (NAME.2C with NAME.2CL)"
                )
            files += found
        elif path.is_file():
            files.append(path)
        else:
            raise BadInput("farside process", "PATH", str(path), "a product's file or a folder of them")
    if not files:
        raise BadInput("farside process", "PATH", "", "at least one file or folder")
    return list(dict.fromkeys(files))


def _claim(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise BadInput("farside process", "--out", str(folder), "a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / RECORD).is_file():
        raise BadInput(
            "farside process", "--out", str(folder), "a new or empty folder, or one of an earlier processing"
        )
    folder.mkdir(parents=True, exist_ok=True)
    _record(folder, "in progress", {}, [])
    for part in FOLDERS:
        replace_folder(folder / part)


def _record(folder: Path, status: str, products: dict[str, str], skipped: list[str]) -> None:
    with atomic_write(folder / RECORD) as part:
        part.write_text(json.dumps({"status": status, "products": products, "skipped": skipped}, indent=1) + "\n")
