"""What a node demands of bundles and does to its own: the rules, the keys and the memory behind them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import cbor2

from farside.link.bundle import CONFIDENTIALITY, FRAGMENT, INTEGRITY, PAYLOAD, Bundle, DamagedBundle
from farside.link.eid import Eid
from farside.link.security import confidentiality, integrity
from farside.link.security.block import encrypted, read_security_block, signed
from farside.link.security.counter import Counters, vector
from farside.link.security.keys import Keys, Kind, Pattern, stretched
from farside.link.security.refused import Refused, Why
from farside.link.security.replay import Window
from farside.link.security.wrap import wrap

_VARIANT_OF_OCTETS = {32: 5, 48: 6, 64: 7}
_Done = TypeVar("_Done")


@dataclass(frozen=True)
class Rule:
    """What applies to bundles from ``source`` to ``destination``; the first rule that fits counts.

    sign, encrypt: done at the source. require: at the destination, whatever lacks it is refused. A service that takes
    commands wants a rule that fits every source (``ipn:*.*``): what comes from elsewhere is then refused too, for want
    of a key.
    """

    source: Pattern
    destination: Pattern
    sign: bool = True
    encrypt: bool = False
    require: bool = True


@dataclass
class Guard:
    """The security of one node: ``protect`` what it sends, ``examine`` what is for it.

    Mission times in seconds; epoch_ms: BP time of mission time 0. All it does follows from what it is given and from
    its state, which has to be durable before a protected bundle leaves and before an examined one is delivered.
    """

    rules: tuple[Rule, ...]
    keys: Keys
    epoch_ms: int
    window: Window = field(default_factory=Window)
    counters: Counters = field(default_factory=Counters)

    def state(self) -> bytes:
        """What has to be kept."""
        return bytes(cbor2.dumps([self.counters.state(), self.window.state()]))

    def restore(self, state: bytes) -> None:
        """Go on from a state that was kept."""
        counters, window = cbor2.loads(state)
        self.counters.restore(counters)
        self.window.restore(window)

    def rule(self, bundle: Bundle) -> Rule | None:
        """The rule for a bundle."""
        source, destination = bundle.primary.source, bundle.primary.destination
        return next((r for r in self.rules if r.source.matches(source) and r.destination.matches(destination)), None)

    # Sources -------------------------------------------------------------------------------------------------------

    def protect(self, now: float, bundle: Bundle) -> Bundle:
        """A whole new bundle as it may leave its source: signed first, then encrypted, as its rule says.

        Raises Refused where no key is valid.
        """
        rule = self.rule(bundle)
        if rule and rule.sign:
            secret, wrapped, _ = self._fresh(Kind.HMAC, now, bundle)
            variant = _VARIANT_OF_OCTETS[len(secret)]
            bundle = integrity.sign(bundle, secret, bundle.primary.source, variant=variant, wrapped=wrapped)
        if rule and rule.encrypt:
            signature = signed(bundle).get(PAYLOAD)
            for target in (PAYLOAD, *([signature.number] if signature else [])):
                secret, wrapped, number = self._fresh(Kind.AES, now, bundle)
                source = bundle.primary.source
                iv = vector(source.node, number)
                bundle = confidentiality.encrypt(bundle, secret, iv, source, target=target, wrapped=wrapped)
        return bundle

    def _fresh(self, kind: Kind, now: float, bundle: Bundle) -> tuple[bytes, bytes, int]:
        """A secret to use, the same wrapped if it is to travel along, and a number never used with its key."""
        source, destination, now_ms = bundle.primary.source, bundle.primary.destination, self._bp_time(now)
        key = self.keys.to_use(kind, source, destination, now_ms)
        if key is None:
            raise Refused(Why.NO_KEY, f"none of kind {kind} from {source} to {destination} is valid now")
        if key.kind is kind is Kind.HMAC:
            return key.secret, b"", 0
        number = self.counters.take(key, now_ms)
        if key.kind is kind:
            return key.secret, b"", number
        secret = stretched(key.secret, f"farside {kind} {number}", 32)
        return secret, wrap(key.secret, secret), number

    # Destinations --------------------------------------------------------------------------------------------------

    def examine(self, now: float, bundle: Bundle) -> Bundle:
        """A whole received bundle as it may be delivered: in the clear and without its security blocks.

        Fragments have to be put together before, with the blocks of the first one and the primary block as it was
        before they were cut. What is encrypted has to be decrypted; what is signed has to be right, if there is a key
        for it; what the rule requires has to be there, by the bundle's own source and bound to this bundle. Whatever is
        authentic in this way is let in once. Raises Refused.
        """
        rule, source = self.rule(bundle), bundle.primary.source
        to_sign, to_encrypt = (rule.require and rule.sign, rule.require and rule.encrypt) if rule else (False, False)
        try:
            if bundle.primary.flags & FRAGMENT and (encrypted(bundle) or signed(bundle)):
                raise Refused(Why.FRAGMENT, "to be put together before it is examined")
            bundle, hidden_by = self._open(now, bundle)
            bundle, signed_by = self._verify(now, bundle, to_sign)
        except DamagedBundle as error:
            raise Refused(Why.UNKNOWN, error.why) from None
        if to_sign and signed_by != source:
            raise Refused(Why.UNSIGNED, f"no signature of {source} on this bundle")
        if to_encrypt and hidden_by != source:
            raise Refused(Why.UNENCRYPTED, f"no encryption by {source} of this bundle")
        if source in (signed_by, hidden_by):
            self._once(now, bundle)
        return bundle

    def _open(self, now: float, bundle: Bundle) -> tuple[Bundle, Eid | None]:
        """Decrypt all that is encrypted; also, who encrypted the payload for this bundle only."""
        by = None
        encrypted(bundle)
        for block in [block for block in bundle.blocks if block.type == CONFIDENTIALITY]:
            security = read_security_block(block.data)
            kind = Kind.KEK if confidentiality.brings_key(security) else Kind.AES
            decrypt = partial(confidentiality.decrypt, bundle, block)
            bundle = self._with_a_key(now, kind, security.source, bundle, decrypt)
            if PAYLOAD in security.targets and confidentiality.binds(security):
                by = security.source
        return bundle, by

    def _verify(self, now: float, bundle: Bundle, required: bool) -> tuple[Bundle, Eid | None]:
        """Check what is signed and take the signatures off; also, who signed the payload for this bundle only."""
        by = None
        signed(bundle)
        for block in [block for block in bundle.blocks if block.type == INTEGRITY]:
            security = read_security_block(block.data)
            kind = Kind.KEK if integrity.brings_key(security) else Kind.HMAC
            if required or self.keys.to_try(kind, security.source, bundle.primary.destination):
                self._with_a_key(now, kind, security.source, bundle, partial(integrity.verify, bundle, block))
                if PAYLOAD in security.targets and integrity.binds(security):
                    by = security.source
        plain = tuple(block for block in bundle.blocks if block.type != INTEGRITY)
        return bundle.having(plain), by

    def _with_a_key(
        self, now: float, kind: Kind, source: Eid, bundle: Bundle, attempt: Callable[[bytes], _Done]
    ) -> _Done:
        """What comes of an attempt with the right one of the keys at hand. Raises Refused where none is."""
        destination = bundle.primary.destination
        keys = self.keys.to_try(kind, source, destination)
        refusal = Refused(Why.NO_KEY, f"none of kind {kind} from {source} to {destination} is here")
        for key in keys:
            try:
                done = attempt(key.secret)
            except Refused as error:
                if error.why not in (Why.WRONG_KEY, Why.ALTERED):
                    raise
                if refusal.why is not Why.ALTERED:  # says more: the key that it brings was opened
                    refusal = error
                continue
            if not self.keys.accepts(key, self._bp_time(now)):
                raise Refused(Why.EXPIRED_KEY, f"{key.id} is not accepted now")
            return done
        raise refusal

    def _once(self, now: float, bundle: Bundle) -> None:
        primary = bundle.primary
        if primary.created_ms and primary.created_ms + primary.lifetime_ms < self._bp_time(now):
            raise Refused(Why.TOO_OLD, "its lifetime is over")
        self.window.accept(bundle.id)

    def _bp_time(self, now: float) -> int:
        return self.epoch_ms + math.floor(now * 1000)
