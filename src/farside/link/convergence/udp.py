"""UDP convergence layer: one bundle a datagram, nothing said back; a bundle counts as taken when it has left.

A peer without flow control loses what comes too fast, so the sender keeps to a rate.
"""

from __future__ import annotations

PORT = 4556
LONGEST = 65_507
"""Octets of a datagram over IPv4 at most; some peers take less (NASA bplib: 8192 by default)."""
OVERHEAD = 28
"""Octets of the IPv4 and UDP headers around a bundle."""


class Pace:
    """When the next datagram may leave. rate_bps: of the link, headers counted; burst_s: link time sent at once."""

    def __init__(self, rate_bps: float, burst_s: float = 0.01) -> None:
        self.rate_bps, self._burst_s = rate_bps, burst_s
        self._busy_until = float("-inf")

    def wait(self, now: float) -> float:
        """Seconds until the link is free; 0 while the burst lasts."""
        ahead = self._busy_until - now - self._burst_s
        return max(ahead, 0.0) if ahead > 1e-9 else 0.0

    def send(self, now: float, octets: int) -> None:
        """A datagram with so many octets leaves now."""
        self._busy_until = max(self._busy_until, now) + 8 * (octets + OVERHEAD) / self.rate_bps
