"""Thin mode: telemetry frames end to end, as the real mission may have sent them, to compare bundles with.

    network = ThinNetwork(env, ContactPlan(contacts), light_time, t0, {(10, 20): 1e-4}, rng)
    network.agent(10).send((40, 1), record, Priority.BULK)
    network.agent(40).on_delivery(lambda source, created, payload, delivered: ...)

A payload becomes space packets, these TM frames. The vehicle sends while the plan says that the whole way is open;
every node between repeats what it hears at once or not at all. Nothing is kept, acknowledged or sent again.
"""

from farside.link.thin.account import Entry, ThinBalance, ThinLedger
from farside.link.thin.network import ThinAgent, ThinNetwork

__all__ = ["Entry", "ThinAgent", "ThinBalance", "ThinLedger", "ThinNetwork"]
