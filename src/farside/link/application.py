"""What an application has of the network at a node, however the bytes travel."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from farside.errors import BadInput
from farside.link.eid import Eid

LIFETIME_S = 60 * 86400.0
"""Default lifetime: two lunar nights."""

Callback = Callable[[Eid, float, bytes, float], None]
"""``(source, created, payload, delivered)``, times in seconds of mission time."""


class Listeners:
    """Who is told of what arrives at a node."""

    def __init__(self) -> None:
        self._callbacks: list[tuple[int | None, Callback]] = []

    def on_delivery(self, callback: Callback, service: int | None = None) -> None:
        """Call ``callback(source, created, payload, delivered)`` for what arrives for a service, or for any."""
        self._callbacks.append((service, callback))

    def _tell(self, service: int, source: Eid, created: float, payload: bytes, now: float) -> None:
        for wanted, callback in self._callbacks:
            if wanted in (None, service):
                callback(source, created, payload, now)


def endpoint(numbers: Iterable[int], destination: Eid | tuple[int, int]) -> Eid:
    """A destination ``(node, service)`` among the nodes of a network. Raises BadInput for any other."""
    node, service = destination[0], destination[1]
    if node not in numbers or service < 1:
        nodes = ", ".join(map(str, numbers))
        raise BadInput("link", "destination", tuple(destination), f"a node of the network ({nodes}), service >= 1")
    return Eid(node, service)
