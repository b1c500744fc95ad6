"""How many bits and frames are lost at an Eb/N0: what codes do, without running them.

    Eb/N0 of a bit of the frame --code rate--> of a channel bit --> bit error --> symbol error --> codeword --> frame

BPSK or QPSK in white Gaussian noise. Which code follows which model, and the points of those without a formula, stand
in coding.yaml.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import yaml
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput
from farside.link.frame.reed_solomon import CHECK, CODEWORD, MESSAGE

Array = NDArray[np.float64]

MENDED = CHECK // 2
"""Wrong octets in a codeword that the Reed-Solomon code mends."""
_RATE_DB = 10 * np.log10(MESSAGE / CODEWORD)


class _Table(NamedTuple):
    codes: dict[str, dict[str, Any]]
    convolutional: dict[str, Any]
    only_required: dict[str, float]


def codes() -> tuple[str, ...]:
    """Names of the codes whose losses can be computed."""
    return tuple(_table().codes)


def bit_error_rate(code: str, ebn0_db: ArrayLike) -> Array:
    """Wrong bits after decoding, as a share of all, at an Eb/N0 in dB of any shape. Raises BadInput for another code.

    Codes known by points: exponential in Eb/N0 in dB through them, at most one half.
    """
    ebn0_db, model = np.asarray(ebn0_db, float), _code(code)["model"]
    if model == "uncoded":
        return _q(np.sqrt(2 * _ratio(ebn0_db)))
    if model == "convolutional":
        return _convolutional(ebn0_db)
    if model == "reed_solomon":
        return _residual(_symbol_error(_q(np.sqrt(2 * _ratio(ebn0_db + _RATE_DB)))))
    return np.minimum(10 ** np.polyval(_line(code), ebn0_db), 0.5)


def frame_loss(code: str, ebn0_db: ArrayLike, interleave: int = 5, octets: int = 1115) -> Array:
    """Probability that a frame is lost, at an Eb/N0 in dB of any shape.

    interleave: codewords in a frame of a Reed-Solomon code. octets: the frame's length under any other: it is lost if
    any of its bits is wrong, each by itself. A decoder's errors come in bursts, so that this is a bound from above.
    Raises BadInput for an unknown code.
    """
    entry, model = _code(code), _code(code)["model"]
    if model == "reed_solomon":
        word = word_error(_symbol_error(_q(np.sqrt(2 * _ratio(np.asarray(ebn0_db, float) + _RATE_DB)))))
        return _any_of(word, interleave)
    if entry.get("reed_solomon"):
        return _any_of(word_error(_symbol_error_of(bit_error_rate(code, ebn0_db))), interleave)
    return _any_of(bit_error_rate(code, ebn0_db), 8 * octets)


def required_ebn0_db(code: str, bit_error: float) -> float:
    """Eb/N0 in dB at which a code leaves a share ``bit_error`` of the bits wrong, between 1e-12 and 0.1.

    Raises BadInput for an unknown code, and for another rate of one that is known at 1e-6 alone.
    """
    from scipy.optimize import brentq

    if code in _table().only_required:
        if bit_error != 1e-6:
            raise BadInput("coding", "bit_error", bit_error, f"1e-6, all that is known of {code}")
        return _table().only_required[code]
    if not 1e-12 <= bit_error <= 0.1:
        raise BadInput("coding", "bit_error", bit_error, "a share between 1e-12 and 0.1")
    # in logarithms: the rates span forty decades between the ends
    return float(brentq(lambda db: np.log(bit_error_rate(code, db) + 1e-300) - np.log(bit_error), -5.0, 16.0))


def word_error(symbol_error: ArrayLike) -> Array:
    """Probability that a Reed-Solomon codeword has more wrong octets than can be mended, each octet by itself."""
    from scipy.special import bdtrc

    return np.asarray(bdtrc(MENDED, CODEWORD, symbol_error), float)


def _residual(symbol_error: Array) -> Array:
    """Bit error rate after a Reed-Solomon decoder: a word it cannot mend stays; of a wrong octet half the bits are."""
    from scipy.special import bdtrc

    # sum over i > 16 of i/255 C(255,i) p^i q^(255-i) = p times the chance of more than 15 among the other 254
    return 0.5 * symbol_error * np.asarray(bdtrc(MENDED - 1, CODEWORD - 1, symbol_error), float)


@cache
def _residual_table() -> tuple[Array, Array]:
    """Logarithms of residual bit error rates, ascending, and of the symbol error rates that leave them."""
    symbol = np.geomspace(1e-4, 0.5, 2000)
    return np.log(_residual(symbol)), np.log(symbol)


def _symbol_error_of(bit_error: Array) -> Array:
    """Share of wrong octets before a Reed-Solomon decoder that leaves a share ``bit_error`` of bits wrong behind it."""
    residual, symbol = _residual_table()
    return np.exp(np.interp(np.log(np.maximum(bit_error, 1e-300)), residual, symbol))


def _convolutional(ebn0_db: Array) -> Array:
    """Union bound of the convolutional code: sum of B_d Q(sqrt(d Eb/N0)), at most one half; loose below 3 dB."""
    ratio = _ratio(ebn0_db)
    terms = [weight * _q(np.sqrt(d * ratio)) for d, weight in _table().convolutional["weights"].items()]
    return np.minimum(np.sum(terms, axis=0), 0.5)


def _symbol_error(bit_error: Array) -> Array:
    """Share of octets with a wrong bit, each bit by itself."""
    return -np.expm1(8 * np.log1p(-bit_error))


def _any_of(error: Array, n: int) -> Array:
    """Probability that any of n things with this probability happens."""
    with np.errstate(divide="ignore"):  # a certain error: the logarithm of 0 is meant
        return -np.expm1(n * np.log1p(-error))


def _q(x: Array) -> Array:
    """Probability that a normal variable exceeds x."""
    from scipy.special import ndtr

    return np.asarray(ndtr(-x), float)


def _ratio(db: Array) -> Array:
    return np.asarray(10 ** (db / 10))


@cache
def _line(code: str) -> Array:
    """Slope and offset of log10 of the bit error rate against Eb/N0 in dB."""
    points = _code(code)["points"]
    return np.polyfit(list(points.values()), np.log10(list(points)), 1)


def _code(code: str) -> dict[str, Any]:
    if code not in _table().codes:
        raise BadInput("coding", "code", code, f"one of {', '.join(codes())}")
    return _table().codes[code]


@cache
def _table() -> _Table:
    text = files("farside.link.frame").joinpath("coding.yaml").read_text(encoding="utf-8")
    return _Table(**yaml.safe_load(text))
