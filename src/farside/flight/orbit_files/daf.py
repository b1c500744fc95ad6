"""Double precision array files (DAF), the container of SPICE kernels, written: NAIF, DAF required reading.

Records of 1024 octets: the file record, the comment's records, then for each 25 arrays a record of summaries, one of
names, and the arrays' numbers. Addresses count doubles from 1.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from farside.work import atomic_write

Array = NDArray[np.float64]

_OCTETS, _WORDS, _TEXT, _SUMMARIES = 1024, 128, 1000, 25
_INTACT = b"FTPSTR:\r:\n:\r\n:\r\x00:\x81:\x10\xce:ENDFTP"
"""Characters that a transfer as text would change."""


@dataclass(frozen=True)
class SpkArray:
    """One segment of an SPK: its summary's numbers and its data (words,)."""

    start: float
    stop: float
    target: int
    centre: int
    frame: int
    kind: int
    data: Array


def write_spk_file(path: Path, name: str, comment: Sequence[str], arrays: Sequence[SpkArray]) -> None:
    """Write an SPK, little-endian. name: of file and segments, up to 40 characters of ASCII."""
    text = "".join(f"{line}\0" for line in comment).encode("ascii") + b"\x04"
    notes = [text[k : k + _TEXT].ljust(_OCTETS, b"\0") for k in range(0, len(text), _TEXT)]
    record = first = 2 + len(notes)
    groups = [arrays[k : k + _SUMMARIES] for k in range(0, len(arrays), _SUMMARIES)]
    out, last, free = list(notes), 0, 0
    for group in groups:
        address = (record + 1) * _WORDS + 1  # behind the summaries and the names
        summaries = b""
        for array in group:
            end = address + len(array.data) - 1
            numbers = array.target, array.centre, array.frame, array.kind, address, end
            summaries += struct.pack("<2d6i", array.start, array.stop, *numbers)
            address = end + 1
        data = np.concatenate([array.data for array in group]).astype("<f8").tobytes()
        data = data.ljust(-(-len(data) // _OCTETS) * _OCTETS, b"\0")
        after = record + 2 + len(data) // _OCTETS
        following = after if group is not groups[-1] else 0
        head = struct.pack("<3d", following, last, len(group))
        names = name.encode("ascii")[:40].ljust(40) * len(group)
        out += [(head + summaries).ljust(_OCTETS, b"\0"), names.ljust(_OCTETS), data]
        last, record, free = record, after, address
    header = b"DAF/SPK " + struct.pack("<2i", 2, 6) + name.encode("ascii")[:60].ljust(60)
    header += struct.pack("<3i", first, last, free) + b"LTL-IEEE" + bytes(603) + _INTACT
    with atomic_write(path) as part:
        part.write_bytes(header.ljust(_OCTETS, b"\0") + b"".join(out))
