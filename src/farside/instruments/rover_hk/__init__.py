"""Housekeeping of the rover: what it reports, and the packets it reports it in."""

from farside.instruments.rover_hk.packet import MODES, REFUSALS, Sample, pack_packet, unpack_packets

__all__ = ["MODES", "REFUSALS", "Sample", "pack_packet", "unpack_packets"]
