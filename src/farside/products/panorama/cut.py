"""Seams between frames where they contradict each other, cut where least is to be seen of them.

A seam between two cells p and q, of frame a and of frame b, costs |a(p) - b(p)| + |a(q) - b(q)| (Kwatra et al. 2003,
ACM Trans. Graph. 22, 277) in logarithms of light, and a little for its length. Frames are let grow one after another,
each to the cells with which all seams together cost least: a minimum cut (Boykov, Veksler and Zabih 2001, IEEE PAMI 23,
1222).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from farside.products.panorama.cells import Bits, Light, Look

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

NOBODY = -1
MOST = 1.0
"""What differs more (e times) is not seen more, and where a frame sees nothing it differs so much."""
LENGTH = 0.015
"""Cost of a cell on either side of a seam, whatever is to be seen of it."""
EDGE, BURNT = 1e-3, 0.05
"""Cost of a cell at the edge of its frame, and of one that is burnt there."""
SWEEPS = 2
"""Times that all frames are let grow."""
STEPS = 1000.0
"""Costs are counted in so many steps."""
AHEAD = ((0, 1), (1, 0))
AROUND = (*AHEAD, (0, -1), (-1, 0))
"""Cells beside a cell: rows down and columns to the right."""


@dataclass(frozen=True)
class Told:
    """All looks, to be asked about any cell of a map with so many columns.

    light: (m, 3), weight, cost (of having it): (m,) of all cells of all looks, of which look k has those from
    ``first[k]`` on. box: (n, 4) first row and column, rows and columns of each.
    """

    light: Light
    weight: Light
    cost: Light
    first: Whole
    box: Whole
    columns: int

    @classmethod
    def of(cls, looks: Sequence[Look], columns: int) -> Self:
        """All of these."""
        sizes = np.array([look.weight.size for look in looks])
        box = np.array([(look.top, look.left, *look.weight.shape) for look in looks])
        light = np.concatenate([look.light.reshape(-1, 3) for look in looks])
        weight = np.concatenate([look.weight.ravel() for look in looks])
        cost = EDGE * (1 - weight) + BURNT * np.concatenate([look.burnt.ravel() for look in looks])
        return cls(light, weight, cost.astype(np.float32), np.cumsum(sizes) - sizes, box, columns)

    def at(self, k: Whole, y: Whole, x: Whole) -> tuple[Whole, Bits]:
        """Where frames k have rows y and columns x, (n,) each, and whether they say anything of them."""
        top, left, rows, columns = self.box[k].T
        r, c = y - top, (x - left) % self.columns
        inside = (r >= 0) & (r < rows) & (c < columns)
        n = np.where(inside, self.first[k] + r * columns + c, 0)
        return n, inside & (self.weight[n] > 0)

    def apart(self, a: Whole, b: Whole, y: Whole, x: Whole) -> Array:
        """How much of a seam is to be seen in cells (n,) if they lie beside one between frames a and b."""
        (one, seen), (two, seen_too) = self.at(a, y, x), self.at(b, y, x)
        step = np.minimum(np.abs(self.light[one] - self.light[two]).max(axis=1), MOST)
        step = np.where(seen & seen_too, step, MOST)
        return np.where(a == b, 0.0, step + LENGTH)


def owners(looks: Sequence[Look], heaviest: NDArray[np.int16], region: Bits, around: bool) -> NDArray[np.int16]:
    """Whose each cell (rows, columns) of a region is, NOBODY's elsewhere.

    heaviest: who weighs most in each cell of the map. around: whether the map goes on beyond its left and right ends.
    """
    told = Told.of(looks, region.shape[1])
    owner = np.where(region, heaviest, NOBODY).astype(np.int64)
    node = np.full(owner.shape, NOBODY)
    cells = [_seen(look, region) for look in looks]
    # a frame whose cells nobody has won since it grew would grow no further
    changed, grown = np.zeros(owner.shape, np.int64), np.zeros(len(looks), np.int64)
    for turn in range(SWEEPS * len(looks)):
        k = turn % len(looks)
        y, x = cells[k]
        if len(y) and changed[y, x].max() >= grown[k]:
            node[y, x] = np.arange(len(y))
            won = _won(owner, node, told, k, y, x, heaviest, around)
            node[y, x] = NOBODY
            owner[y[won], x[won]], changed[y[won], x[won]] = k, turn
            grown[k] = turn + 1
    return owner.astype(np.int16)


def _seen(look: Look, region: Bits) -> tuple[Whole, Whole]:
    """Rows and columns of the cells of a region that a look says something of."""
    r, c = np.nonzero(look.weight > 0)
    y, x = r + look.top, (c + look.left) % region.shape[1]
    inside = region[y, x]
    return y[inside], x[inside]


def _won(
    owner: Whole, node: Whole, told: Told, k: int, y: Whole, x: Whole, heaviest: NDArray[np.int16], around: bool
) -> Bits:
    """Which of the cells (n,) that it sees frame k has to have for seams to cost least and has not.

    node: which of these each cell of the map is, NOBODY's where it is none.
    """
    now, mine = owner[y, x], np.full(len(y), k)
    stay, take = (told.cost[told.at(who, y, x)[0]].astype(float) for who in (now, mine))
    pairs, costs = [], []
    for way in AROUND:
        p, v, u = _beside(y, x, way, owner.shape, around)
        q, other, most = node[v, u], owner[v, u], heaviest[v, u].astype(np.int64)
        # a neighbour that frame k cannot have, and one that nobody contradicts, or of which only some see anything
        fixed, free = (q < 0) & (other >= 0), (other < 0) & (most >= 0)
        for cost, who in ((stay, now), (take, mine)):
            i, at, to = p[fixed], (v[fixed], u[fixed]), other[fixed]
            cost[i] += told.apart(who[i], to, y[i], x[i]) + told.apart(who[i], to, *at)
            i, at, to = p[free], (v[free], u[free]), most[free]
            cost[i] += np.where(told.at(who[i], *at)[1], 0.0, told.apart(who[i], to, y[i], x[i]))
        if way in AHEAD:
            i, j = p[q >= 0], q[q >= 0]
            as_now, won_second, won_first = (
                told.apart(a, b, y[i], x[i]) + told.apart(a, b, y[j], x[j])
                for a, b in ((now[i], now[j]), (now[i], mine[j]), (mine[i], now[j]))
            )
            take[i] += won_first - as_now
            take[j] -= won_first
            pairs.append(np.column_stack([i, j]))
            costs.append(won_first + won_second - as_now)
    return _cut(take - stay, np.concatenate(pairs), np.concatenate(costs)) & (now != k)


def _beside(
    y: Whole, x: Whole, way: tuple[int, int], shape: tuple[int, ...], around: bool
) -> tuple[Whole, Whole, Whole]:
    """Which cells (n,) have a neighbour that way, and its row and column."""
    v, u = y + way[0], x + way[1]
    if around:
        u %= shape[1]
    there = np.nonzero((v >= 0) & (v < shape[0]) & (u >= 0) & (u < shape[1]))[0]
    return there, v[there], u[there]


def _cut(more: Array, pairs: Whole, costs: Array) -> Bits:
    """Which of n cells change hands where that costs ``more`` (n,) of each, and ``costs`` (m,) of pairs (m, 2) of which
    the second does and the first does not, if all is to cost least.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    n = len(more)
    whole, between = (np.rint(STEPS * each).astype(np.int32) for each in (more, np.maximum(costs, 0.0)))
    dear, cheap = np.nonzero(whole > 0)[0], np.nonzero(whole < 0)[0]
    if not len(cheap):
        return np.zeros(n, bool)
    source, sink = n, n + 1
    tail = np.concatenate([pairs[:, 0], np.full(len(dear), source), cheap])
    head = np.concatenate([pairs[:, 1], dear, np.full(len(cheap), sink)])
    room = csr_array((np.concatenate([between, whole[dear], -whole[cheap]]), (tail, head)), shape=(n + 2, n + 2))
    left = room - maximum_flow(room, source, sink).flow
    left.data = np.maximum(left.data, 0)
    left.eliminate_zeros()
    change = np.ones(n + 2, bool)
    change[breadth_first_order(left, source, return_predecessors=False)] = False
    return change[:n]
