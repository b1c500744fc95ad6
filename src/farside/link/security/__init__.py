"""Security of bundles from end to end: BPSec (RFC 9172) with its default contexts (RFC 9173), keys, and no repeats.

guard = Guard(rules, read_keys("keys.yaml"), epoch_ms)
guard.protect(now, bundle)         # at the source, before it is cut into fragments
guard.examine(now, bundle)         # at the destination, when it is whole; raises Refused
guard.state(), guard.restore(...)  # to be kept before what was decided leaves
"""

from farside.link.security.block import Scope, SecurityBlock, read_security_block
from farside.link.security.confidentiality import decrypt, encrypt
from farside.link.security.counter import Counters
from farside.link.security.integrity import sign, verify
from farside.link.security.keys import Key, Keys, Kind, Pattern, derive, read_keys
from farside.link.security.policy import Guard, Rule
from farside.link.security.refused import Refused, Why
from farside.link.security.replay import Window

__all__ = [
    "Counters",
    "Guard",
    "Key",
    "Keys",
    "Kind",
    "Pattern",
    "Refused",
    "Rule",
    "Scope",
    "SecurityBlock",
    "Why",
    "Window",
    "decrypt",
    "derive",
    "encrypt",
    "read_keys",
    "read_security_block",
    "sign",
    "verify",
]
