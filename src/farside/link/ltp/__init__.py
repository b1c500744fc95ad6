"""The Licklider Transmission Protocol: blocks of bundles over long, lossy and lopsided links (RFC 5326).

Two engines face each other, each told of its link and of time by a driver: ``engine.handle(now, event) -> actions``.
"""

from farside.link.ltp.engine import LONGEST_BLOCK, Counts, Engine, segment_size
from farside.link.ltp.events import (
    Accept,
    Action,
    Arrived,
    Event,
    LinkDown,
    LinkUp,
    Lost,
    Ready,
    Refuse,
    Segments,
    Send,
    SendBlock,
    Sent,
    Taken,
    Wake,
    WakeAt,
)
from farside.link.ltp.segment import Malformed, unpack

__all__ = [
    "LONGEST_BLOCK",
    "Accept",
    "Action",
    "Arrived",
    "Counts",
    "Engine",
    "Event",
    "LinkDown",
    "LinkUp",
    "Lost",
    "Malformed",
    "Ready",
    "Refuse",
    "Segments",
    "Send",
    "SendBlock",
    "Sent",
    "Taken",
    "Wake",
    "WakeAt",
    "segment_size",
    "unpack",
]
