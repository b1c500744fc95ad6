"""Four nodes to try: the files that come with farside, and a key of one's own."""

from __future__ import annotations

import os
import secrets
import shutil
from importlib.resources import files
from pathlib import Path

from farside.errors import BadInput

KEY_FILE = """\
# Who may command the lander. Keep it to yourself (mode 600), and give the lander and the centre the same one.
keys:
  - id: command-1
    kind: hmac
    secret: hex:{secret}
    source: ipn:40.*
    destination: ipn:10.*
    valid_from: 2026-01-01T00:00:00Z
    valid_until: 2036-01-01T00:00:00Z
"""


def write_example(folder: Path) -> list[Path]:
    """Write lander, relay, station and centre with a plan and a new key into a new folder. Raises BadInput."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput("farside node example", "folder", str(folder), "a new or empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    sources = sorted(Path(str(files("farside.link.live") / "four")).iterdir())
    copies = [Path(shutil.copyfile(source, folder / source.name)) for source in sources]
    return [*copies, write_key(folder / "keys.yaml")]


def write_key(path: Path) -> Path:
    """Write a key file with one fresh key that only its owner may read. Raises BadInput for a file that is there."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BadInput(path, "", error.strerror or "unwritable", "a new file in a folder that exists") from None
    with os.fdopen(handle, "w") as file:
        file.write(KEY_FILE.format(secret=secrets.token_hex(32)))
    return path
