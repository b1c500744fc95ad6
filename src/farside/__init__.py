"""farside: missions to the far side of the Moon, flown and processed.

The front doors, from Python:

    import farside

    flight = farside.fly("chang-e-4", quality="draft", out="ce4")
    frame = farside.read("downloads/TCAM/frame.2CL")
    year = farside.windows("chang-e-4", "2019-01-03", "2020-01-03")
    height = farside.Moon(seed=20190103).elevation(-45.4446, 177.5991, resolution_m=0.25)

Everything else is reached through its package: ``farside.archive``, ``farside.products`` and so on.
"""

from __future__ import annotations

import os
from typing import Any

# The flight shares the cores out itself. A linear algebra library that starts threads of its own slows it down, may
# round otherwise on another machine, and can wait for ever on a thread that sleeps (OpenBLAS 0.3.31). It reads this
# once, when NumPy is first imported; whoever sets it beforehand is obeyed.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"

_DOORS = {
    "Flight": "run",
    "Moon": "moon",
    "Site": "geometry",
    "fly": "run",
    "link_plan": "run",
    "footage": "products",
    "panorama": "products",
    "process": "run",
    "read": "archive",
    "relay": "run",
    "windows": "run",
}


def __getattr__(name: str) -> Any:
    """The front doors, imported when they are first used."""
    import importlib

    if name in _DOORS:
        return getattr(importlib.import_module(f"farside.{_DOORS[name]}"), name)
    raise AttributeError(f"module 'farside' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_DOORS])
