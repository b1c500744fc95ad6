"""Housekeeping of guidance, navigation and control: what it reports, and the packets it reports it in."""

from farside.instruments.gnc.packet import PHASES, Sample, pack_packet, unpack_packets

__all__ = ["PHASES", "Sample", "pack_packet", "unpack_packets"]
