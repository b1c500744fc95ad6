"""A file server on this machine: with ranges, without them, and one that breaks off."""

from __future__ import annotations

import hashlib
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Files:
    """What the server holds and how it behaves; what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ranges = True
        self.versions = True
        self.breaks_after: int | None = None
        """Bytes after which it closes the connection."""
        self.asked: list[tuple[str, str, str | None]] = []
        self.sent = 0
        self.url = ""


@contextmanager
def serving(folder: Path):
    files = Files(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self._answer(False)

        def do_GET(self) -> None:
            self._answer(True)

        def _answer(self, body: bool) -> None:
            asked = self.headers.get("Range")
            files.asked.append((self.command, self.path, asked))
            path = files.folder / self.path.lstrip("/")
            if not path.is_file():
                self.send_error(404)
                return
            data = path.read_bytes()
            version = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
            first, last = 0, len(data) - 1
            same = self.headers.get("If-Range") in (None, version)
            if asked and files.ranges and same:
                a, b = asked.removeprefix("bytes=").split("-")
                first, last = int(a), min(last, int(b or last))
                if first > last:
                    self.send_response(416)
                    self.send_header("Content-Range", f"bytes */{len(data)}")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
            else:
                self.send_response(200)
            if files.ranges:
                self.send_header("Accept-Ranges", "bytes")
            if files.versions:
                self.send_header("ETag", version)
            self.send_header("Content-Length", str(last - first + 1))
            self.end_headers()
            if body:
                part = data[first : last + 1]
                if files.breaks_after is not None and len(part) > files.breaks_after:
                    self.wfile.write(part[: files.breaks_after])
                    files.sent += files.breaks_after
                    self.close_connection = True
                    return
                self.wfile.write(part)
                files.sent += len(part)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    files.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield files
    finally:
        server.shutdown()
        server.server_close()
