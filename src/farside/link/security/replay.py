"""Which authenticated bundles have been let in already."""

from __future__ import annotations

from bisect import bisect_left

import cbor2

from farside.link.bundle import BundleId
from farside.link.security.refused import Refused, Why

_Moment = tuple[int, int]


class Window:
    """Creation time and sequence number of the last ``size`` bundles let in, for each source.

    The oldest are forgotten, and from then on nothing as old is let in: memory is bounded and no repeat ever passes.
    Bundles of a source without a clock (creation time 0) are counted apart, by sequence number alone. Only authentic
    bundles may be shown to it, for a forged one would shut out what it names.
    """

    def __init__(self, size: int = 1024) -> None:
        self.size = size
        self._seen: dict[tuple[bytes, bool], list[_Moment]] = {}
        self._floor: dict[tuple[bytes, bool], _Moment] = {}

    def accept(self, id_: BundleId) -> None:
        """Let a bundle in once. Raises Refused for a repeat, and for one older than the window reaches back."""
        place, moment = (id_.source.pack(), bool(id_.created_ms)), (id_.created_ms, id_.sequence)
        seen = self._seen.setdefault(place, [])
        if moment <= self._floor.get(place, (-1, -1)):
            raise Refused(Why.TOO_OLD, f"made before the last {self.size} bundles of {id_.source}")
        at = bisect_left(seen, moment)
        if at < len(seen) and seen[at] == moment:
            raise Refused(Why.REPLAYED, f"bundle {id_.sequence} of {id_.source} was let in before")
        seen.insert(at, moment)
        if len(seen) > self.size:
            self._floor[place] = seen.pop(0)

    def state(self) -> bytes:
        """What has to be kept: the moments of each source in order, creation times as steps from the one before."""
        rows = []
        for (source, clock), seen in sorted(self._seen.items()):
            numbers, last = [], 0
            for created_ms, sequence in seen:
                numbers += [created_ms - last, sequence]
                last = created_ms
            rows.append([source, clock, list(self._floor.get((source, clock), ())), numbers])
        return bytes(cbor2.dumps(rows))

    def restore(self, state: bytes) -> None:
        """Go on from a state that was kept."""
        self._seen, self._floor = {}, {}
        for source, clock, floor, numbers in cbor2.loads(state):
            seen, last = [], 0
            for step, sequence in zip(numbers[::2], numbers[1::2], strict=True):
                last += step
                seen.append((last, sequence))
            self._seen[source, clock] = seen
            if floor:
                self._floor[source, clock] = (floor[0], floor[1])
