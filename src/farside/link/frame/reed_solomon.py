"""The Reed-Solomon code RS(255,223), interleaved, in Berlekamp's dual basis (CCSDS 131.0-B-5 section 4 and annex F).

    octets      0   1   2   3   4   5   6  ...      frame of 223 I octets, then 32 I octets of check symbols
    codeword    0   1 ..I-1  0   1   2   3 ...

Field: x^8 + x^7 + x^2 + x + 1; generator: product of (x - a^(11 j)), j = 112..143. Encoding is linear, so that a table
gives what each octet adds to the check symbols; a block is intact if encoding it again gives the same ones. What is
not is decoded by the library reedsolo, in the conventional basis.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import reedsolo
from numpy.typing import NDArray

from farside.link.frame.damaged import DamagedUnit

CODEWORD, MESSAGE, CHECK = 255, 223, 32
"""Octets of a codeword, of its message, and of its check symbols."""
INTERLEAVES = (1, 2, 3, 4, 5, 8)
_FIELD, _FIRST_ROOT, _ROOT = 0x187, 112, 0xAD
_DUAL_OF_BITS = (0x7B, 0xAF, 0x99, 0xFA, 0x86, 0xEC, 0xEF, 0x8D)
"""Dual basis of 2^0 to 2^7, z_0 first: z_i = Tr(u a^(117 i))."""

Octets = NDArray[np.uint8]


@cache
def to_dual() -> Octets:
    """Octets in the dual basis by octets in the conventional one, shape (256,)."""
    table = np.zeros(256, np.uint8)
    for bit, dual in enumerate(_DUAL_OF_BITS):
        table[1 << bit : 2 << bit] = table[: 1 << bit] ^ dual
    return table


@cache
def from_dual() -> Octets:
    """The way back, shape (256,)."""
    return np.argsort(to_dual()).astype(np.uint8)


def encode(frame: bytes) -> bytes:
    """A frame of 223 I octets, with its 32 I check symbols behind."""
    messages = np.frombuffer(frame, np.uint8).reshape(MESSAGE, -1)
    return frame + _checks(messages).tobytes()


def decode(block: bytes) -> bytes:
    """The frame of a received block of 255 I octets; up to 16 wrong octets in each codeword are mended.

    Raises DamagedUnit where there are more.
    """
    received = np.frombuffer(block, np.uint8).reshape(CODEWORD, -1)
    wrong = np.flatnonzero((_checks(received[:MESSAGE]) != received[MESSAGE:]).any(axis=0))
    if not wrong.size:
        return block[: received[:MESSAGE].size]
    mended = received[:MESSAGE].copy()
    for k in wrong.tolist():
        mended[:, k] = to_dual()[_mend(from_dual()[received[:, k]].tobytes())]
    return mended.tobytes()


def _mend(codeword: bytes) -> Octets:
    """Message of one codeword, both in the conventional basis. Raises DamagedUnit."""
    try:
        message, *_ = _codec().decode(codeword)
    except reedsolo.ReedSolomonError:
        raise DamagedUnit("a codeword with more than 16 wrong octets") from None
    return np.frombuffer(bytes(message), np.uint8)


def _checks(messages: Octets) -> Octets:
    """Check symbols, shape (32, I), of messages, shape (223, I), all in the dual basis."""
    return np.bitwise_xor.reduce(_table()[np.arange(MESSAGE)[:, None], messages], axis=0).T


@cache
def _codec() -> reedsolo.RSCodec:
    return reedsolo.RSCodec(nsym=CHECK, nsize=CODEWORD, fcr=_FIRST_ROOT, prim=_FIELD, generator=_ROOT)


@cache
def _table() -> Octets:
    """What an octet at each place of a message adds to the check symbols (dual basis), shape (223, 256, 32)."""
    codec = _codec()
    log, exp = np.array(codec.gf_log, np.int64), np.array(codec.gf_exp, np.uint8)
    generator = np.array(codec.gen[CHECK][1:], np.uint8)

    def times(a: Octets, b: Octets) -> Octets:
        return np.where((a == 0) | (b == 0), 0, exp[(log[a] + log[b]) % CODEWORD]).astype(np.uint8)

    last = generator  # x^32 modulo the generator: what a 1 in the last place adds
    places = [last]
    for _ in range(MESSAGE - 1):  # times x, modulo the generator
        last = np.append(last[1:], np.uint8(0)) ^ times(np.broadcast_to(last[0], CHECK), generator)
        places.append(last)
    every = np.arange(256, dtype=np.uint8)
    table = times(np.array(places[::-1])[:, None, :], every[None, :, None])
    return to_dual()[table[:, from_dual()]]
