"""Where a desk puts calibration frames, and finds the masters made of them."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from farside import archive
from farside.products.desk import Bench
from farside.products.masters import Masters, master_dark, master_flat

if TYPE_CHECKING:
    import xarray as xr

Which = tuple[Any, ...]
"""Camera, mode and size of a frame: what masters are good for."""


class Shelf:
    """Calibration frames that have been put aside; keeps paths, and the masters made last.

    Masters may be asked for by several workers at once.
    """

    def __init__(self, bench: Bench) -> None:
        self._making = Lock()
        self._folder = bench.archive / archive.RAW
        self._paths: dict[Which, dict[str, set[Path]]] = {}
        self._made: dict[Which, Masters] = {}

    def takes(self, observation: xr.Dataset) -> bool:
        """Whether it is a calibration frame, none of the scenery; it is then kept, at level 1."""
        light = observation.attrs.get("light", "scene")
        if light == "scene":
            return False
        path = archive.keep(observation, self._folder)
        self._paths.setdefault(_which(observation), {}).setdefault(light, set()).add(path)
        self._made.pop(_which(observation), None)
        return True

    def frames(self, light: str) -> list[Path]:
        """What has been put aside of one light, of all cameras and modes."""
        return sorted(path for paths in self._paths.values() for path in paths.get(light, ()))

    def masters(self, observation: xr.Dataset) -> Masters:
        """Masters for a frame of the scenery, made of what has been put aside so far."""
        which = _which(observation)
        with self._making:
            if which not in self._made:
                dark, flat = ([archive.read(path) for path in sorted(self._paths.get(which, {}).get(light, ()))]
                              for light in ("dark", "flat"))  # fmt: skip
                without = master_dark(dark) if dark else None
                self._made[which] = Masters(without, master_flat(flat, without) if flat else None)
            return self._made[which]


def _which(observation: xr.Dataset) -> Which:
    a = observation.attrs
    return a["instrument"], a.get("mode"), observation["dn"].shape
