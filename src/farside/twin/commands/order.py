"""What every command of a sequence has in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from farside.twin.part import Part, moment

if TYPE_CHECKING:
    from farside.twin.lander import Lander
    from farside.twin.quality import Quality


class Order(Part):
    """One line of a sequence: when (``at``), what (``do``) and its arguments (``with``)."""

    at: str
    do: str
    with_: Part = Field(alias="with")
    _moments = field_validator("at")(moment)

    def records(self, quality: Quality) -> int:
        """How many instrument records the command makes."""
        return 0

    @abstractmethod
    def run(self, vehicle: Lander) -> Generator[Any, Any, None]:
        """The SimPy process that carries the command out."""
