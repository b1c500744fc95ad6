"""Key files, rotation of keys, and the twin's own keys."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
import yaml

from farside.errors import BadInput
from farside.geometry import utc_to_t
from farside.link.bundle import PAYLOAD, Block, Bundle, Primary
from farside.link.eid import Eid
from farside.link.security import Guard, Keys, Kind, Pattern, Refused, Rule, Why, derive, read_keys
from farside.link.timecode import bp_time

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
EPOCH_MS = bp_time(utc_to_t("2019-01-03T02:10:00Z"))
CENTRE, LANDER = Eid(40, 1), Eid(10, 2)
EARTH, MOON = Pattern(40), Pattern(10)
GOOD = {
    "id": "command-2019a",
    "kind": "hmac",
    "secret": "hex:" + bytes(range(32)).hex(),
    "source": "ipn:40.*",
    "destination": "ipn:10.2",
    "valid_from": "2019-01-01T00:00:00Z",
    "valid_until": "2019-07-01T00:00:00Z",
}


@pytest.fixture
def key_file(tmp_path):
    """Write a key file of entries (or a text) and return its path."""

    def write(*entries, text: str = "", mode: int = 0o600, **more):
        path = tmp_path / "keys.yaml"
        path.write_text(text or yaml.safe_dump({**more, "keys": list(entries)}))
        path.chmod(mode)
        return path

    return write


def test_a_key_file_says_who_may_use_what_and_when(key_file):
    other = GOOD | {"id": "7", "kind": "aes", "secret": "base64:" + base64.b64encode(b"qwertyuiopasdfgh").decode()}
    keys = read_keys(key_file(GOOD, other, overlap_h=720))
    assert keys.overlap_ms == 720 * HOUR_MS
    assert [key.id for key in keys] == ["7", "command-2019a"]
    key = next(key for key in keys if key.kind is Kind.HMAC)
    assert key.secret == bytes(range(32))
    assert (key.from_ms, key.until_ms) == (599_616_000_000, 615_254_400_000)
    assert (str(key.source), str(key.destination)) == ("ipn:40.*", "ipn:10.2")
    assert key.serves(CENTRE, LANDER)
    assert not key.serves(CENTRE, Eid(10, 3))
    assert not key.serves(Eid(41, 1), LANDER)
    assert key.secret.hex() not in repr(key)


def test_json_and_bare_dates_are_read_too(key_file):
    assert len(read_keys(key_file(text=json.dumps({"keys": [GOOD]})))) == 1
    bare = yaml.safe_dump({"keys": [GOOD]}).replace("'2019-01-01T00:00:00Z'", "2019-01-01")
    assert "valid_from: 2019-01-01\n" in bare
    assert next(iter(read_keys(key_file(text=bare)))).from_ms == 599_616_000_000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"secret": "hex:0f1e"},
            r"keys\[0\].secret: '2 octets'; expected 32 or 48 or 64 octets for a key of kind hmac",
        ),
        ({"secret": "hex:0f1"}, r"keys\[0\].secret: 'not hex'; expected hex digits of the key"),
        ({"secret": "base64:???"}, r"keys\[0\].secret: 'not base64'"),
        ({"secret": "0f1e" * 16}, r"keys\[0\].secret: 'neither'; expected hex:... or base64:..."),
        ({"secret": "hex:" + "00" * 32}, r"keys\[0\].secret: 'the same octet over and over'"),
        ({"secret": 17}, r"keys\[0\].secret: 'neither'"),
        ({"secret": None}, r"keys\[0\].secret: 'nothing'; expected a text"),
        ({"kind": "rsa"}, r"keys\[0\].kind: 'rsa'; expected hmac, aes or kek"),
        ({"kind": "aes", "secret": "hex:" + bytes(range(24)).hex()}, "'24 octets'; expected 16 or 32 octets"),
        ({"kind": "aes", "source": "ipn:*.1"}, r"keys\[0\].source: 'ipn:\*.1'; expected one node, such as ipn:40.\*"),
        ({"source": "dtn://x"}, r"keys\[0\].source: 'dtn://x'; expected an endpoint such as ipn:40.1"),
        ({"destination": "ipn:10"}, r"keys\[0\].destination: 'ipn:10'; expected an endpoint"),
        ({"valid_from": "yesterday"}, r"keys\[0\].valid_from: 'yesterday'; expected a UTC time such as"),
        ({"valid_until": "2019-01-01"}, r"keys\[0\].valid_until: '2019-01-01'; expected after valid_from"),
        ({"valid_until": []}, r"keys\[0\].valid_until: 'nothing'; expected a text"),
        ({"lifetime": "1 h"}, r"keys\[0\].lifetime: 'unknown field'; expected one of id, kind"),
        ({"id": ["a"]}, r"keys\[0\].id: 'a list'; expected a text"),
    ],
)
def test_what_is_wrong_with_a_key_is_named_without_showing_it(key_file, change, message):
    with pytest.raises(BadInput, match=message) as caught:
        read_keys(key_file({k: v for k, v in (GOOD | change).items() if v is not None}))
    assert GOOD["secret"][4:] not in str(caught.value)
    assert "0f1e" not in str(caught.value)


def test_two_keys_share_neither_id_nor_secret(key_file):
    with pytest.raises(BadInput, match=r"keys\[1\].id: 'that of keys\[0\]'; expected one of its own"):
        read_keys(key_file(GOOD, GOOD | {"secret": "hex:" + bytes(range(1, 33)).hex()}))
    with pytest.raises(BadInput, match=r"keys\[1\].secret: 'that of keys\[0\]'"):
        read_keys(key_file(GOOD, GOOD | {"id": "b"}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("keys: [", "line 1: 'malformed'; expected YAML or JSON"),
        ("keys: []", "keys: 'nothing'; expected a list of keys"),
        ("keys: {a: b}", "keys: 'a mapping'; expected a list of keys"),
        ("keys: [5]", r"keys\[0\]: 'a text'; expected a key with id, kind"),
        ("- 1", "'a list'; expected overlap_h and keys"),
        ("overlap_h: 3", "expected overlap_h and keys"),
        ("overlap: 3\nkeys: [5]", "expected overlap_h and keys"),
        ("[" * 5000, "malformed"),
        ("\x00", "malformed"),
    ],
)
def test_what_is_no_key_file_is_refused(key_file, text, message):
    with pytest.raises(BadInput, match=message):
        read_keys(key_file(text=text))


def test_an_overlap_is_a_number_of_hours(key_file):
    for wrong in ("soon", "-1", "nan", "inf"):
        with pytest.raises(BadInput, match="overlap_h: 'a text'; expected hours, 0 or more"):
            read_keys(key_file(GOOD, overlap_h=wrong))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
def test_a_key_file_that_others_may_read_or_write_is_refused(key_file, mode):
    with pytest.raises(BadInput, match=f"mode {mode:04o}.*only its owner can read .chmod 600 keys.yaml"):
        read_keys(key_file(GOOD, mode=mode))


def test_a_missing_key_file_is_named(tmp_path):
    with pytest.raises(BadInput, match=r"none.yaml: 'No such file or directory'; expected a key file"):
        read_keys(tmp_path / "none.yaml")


@pytest.mark.parametrize("text", ["ipn:40", "ipn:a.b", "ipn:-1.2", "40.1", "ipn:1.2.3", "", "ipn:²."])
def test_what_is_no_endpoint_pattern_is_refused(text):
    with pytest.raises(ValueError, match="an endpoint such as"):
        Pattern.parse(text)


# Rotation ----------------------------------------------------------------------------------------------------------


def months(seed: int = 1, kind: Kind = Kind.HMAC) -> list:
    """Three keys of 30 days each, one after the other."""
    starts = [EPOCH_MS + k * 30 * DAY_MS for k in range(3)]
    return [derive(seed, kind, EARTH, MOON, start, start + 30 * DAY_MS) for start in starts]


def command(day: float) -> Bundle:
    created = EPOCH_MS + round(day * DAY_MS)
    return Bundle(Primary(LANDER, CENTRE, created, 0, 60 * DAY_MS), (Block(PAYLOAD, 1, b"drive"),))


def node(keys, overlap_days: float = 0.0) -> Guard:
    return Guard((Rule(Pattern(), MOON),), Keys(keys, round(overlap_days * DAY_MS)), EPOCH_MS)


def test_a_sender_uses_the_newest_valid_key():
    first, second, third = months()
    keys = Keys([first, third, second])
    use = [keys.to_use(Kind.HMAC, CENTRE, LANDER, EPOCH_MS + d * DAY_MS) for d in (0, 29, 30, 75, 90)]
    assert use == [first, first, second, third, None]
    longer = derive(2, Kind.HMAC, EARTH, MOON, EPOCH_MS, EPOCH_MS + 90 * DAY_MS)
    assert Keys([longer, second]).to_use(Kind.HMAC, CENTRE, LANDER, second.from_ms) == second
    assert Keys([longer, second]).to_use(Kind.HMAC, CENTRE, LANDER, second.from_ms - 1) == longer


@pytest.mark.parametrize("kind", [Kind.HMAC, Kind.KEK])
def test_keys_change_without_a_command_lost(kind):
    """Commands of 90 days, each 16 days on its way as over a lunar night, with two changes of the key."""
    earth, moon = node(months(kind=kind)), node(months(kind=kind), overlap_days=17)
    for day in range(90):
        arrived = earth.protect(day * 86400.0, command(day))
        assert moon.examine((day + 16) * 86400.0, arrived).payload == b"drive"


def test_a_receiver_accepts_a_key_its_overlap_before_and_after_its_window_only():
    _, second, _ = months()
    arrived = node([second]).protect(45 * 86400.0, command(45))
    for day, well in ((27.9, False), (28.1, True), (45, True), (61.9, True), (62.1, False)):
        receiver = node(months(), overlap_days=2)
        if well:
            assert receiver.examine(day * 86400.0, arrived).payload == b"drive"
            continue
        with pytest.raises(Refused) as refused:
            receiver.examine(day * 86400.0, arrived)
        assert refused.value.why is Why.EXPIRED_KEY
        assert second.id in refused.value.detail


def test_a_key_taken_out_of_the_file_opens_nothing_more():
    first, second, _ = months()
    with pytest.raises(Refused) as refused:
        node([second]).examine(86400.0, node([first]).protect(0.0, command(0)))
    assert refused.value.why is Why.ALTERED


# The twin's keys ---------------------------------------------------------------------------------------------------


def test_keys_of_the_twin_are_hkdf_of_its_seed():
    key = derive(7, Kind.HMAC, EARTH, MOON, 0, 10)
    first = hmac.digest(bytes(32), b"7", hashlib.sha256)  # RFC 5869: extract without salt, then expand
    assert key.secret == hmac.digest(first, b"farside twin hmac ipn:40.* ipn:10.* 0\x01", hashlib.sha256)
    assert key == derive(7, Kind.HMAC, EARTH, MOON, 0, 10)


def test_keys_of_the_twin_differ_by_seed_kind_ends_and_time():
    made = [
        derive(seed, kind, source, MOON, start, 10).secret
        for seed in (1, 2)
        for kind in Kind
        for source in (EARTH, Pattern(41))
        for start in (0, 1)
    ]
    assert len(set(made)) == 24
    assert {len(secret) for secret in made} == {32}
