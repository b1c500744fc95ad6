"""Convergence layers: how bundles travel over TCP and UDP; all without sockets."""

from farside.link.convergence import stcp, tcpcl, udp
from farside.link.convergence.gather import BrokenProtocol
from farside.link.convergence.messages import Parser

__all__ = ["BrokenProtocol", "Parser", "stcp", "tcpcl", "udp"]
