"""When the Earth or the Moon stands before the Sun for a relay, and how much of its light is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from farside import sky
from farside.flight import views
from farside.flight.relay import RelayOrbit
from farside.flight.windows import ask

BODIES = ("earth", "moon")
_LOOKS = 65


@dataclass(frozen=True)
class Eclipse:
    """A span in which ``by`` ("earth" or "moon") covers any of the Sun's disc (penumbra), TDB s past J2000.

    dimmed: largest share of the Sun's light that is taken away, 1 where none is left.
    """

    by: str
    start: float
    stop: float
    dimmed: float

    @property
    def hours(self) -> float:
        """How long it lasts."""
        return (self.stop - self.start) / 3600.0


def eclipses(orbit: RelayOrbit, start: float, stop: float) -> list[Eclipse]:
    """All eclipses of the Sun at a relay from start to stop (TDB s past J2000), in order of their beginning.

    Of bodies without air, to a millisecond; none longer than 20 s is missed. Raises BadInput outside the orbit.
    """
    nearest, _, speed = orbit.extremes
    view = views.sun_behind(orbit.position, BODIES, max(speed / nearest, views.EARTH_TURN))
    answers = ask(view, [views.positive(view, k) for k in range(len(BODIES))], start, stop, views.STEP / view.turn)
    found = [
        Eclipse(by, *span, _dimmed(by, orbit, span)) for by, a in zip(BODIES, answers, strict=True) for span in a.spans
    ]
    return sorted(found, key=lambda eclipse: eclipse.start)


def hours_behind(found: Sequence[Eclipse], body: str) -> float:
    """Hours of all eclipses by a body together."""
    return sum(eclipse.hours for eclipse in found if eclipse.by == body)


def _dimmed(by: str, orbit: RelayOrbit, span: tuple[float, float]) -> float:
    return 1.0 - float(sky.sunlight_past(by, orbit.position, np.linspace(*span, _LOOKS)).min())
