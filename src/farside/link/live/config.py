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

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from farside.errors import BadInput
from farside.link.security import Pattern
from farside.link.sockets import Address

SCHEMES = ("tcpcl", "ltp", "stcp", "udp")
HELP = "farside node run --help"
_KINDS = {
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "tuple_type": "a list",
    "string_type": "a text",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "float_parsing": "a number",
}
"""What was expected, where the words of the checker say it badly."""


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
    def _neighbours(cls, urls: dict[int, str], info: ValidationInfo) -> dict[int, str]:
        if info.data.get("node") in urls:
            raise ValueError(f"other nodes than {info.data['node']}, which this one is")
        for scheme in ("ltp", "udp"):
            own, others = (
                sum(_url(url).startswith(f"{scheme}://") for url in some)
                for some in (info.data.get("listen", ()), urls.values())
            )
            if others > own:
                raise ValueError(f"in listen an own {scheme}://host:port for each {scheme} neighbour")
        return urls

    @field_validator("metrics")
    @classmethod
    def _metrics(cls, text: str) -> str:
        return text and _address(text)

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
        raise BadInput(file, "", error.strerror or "unreadable", f"the file of a node (see {HELP})") from None
    except UnicodeDecodeError:
        raise BadInput(file, "", "no text", "YAML") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise BadInput(file, f"line {mark.line + 1}" if mark else "", getattr(error, "problem", ""), "YAML") from None
    if not isinstance(spec, dict):
        raise BadInput(file, "", spec, "a mapping with node, store, inbox, outbox, plan …")
    if isinstance(spec.get("epoch"), date):
        spec["epoch"] = spec["epoch"].isoformat()
    try:
        config = Config(**{str(name): value for name, value in {**spec, **changes}.items()})
    except ValidationError as error:
        raise _first(file, error) from None
    return _at_home(config, file.parent)


def _first(file: Path, error: ValidationError) -> BadInput:
    """The first thing that is wrong, a misspelt field before one that is missing."""
    first = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")[0]
    field = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        return BadInput(file, field, None, f"a value (see {HELP})")
    if first["type"] == "extra_forbidden":
        return BadInput(file, field, first["input"], f"no field of this name (see {HELP})")
    expected = _KINDS.get(first["type"]) or first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return BadInput(file, field, first["input"], expected)


def _at_home(config: Config, folder: Path) -> Config:
    """Paths count from the file's folder."""
    paths = {name: folder / getattr(config, name) for name in ("store", "inbox", "outbox", "plan")}
    if config.keys:
        paths["keys"] = folder / config.keys
    if config.tls:
        tls = {name: folder / getattr(config.tls, name) for name in TlsSpec.model_fields}
        return config.model_copy(update={**paths, "tls": TlsSpec(**tls)})
    return config.model_copy(update=paths)
