"""A film's worth of frames on disk, as a sequence that reads each one when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, overload

from farside.archive.reader import read

if TYPE_CHECKING:
    import xarray as xr


class Frames(Sequence["xr.Dataset"]):
    """Observations by the paths of their labels; none is kept. Reading one raises DamagedFile as ``read`` does."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = list(paths)

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, k: int) -> xr.Dataset: ...
    @overload
    def __getitem__(self, k: slice) -> Frames: ...
    def __getitem__(self, k: int | slice) -> xr.Dataset | Frames:
        return Frames(self.paths[k]) if isinstance(k, slice) else read(self.paths[k])
