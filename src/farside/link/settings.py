"""What differs from node to node."""

from __future__ import annotations

import math
from dataclasses import dataclass

from farside.link.bundle import REPORT_DELETION


@dataclass(frozen=True)
class Settings:
    """How a node works.

    capacity: payload octets its store holds; the last ``reserve`` of it (a share) is for what is expedited. evict:
    whether bulk may make room for what is more urgent. copies: kept of each own bundle, against damage in the store.
    fragment_octets: longest payload of one bundle it makes. batch_octets: given to a link at once, one LTP block.
    acknowledge_every_s: shortest time between two acknowledgements to one source. resend_after_s: a source waits so
    much longer than the contact plan says an acknowledgement takes. report: status reports asked for own bundles
    (bundle flags). first_sequence: of a store that has never been used.
    """

    capacity: float = math.inf
    reserve: float = 0.02
    evict: bool = False
    copies: int = 1
    fragment_octets: int = 256 * 1024
    batch_octets: int = 1024 * 1024
    acknowledge_every_s: float = 600.0
    resend_after_s: float = 3600.0
    report: int = REPORT_DELETION
    first_sequence: int = 0
