"""Octets of a stream until there are enough of them."""

from __future__ import annotations

from farside.errors import FarsideError


class BrokenProtocol(FarsideError):
    """A peer sent what its protocol does not allow; ``why`` says what."""

    def __init__(self, protocol: str, why: str) -> None:
        self.protocol, self.why = protocol, why
        super().__init__(protocol, why)
        self.message = f"{protocol}: {why}"


class Gather:
    """Holds the rest of a stream. A long message in many pieces is put together once, not with each piece."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._have, self._need = 0, 0

    def __len__(self) -> int:
        return self._have

    def add(self, data: bytes) -> bytes:
        """All that was kept and ``data``; nothing as long as that is less than was said to be needed."""
        if not self._parts:
            return data
        self._parts.append(data)
        self._have += len(data)
        if self._have < self._need:
            return b""
        data = b"".join(self._parts)
        self._parts.clear()
        self._have = 0
        return data

    def keep(self, rest: bytes, need: int) -> None:
        """Keep what could not be used yet; ``need``: how many octets it takes, as far as that is known."""
        if rest:
            self._parts.append(rest)
            self._have, self._need = len(rest), need
