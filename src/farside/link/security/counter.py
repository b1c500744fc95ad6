"""Numbers that are never used twice with a key, made without chance."""

from __future__ import annotations

import cbor2

from farside.link.security.keys import Key

_UNIT_BITS = 20


class Counters:
    """A counter a key, for initialisation vectors and fresh keys.

    Whoever owns it has to keep ``state`` before anything protected with a number leaves. In case a state is lost all
    the same, the count of a key begins at the time of its first use in units of 2^-20 ms: above whatever it was before.
    """

    def __init__(self) -> None:
        self._next: dict[bytes, int] = {}

    def take(self, key: Key, now_ms: int) -> int:
        """The next number of a key, below 2^64."""
        number = self._next.get(key.fingerprint, max(now_ms, 0) << _UNIT_BITS)
        self._next[key.fingerprint] = number + 1
        return number

    def state(self) -> bytes:
        """What has to be kept."""
        return bytes(cbor2.dumps(sorted(self._next.items())))

    def restore(self, state: bytes) -> None:
        """Go on from a state that was kept."""
        self._next = dict(cbor2.loads(state))


def vector(node: int, number: int) -> bytes:
    """Initialisation vector of 12 octets: 4 that name the sender, 8 that count (NIST SP 800-38D section 8.2.1)."""
    return (node & 0xFFFFFFFF).to_bytes(4, "big") + number.to_bytes(8, "big")
