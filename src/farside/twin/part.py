"""The typed pieces a mission file is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from farside.errors import BadInput
from farside.geometry import utc_to_t
from farside.sky import check_epoch
from farside.twin.when import When

Utc = Annotated[str, Field(description="UTC, ISO 8601 with Z")]
Positive = Annotated[float, Field(gt=0)]
Interval = Annotated[float, Field(ge=0.01, le=1e9, description="seconds")]
Node = Annotated[int, Field(gt=0, lt=2**32)]


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
