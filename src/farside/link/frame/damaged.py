"""What is said of octets that are no whole packet or frame."""

from __future__ import annotations

from farside.errors import FarsideError


class DamagedUnit(FarsideError):
    """A packet or frame that cannot be read, and why."""
