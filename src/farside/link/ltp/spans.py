"""Sets of octets of a block, as lists of disjoint half-open ranges in ascending order."""

from __future__ import annotations

from collections.abc import Iterable

Spans = list[tuple[int, int]]


def merge(*parts: Iterable[tuple[int, int]]) -> Spans:
    """Union of ranges in any order; those that touch become one."""
    merged: Spans = []
    for start, stop in sorted(span for part in parts for span in part):
        if merged and start <= merged[-1][1]:
            if stop > merged[-1][1]:
                merged[-1] = merged[-1][0], stop
        elif start < stop:
            merged.append((start, stop))
    return merged


def subtract(spans: Iterable[tuple[int, int]], other: Spans) -> Spans:
    """What of ``spans`` is not in ``other``; both disjoint and ascending."""
    left: Spans = []
    for start, stop in spans:
        for a, b in other:
            if b <= start:
                continue
            if a >= stop:
                break
            if a > start:
                left.append((start, a))
            start = max(start, b)
        if start < stop:
            left.append((start, stop))
    return left
