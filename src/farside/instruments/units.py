"""Units as labels spell them, and numbers from one into another."""

from __future__ import annotations

_UNITS: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("km", "kilometer", "kilometre"), ("length", 1e3)),
    **dict.fromkeys(("m", "meter", "metre"), ("length", 1.0)),
    **dict.fromkeys(("cm", "centimeter", "centimetre"), ("length", 1e-2)),
    **dict.fromkeys(("mm", "millimeter", "millimetre"), ("length", 1e-3)),
    **dict.fromkeys(("micrometer", "micrometre", "micron", "um", "\u00b5m", "\u03bcm"), ("length", 1e-6)),
    **dict.fromkeys(("nm", "nanometer", "nanometre"), ("length", 1e-9)),
    **dict.fromkeys(("deg", "degree", "\u00b0"), ("angle", 1.0)),
    **dict.fromkeys(("rad", "radian"), ("angle", 57.29577951308232)),
    **dict.fromkeys(("s", "sec", "second"), ("time", 1.0)),
    **dict.fromkeys(("ms", "msec", "millisecond"), ("time", 1e-3)),
    **dict.fromkeys(("us", "usec", "microsecond", "\u00b5s", "\u03bcs"), ("time", 1e-6)),
    **dict.fromkeys(("degc", "c", "celsius", "\u00b0c"), ("temperature", 0.0)),
    **dict.fromkeys(("k", "kelvin"), ("temperature", 273.15)),
    **dict.fromkeys(("pixel", "px"), ("pixel", 1.0)),
}
"""Spelling in lower case and singular to quantity and size; of temperatures, what to take off for degrees Celsius."""


def convert(value: float, said: str | None, wanted: str | None) -> float | None:
    """A number in the unit ``wanted``, given in the unit that a label said; None where the two do not fit together.

    A label that says no unit, or says one where the dialect has none, is believed as it stands.
    """
    if not said or not wanted or said == wanted:
        return value
    have, want = _unit(said), _unit(wanted)
    if have is None or want is None or have[0] != want[0]:
        return None
    if have == want:
        return value
    return value - have[1] + want[1] if have[0] == "temperature" else value * have[1] / want[1]


def is_pixel(unit: str | None) -> bool:
    """Whether a label's unit counts pixels."""
    return bool(unit) and _unit(str(unit)) == _UNITS["pixel"]


def _unit(text: str) -> tuple[str, float] | None:
    word = text.strip().lower()
    return _UNITS.get(word) or _UNITS.get(word.removesuffix("s"))
