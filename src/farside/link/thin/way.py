"""When the whole way from a source to a destination is open, as the plan has it.

    t           frame leaves the source                       |--frame--|
    + delay     ... and the repeater                     light time     |--frame--|
                                                                                light time     |--frame--|

All hops have to be open when a frame passes them, each at its own time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from farside.link.contact import Contact, ContactPlan, LightTime
from farside.link.frame import Channel

MOST_HOPS = 4
_SLACK_S = 600.0
"""More than all light times and frames on the way together: contacts farther apart than this do not make a way."""
_SLOW_BPS = 10_000
"""Below this rate a frame is one codeword long, above it five: at 125 bit/s five would take 71 s. Assumed."""


class Window(NamedTuple):
    """Frames that leave the source between ``first`` and ``last`` (mission time of their first bit) get through.

    hops: contacts on the way. channel: how frames look. pace_s: time from one frame to the next, set by the slowest
    hop. frame_s: time that a frame takes on each hop.
    """

    first: float
    last: float
    hops: tuple[Contact, ...]
    channel: Channel
    pace_s: float
    frame_s: tuple[float, ...]


def windows(plan: ContactPlan, source: int, destination: int, light_time: LightTime) -> list[Window]:
    """All windows, over every way of up to four hops, in order of their first moment."""
    links: dict[tuple[int, int], list[Contact]] = {}
    for contact in plan:
        links.setdefault((contact.sender, contact.receiver), []).append(contact)
    found = []
    for way in _ways(plan, (source,), destination):
        hops = [links[pair] for pair in pairwise(way)]
        slowest = min(contact.rate_bps for hop in hops for contact in hop)
        channel = Channel(0, interleave=5 if slowest >= _SLOW_BPS else 1)
        found += [w for contacts in _together(hops) if (w := _window(contacts, channel, light_time))]
    return sorted(found, key=lambda window: (window.first, len(window.hops), window.hops))


def _delay_s(hops: Sequence[Contact], frame_s: Sequence[float], t: float, light_time: LightTime) -> float:
    """From a frame's first bit leaving the source at ``t`` to its first bit leaving the node after these hops."""
    delay = 0.0
    for hop, frame in zip(hops, frame_s, strict=False):
        delay += frame
        delay += light_time(hop.sender, hop.receiver, max(t + delay, 0.0))  # tables begin with the mission
    return delay


def _ways(plan: ContactPlan, way: tuple[int, ...], destination: int) -> Iterator[tuple[int, ...]]:
    if way[-1] == destination:
        yield way
    elif len(way) <= MOST_HOPS:
        for there in plan.receivers(way[-1]):
            if there not in way:
                yield from _ways(plan, (*way, there), destination)


def _together(hops: Sequence[Sequence[Contact]]) -> list[tuple[Contact, ...]]:
    """Contacts, one a hop, that may be open at once."""
    found: list[tuple[float, float, tuple[Contact, ...]]] = [(-float("inf"), float("inf"), ())]
    for hop in hops:
        ends, longer = [contact.end for contact in hop], []
        for start, end, contacts in found:
            for contact in hop[bisect_left(ends, start - _SLACK_S) :]:
                if contact.start > end + _SLACK_S:
                    break
                longer.append((max(start, contact.start), min(end, contact.end), (*contacts, contact)))
        found = longer
    return [contacts for _, _, contacts in found]


def _window(hops: tuple[Contact, ...], channel: Channel, light_time: LightTime) -> Window | None:
    """The window of these contacts, if they leave one."""
    bits = 8 * channel.frame_octets
    pace = bits / min(hop.rate_bps for hop in hops)
    frame_s = (pace, *(bits / hop.rate_bps for hop in hops[1:]))

    def leaves(k: int, passes: float) -> float:
        """When a frame leaves the source that passes hop k at a time; light time changes by some 1e-6 s a second."""
        t = passes
        for _ in range(3):
            t = passes - _delay_s(hops[:k], frame_s, t, light_time)
        return t

    inf = float("inf")
    first = max(leaves(k, hop.start) for k, hop in enumerate(hops))
    last = min(leaves(k, hop.end - frame_s[k]) if hop.end < inf else inf for k, hop in enumerate(hops))
    return Window(first, last, hops, channel, pace, frame_s) if last >= first else None
