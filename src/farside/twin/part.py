"""The typed pieces a mission file is made of."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from farside.errors import BadInput
from farside.geometry import utc_to_t
from farside.sky import check_epoch
from farside.twin.when import When

Utc = Annotated[str, Field(description="UTC, ISO 8601 with Z")]
Positive = Annotated[float, Field(gt=0)]
Interval = Annotated[float, Field(ge=0.01, le=1e9, description="seconds")]
Node = Annotated[int, Field(gt=0, lt=2**32)]
ByBudget = Literal["by_budget"]
"""What a mission file says where the link budget shall give a number."""


def _rate(value: Any) -> float | str:
    return _number(value, 1e-3, 1e12, "a rate above 0 bit/s, or by_budget")


def _share(value: Any) -> float | str:
    return _number(value, 0.0, 0.5, "a share of frames from 0 to 0.5, or by_budget")


def _number(value: Any, least: float, most: float, expected: str) -> float | str:
    if value == "by_budget":
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(expected) from None
    if isinstance(value, bool) or not least <= number <= most:
        raise ValueError(expected)
    return number


Rate = Annotated[float | ByBudget, PlainValidator(_rate)]
"""A rate in bit/s, or the one that the link budget gives."""
LossShare = Annotated[float | ByBudget, PlainValidator(_share)]
"""A share of frames lost, or the one that the link budget gives."""


class Part(BaseModel):
    """A piece of the mission file: unknown fields are refused, so that a misspelt one is never silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


def epoch(utc: str) -> str:
    """Validate a UTC time that the ephemeris covers. Raises ValueError saying what was expected."""
    try:
        t = utc_to_t(utc)
    except (ValueError, BadInput):
        raise ValueError("a UTC time such as 2019-01-03T02:26:00Z") from None
    try:
        check_epoch(t)
    except BadInput as error:
        raise ValueError(error.expected) from None
    return utc


def moment(text: str) -> str:
    """Validate a time of a sequence, absolute or relative to an event. Raises ValueError saying what was expected."""
    if When.parse(text).event is None:
        epoch(text)
    return text
