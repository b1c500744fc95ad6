"""Convergence layers over real sockets, in real time: STCP, TCPCL version 4 with TLS, UDP, and LTP over UDP.

All show one face (Adapter) to one listener (Driver), and run in its asyncio event loop.
"""

from farside.link.sockets.adapter import Adapter, Batch, Driver
from farside.link.sockets.address import Address
from farside.link.sockets.connection import Server
from farside.link.sockets.ltp import LtpAdapter
from farside.link.sockets.stcp import StcpReceiver, StcpSender, stcp_server
from farside.link.sockets.tcpcl import TcpclAdapter, tcpcl_client, tcpcl_server
from farside.link.sockets.tls import Tls
from farside.link.sockets.udp import UdpAdapter

__all__ = [
    "Adapter",
    "Address",
    "Batch",
    "Driver",
    "LtpAdapter",
    "Server",
    "StcpReceiver",
    "StcpSender",
    "TcpclAdapter",
    "Tls",
    "UdpAdapter",
    "stcp_server",
    "tcpcl_client",
    "tcpcl_server",
]
