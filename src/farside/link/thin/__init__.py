"""Thin mode: telemetry frames end to end, as the real mission may have sent them, to compare bundles with.

    loss = {(10, 20): frame_loss("conv-rs", 2.6)}
    network = ThinNetwork(env, ContactPlan(contacts), light_time, t0, loss, rng)
    network.agent(10).send((40, 1), record, Priority.BULK)
    network.agent(40).on_delivery(lambda source, created, payload, delivered: ...)

A payload becomes space packets, these TM frames. The vehicle sends while the plan says that the whole way is open;
every node between repeats what it hears at once or not at all. Nothing is kept, acknowledged or sent again.
"""

from farside.link.thin.account import Entry, ThinBalance, ThinLedger
from farside.link.thin.network import ThinAgent, ThinNetwork

__all__ = ["Entry", "ThinAgent", "ThinBalance", "ThinLedger", "ThinNetwork"]
