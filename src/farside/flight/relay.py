"""The relay's orbit: a halo orbit carried from the three-body problem into the real sky.

Multiple shooting (as for ARTEMIS: Folta et al. 2014; Pavlak and Howell 2012): the periodic halo, stretched with the
Moon's changing distance, gives a state at six nodes a revolution; all nodes are moved together, as little as possible,
until each arc ends where the next begins. The result needs no station-keeping: it is the path station-keeping holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Protocol, Self
from zipfile import BadZipFile

import numpy as np
import yaml
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput, DamagedFile
from farside.flight.halo import southern_halo
from farside.flight.perturbed import SCALE, Spacecraft
from farside.flight.rotating import into_breathing_sky
from farside.flight.series import as_series
from farside.flight.shooting import join_arcs
from farside.geometry import t_to_utc, time_text, utc_to_t
from farside.sky import Segment, check_epoch
from farside.work import atomic_write

Array = NDArray[np.float64]

_NODES = 6  # of each revolution
_PIECES = 4  # of each arc in the stored orbit

REFERENCE_UTC, REFERENCE_REVOLUTIONS = "2018-12-20T00:00:00Z", 29
"""Far apex and length (428 days) of the orbit of Chang'e 4's first year, to which results are compared."""
MOST_REVOLUTIONS = 290
"""Eleven years: longer orbits are refused."""
_SPARE_S = 86_400.0
_MOST_SAMPLES = 1_000_000


class Interpolant(Protocol):
    """Positions (km) and velocities (km/s), ICRF axes, (n, 3), at times (n,), TDB s past J2000."""

    @property
    def pieces(self) -> int:
        """Number of polynomials that it consists of."""

    def value(self, t: Array) -> Array:
        """Positions."""

    def rate(self, t: Array) -> Array:
        """Velocities."""


class Course(Interpolant, Protocol):
    """A Moon-centred path from ``start`` to ``stop``, TDB s past J2000."""

    @property
    def start(self) -> float:
        """First time covered."""

    @property
    def stop(self) -> float:
        """Last time covered."""


@dataclass(frozen=True)
class RelayOrbit:
    """Where the relay is from ``start`` to ``stop``.

    series: Chebyshev series of its Moon-centred position where farside computed it, else what its file holds.
    """

    series: Course

    @property
    def start(self) -> float:
        """First time covered, TDB s past J2000."""
        return self.series.start

    @property
    def stop(self) -> float:
        """Last time covered, TDB s past J2000."""
        return self.series.stop

    def position(self, t: ArrayLike) -> Array:
        """Position from the Moon's centre: km, ICRF axes, shape (*t.shape, 3). Raises BadInput outside the orbit."""
        return self._evaluate(t, "value")

    def velocity(self, t: ArrayLike) -> Array:
        """Velocity about the Moon's centre: km/s, ICRF axes, shape (*t.shape, 3). Raises BadInput outside the orbit."""
        return self._evaluate(t, "rate")

    @cached_property
    def extremes(self) -> tuple[float, float, float]:
        """Nearest and farthest distance from the Moon's centre, km, and highest speed about it, km/s."""
        # eight times a piece of the series: between them a distance moves by a part in a thousand
        t = np.linspace(self.start, self.stop, min(8 * self.series.pieces, _MOST_SAMPLES) + 1)
        r, v = np.linalg.norm(self.position(t), axis=-1), np.linalg.norm(self.velocity(t), axis=-1)
        return float(r.min()), float(r.max()), float(v.max())

    def _evaluate(self, t: ArrayLike, quantity: str) -> Array:
        times = np.asarray(t, float)
        flat = times.ravel()
        outside = ~((flat >= self.start) & (flat <= self.stop))
        if outside.any():
            span = f"{time_text(self.start)} to {time_text(self.stop)}"
            raise BadInput("relay", "time", time_text(float(flat[outside][0])), f"a time the orbit covers, {span}")
        found: Array = getattr(self.series, quantity)(flat)
        return found.reshape(*times.shape, 3)

    def save(self, path: Path) -> None:
        """Write as .npz; the same orbit always gives the same bytes. Raises BadInput for one that a file gave."""
        s = self.series
        if not isinstance(s, Segment):
            raise BadInput(
                "relay", "orbit", path.name, "an orbit that was computed: one read from a file has that file"
            )
        with atomic_write(path) as part, part.open("wb") as file:
            np.savez(file, span=np.array([s.start, s.stop, s.init, s.length]), records=s.records)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what ``save`` wrote. Raises DamagedFile."""
        try:
            with np.load(path) as stored:
                start, stop, init, length = (float(x) for x in stored["span"])
                return cls(Segment(start, stop, init, length, stored["records"]))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise DamagedFile(path, f"not a relay orbit ({error})") from error


def halo_span(start_utc: str, revolutions: int) -> tuple[float, float]:
    """Begin and end of the orbit that ``solve_halo`` makes, TDB s past J2000."""
    start = utc_to_t(start_utc)
    return start, start + revolutions * queqiao()["revolution_days"] * 86_400.0


def halo_covering(t0: float, t1: float) -> tuple[str, int]:
    """Epoch (UTC) and revolutions of the halo orbit to use from t0 to t1 (TDB s past J2000): arguments of `solve_halo`.

    The reference orbit where that covers both with a day to spare. Otherwise orbits begin every 29 revolutions from it
    and last 58 (longer for a longer span), so that questions about the same months meet the same orbit.
    Raises BadInput for a span of more than ten years, or one that begins or ends too near the ephemeris's own.
    """
    reference, end = halo_span(REFERENCE_UTC, REFERENCE_REVOLUTIONS)
    block, before = end - reference, t0 - _SPARE_S - reference
    if before >= 0.0 and t1 + _SPARE_S <= end:
        return REFERENCE_UTC, REFERENCE_REVOLUTIONS
    start = reference + math.floor(before / block) * block
    revolutions = REFERENCE_REVOLUTIONS * max(2, math.ceil((t1 + _SPARE_S - start) / block))
    if revolutions > MOST_REVOLUTIONS:
        raise BadInput("relay", "span", f"{time_text(t0)} to {time_text(t1)}", "at most ten years with a relay")
    epoch_utc = t_to_utc(start, 0)
    try:
        check_epoch(halo_span(epoch_utc, revolutions))
    except BadInput as error:
        span = f"{time_text(t0)} to {time_text(t1)}"
        expected = f"a span whose orbit of {revolutions} revolutions has {error.expected}"
        raise BadInput("relay", "span", span, expected) from None
    return epoch_utc, revolutions


def solve_halo(
    start_utc: str = REFERENCE_UTC,
    revolutions: int = REFERENCE_REVOLUTIONS,
    z_amplitude_km: float | None = None,
    phase: float = 0.0,
) -> RelayOrbit:
    """A southern L2 halo orbit of Queqiao's kind, starting at ``phase`` (0: far apex) and lasting ``revolutions``.

    z_amplitude_km: of the periodic orbit it is grown from; None takes Queqiao's 13,000. Every halo near the guess is
    a solution, and the one nearest to all nodes at once depends on how many there are: 3 revolutions instead of 29
    lie 5,000 km away, 35 lie 1,600 km away. Keep the default (428 days) where results are to be compared.
    Raises BadInput when time or amplitude are out of range.
    """
    if revolutions < 1:
        raise BadInput("relay", "revolutions", revolutions, "1 or more (29 for a flight)")
    craft = queqiao()
    start = utc_to_t(start_utc)
    halo = southern_halo(craft["z_amplitude_km"] if z_amplitude_km is None else z_amplitude_km)
    arcs = _NODES * revolutions
    times = np.asarray(start + np.arange(arcs + 1) * (craft["revolution_days"] * 86400.0 / _NODES), np.float64)
    shape = halo.states(phase + np.arange(_NODES) / _NODES)
    nodes = into_breathing_sky(times, shape[np.arange(arcs + 1) % _NODES]) / SCALE
    spacecraft = queqiao_craft()
    length = float(times[1] - times[0]) / _PIECES
    middles = (times[:-1, None] + (np.arange(_PIECES) + 0.5) * length).ravel()
    return RelayOrbit(as_series(times, join_arcs(times, nodes, spacecraft), spacecraft, middles, length, exact=False))


@cache
def queqiao() -> dict[str, float]:
    """Numbers of Queqiao and its halo orbit that the model uses, from relay.yaml."""
    with (Path(__file__).parent / "relay.yaml").open(encoding="utf-8") as file:
        return {name: float(entry["value"]) for name, entry in yaml.safe_load(file)["queqiao"].items()}


def queqiao_craft() -> Spacecraft:
    """What sunlight pushes on of Queqiao."""
    craft = queqiao()
    return Spacecraft(craft["mass_kg"], craft["area_m2"], craft["cr"])
