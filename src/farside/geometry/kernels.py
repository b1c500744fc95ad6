"""Files that other installed packages carry as data (ephemerides, orientation, leap seconds)."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from farside.errors import DamagedFile


def kernel_path(package: str, pattern: str) -> Path:
    """Path of a data file inside an installed package, found without importing that package.

    pattern: file name, with ``*`` for what changes between releases; the last match by name is taken.
    Raises DamagedFile when the package or the file is missing.
    """
    spec = find_spec(package)
    folders = (spec.submodule_search_locations or ()) if spec else ()
    found = sorted(path for folder in folders for path in Path(folder).glob(pattern))
    if not found:
        raise DamagedFile(f"{package}/{pattern}", "not installed; reinstall farside with its dependencies")
    return found[-1]
