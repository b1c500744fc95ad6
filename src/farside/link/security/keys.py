"""Keys: the file they are kept in, who may use which and until when, and the twin's own.

    overlap_h: 720                                  # how long outside its window a key is still accepted
    keys:
      - id: command-2019a
        kind: hmac                                  # hmac: signs; aes: encrypts; kek: wraps a fresh key for either
        secret: hex:0f1e...                         # or base64:...
        source: ipn:40.*
        destination: ipn:10.*
        valid_from: 2019-01-01T00:00:00Z
        valid_until: 2019-07-01T00:00:00Z

A sender uses the newest key that is valid; a receiver accepts every key in its window and ``overlap_h`` before and
after, which has to cover the time that a bundle may be on its way and the difference of the clocks. So keys change
without an hour that both sides have to keep. RFC 9173 has no field for the id of a key: a receiver tries the keys it
has for the security source and the destination, the newest first; with a ``kek`` the bundle brings its key, wrapped.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from farside.errors import BadInput
from farside.geometry import utc_to_t
from farside.link.eid import Eid
from farside.link.timecode import bp_time

_MOST_OCTETS = 1 << 20


class Kind(StrEnum):
    """What a key is for."""

    HMAC = "hmac"
    AES = "aes"
    KEK = "kek"


LENGTHS = {Kind.HMAC: (32, 48, 64), Kind.AES: (16, 32), Kind.KEK: (16, 24, 32)}
"""Octets of a key. An HMAC key is as long as its hash (SHA-256, 384, 512), which it thereby chooses."""


class Pattern(NamedTuple):
    """Endpoints of the ipn scheme: ``ipn:40.1``, ``ipn:40.*``, ``ipn:*.*``; None stands for any number."""

    node: int | None = None
    service: int | None = None

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """Read a pattern. Raises ValueError."""
        scheme, _, rest = text.partition(":")
        parts = rest.split(".")
        if scheme != "ipn" or len(parts) != 2 or not all(part == "*" or part.isdecimal() for part in parts):
            raise ValueError("an endpoint such as ipn:40.1, or ipn:40.* for every service of a node")
        return cls(*(None if part == "*" else int(part) for part in parts))

    def __str__(self) -> str:
        return "ipn:" + ".".join("*" if part is None else str(part) for part in self)

    def matches(self, eid: Eid) -> bool:
        """Whether an endpoint is one of them."""
        return not eid.dtn and self.node in (None, eid.node) and self.service in (None, eid.service)


@dataclass(frozen=True)
class Key:
    """A secret and its use: for bundles from ``source`` to ``destination``, from and until BP times in ms."""

    id: str
    kind: Kind
    secret: bytes = field(repr=False)
    source: Pattern
    destination: Pattern
    from_ms: int
    until_ms: int

    @property
    def fingerprint(self) -> bytes:
        """Names the secret, whatever its id; 8 octets."""
        return hashlib.sha256(b"farside key" + self.secret).digest()[:8]

    def serves(self, source: Eid, destination: Eid) -> bool:
        """Whether it is for bundles between these."""
        return self.source.matches(source) and self.destination.matches(destination)


class Keys:
    """Keys at hand; the newest come first. overlap_ms: how long outside its window a key is still accepted."""

    def __init__(self, keys: Iterable[Key] = (), overlap_ms: int = 0) -> None:
        self.overlap_ms = overlap_ms
        self._keys = sorted(keys, key=lambda key: (-key.from_ms, key.id))

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def to_use(self, kind: Kind, source: Eid, destination: Eid, now_ms: int) -> Key | None:
        """The newest key valid now, of a kind or, where there is none, a key-encryption key."""
        for wanted in (kind, Kind.KEK):
            for key in self._keys:
                if key.kind is wanted and key.from_ms <= now_ms < key.until_ms and key.serves(source, destination):
                    return key
        return None

    def to_try(self, kind: Kind, source: Eid, destination: Eid) -> list[Key]:
        """Keys that a received bundle may have been protected with, whatever the time."""
        return [key for key in self._keys if key.kind is kind and key.serves(source, destination)]

    def accepts(self, key: Key, now_ms: int) -> bool:
        """Whether what was protected with a key may come in now."""
        return key.from_ms - self.overlap_ms <= now_ms < key.until_ms + self.overlap_ms


def derive(seed: int, kind: Kind, source: Pattern, destination: Pattern, from_ms: int, until_ms: int) -> Key:
    """A key of the twin: a function of its seed (HKDF-SHA-256, RFC 5869) and of what it is for. It protects nothing."""
    name = f"{kind} {source} {destination} {from_ms}"
    secret = stretched(str(seed).encode(), f"farside twin {name}", max(n for n in LENGTHS[kind] if n <= 32))
    return Key(name, kind, secret, source, destination, from_ms, until_ms)


def stretched(secret: bytes, name: str, octets: int) -> bytes:
    """A secret made of another one and a name (HKDF-SHA-256, RFC 5869)."""
    return HKDF(SHA256(), octets, None, name.encode()).derive(secret)


def read_keys(path: str | Path) -> Keys:
    """Read a key file (YAML or JSON) that only its owner may read. Raises BadInput; no message holds a secret."""
    document = _document(Path(path))
    if not isinstance(document, dict) or set(document) - {"overlap_h", "keys"} or "keys" not in document:
        raise BadInput(path, "", _shape(document), "overlap_h and keys")
    entries = document["keys"]
    if not isinstance(entries, list) or not entries:
        raise BadInput(path, "keys", _shape(entries), "a list of keys")
    keys = [_key(str(path), f"keys[{k}]", entry) for k, entry in enumerate(entries)]
    for name, of in (("id", lambda key: key.id), ("secret", lambda key: key.fingerprint)):
        seen: dict[Any, str] = {}
        for k, key in enumerate(keys):
            other = seen.setdefault(of(key), f"keys[{k}]")
            if other != f"keys[{k}]":
                raise BadInput(path, f"keys[{k}].{name}", f"that of {other}", "one of its own")
    return Keys(keys, round(_hours(str(path), document.get("overlap_h", "0")) * 3_600_000))


def _document(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode & 0o777
            data = file.read(_MOST_OCTETS + 1)
    except OSError as error:
        raise BadInput(path, "", error.strerror, "a key file that can be read") from None
    if mode & 0o077:
        raise BadInput(path, "", f"mode {mode:04o}", f"a file that only its owner can read (chmod 600 {path.name})")
    if len(data) > _MOST_OCTETS:
        raise BadInput(path, "", "more than 1 MB", "a key file")
    try:
        return yaml.load(data, yaml.BaseLoader)  # every scalar as text: ids like 2019 and dates stay what was written
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else ""
        raise BadInput(path, place, "malformed", "YAML or JSON") from None


_FIELDS = ("id", "kind", "secret", "source", "destination", "valid_from", "valid_until")


def _key(path: str, place: str, entry: Any) -> Key:
    if not isinstance(entry, dict):
        raise BadInput(path, place, _shape(entry), f"a key with {', '.join(_FIELDS)}")
    for name in _FIELDS:
        if not isinstance(entry.get(name), str) or not entry[name]:
            raise BadInput(path, f"{place}.{name}", _shape(entry.get(name)), "a text")
    if unknown := entry.keys() - set(_FIELDS):
        raise BadInput(path, f"{place}.{min(unknown)}", "unknown field", f"one of {', '.join(_FIELDS)}")
    try:
        kind = Kind(entry["kind"])
    except ValueError:
        raise BadInput(path, f"{place}.kind", entry["kind"], "hmac, aes or kek") from None
    patterns = []
    for name in ("source", "destination"):
        try:
            patterns.append(Pattern.parse(entry[name]))
        except ValueError as error:
            raise BadInput(path, f"{place}.{name}", entry[name], str(error)) from None
    if kind is not Kind.HMAC and patterns[0].node is None:
        expected = "one node, such as ipn:40.*: two senders with one key would repeat an initialisation vector"
        raise BadInput(path, f"{place}.source", entry["source"], expected)
    times = [_moment(path, f"{place}.{name}", entry[name]) for name in ("valid_from", "valid_until")]
    if times[1] <= times[0]:
        raise BadInput(path, f"{place}.valid_until", entry["valid_until"], f"after valid_from ({entry['valid_from']})")
    secret = _secret(path, f"{place}.secret", entry["secret"], kind)
    return Key(entry["id"], kind, secret, patterns[0], patterns[1], times[0], times[1])


def _secret(path: str, place: str, text: str, kind: Kind) -> bytes:
    form, _, digits = text.partition(":")
    try:
        if form == "hex":
            secret = bytes.fromhex(digits)
        elif form == "base64":
            secret = base64.b64decode(digits, validate=True)
        else:
            raise BadInput(path, place, "neither", "hex:... or base64:...")
    except (ValueError, binascii.Error):
        raise BadInput(path, place, f"not {form}", f"{form} digits of the key") from None
    if len(secret) not in LENGTHS[kind]:
        lengths = " or ".join(map(str, LENGTHS[kind]))
        raise BadInput(path, place, f"{len(secret)} octets", f"{lengths} octets for a key of kind {kind}")
    if len(set(secret)) == 1:
        raise BadInput(path, place, "the same octet over and over", "random octets")
    return secret


def _moment(path: str, place: str, text: str) -> int:
    try:
        return bp_time(utc_to_t(text))
    except (BadInput, ValueError):
        raise BadInput(path, place, text, "a UTC time such as 2019-01-03T02:26:00Z") from None


def _hours(path: str, text: Any) -> float:
    try:
        hours = float(text)
    except (TypeError, ValueError):
        hours = -1.0
    if not 0.0 <= hours <= 1e6:
        raise BadInput(path, "overlap_h", _shape(text), "hours, 0 or more")
    return hours


def _shape(value: Any) -> str:
    """What a value is, without showing it: it may hold a secret at the wrong place."""
    if not value:
        return "nothing"
    return "a list" if isinstance(value, list) else "a mapping" if isinstance(value, dict) else "a text"
