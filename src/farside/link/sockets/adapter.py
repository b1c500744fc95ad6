"""The face that every convergence layer over sockets shows to the driver of a node."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol

Batch = Sequence[tuple[Any, bytes]]
"""``(token, bundle)`` each."""


class Driver(Protocol):
    """Whom an adapter tells what happens. All calls come from the event loop's thread, none from inside ``send``."""

    def up(self, adapter: Adapter, rate_bps: float) -> None:
        """The neighbour can be reached: send the first batch. rate_bps: for planning; 0 where nothing can be sent."""

    def down(self, adapter: Adapter, why: str) -> None:
        """The neighbour can no longer be reached, or cannot be yet; a client goes on trying."""

    def ready(self, adapter: Adapter) -> None:
        """All that was given has left: give more."""

    def taken(self, adapter: Adapter, tokens: Sequence[Any]) -> None:
        """The neighbour has these (TCPCL, LTP), or they have left (STCP, UDP)."""

    def lost(self, adapter: Adapter, tokens: Sequence[Any]) -> None:
        """These did not get there, as far as is known."""

    def received(self, adapter: Adapter, ticket: int, bundles: Sequence[bytes]) -> None:
        """These have come; answer with ``accept`` or ``refuse``, now or later."""


class Adapter(ABC):
    """One way to one neighbour. neighbour: its node number; None as long as, or where, it is not known."""

    neighbour: int | None

    def __init__(self, driver: Driver, neighbour: int | None) -> None:
        self.driver, self.neighbour = driver, neighbour

    @abstractmethod
    def send(self, batch: Batch) -> None:
        """Carry a batch, while the adapter is up and after ``ready``; otherwise it comes back as lost."""

    @abstractmethod
    def accept(self, ticket: int) -> None:
        """What was received under this ticket is kept."""

    @abstractmethod
    def refuse(self, ticket: int) -> None:
        """What was received under this ticket cannot be kept."""

    @abstractmethod
    async def close(self) -> None:
        """End it in an orderly way; what is not known to have arrived comes back as lost."""
