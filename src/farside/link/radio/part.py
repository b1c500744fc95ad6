"""The typed pieces a radio file is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Decibels = Annotated[float, Field(ge=0, le=200)]
"""A loss: 0 or more."""


class Part(BaseModel):
    """A piece of a radio file: unknown fields are refused, so that a misspelt one is never silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
