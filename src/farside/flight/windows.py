"""When something is so: where functions of time change sign, and the spans in which they are positive.

One search serves every question (Sun above a skyline, relay in view of a station, eclipse). Questions about the same
thing share one *view*, a function of many times at once, which is computed once for all of them.

    f(a) o                o f(b)       Between samples h apart f leaves the straight line by at most
          `.            .'                 s(h) = rate h/2 + bend h^2/8,
    0 ------`.--------.'--------       rate: steepest slope of a part with corners; bend: largest second derivative of
              `-.__.-'                 the rest. Both ends farther than s(h) from zero on one side: nothing happens
          may f dip below?             between. Else the interval is halved, until that can be told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
OfTime = Callable[[Array], Array]
Span = tuple[float, float]

SHORTEST_S = 20.0
"""Two changes closer together than this may go unnoticed."""
_TOLERANCE_S = 2e-4


@dataclass(frozen=True)
class Question:
    """What is asked of a view.

    of: rows of the view (n, ...) to values (n,), positive while it is so. rate, bend: how far values may leave a
    straight line (see above), per second and per second squared; both zero trusts the first grid.
    """

    of: Callable[[Array], Array]
    rate: float = 0.0
    bend: float = 0.0


@dataclass(frozen=True)
class Answer:
    """When something changes between ``t0`` and ``t1`` (TDB s past J2000): ``times`` (n,), in order."""

    t0: float
    t1: float
    times: Array
    at_start: bool

    @property
    def spans(self) -> list[Span]:
        """Intervals in which it is so, in order; one already open at t0 starts there, one open at t1 ends there."""
        edges = [*([self.t0] if self.at_start else []), *self.times.tolist()]
        if len(edges) % 2:
            edges.append(self.t1)
        return list(zip(edges[::2], edges[1::2], strict=True))

    @property
    def begins(self) -> Array:
        """Times at which it becomes so."""
        return self.times[int(self.at_start) :: 2]

    @property
    def ends(self) -> Array:
        """Times at which it ceases."""
        return self.times[1 - int(self.at_start) :: 2]


def ask(
    view: OfTime, questions: Sequence[Question], t0: float, t1: float, step_s: float, shortest_s: float = SHORTEST_S
) -> list[Answer]:
    """Answer all questions about one view between t0 and t1, to better than a millisecond.

    view: times (n,), TDB s past J2000, to rows (n, ...). step_s: of the first grid; a question with ``rate`` or
    ``bend`` misses nothing longer than ``shortest_s`` whatever the step, one without is seen at the grid only.
    """
    grid = np.linspace(t0, t1, max(2, int(np.ceil((t1 - t0) / step_s)) + 1))
    seen = view(grid)
    first = np.array([question.of(seen) for question in questions])
    which, a, b = _brackets(view, questions, grid, first, shortest_s)
    times = _roots(view, questions, which, a, b)
    order = np.lexsort((times, which))
    which, times = which[order], times[order]
    return [Answer(t0, t1, times[which == k], bool(first[k, 0] > 0.0)) for k in range(len(questions))]


def crossings(f: OfTime, t0: float, t1: float, step_s: float) -> Array:
    """Times between t0 and t1 at which f changes sign, to better than a millisecond, in order, shape (n,).

    f: continuous function of times (m,), TDB s past J2000, to values (m,). step_s: of the grid; two changes closer
    together than this can go unnoticed, so choose it below the shortest interval that matters.
    """
    return ask(f, [Question(lambda values: values)], t0, t1, step_s)[0].times


def spans(f: OfTime, t0: float, t1: float, step_s: float) -> list[Span]:
    """Intervals (start, end) between t0 and t1 in which f > 0, in order; arguments as of ``crossings``."""
    return ask(f, [Question(lambda values: values)], t0, t1, step_s)[0].spans


def overlap(some: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """Intervals in which both are so; each a list of disjoint intervals in order."""
    out, j = [], 0
    for start, end in some:
        while j < len(others) and others[j][1] <= start:
            j += 1
        k = j
        while k < len(others) and others[k][0] < end:
            out.append((max(start, others[k][0]), min(end, others[k][1])))
            k += 1
    return out


def union(*lists: Sequence[Span]) -> list[Span]:
    """Intervals in which any is so."""
    out: list[Span] = []
    for start, end in sorted(span for spans_ in lists for span in spans_):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def gaps(some: Sequence[Span], t0: float, t1: float) -> list[Span]:
    """Intervals between t0 and t1 in which it is not so."""
    edges = [t0, *(edge for span in some for edge in span), t1]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a]


def within(t: Array, spans: Sequence[Span]) -> NDArray[np.bool_]:
    """Which of times t (n,) lie in disjoint intervals in order."""
    return np.searchsorted(np.ravel(np.array(spans, float)), t, side="right") % 2 == 1


def _brackets(
    view: OfTime, questions: Sequence[Question], grid: Array, first: Array, shortest_s: float
) -> tuple[NDArray[np.intp], Array, Array]:
    """Question, start and end of all intervals in which exactly one change happens."""
    rate = np.array([question.rate for question in questions])
    bend = np.array([question.bend for question in questions])
    which = np.repeat(np.arange(len(questions)), len(grid) - 1)
    a, b = np.tile(grid[:-1], len(questions)), np.tile(grid[1:], len(questions))
    fa, fb = first[:, :-1].ravel(), first[:, 1:].ravel()
    h, found = float(grid[1] - grid[0]), []
    while len(which):
        r, k = rate[which] * h, bend[which] * h * h
        changed = (fa > 0.0) != (fb > 0.0)
        # |f'| stays above zero between: one change only
        sure = (np.abs(fb - fa) > 2.0 * r + 0.5 * k) | (h <= shortest_s)
        found.append((which[changed & sure], a[changed & sure], b[changed & sure]))
        near = np.minimum(np.abs(fa), np.abs(fb)) < 0.5 * r + 0.125 * k
        unclear = np.where(changed, ~sure, near & (h > shortest_s))
        which, a, b, fa, fb = which[unclear], a[unclear], b[unclear], fa[unclear], fb[unclear]
        middle, h = 0.5 * (a + b), 0.5 * h
        fm = _values(view, questions, which, middle)
        which = np.concatenate([which, which])
        a, b = np.concatenate([a, middle]), np.concatenate([middle, b])
        fa, fb = np.concatenate([fa, fm]), np.concatenate([fm, fb])
    w, start, end = (np.concatenate(column) for column in zip(*found, strict=True))
    return w, start, end


def _roots(view: OfTime, questions: Sequence[Question], which: NDArray[np.intp], a: Array, b: Array) -> Array:
    """The change inside each bracket, all refined together."""
    from scipy.optimize.elementwise import find_root

    if not len(which):
        return np.empty(0)
    t0 = a.min()  # seconds since then: a time past J2000 carries only tenths of microseconds
    found = find_root(
        lambda s, k: _values(view, questions, k, t0 + s),
        (a - t0, b - t0),
        args=(which,),
        tolerances={"xatol": _TOLERANCE_S, "xrtol": 0.0},
    )
    return t0 + np.asarray(found.x, float)


def _values(view: OfTime, questions: Sequence[Question], which: NDArray[np.intp], t: Array) -> Array:
    """Value of each time's own question; the view sees every time once."""
    if not len(t):
        return np.empty(0)
    times, back = np.unique(t, return_inverse=True)
    seen, values = view(times), np.empty(len(t))
    for k in np.unique(which):
        mine = which == k
        values[mine] = questions[k].of(seen[back[mine]])
    return values
