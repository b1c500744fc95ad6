"""What bytes travel in: packets, transfer frames, codes and what they lose.

framer, deframer = Framer(channel), Deframer(channel)
units = framer.feed(Segmenter().packets(apid, payload)) + framer.flush()
packets = deframer.feed(b"".join(units))
"""

from farside.link.frame.channel import MARKER, Channel
from farside.link.frame.coding import bit_error_rate, codes, frame_loss, required_ebn0_db, word_error
from farside.link.frame.damaged import DamagedUnit
from farside.link.frame.deframer import Deframer
from farside.link.frame.encapsulation import Encapsulated, Protocol, encapsulate, read_encapsulation
from farside.link.frame.framer import Framer
from farside.link.frame.packet import HEADER as PACKET_HEADER
from farside.link.frame.packet import Assembler, Gap, Packet, Segmenter, Whole, idle_packet, read_packet
from farside.link.frame.split import is_idle, split
from farside.link.frame.transfer import Frame, Service, read_frame

__all__ = [
    "MARKER",
    "PACKET_HEADER",
    "Assembler",
    "Channel",
    "DamagedUnit",
    "Deframer",
    "Encapsulated",
    "Frame",
    "Framer",
    "Gap",
    "Packet",
    "Protocol",
    "Segmenter",
    "Service",
    "Whole",
    "bit_error_rate",
    "codes",
    "encapsulate",
    "frame_loss",
    "idle_packet",
    "is_idle",
    "read_encapsulation",
    "read_frame",
    "read_packet",
    "required_ebn0_db",
    "split",
    "word_error",
]
