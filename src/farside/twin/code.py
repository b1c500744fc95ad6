"""What made a result: sources, libraries and, for pictures, the device."""

from __future__ import annotations

import functools
import hashlib
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from farside.payload import device

TRUTH_ROOMS = ("work", "geometry", "physics", "sky", "instruments", "moon", "flight", "payload", "twin")
LIBRARIES = ("numpy", "scipy", "numba", "heyoka", "pillow")


@functools.cache
def code_key() -> str:
    """Hash of the sources that results depend on: an upgrade must never meet results of the version before it, nor
    a GPU those of a processor.
    """
    digest = hashlib.sha256(" ".join([*(f"{name} {version(name)}" for name in LIBRARIES), device()]).encode())
    for room in TRUTH_ROOMS:
        root = Path(str(files("farside") / room))
        for path in sorted(p for p in root.rglob("*") if p.suffix in (".py", ".yaml")):
            digest.update(str(path.relative_to(root)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
