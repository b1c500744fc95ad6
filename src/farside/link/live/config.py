"""The file that describes a node.

    node: 10
    name: lander
    store: lander/store              # its memory; made where it does not exist
    inbox: lander/in                 # what comes for it
    outbox: lander/out               # what it is to send (farside node send puts it there)
    plan: plan.ion                   # who can talk to whom, when, how fast: the same file for all nodes
    listen: ["tcpcl://127.0.0.1:4510"]
    neighbours:                      # those it dials; others may dial it
      20: tcpcl://127.0.0.1:4520
    metrics: 127.0.0.1:9110

Paths count from the file's own folder. Schemes: tcpcl (kept by acknowledgement; with ``tls`` secured), ltp (over UDP,
for long and lossy ways), stcp and udp (no acknowledgement: the source's own repeats repair what they lose).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from farside.errors import BadInput
from farside.link.security import Pattern
from farside.link.sockets import Address

SCHEMES = ("tcpcl", "ltp", "stcp", "udp")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _url(text: str) -> str:
    scheme, colon, address = text.partition("://")
    if scheme not in SCHEMES or not colon:
        raise ValueError(f"scheme://host:port with a scheme of {', '.join(SCHEMES)}")
    _address(address)
    return text


def _address(text: str) -> str:
    try:
        Address.parse(text)
    except BadInput as error:
        raise ValueError(error.expected) from None
    return text


class TlsSpec(_Part):
    """PEM files of TCPCL sessions (see sockets.tls)."""

    certificate: Path
    key: Path
    authorities: Path


class RuleSpec(_Part):
    """What is signed, encrypted and demanded of bundles between endpoints such as ``ipn:40.*`` (see security)."""

    source: str = "ipn:*.*"
    destination: str
    sign: bool = True
    encrypt: bool = False
    require: bool = True

    @field_validator("source", "destination")
    @classmethod
    def _pattern(cls, text: str) -> str:
        Pattern.parse(text)
        return text


class Config(_Part):
    """One node's file. Rates come from the plan. epoch: what +0 in the plan means, where it does not say so itself."""

    node: int = Field(gt=0, lt=2**32)
    name: str = ""
    store: Path
    inbox: Path
    outbox: Path
    plan: Path
    epoch: str = ""
    listen: tuple[str, ...] = ()
    neighbours: dict[int, str] = Field(default_factory=dict)
    tls: TlsSpec | None = None
    keys: Path | None = None
    rules: tuple[RuleSpec, ...] = ()
    metrics: str = ""
    capacity_mb: float = Field(default=1000.0, gt=0)
    evict: bool = False
    copies: Literal[1, 2] = 1
    acknowledge_every_s: float = Field(default=10.0, gt=0)
    resend_after_s: float = Field(default=60.0, gt=0)

    @field_validator("listen")
    @classmethod
    def _listen(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_url(url) for url in urls)

    @field_validator("neighbours")
    @classmethod
    def _neighbours(cls, urls: dict[int, str]) -> dict[int, str]:
        return {node: _url(url) for node, url in urls.items()}

    @field_validator("metrics")
    @classmethod
    def _metrics(cls, text: str) -> str:
        return text and _address(text)

    @model_validator(mode="after")
    def _others(self) -> Config:
        if self.node in self.neighbours:
            raise ValueError(f"neighbours other than {self.node}, the node itself")
        dialled = [url.partition("://")[0] for url in self.neighbours.values()]
        for scheme in ("ltp", "udp"):
            own = sum(url.startswith(f"{scheme}://") for url in self.listen)
            if dialled.count(scheme) > own:
                raise ValueError(f"in listen an own {scheme}://host:port for each neighbour of this scheme")
        return self

    @field_validator("epoch")
    @classmethod
    def _epoch(cls, text: str) -> str:
        if text:
            _unix_s(text)
        return text

    @property
    def epoch_s(self) -> float | None:
        """Unix time of the plan's +0, None where the plan says it."""
        return _unix_s(self.epoch) if self.epoch else None

    @property
    def title(self) -> str:
        """Name and number, for people."""
        return f"{self.name} ({self.node})" if self.name else f"node {self.node}"


def _unix_s(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("a UTC time such as 2026-12-01T00:00:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def read_config(path: str | Path, **changes: Any) -> Config:
    """Read a node's file; changes: values that replace those in it. Raises BadInput naming file, field and value."""
    file = Path(path)
    try:
        spec = yaml.safe_load(file.read_text())
    except OSError as error:
        raise BadInput(
            file, "", error.strerror or "unreadable", "the file of a node (see farside node --help)"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput(file, "", str(error).splitlines()[0], "YAML") from None
    if not isinstance(spec, dict):
        raise BadInput(file, "", spec, "a mapping with node, store, inbox, outbox, plan …")
    if isinstance(spec.get("epoch"), datetime):
        spec["epoch"] = spec["epoch"].isoformat()
    try:
        config = Config(**{**spec, **changes})
    except (ValidationError, TypeError) as error:
        if isinstance(error, TypeError):
            raise BadInput(file, "", sorted(map(str, spec)), "field names as in farside node --help") from None
        first = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")[0]
        field = ".".join(str(part) for part in first["loc"])
        expected = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
        if first["type"] == "extra_forbidden":
            expected = "no such field"
        value = first["input"] if first["loc"] else sorted(map(str, spec))
        raise BadInput(file, field, value, expected) from None
    return _at_home(config, file.parent)


def _at_home(config: Config, folder: Path) -> Config:
    """Paths count from the file's folder."""
    paths = {name: folder / getattr(config, name) for name in ("store", "inbox", "outbox", "plan")}
    if config.keys:
        paths["keys"] = folder / config.keys
    if config.tls:
        tls = {name: folder / getattr(config.tls, name) for name in TlsSpec.model_fields}
        return config.model_copy(update={**paths, "tls": TlsSpec(**tls)})
    return config.model_copy(update=paths)
