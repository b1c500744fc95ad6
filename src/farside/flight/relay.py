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
from typing import Self
from zipfile import BadZipFile

import numpy as np
import yaml
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput, DamagedFile
from farside.flight.cr3bp import MU
from farside.flight.halo import southern_halo
from farside.flight.perturbed import SCALE, Propagator, Spacecraft
from farside.geometry import t_to_utc, time_text, utc_to_t
from farside.sky import GM_EARTH, GM_MOON, Segment, check_epoch, position, velocity
from farside.work import atomic_write

Array = NDArray[np.float64]

_NODES = 6  # of each revolution
_PIECES = 4  # of each arc in the stored orbit
_TERMS = 18
_JOINED_KM = 1e-6

REFERENCE_UTC, REFERENCE_REVOLUTIONS = "2018-12-20T00:00:00Z", 29
"""Far apex and length (428 days) of the orbit of Chang'e 4's first year, to which results are compared."""
MOST_REVOLUTIONS = 290
"""Eleven years: longer orbits are refused."""
_SPARE_S = 86_400.0


@dataclass(frozen=True)
class RelayOrbit:
    """Where the relay is from ``start`` to ``stop``: Chebyshev series of its Moon-centred position."""

    series: Segment

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
        s = self.series
        # eight times a piece of the series: between them a distance moves by a part in a thousand
        t = np.linspace(self.start, self.stop, 8 * len(s.records) + 1)
        r, v = np.linalg.norm(self.position(t), axis=-1), np.linalg.norm(self.velocity(t), axis=-1)
        return float(r.min()), float(r.max()), float(v.max())

    def _evaluate(self, t: ArrayLike, quantity: str) -> Array:
        times = np.asarray(t, float)
        flat = times.ravel()
        outside = ~((flat >= self.start) & (flat <= self.stop))
        if outside.any():
            span = f"{time_text(self.start)} to {time_text(self.stop)}"
            raise BadInput("relay", "time", time_text(float(flat[outside][0])), f"a time the orbit covers, {span}")
        return getattr(self.series, quantity)(flat).reshape(*times.shape, 3)

    def save(self, path: Path) -> None:
        """Write as .npz; the same orbit always gives the same bytes."""
        s = self.series
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
    nodes = _into_sky(times, shape[np.arange(arcs + 1) % _NODES]) / SCALE
    spacecraft = Spacecraft(craft["mass_kg"], craft["area_m2"], craft["cr"])
    return _as_series(times, join_arcs(times, nodes, spacecraft), spacecraft)


def join_arcs(times: Array, nodes: Array, spacecraft: Spacecraft) -> Array:
    """Move node states (n + 1, 6), scaled, by minimum-norm Newton steps until all arcs join within a millimetre.

    Raises BadInput when they do not after fifteen steps: the first guess was too far from a solution.
    """
    import scipy.sparse as sparse
    from scipy.sparse.linalg import splu

    arcs = len(times) - 1
    propagator = Propagator(spacecraft, float(times[0]), variations=True)
    column = np.arange(6)
    # [Phi_i, -I] for arc i at rows 6 i, columns 6 i: dense blocks laid out as one coordinate list
    block_rows = (6 * np.arange(arcs)[:, None, None] + column[:, None]) + np.zeros((1, 1, 6), int)
    block_columns = (6 * np.arange(arcs)[:, None, None] + column[None, None, :]) + np.zeros((1, 6, 1), int)
    unit = np.arange(6 * arcs)
    rows, columns = np.concatenate([block_rows.ravel(), unit]), np.concatenate([block_columns.ravel(), unit + 6])
    for _ in range(15):
        ends, stms = np.empty((arcs, 6)), np.empty((arcs, 6, 6))
        for k in range(arcs):
            ends[k], stms[k] = propagator.run(nodes[k], float(times[k]), float(times[k + 1]))
        gaps = ends - nodes[1:]
        if np.linalg.norm(gaps[:, :3], axis=1).max() * SCALE[0] < _JOINED_KM:
            return nodes
        values = np.concatenate([stms.ravel(), np.full(6 * arcs, -1.0)])
        jacobian = sparse.csc_matrix((values, (rows, columns)), shape=(6 * arcs, 6 * arcs + 6))
        multipliers = splu((jacobian @ jacobian.T).tocsc()).solve(-gaps.ravel())
        nodes = nodes + (jacobian.T @ multipliers).reshape(-1, 6)
    span = f"{time_text(float(times[0]))} to {time_text(float(times[-1]))}"
    raise BadInput("relay", "halo", span, "a span and amplitude from whose first guess the arcs of the orbit join")


@cache
def queqiao() -> dict[str, float]:
    """Numbers of Queqiao and its halo orbit that the model uses, from relay.yaml."""
    with (Path(__file__).parent / "relay.yaml").open(encoding="utf-8") as file:
        return {name: float(entry["value"]) for name, entry in yaml.safe_load(file)["queqiao"].items()}


def _into_sky(times: Array, states: Array) -> Array:
    """CR3BP states (n, 6) to Moon-centred ICRF states (n, 6), km and km/s, scaled by the Moon's distance at each time.

    r = L C rho and its time derivative, with C the axes of the Earth-Moon line and orbit plane and L the distance.
    """
    axes, distance = _rotating_frame(times)
    h = 30.0
    after, before = _rotating_frame(times + h), _rotating_frame(times - h)
    axes_rate = (after[0] - before[0]) / (2.0 * h)
    distance_rate = (after[1] - before[1]) / (2.0 * h)
    mean_motion = np.sqrt((GM_EARTH + GM_MOON) / distance**3)
    rho = states[:, :3] - np.array([1.0 - MU, 0.0, 0.0])
    turned = np.einsum("nij,nj->ni", axes, rho)
    r = distance[:, None] * turned
    v = (
        distance_rate[:, None] * turned
        + distance[:, None] * np.einsum("nij,nj->ni", axes_rate, rho)
        + (distance * mean_motion)[:, None] * np.einsum("nij,nj->ni", axes, states[:, 3:])
    )
    return np.hstack([r, v])


def _rotating_frame(times: Array) -> tuple[Array, Array]:
    """Axes (n, 3, 3) as columns: Earth to Moon, along the motion, orbit normal; and the distance (n,), km."""
    r, v = -position("earth", times), -velocity("earth", times)
    distance = np.linalg.norm(r, axis=1)
    ex = r / distance[:, None]
    h = np.cross(r, v)
    ez = h / np.linalg.norm(h, axis=1, keepdims=True)
    return np.stack([ex, np.cross(ez, ex), ez], axis=-1), distance


def _as_series(times: Array, nodes: Array, spacecraft: Spacecraft) -> RelayOrbit:
    """Chebyshev series on equal pieces of each arc, through the integrated path at the series' own nodes."""
    length = float(times[1] - times[0]) / _PIECES
    pieces = _PIECES * (len(times) - 1)
    propagator = Propagator(spacecraft, float(times[0]), variations=False)
    x = -np.cos(np.pi * (np.arange(_TERMS) + 0.5) / _TERMS)
    records = np.empty((pieces, 2 + 3 * _TERMS))
    for arc, start in enumerate(times[:-1]):
        middles = start + (np.arange(_PIECES) + 0.5) * length
        samples = propagator.sample(nodes[arc], float(start), (middles[:, None] + 0.5 * length * x).ravel())
        path = (samples * SCALE)[:, :3].reshape(_PIECES, _TERMS, 3)
        for k in range(_PIECES):
            record = records[arc * _PIECES + k]
            record[0], record[1] = middles[k], 0.5 * length
            record[2:] = chebyshev.chebfit(x, path[k], _TERMS - 1).T.ravel()
    return RelayOrbit(Segment(float(times[0]), float(times[-1]), float(times[0]), length, records))
