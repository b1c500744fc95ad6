"""Times in a sequence: absolute UTC, or relative to an event that the vehicle itself will know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from farside.errors import BadInput
from farside.geometry import utc_to_t

EVENTS = ("ignition", "touchdown")
UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_RELATIVE = re.compile(rf"({'|'.join(EVENTS)})(?:\s*\+\s*(\d+(?:\.\d+)?)\s*({'|'.join(UNITS)}))?")


@dataclass(frozen=True)
class When:
    """A moment: ``event`` None means ``offset_s`` is TDB seconds past J2000, otherwise seconds after that event.

    Never before it: no vehicle can wait for what precedes an event it does not yet know.
    """

    event: str | None
    offset_s: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2019-01-03T02:20:09Z``, ``touchdown`` or ``touchdown+20min`` (s, min, h, d). Raises ValueError."""
        match = _RELATIVE.fullmatch(text.strip())
        if match:
            event, number, unit = match.groups()
            return cls(event, float(number) * UNITS[unit] if number else 0.0)
        try:
            return cls(None, utc_to_t(text))
        except (ValueError, BadInput):
            raise ValueError(
                f"a UTC time such as 2019-01-03T02:20:09Z, or {' or '.join(EVENTS)} with an offset such as touchdown+4h"
            ) from None

    def resolve(self, events: Mapping[str, float]) -> float:
        """TDB seconds past J2000, once the event has a time in ``events``."""
        return self.offset_s if self.event is None else events[self.event] + self.offset_s
