"""The relay satellite: its orbit and how high it stands over the lander, from its housekeeping."""

from farside.products.relay.desk import RelayDesk

__all__ = ["RelayDesk"]
