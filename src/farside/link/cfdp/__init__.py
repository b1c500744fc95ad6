"""Files over packets that may be lost, doubled and out of order: CFDP class 2 (CCSDS 727.0-B-5, acknowledged).

An alternative to bundles for links that carry nothing but datagrams. Two services face each other, each told of its
link and of time by a driver: ``service.handle(now, event) -> actions``.

The state machines are those of cfdp-py, one for each file. They were made for programs with a clock and a disk; what it
takes to use them without, and to survive losses that they do not, stands in ``sending``, ``receiving``, ``machine`` and
``clock``.
"""

from farside.link.cfdp.events import Action, Arrived, Delivered, Event, Failed, Pdu, Put, Send
from farside.link.cfdp.service import FileService, Peer
from farside.link.events import LinkDown, LinkUp, Ready, Wake, WakeAt

__all__ = [
    "Action",
    "Arrived",
    "Delivered",
    "Event",
    "Failed",
    "FileService",
    "LinkDown",
    "LinkUp",
    "Pdu",
    "Peer",
    "Put",
    "Ready",
    "Send",
    "Wake",
    "WakeAt",
]
