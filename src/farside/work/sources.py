"""What made a result, as far as it is this project: a hash of its sources, and the versions of libraries."""

from __future__ import annotations

import functools
import hashlib
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path


@functools.cache
def sources_key(rooms: tuple[str, ...], libraries: tuple[str, ...]) -> str:
    """Hash of the Python and YAML files of these packages of farside, and of the libraries' versions.

    An upgrade must never meet results of the version before it.
    """
    digest = hashlib.sha256(" ".join(f"{name} {version(name)}" for name in libraries).encode())
    for room in rooms:
        root = Path(str(files("farside") / room))
        for path in sorted(p for p in root.rglob("*") if p.suffix in (".py", ".yaml")):
            digest.update(str(path.relative_to(root)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
