"""Keys that travel under another key: AES key wrap (RFC 3394)."""

from __future__ import annotations

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from farside.link.security.refused import Refused, Why


def wrap(kek: bytes, secret: bytes) -> bytes:
    """The key ``secret`` under the key-encryption key ``kek`` (16, 24 or 32 octets): 8 octets longer."""
    return aes_key_wrap(kek, secret)


def unwrapped(secret: bytes, wrapped: object) -> bytes:
    """The key to use: ``secret`` itself, or what it unwraps where a ``wrapped`` key came along. Raises Refused."""
    if wrapped is None:
        return secret
    if not isinstance(wrapped, bytes) or len(secret) not in (16, 24, 32):
        raise Refused(Why.WRONG_KEY, "the bundle brings a wrapped key")
    try:
        return aes_key_unwrap(secret, wrapped)
    except (InvalidUnwrap, ValueError):
        raise Refused(Why.WRONG_KEY, "it does not open the key that the bundle brings") from None
