"""What every command of a sequence has in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, field_validator

from farside.instruments import names
from farside.twin.part import Part, moment

if TYPE_CHECKING:
    from farside.twin.quality import Quality


class Order(Part):
    """One line of a sequence: when (``at``), what (``do``) and its arguments (``with``)."""

    vehicle: ClassVar[str] = "lander"
    """Who can carry it out; empty: whichever carries its instruments."""
    restful: ClassVar[bool] = False
    """Whether it can be carried out while the vehicle rests."""

    at: str
    do: str
    with_: Part = Field(alias="with")
    _moments = field_validator("at")(moment)

    def instruments(self) -> tuple[str, ...]:
        """Instruments that it takes: as a rule the one its name begins with."""
        name = self.do.split(".")[0]
        return (name,) if name in names() else ()

    def records(self, quality: Quality) -> int:
        """How many instrument records the command makes."""
        return 0

    def refusal(self, vehicle: Any) -> str | None:
        """Why ``vehicle`` cannot carry the command out now, in a few words; None where it can."""
        return None

    @abstractmethod
    def run(self, vehicle: Any) -> Generator[Any, Any, None]:
        """The SimPy process that carries the command out."""
