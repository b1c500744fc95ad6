"""Housekeeping of the relay satellite: what it reports, and the packets it reports it in."""

from farside.instruments.relay_hk.packet import ORBIT_ERROR_M, pack_packet, unpack_packets

__all__ = ["ORBIT_ERROR_M", "pack_packet", "unpack_packets"]
