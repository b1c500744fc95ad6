"""A claim: what was measured, what was aimed at, and whether it holds."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Claim:
    """``holds`` compares measured with target: at most the target, or at least it where ``least`` is set."""

    claim: str
    measured: float
    unit: str
    target: float
    peer: str = ""
    least: bool = False

    @property
    def holds(self) -> bool:
        return self.measured >= self.target if self.least else self.measured <= self.target

    def line(self) -> str:
        """One JSON object, as design asks."""
        fields = asdict(self)
        del fields["least"]
        return json.dumps({**fields, "holds": self.holds})
