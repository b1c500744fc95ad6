"""A roll of frames, most of whose counts are on disk: labels in memory, counts read when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr


class Roll(Sequence["xr.Dataset"]):
    """Frames (level 2) of any sequence, such as ``archive.Frames``; each keeps its attributes, none its counts."""

    def __init__(self, frames: Sequence[xr.Dataset]) -> None:
        self._frames = [_light(frames, n) for n in range(len(frames))]

    def __len__(self) -> int:
        return len(self._frames)

    @overload
    def __getitem__(self, k: int) -> xr.Dataset: ...
    @overload
    def __getitem__(self, k: slice) -> list[xr.Dataset]: ...
    def __getitem__(self, k: int | slice) -> xr.Dataset | list[xr.Dataset]:
        return self._frames[k]


def _light(frames: Sequence[xr.Dataset], n: int) -> xr.Dataset:
    """Frame n with counts that are read each time they are needed."""
    import xarray as xr
    from xarray.backends import BackendArray
    from xarray.core import indexing

    whole = frames[n]
    held = whole["dn"]

    class Counts(BackendArray):
        shape, dtype = held.shape, held.dtype

        def __getitem__(self, key: Any) -> NDArray[Any]:
            return indexing.explicit_indexing_adapter(
                key, self.shape, indexing.IndexingSupport.BASIC, lambda part: frames[n]["dn"].to_numpy()[part]
            )

    counts = xr.Variable(held.dims, indexing.LazilyIndexedArray(Counts()), held.attrs)
    return xr.Dataset({"dn": counts}, attrs=whole.attrs)
