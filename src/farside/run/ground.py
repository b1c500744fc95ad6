"""The ground segment at work: from the bytes that arrive, and from nothing else, to files, products and a gallery."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from farside import archive
from farside.control import Check, Event, Gallery, Lane, Link, Picture, write_gallery
from farside.errors import BadInput, DamagedFile
from farside.geometry import Site, t_to_utc
from farside.instruments import unpack
from farside.instruments.telemetry import TABLES, sort_packets, unpack_table
from farside.products import DESKS, Bench, Columns
from farside.run import story
from farside.run.desks import Desks
from farside.work import Pool, atomic_write, replace_folder

REFRESH_S = 8.0
"""The public page is written anew at most this often while data arrive."""


class Ground:
    """Receives what the link delivers; makes the folders ``received``, ``archive``, ``telemetry`` and ``release``.

    site: where the mission has landed, for the labels. title, subtitle: of the public page.
    """

    def __init__(self, folder: Path, site: Site, title: str, subtitle: str, pool: Pool) -> None:
        self.folder, self.title, self.subtitle = folder, title, subtitle
        for part in ("received", "archive", "telemetry", "release", "browse"):
            replace_folder(folder / part)
        self.damaged: list[str] = []
        self.products: dict[str, Path] = {}
        self._packets: dict[str, list[bytes]] = {}
        self._pictures: list[Picture] = []
        self._published = 0.0
        self._desks = Desks(
            Bench(folder / "archive", folder / "release", folder / "browse", site, pool, self.housekeeping)
        )

    # Arrivals --------------------------------------------------------------------------------------------------

    def telemetry_arrived(self, packets: bytes) -> None:
        """Space packets came in. Damaged ones are reported and left out."""
        try:
            sorted_packets = sort_packets(packets)
        except DamagedFile as error:
            self.damaged.append(str(error))
            return
        for table, mine in sorted_packets.items():
            self._packets.setdefault(table, []).append(mine)

    def record_arrived(self, record: bytes, received_t: float) -> None:
        """An instrument record came in: keep it as it came, make its level-1 file, and hand that to its desk."""
        name = hashlib.sha256(record).hexdigest()[:16]
        with atomic_write(self.folder / "received" / f"{name}.record") as part:
            part.write_bytes(record)
        try:
            level1 = archive.read(archive.write(unpack(record), self.folder / "archive" / archive.RAW))
            still = self._desks.take(level1, received_t)
        except (DamagedFile, BadInput) as error:
            self.damaged.append(f"{name}: {error}")
            return
        if still is not None:
            self._pictures.append(Picture(still.path, still.caption, t_to_utc(received_t, 0), still.alt))

    def housekeeping(self, table: str) -> Columns | None:
        """All telemetry of a table so far as columns, in the order of time; None where nothing came."""
        if table not in self._packets:
            return None
        columns = unpack_table(table, b"".join(self._packets[table]))
        order = np.argsort(columns["t"], kind="stable")
        return {name: values[order] for name, values in columns.items()}

    # Products --------------------------------------------------------------------------------------------------

    def finish(self, say: Callable[[str], None]) -> None:
        """Make the products of everything that came: telemetry tables, what each desk makes, and the bundle."""
        for table in TABLES:
            if (columns := self.housekeeping(table)) is not None:
                archive.write_telemetry(self.folder / "telemetry", table, columns)
        if self._packets:
            self.products["telemetry"] = archive.index_telemetry(self.folder / "telemetry")
        self.damaged += self._desks.finish(say)
        for report in self._desks.reports.values():
            self.products |= report.products
        if self._desks.arrived:
            self.products["bundle"] = archive.write_bundle(self.folder / "archive", self.title)

    # The public page -------------------------------------------------------------------------------------------

    def publish_sometimes(self, status: str, progress: float) -> bool:
        """Write the page if there is something to see and the last one is a few seconds old; whether it did."""
        due = bool(self._pictures) and time.monotonic() - self._published > REFRESH_S
        if due:
            self._publish(finished=False, status=status, progress=progress)
            self._published = time.monotonic()
        return due

    def publish(self, page_checks: Mapping[str, Sequence[Check]], **closing: Any) -> Path:
        """Write the finished page with ledger, checks and provenance; return its path.

        page_checks: rows of the score that belong on an instrument's page, by the desk's title.
        """
        return self._publish(finished=True, pages=self._desks.pages(page_checks), **closing)

    def _publish(self, **more: Any) -> Path:
        events = self._events()
        touchdown = next((e.utc for e in events if e.name == story.TOUCHDOWN), events[0].utc if events else "")
        films = self._desks.films("lcam")
        page = Gallery(
            title=self.title,
            subtitle=self.subtitle,
            epoch_utc=touchdown,
            events=events,
            lanes=self._lanes(),
            pictures=(*self._desks.portraits(), *self._pictures),
            footage=films[0] if films else None,
            panoramas=self._desks.mosaics(),
            links=self._links(),
            **more,
        )
        return write_gallery(self.folder / "release", page)

    def _events(self) -> Sequence[Event]:
        gnc, commands = self.housekeeping("gnc"), self.housekeeping("commands")
        events = story.landing_events(gnc) if gnc is not None else []
        if commands is not None:
            events += story.refusal_events(commands)
        titles = {kind.name: kind.title for kind in DESKS}
        for name, arrived in self._desks.arrived.items():
            events += story.record_events(titles[name], arrived.first, arrived.last)
        return sorted(events, key=lambda event: event.utc)

    def _lanes(self) -> list[Lane]:
        commands = self.housekeeping("commands")
        return [*(story.command_lanes(commands) if commands is not None else []), *self._desks.lanes()]

    def _links(self) -> list[Link]:
        folders = {"Archive (PDS4)": "archive", "Telemetry": "telemetry", "Records as received": "received"}
        links = [Link(text, self.folder / name) for text, name in folders.items()]
        orbit = self.folder / "release" / "orbit.html"
        return [Link("The relay's orbit, to turn and play", orbit), *links] if orbit.is_file() else links
