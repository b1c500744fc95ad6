"""Where on its halo a relay should start, so that the Moon never takes its sunlight away.

A relay of the far side is behind the Moon as the Sun sees it whenever it crosses the Moon's shadow, up to four hours
and all the way; what decides is where on its orbit it is at each new moon, and that is its phase at the start. Once the
Moon is out of the way, the Earth's shadow is left: it reaches the relay in the seasons of lunar eclipses, whatever the
phase, and a small change of phase shortens what remains.
"""

from __future__ import annotations

import math
from contextlib import nullcontext
from dataclasses import dataclass
from typing import NamedTuple

from farside.errors import BadInput
from farside.flight.eclipses import Eclipse, eclipses, hours_behind
from farside.flight.halo import Halo
from farside.flight.perturbed import Spacecraft
from farside.flight.quasi_halo import ephemeris_orbit, period_s
from farside.flight.relay import RelayOrbit
from farside.geometry import utc_to_t
from farside.work import Pool, Workers

_YEAR_S = 365.25 * 86_400.0
_COARSE, _FINEST = 8, 64
"""Steps of a revolution at which phases are tried first and last."""


@dataclass(frozen=True)
class PhaseTried:
    """A start phase (revolutions from the far apex), the orbit from there, and its eclipses over the span asked for."""

    phase: float
    orbit: RelayOrbit
    eclipses: tuple[Eclipse, ...]

    @property
    def burden(self) -> tuple[float, float]:
        """Hours of eclipses by the Moon, then by the Earth: what is to be least, in this order."""
        return hours_behind(self.eclipses, "moon"), hours_behind(self.eclipses, "earth")

    @property
    def free(self) -> bool:
        """Whether the Moon never covers any of the Sun."""
        return self.burden[0] == 0.0


class _Try(NamedTuple):
    halo: Halo
    start_utc: str
    years: float
    spacecraft: Spacecraft | None
    phase: float


def free_of_eclipses(
    halo: Halo,
    start_utc: str,
    years: float,
    *,
    spacecraft: Spacecraft | None = None,
    workers: Workers | None = None,
) -> list[PhaseTried]:
    """Start phases tried for a halo orbit, the best first: no eclipse by the Moon, least time in the Earth's penumbra.

    Eighths of a revolution first; then, beside those with least time behind the Moon, sixteenths; then the best's
    neighbours at 1/32 and 1/64. Each is a whole orbit (`ephemeris_orbit`), some seventeen in all: three years take
    half a minute to a minute. The first is ``free`` where any is. A phase from which no orbit joins is left out.
    Raises BadInput for years that are not above 0 or lie outside 1900 to 2050, and where no phase has an orbit.
    """
    if not 0.0 < years < math.inf:
        raise BadInput("relay", "years", years, "a number above 0")
    with nullcontext(workers) if workers else Pool() as crew:

        def tried(phases: list[float]) -> list[PhaseTried]:
            jobs = (_Try(halo, start_utc, years, spacecraft, phase % 1.0) for phase in phases)
            return [found for found in crew.map(_tried, jobs) if found]

        found = sorted(tried([k / _COARSE for k in range(_COARSE)]), key=lambda x: x.burden)
        if not found:
            raise BadInput("relay", "halo", start_utc, "a span in which an orbit joins for some start phase")
        step = 0.5 / _COARSE
        beside = [x.phase for x in found if x.burden[0] == found[0].burden[0]]
        while step >= 1.0 / _FINEST:
            near = {(phase + side * step) % 1.0 for phase in beside for side in (-1, 1)}
            found = sorted(found + tried(sorted(near)), key=lambda x: x.burden)
            beside, step = [found[0].phase], 0.5 * step
        return found


def _tried(job: _Try) -> PhaseTried | None:
    span_s = job.years * _YEAR_S
    revolutions = math.ceil(span_s / period_s(job.halo)) + 1  # an orbit may end a day early
    start = utc_to_t(job.start_utc)
    try:
        orbit = ephemeris_orbit(job.halo, job.start_utc, revolutions, phase=job.phase, spacecraft=job.spacecraft)
    except BadInput as error:
        if error.field == "halo":  # arcs that do not join
            return None
        raise
    return PhaseTried(job.phase, orbit, tuple(eclipses(orbit, start, start + span_s)))
