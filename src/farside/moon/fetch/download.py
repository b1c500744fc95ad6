"""Files from the net: downloads that go on where they broke off, and sums that show when a file has changed.

pooch keeps the files and checks their sums; it would start a broken download again, so that it is given a downloader
that asks for the rest (HTTP Range).
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import Request, url2pathname, urlopen

from farside.errors import BadInput, DamagedFile, FarsideError
from farside.work import atomic_write, no_space

SUMS = "sums.json"
"""What each address held when it was first asked: in the cache folder, for people to look at."""
_TIMEOUT_S = 60.0
_PIECE = 1 << 18
_TRIES = 5
_BROKEN = (URLError, HTTPException, ConnectionError, TimeoutError)

Count = Callable[[str, int, int], None]


class Unreachable(FarsideError):
    """An address that gives nothing: no network, no server, or no such file."""


class Cache:
    """Downloaded files and their sums, in a folder of the user's."""

    def __init__(self, folder: Path | None = None) -> None:
        import pooch

        self.folder = folder or Path(pooch.os_cache("farside")) / "terrain"

    def file(self, url: str, count: Count) -> tuple[Path, str]:
        """The file at an address and its SHA-256, downloaded where it is not there yet.

        Raises Unreachable; DamagedFile where the address holds another file than the first time; BadInput for an
        address of another kind than http, https and file.
        """
        scheme, host, path = urlsplit(url)[:3]
        if scheme == "file":
            return self._local(Path(url2pathname(unquote(path))), url)
        if scheme not in ("http", "https"):
            raise BadInput("farside terrain fetch", "PRODUCT", url, "an address that starts with http, https or file")
        return self._remote(url, Path(host.replace(":", "_"), *_parts(path)), count)

    def seen(self, url: str, what: dict[str, Any]) -> None:
        """Note what an address holds, or hold it against what it held the first time. Raises DamagedFile."""
        sums = self._sums()
        if url not in sums:
            sums[url] = what
            with atomic_write(self.folder / SUMS) as part:
                part.write_text(json.dumps(sums, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            return
        known = {name: value for name, value in sums[url].items() if name in what}
        if any(known[name] != what[name] for name in known):
            raise DamagedFile(url, f"has changed: {_said(what)}, it was {_said(known)}; to take the new one, "
                                   f"delete its entry in {self.folder / SUMS}")  # fmt: skip

    def _local(self, path: Path, url: str) -> tuple[Path, str]:
        import pooch

        if not path.is_file():
            raise Unreachable(f"{url}: no such file")
        found = pooch.file_hash(str(path))
        self.seen(url, {"sha256": found, "bytes": path.stat().st_size})
        return path, found

    def _remote(self, url: str, place: Path, count: Count) -> tuple[Path, str]:
        import pooch

        pooch.get_logger().setLevel("ERROR")
        target = self.folder / place
        known = self._sums().get(url, {}).get("sha256")
        rest = _Rest(target.with_name(target.name + ".part"), count)
        try:
            # without a known sum pooch takes what is there; with one it fetches again what is damaged
            pooch.retrieve(url, f"sha256:{known}" if known else None, target.name, target.parent, downloader=rest)
        except ValueError:
            self.seen(url, {"sha256": rest.sha256})
            raise
        found = known or pooch.file_hash(str(target))
        self.seen(url, {"sha256": found, "bytes": target.stat().st_size})
        return target, found

    def _sums(self) -> dict[str, dict[str, Any]]:
        path = self.folder / SUMS
        try:
            return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        except ValueError as error:
            raise DamagedFile(path, f"not JSON ({error}); delete it, and sums are taken anew") from error


class _Rest:
    """A downloader for pooch that keeps what has come in ``part`` and asks for the rest.

    part: beside it the server's word for the version (ETag) is kept, so that no two versions are put together.
    """

    def __init__(self, part: Path, count: Count) -> None:
        self.part, self.version, self.count = part, part.with_name(part.name + ".version"), count
        self.sha256 = ""

    def __call__(self, url: str, output: str, pooch: object) -> None:
        from pooch import file_hash

        self.part.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(_TRIES):
            before = self._have()
            try:
                with no_space(self.part):
                    self._more(url)
                break
            except _BROKEN as error:
                # as long as something comes it is asked again
                if attempt == _TRIES - 1 or self._have() == before:
                    raise Unreachable(_why(url, error, self._have())) from None
        self.sha256 = file_hash(str(self.part))
        self.part.replace(output)
        self.version.unlink(missing_ok=True)

    def _have(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _more(self, url: str) -> None:
        """Ask once. Raises one of _BROKEN, also where fewer bytes come than were announced."""
        have = self._have()
        words = {}
        if have and self.version.exists():
            words = {"Range": f"bytes={have}-", "If-Range": self.version.read_text()}
        try:
            answer = _ask(url, words)
        except HTTPError as error:
            if error.code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise Unreachable(f"{url}: {error.code} {error.reason}") from None
            if error.headers.get("Content-Range") == f"bytes */{have}":
                return  # nothing is missing
            self.part.unlink()
            raise ConnectionError("another file than before") from None
        with answer:
            if answer.status != HTTPStatus.PARTIAL_CONTENT:
                have = 0
            version = answer.headers.get("ETag") or answer.headers.get("Last-Modified")
            if version and not version.startswith("W/"):
                self.version.write_text(version)
            total = have + int(answer.headers.get("Content-Length", 0))
            name = unquote(url.rsplit("/", 1)[-1])
            with self.part.open("ab" if have else "wb") as file:
                while piece := answer.read1(_PIECE):
                    file.write(piece)
                    have += len(piece)
                    self.count(f"{name}, MB", have // 1_000_000, max(have, total) // 1_000_000)
            if have < total:
                raise ConnectionError(f"broke off at {have} of {total} bytes")


def remote(url: str, from_bytes: int) -> tuple[str, dict[str, Any]] | None:
    """GDAL's name of a file that can be read in pieces where it is, and its size and version; else None.

    None for files below ``from_bytes``, which are better fetched whole, and for servers that cannot give pieces.
    """
    try:
        with _ask(url, {}, "HEAD") as answer:
            said = answer.headers
    except HTTPError as error:
        raise Unreachable(f"{url}: {error.code} {error.reason}") from None
    except _BROKEN as error:
        raise Unreachable(_why(url, error, 0)) from None
    size = int(said.get("Content-Length", 0))
    if said.get("Accept-Ranges") != "bytes" or size < from_bytes:
        return None
    return f"/vsicurl/{url}", {"bytes": size, "version": said.get("ETag") or said.get("Last-Modified") or ""}


def _ask(url: str, words: dict[str, str], method: str = "GET") -> Any:
    """One request; bytes as they are. Raises HTTPError, or another of _BROKEN."""
    import certifi

    trusted = ssl.create_default_context(cafile=certifi.where())
    trusted.load_default_certs()
    return urlopen(Request(url, headers=words, method=method), timeout=_TIMEOUT_S, context=trusted)


def _why(url: str, error: Exception, have: int) -> str:
    host = urlsplit(url).netloc
    kept = f"; {have / 1e6:.1f} MB are kept, the same command goes on from there" if have else ""
    what = "broke off" if have else "cannot be reached"
    reason = getattr(error, "reason", error)
    return f"{url}: {host} {what} ({reason}): is there a network, is the address right?{kept}"


def _parts(path: str) -> list[str]:
    """Folders and name of a URL's path, safe as a relative path."""
    return [part for part in unquote(path).split("/") if part not in ("", ".", "..")] or ["index"]


def _said(what: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(what.items()))
