"""What the guard of a node lets in, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.link.bundle import (
    AGE,
    CONFIDENTIALITY,
    DISCARD_BLOCK,
    FRAGMENT,
    INTEGRITY,
    PAYLOAD,
    Block,
    Bundle,
    DamagedBundle,
    Primary,
    unpack,
)
from farside.link.checksum import Crc
from farside.link.eid import Eid
from farside.link.security import (
    Guard,
    Keys,
    Kind,
    Pattern,
    Refused,
    Rule,
    Scope,
    SecurityBlock,
    Why,
    Window,
    decrypt,
    derive,
    encrypt,
    read_security_block,
    sign,
    verify,
)

EPOCH_MS = 599_796_600_000
"""2019-01-03T02:10:00 UTC."""
DAY_MS = 86_400_000
CENTRE, LANDER = Eid(40, 1), Eid(10, 2)
EARTH, MOON, ANYONE = Pattern(40), Pattern(10), Pattern()
START, END = EPOCH_MS - DAY_MS, EPOCH_MS + 30 * DAY_MS
HMAC, AES, KEK = (derive(1, kind, EARTH, MOON, START, END) for kind in Kind)
SIGNED = (Rule(ANYONE, MOON),)
SECRET = (Rule(ANYONE, MOON, sign=False, encrypt=True),)
BOTH = (Rule(ANYONE, MOON, encrypt=True),)
AGE_BLOCK = Block(AGE, 2, b"\x05")


def command(sequence: int = 0, payload: bytes = b"drive 0.5 m", now: float = 0.0, lifetime_ms: int = DAY_MS) -> Bundle:
    primary = Primary(LANDER, CENTRE, EPOCH_MS + round(1000 * now), sequence, lifetime_ms)
    return Bundle(primary, (AGE_BLOCK, Block(PAYLOAD, 1, payload)))


def guard(rules=SIGNED, keys=(HMAC, AES), overlap_ms=0, **more) -> Guard:
    return Guard(rules, Keys(keys, overlap_ms), EPOCH_MS, **more)


def sent(bundle: Bundle) -> Bundle:
    """As it arrives at the other end."""
    return unpack(bundle.pack())


def refused(node: Guard, bundle: Bundle, now: float = 10.0) -> Why:
    with pytest.raises(Refused) as caught:
        node.examine(now, bundle)
    assert str(caught.value).startswith(f"refused, {caught.value.why}: ")
    return caught.value.why


@pytest.mark.parametrize("keys", [(HMAC, AES), (KEK,), (HMAC, AES, KEK)])
@pytest.mark.parametrize("rules", [SIGNED, SECRET, BOTH])
def test_what_is_protected_comes_out_as_it_went_in(rules, keys):
    bundle = command()
    arrived = sent(guard(rules, keys).protect(0.0, bundle))
    assert arrived.primary == bundle.primary
    assert {block.type for block in arrived.blocks} > {AGE, PAYLOAD}
    clear = guard(rules, keys).examine(10.0, arrived)
    assert (clear.primary, clear.payload) == (bundle.primary, bundle.payload)
    assert {block.type for block in clear.blocks} == {AGE, PAYLOAD}


def test_an_encrypted_payload_and_its_signature_cannot_be_read():
    arrived = guard(BOTH).protect(0.0, command(payload=b"the payload in the clear"))
    assert b"payload" not in arrived.pack()
    with pytest.raises(DamagedBundle):
        read_security_block(arrived.block(INTEGRITY).data)


def test_protected_blocks_have_no_checksum_and_all_others_do():
    arrived = guard(BOTH).protect(0.0, command())
    assert {block.type for block in arrived.blocks if block.crc is Crc.NONE} == {PAYLOAD, INTEGRITY}
    assert {block.type for block in arrived.blocks if block.crc} == {AGE, CONFIDENTIALITY}


def test_a_signature_costs_few_octets_of_a_slow_link():
    """At 125 bit/s an octet is 64 ms."""
    assert len(guard().protect(0.0, command()).pack()) - len(command().pack()) <= 70


def test_a_bundle_that_no_rule_is_for_passes_untouched():
    back = Bundle(Primary(CENTRE, LANDER, EPOCH_MS, 0, DAY_MS), (Block(PAYLOAD, 1, b"picture"),))
    assert guard().protect(0.0, back) == back
    assert guard().examine(1.0, back) == back


def test_an_unsigned_command_is_refused():
    assert refused(guard(), command()) is Why.UNSIGNED
    assert refused(guard(SECRET), command()) is Why.UNENCRYPTED
    only_signed = guard(SIGNED).protect(0.0, command())
    assert refused(guard(BOTH), only_signed) is Why.UNENCRYPTED


def test_a_command_from_elsewhere_is_refused():
    elsewhere = Bundle(command().primary._replace(source=Eid(99, 1)), command().blocks)
    assert refused(guard(), elsewhere) is Why.UNSIGNED
    assert refused(guard(), sign(elsewhere, HMAC.secret, Eid(99, 1))) is Why.NO_KEY


def test_somebody_elses_signature_is_none():
    """A key holder may not speak for another."""
    other = derive(1, Kind.HMAC, Pattern(41), MOON, START, END)
    posing = sign(command(), other.secret, Eid(41, 1))
    assert refused(guard(keys=(HMAC, other)), posing) is Why.UNSIGNED


def test_a_wrong_key_is_refused():
    stranger = derive(2, Kind.HMAC, EARTH, MOON, START, END)
    assert refused(guard(), guard(keys=(stranger,)).protect(0.0, command())) is Why.ALTERED
    assert refused(guard(keys=(AES,)), guard().protect(0.0, command())) is Why.NO_KEY
    stranger = derive(2, Kind.KEK, EARTH, MOON, START, END)
    assert refused(guard(keys=(KEK,)), guard(keys=(stranger,)).protect(0.0, command())) is Why.WRONG_KEY


@pytest.mark.parametrize("kind", [Kind.AES, Kind.KEK])
def test_a_wrong_key_opens_nothing(kind):
    key = {Kind.AES: AES, Kind.KEK: KEK}[kind]
    stranger = derive(2, kind, EARTH, MOON, START, END)
    why = refused(guard(SECRET, (key,)), guard(SECRET, (stranger,)).protect(0.0, command()))
    assert why is (Why.ALTERED if kind is Kind.AES else Why.WRONG_KEY)


@pytest.mark.parametrize("rules", [SIGNED, SECRET, BOTH])
def test_any_altered_bit_of_payload_or_security_blocks_is_refused(rules):
    arrived = guard(rules).protect(0.0, command())
    for block in [block for block in arrived.blocks if block.type != AGE]:
        for bit in range(8 * len(block.data)):
            changed = bytearray(block.data)
            changed[bit // 8] ^= 1 << bit % 8
            blocks = tuple(b._replace(data=bytes(changed)) if b is block else b for b in arrived.blocks)
            if _only_source_changed(block, bytes(changed)):
                continue
            with pytest.raises(Refused):
                guard(rules).examine(10.0, Bundle(arrived.primary, blocks))


def _only_source_changed(block: Block, data: bytes) -> bool:
    """The security source is under no seal (RFC 9173 section 4.7): that of an encrypted signature says nothing."""
    try:
        said = read_security_block(data)
    except DamagedBundle:
        return False
    return said.targets != (PAYLOAD,) and replace(said, source=CENTRE).pack() == block.data


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([SIGNED, SECRET, BOTH]), st.sampled_from(Primary._fields), st.integers(1, 2000))
def test_any_altered_field_of_the_primary_block_is_refused(rules, field, change):
    arrived = guard(rules).protect(0.0, command())
    old = getattr(arrived.primary, field)
    if field == "crc":
        new = Crc(change % 2)
    elif field == "report_to":
        new = Eid(change, 1)
    elif field in ("destination", "source"):
        new = old._replace(service=old.service + change)
    else:
        new = old ^ change << 1 if field == "flags" else old + change
    if field in ("offset", "total"):  # for fragments only
        return
    with pytest.raises(Refused):
        guard(rules).examine(10.0, Bundle(arrived.primary._replace(**{field: new}), arrived.blocks))


def test_altered_headers_of_sealed_blocks_are_refused():
    arrived = guard().protect(0.0, command())
    for k, block in enumerate(arrived.blocks):
        for change in ({"flags": 1}, {"number": 77}) if block.type in (PAYLOAD, INTEGRITY) else ():
            blocks = (*arrived.blocks[:k], block._replace(**change), *arrived.blocks[k + 1 :])
            with pytest.raises(Refused):
                guard().examine(10.0, Bundle(arrived.primary, blocks))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([32, 48, 64]), st.integers(0, 7), st.binary(min_size=8, max_size=60))
def test_a_signature_verifies_and_decryption_undoes_encryption(payload, octets, scope, noise):
    variant = {32: 5, 48: 6, 64: 7}[octets]
    bundle = sign(command(payload=payload), noise, CENTRE, variant=variant, scope=Scope(scope), targets=(0, 1, 2))
    verify(bundle, bundle.block(INTEGRITY), noise)
    with pytest.raises(Refused):
        verify(bundle, bundle.block(INTEGRITY), noise + b"!")
    hidden = encrypt(command(payload=payload), AES.secret, noise[:8], CENTRE, scope=Scope(scope))
    assert len(hidden.payload) == len(payload)
    assert decrypt(hidden, hidden.block(CONFIDENTIALITY), AES.secret).payload == payload


def test_a_signature_that_fits_any_bundle_is_no_authentication():
    """Without the primary block under the seal it could be put on any other bundle."""
    for scope in (Scope.NOTHING, Scope.TARGET, Scope.PRIMARY, Scope.PRIMARY | Scope.SECURITY):
        loose = sign(command(), HMAC.secret, CENTRE, scope=scope)
        assert refused(guard(), loose) is Why.UNSIGNED
        loose = encrypt(command(), AES.secret, bytes(12), CENTRE, scope=scope)
        assert refused(guard(SECRET), loose) is Why.UNENCRYPTED
    bound = sign(command(), HMAC.secret, CENTRE, scope=Scope.PRIMARY | Scope.TARGET)
    assert guard().examine(10.0, bound).payload == command().payload


def test_other_blocks_may_change_on_the_way():
    arrived = guard(BOTH).protect(0.0, command())
    older = arrived.with_block(AGE, b"\x18\x63")
    assert guard(BOTH).examine(10.0, sent(older)).payload == command().payload


def test_a_replayed_command_is_refused_also_after_a_restart():
    arrived, node = guard(BOTH).protect(0.0, command()), guard(BOTH)
    node.examine(10.0, arrived)
    assert refused(node, arrived) is Why.REPLAYED
    restarted = guard(BOTH)
    restarted.restore(node.state())
    assert refused(restarted, arrived) is Why.REPLAYED
    assert restarted.examine(11.0, guard(BOTH).protect(0.0, command(1))).payload == command().payload


def test_a_forged_command_does_not_shut_out_the_real_one():
    node, arrived = guard(), guard().protect(0.0, command())
    forged = Bundle(arrived.primary, (*arrived.blocks[:-1], arrived.blocks[-1]._replace(data=b"self-destruct")))
    assert refused(node, forged) is Why.ALTERED
    assert node.examine(10.0, arrived).payload == command().payload


def test_a_command_kept_back_is_refused_when_its_lifetime_is_over():
    arrived = guard().protect(0.0, command(lifetime_ms=60_000))
    assert refused(guard(), arrived, now=61.0) is Why.TOO_OLD
    assert guard().examine(59.0, arrived).payload == command().payload


def test_fragments_are_neither_protected_nor_examined():
    piece = command()
    piece = Bundle(piece.primary._replace(flags=FRAGMENT, total=1000), piece.blocks)
    for rules in (SIGNED, SECRET):
        with pytest.raises(Refused, match="fragment"):
            guard(rules).protect(0.0, piece)
    whole = guard(BOTH).protect(0.0, command())
    cut = Bundle(whole.primary._replace(flags=FRAGMENT, total=1000), whole.blocks)
    assert refused(guard(BOTH), cut) is Why.FRAGMENT


def test_a_source_without_a_valid_key_says_so():
    late = (END - EPOCH_MS) / 1000 + 1
    with pytest.raises(Refused, match=r"no key: none of kind hmac from ipn:40\.1 to ipn:10\.2 is valid now"):
        guard(keys=(HMAC,)).protect(late, command(now=late))


@pytest.mark.parametrize("keys", [(AES,), (KEK,)])
def test_no_vector_or_fresh_key_is_used_twice(keys):
    node = guard(SECRET, keys)
    pairs = set()
    for k in range(50):
        if k == 25:  # a restart from the state kept
            node, state = guard(SECRET, keys), node.state()
            node.restore(state)
        if k == 40:  # a restart that lost its state
            node = guard(SECRET, keys)
        said = read_security_block(node.protect(float(k), command(k)).block(CONFIDENTIALITY).data).parameters
        pairs.add((said[1], said.get(3)))
    assert len(pairs) == 50
    assert len({vector for vector, _ in pairs}) == 50


def test_the_guard_does_the_same_each_time():
    assert guard(BOTH).protect(5.0, command()).pack() == guard(BOTH).protect(5.0, command()).pack()


# The rules of RFC 9172 ---------------------------------------------------------------------------------------------


def test_a_block_is_signed_and_encrypted_once():
    bundle = sign(command(), HMAC.secret, CENTRE)
    with pytest.raises(Refused, match="block 1 cannot be signed"):
        sign(bundle, HMAC.secret, CENTRE)
    hidden = encrypt(command(), AES.secret, bytes(12), CENTRE)
    with pytest.raises(Refused, match="block 1 cannot be encrypted"):
        encrypt(hidden, AES.secret, bytes(12), CENTRE)
    with pytest.raises(Refused, match="block 1 cannot be signed"):
        sign(hidden, HMAC.secret, CENTRE)


def test_security_blocks_do_not_protect_each_other_but_signatures_are_encrypted():
    bundle = sign(command(), HMAC.secret, CENTRE)
    signature = bundle.block(INTEGRITY).number
    with pytest.raises(Refused, match=f"block {signature} cannot be signed"):
        sign(bundle, HMAC.secret, CENTRE, targets=(signature,))
    hidden = encrypt(bundle, AES.secret, bytes(12), CENTRE, target=signature)
    with pytest.raises(Refused, match="cannot be encrypted"):
        encrypt(hidden, AES.secret, bytes(12), CENTRE, target=hidden.block(CONFIDENTIALITY).number)
    with pytest.raises(Refused, match="no block 0"):
        encrypt(bundle, AES.secret, bytes(12), CENTRE, target=0)


@pytest.mark.parametrize("targets", [(0,), (9,), (3,), (1, 1)])
def test_a_received_block_that_may_not_protect_its_targets_is_refused(targets):
    hidden = encrypt(command(), AES.secret, bytes(12), CENTRE)
    own = hidden.block(CONFIDENTIALITY)
    said = read_security_block(own.data)
    wrong = SecurityBlock(targets, 2, CENTRE, said.parameters, said.results * len(targets))
    bundle = Bundle(hidden.primary, (own._replace(data=wrong.pack()), *hidden.blocks[1:]))
    assert refused(guard(), bundle) in (Why.CONFLICT, Why.UNKNOWN)


@pytest.mark.parametrize("type_", [INTEGRITY, CONFIDENTIALITY])
def test_a_context_that_is_not_known_is_refused(type_):
    strange = SecurityBlock((1,), 3, CENTRE, {}, ({1: b"?"},))
    bundle = Bundle(command().primary, (Block(type_, 5, strange.pack()), *command().blocks))
    assert refused(guard(), bundle) is Why.UNKNOWN


def test_an_encrypted_payload_is_kept_whole_and_never_discarded():
    own = guard(SECRET).protect(0.0, command()).block(CONFIDENTIALITY)
    assert own.flags & 1
    assert not own.flags & DISCARD_BLOCK


def test_refusals_have_the_reason_codes_of_the_rfc():
    assert [why.reason for why in (Why.UNSIGNED, Why.UNKNOWN, Why.ALTERED, Why.CONFLICT, Why.REPLAYED)] == [
        12,
        13,
        15,
        16,
        0,
    ]


# Memory of what was let in -----------------------------------------------------------------------------------------

moments = st.tuples(st.integers(0, 40), st.integers(0, 3))


@settings(max_examples=200, deadline=None)
@given(st.lists(moments, max_size=60), st.integers(1, 8), st.sets(st.integers(0, 60), max_size=3))
def test_nothing_is_let_in_twice_and_memory_is_bounded(arrivals, size, restarts):
    window, let_in = Window(size), set()
    for k, (created, sequence) in enumerate(arrivals):
        if k in restarts:
            window, state = Window(size), window.state()
            window.restore(state)
            assert window.state() == state
        id_ = command(sequence).id._replace(created_ms=created)
        try:
            window.accept(id_)
        except Refused as refusal:
            newer = sum((m.created_ms > 0) == (created > 0) and m > id_ for m in let_in)
            assert id_ in let_in if refusal.why is Why.REPLAYED else newer >= size or id_ in let_in
        else:
            assert id_ not in let_in
            let_in.add(id_)
    assert len(window.state()) < 100 + 40 * size


def test_late_commands_are_let_in_while_the_window_reaches_back():
    window = Window(4)
    for sequence in (5, 9, 7, 3):
        window.accept(command(sequence).id)
    window.accept(command(11).id)  # 3 is forgotten
    with pytest.raises(Refused, match="too old"):
        window.accept(command(3).id)
    with pytest.raises(Refused, match="too old"):
        window.accept(command(2).id)
    window.accept(command(8).id)
    window.accept(command(1).id._replace(source=Eid(41, 1)))


def test_a_source_without_a_clock_is_counted_apart():
    window = Window(1)
    window.accept(command(1).id._replace(created_ms=0))
    for sequence in (1, 2, 3):
        window.accept(command(sequence).id)
    window.accept(command(2).id._replace(created_ms=0))
    with pytest.raises(Refused, match="came before"):
        window.accept(command(2).id._replace(created_ms=0))
