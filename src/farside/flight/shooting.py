"""Multiple shooting: states at nodes along a path are moved, all together, until each arc ends where the next begins.

As for ARTEMIS (Folta et al. 2014; Pavlak and Howell 2012). Two ways:

* the nodes' times stay, and the states move as little as they can (``join_arcs``);
* the times move as well (``join_sliding``): a node slides along the orbit as the orbit needs, and what it costs to move
  it elsewhere is measured by its distance from the Moon. An orbit that comes near the Moon needs this: where it is
  two hours from now is nothing that a small change of its states can mend.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.flight.cr3bp import MU, TU_S
from farside.flight.perturbed import SCALE, Propagator, Spacecraft, rates
from farside.flight.rotating import turning
from farside.geometry import time_text

Array = NDArray[np.float64]

_JOINED_KM = 1e-6
_STEPS = 25
_TIME_TU = 10.0
"""What a node may slide along its orbit for the price of moving it by its whole distance from the Moon: freely."""
_DAMPING, _GIVE_UP = 1e-3, 1e6
_TURN_S = 30.0


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
    raise _not_joined(times)


def join_sliding(times: Array, nodes: Array, spacecraft: Spacecraft) -> tuple[Array, Array]:
    """Move node states (n + 1, 6), scaled, and their times (n + 1,) until all arcs join within a millimetre.

    The first node's time stays. Damped Gauss-Newton steps (Levenberg 1944,
    Marquardt 1963) of the least size; each is followed by up to two corrections with the same matrix, which bring it
    back to the floor of the narrow, curved valley that such an orbit lies in. Raises BadInput when they do not join.
    """
    chain = _Chain(times, nodes, spacecraft)
    damping = _DAMPING
    for _ in range(_STEPS):
        ends, stms = chain.arcs(times, nodes)
        gaps = ends - nodes[1:]
        if np.linalg.norm(gaps[:, :3], axis=1).max() * SCALE[0] < _JOINED_KM:
            return times, nodes
        jacobian, size = chain.jacobian(times, nodes, ends, stms), chain.size(gaps)
        while True:
            moved = chain.step(times, nodes, gaps, jacobian, damping)
            if moved is not None:
                break
            damping = max(8.0 * damping, 1e-12)
            if damping > _GIVE_UP:
                raise _not_joined(times)
        times, nodes, left = moved
        damping *= 0.01 if left < 0.3 * size else 0.3
        damping = damping if damping > 1e-13 else 0.0
    raise _not_joined(times)


class _Chain:
    """Arcs between nodes whose moves are measured by their distance from the Moon, and the speed that belongs to it."""

    def __init__(self, times: Array, nodes: Array, spacecraft: Spacecraft) -> None:
        self._spacecraft = spacecraft
        self._with_stm, self._plain = (Propagator(spacecraft, float(times[0]), variations=v) for v in (True, False))
        distance = np.linalg.norm(nodes[:, :3], axis=1, keepdims=True)
        unit = np.repeat(np.hstack([distance, np.sqrt(2.0 * MU / distance)]), 3, axis=1)
        moves = np.hstack([unit, np.full((len(unit), 1), _TIME_TU)])
        moves[0, 6] = 0.0
        self._moves, self._gap = moves.ravel(), unit[1:].ravel()
        arc, row, column = np.ogrid[: len(times) - 1, :6, :7]
        rows, columns = np.broadcast_arrays(6 * arc + row, 7 * arc + column)
        # [left, right] of arc i at rows 6 i, columns 7 i
        self._places = np.tile(rows.ravel(), 2), np.concatenate([columns.ravel(), columns.ravel() + 7])

    def size(self, gaps: Array) -> float:
        """One number for all gaps."""
        return float(np.linalg.norm(gaps.ravel() / self._gap))

    def arcs(self, times: Array, nodes: Array) -> tuple[Array, Array]:
        """Ends (n, 6) and state transition matrices (n, 6, 6) of all arcs."""
        runs = [self._with_stm.run(nodes[k], float(times[k]), float(times[k + 1])) for k in range(len(times) - 1)]
        ends, stms = zip(*runs, strict=True)
        return np.array(ends), np.array(stms)

    def jacobian(self, times: Array, nodes: Array, ends: Array, stms: Array) -> Any:
        """Change of the gaps by moves of the nodes within the turning frame and along time, both in their units."""
        import scipy.sparse as sparse

        seen = np.linalg.solve(turning(times), (nodes * SCALE)[:, :, None])[:, :, 0]
        turn = np.einsum("nij,nj->ni", turning(times + _TURN_S) - turning(times - _TURN_S), seen)
        turn *= TU_S / (2.0 * _TURN_S) / SCALE
        # a node that slides is carried round by the frame, and less or more of the orbit lies before it
        begin = np.einsum("nij,nj->ni", stms, turn[:-1] - rates(nodes[:-1], times[:-1], self._spacecraft))
        end = rates(ends, times[1:], self._spacecraft) - turn[1:]
        left = np.concatenate([stms, begin[:, :, None]], axis=2)
        right = np.concatenate([np.broadcast_to(-np.eye(6), stms.shape), end[:, :, None]], axis=2)
        values = np.concatenate([left.ravel(), right.ravel()])
        matrix = sparse.csc_matrix((values, self._places), shape=(self._gap.size, self._moves.size))
        return sparse.diags(1.0 / self._gap) @ matrix @ sparse.diags(self._moves)

    def step(
        self, times: Array, nodes: Array, gaps: Array, jacobian: Any, damping: float
    ) -> tuple[Array, Array, float] | None:
        """Times, nodes and size of the gaps after a damped step and its corrections; None where they did not shrink."""
        import scipy.sparse as sparse
        from scipy.sparse.linalg import splu

        before = self.size(gaps)
        normal = splu((jacobian @ jacobian.T + damping * sparse.eye(len(self._gap))).tocsc())
        best = None
        for attempt in range(3):
            move = self._moves * (jacobian.T @ normal.solve(-gaps.ravel() / self._gap))
            times, nodes = _slide(times, nodes, move.reshape(-1, 7))
            if not (np.diff(times) > 0.0).all():
                break
            gaps = self._gaps(times, nodes)
            size = self.size(gaps)
            if not size < (best[2] if best else 100.0 * before):
                break
            best = times, nodes, size
            if attempt == 0 and size < 0.1 * before:
                break
        return best if best and best[2] < before else None

    def _gaps(self, times: Array, nodes: Array) -> Array:
        ends = [self._plain.sample(nodes[k], float(times[k]), times[k + 1 : k + 2])[0] for k in range(len(times) - 1)]
        return np.array(ends) - nodes[1:]


def _slide(times: Array, nodes: Array, move: Array) -> tuple[Array, Array]:
    """Nodes moved within the turning frame and carried along with it to their new times; move: (n, 7), the last TU."""
    seen = np.linalg.solve(turning(times), ((nodes + move[:, :6]) * SCALE)[:, :, None])
    later = times + move[:, 6] * TU_S
    return later, (turning(later) @ seen)[:, :, 0] / SCALE


def _not_joined(times: Array) -> BadInput:
    span = f"{time_text(float(times[0]))} to {time_text(float(times[-1]))}"
    return BadInput("relay", "halo", span, "a member, a span and a phase for which the arcs of the orbit join")
