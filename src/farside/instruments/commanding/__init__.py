"""What became of each command that a vehicle was given: accepted, or refused and why."""

from farside.instruments.commanding.packet import Verdict, pack_packet, unpack_packets

__all__ = ["Verdict", "pack_packet", "unpack_packets"]
