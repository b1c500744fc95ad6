"""Why a bundle is not let in."""

from __future__ import annotations

from enum import StrEnum

from farside.errors import FarsideError


class Why(StrEnum):
    """Short reasons, as they are reported."""

    UNSIGNED = "unsigned"
    UNENCRYPTED = "not encrypted"
    NO_KEY = "no key"
    WRONG_KEY = "wrong key"
    ALTERED = "altered or wrong key"
    EXPIRED_KEY = "expired key"
    REPLAYED = "came before"
    TOO_OLD = "too old"
    FRAGMENT = "a fragment"
    CONFLICT = "conflicting security blocks"
    UNKNOWN = "not understood"

    @property
    def reason(self) -> int:
        """Reason code of the status report that tells of it (RFC 9172 section 11.3); 0 where there is none."""
        return _REASONS.get(self, 0)


_REASONS = {
    Why.UNSIGNED: 12,
    Why.UNENCRYPTED: 12,
    Why.UNKNOWN: 13,
    Why.NO_KEY: 15,
    Why.WRONG_KEY: 15,
    Why.ALTERED: 15,
    Why.EXPIRED_KEY: 15,
    Why.CONFLICT: 16,
}
"""12 missing, 13 unknown, 15 failed, 16 conflicting security operation."""


class Refused(FarsideError):
    """A bundle that must not be delivered, or one that cannot be protected; ``detail`` names what is wrong."""

    def __init__(self, why: Why, detail: str = "") -> None:
        self.why, self.detail = why, detail
        super().__init__(why, detail)
        self.message = f"refused, {why}" + (f": {detail}" if detail else "")
