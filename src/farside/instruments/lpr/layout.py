"""The level-2B file: fixed records of 114 octets, the echoes and a quality octet; no head, nothing between records.

    frame 4 | time 6 | 12 floats | parameter1 11 | mode, gain 6 | parameter2 28 | length 2 | counts 2 + 2 | mark 1 |
    echoes 4 N | quality 1                        8,307 octets for channel 2, 32,883 for channel 1

The same bytes come from the Moon and from the twin, its byte orders included (see plausible).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import DamagedFile
from farside.instruments.label import Element
from farside.instruments.lpr.clock import read_time, utc_of, write_time
from farside.instruments.lpr.label import check_label, read_label
from farside.instruments.lpr.observation import product_id, soundings
from farside.instruments.lpr.plausible import LSB, MSB, angle_unit, float_order, length_order
from farside.instruments.lpr.radar import Channel, radar

if TYPE_CHECKING:
    import xarray as xr

_METRES, _DEGREES = 1e4, 360.0
_FLOATS = (("velocity", 1, _METRES), ("position", 3, _METRES), ("attitude", 3, _DEGREES),
           ("reference_position", 3, _METRES), ("reference_attitude", 3, _DEGREES))  # fmt: skip
"""The floats of a record's head: column, values, largest plausible value."""
REAL_ORDER = (MSB,) * 7 + (LSB,) * 6
"""Byte orders of these floats in the real records, whatever their label says."""
_FAMILIES = {0x146F1111: 8192, 0x146F2222: 2048}
"""Frame mark of a channel's records to their samples."""


def record_dtype(samples: int) -> np.dtype[Any]:
    """The record of a channel with this many samples."""
    return np.dtype([
        ("frame", ">u4"), ("time", "u1", (6,)), ("floats", "u1", (52,)), ("parameter1", "u1", (11,)),
        ("radar_mode", "u1"), ("gain", "u1", (5,)), ("parameter2", "u1", (28,)), ("valid_length", "u1", (2,)),
        ("count", "<u2", (2,)), ("mark", "u1"), ("echo", "<f4", (samples,)), ("quality", "u1"),
    ])  # fmt: skip


def from_bytes(
    data: bytes | NDArray[np.uint8], label: Element | None = None, name: str = "LPR file", salvage: bool = False
) -> xr.Dataset:
    """The observation in a level-2B file; echoes stay a view of ``data`` (bytes, or a memory map of octets).

    The kind is told by the first frame mark and must agree with the label, where one is given. Records whose marks or
    length are wrong come out flagged ``damaged``. salvage: keep the whole records that a damaged file still holds,
    found by their marks. Raises DamagedFile.
    """
    octets = np.frombuffer(data, np.uint8) if isinstance(data, bytes) else data
    octets, samples, lost = _whole_records(octets, name, salvage)
    dtype = record_dtype(samples)
    records = octets.view(dtype)
    mode, channel = _channel(records, name)
    attrs: dict[str, Any] = {"mode": mode, "level": "2B", "sequence_id": "0000", "salvaged_from_octet": lost}
    columns, choices = _columns(records, channel)
    clock = columns["clock_ms"]
    attrs |= {"start_utc": utc_of(clock[0]), "stop_utc": utc_of(clock[-1]), **choices}
    if label is not None:
        if not salvage:
            check_label(label, name, octets.size, dtype.itemsize, len(records), mode, attrs["start_utc"])
        attrs |= {k: v for k, v in read_label(label).items() if k not in ("start_utc", "stop_utc")}
    attrs.setdefault("product_id", product_id(attrs))
    return soundings(records["echo"], columns, **attrs)


def to_bytes(observation: xr.Dataset) -> bytes:
    """The file of a level-2B observation, byte for byte as it was read; a simulated one gets the real byte orders."""
    a = observation.attrs
    channel = radar().channel(a["mode"])
    column = {name: observation[name].to_numpy() for name in observation.data_vars}
    records = np.zeros(len(column["dn"]), record_dtype(channel.samples))
    records["frame"], records["mark"] = channel.frame, channel.mark
    records["time"] = write_time(column["clock_ms"])
    orders, at = a.get("float_order", REAL_ORDER), 0
    for name, width, _ in _FLOATS:
        values = column[name].reshape(-1, width)
        for i in range(width):
            kind = ">f4" if orders[at] == MSB else "<f4"
            records["floats"][:, 4 * at : 4 * at + 4] = _octets(values[:, i], kind)
            at += 1
    for name in ("parameter1", "radar_mode", "gain", "parameter2", "count", "quality"):
        records[name] = column[name]
    records["valid_length"] = _octets(column["valid_length"], ">u2" if a.get("length_order", MSB) == MSB else "<u2")
    records["echo"] = column["dn"]
    return records.tobytes()


def _octets(values: NDArray[Any], kind: str) -> NDArray[np.uint8]:
    width = np.dtype(kind).itemsize
    return np.ascontiguousarray(values, kind).view(np.uint8).reshape(-1, width)


def _whole_records(octets: NDArray[np.uint8], name: str, salvage: bool) -> tuple[NDArray[np.uint8], int, int]:
    """Octets of whole records only, samples of each, and where the first damage was cut out (-1: none)."""
    first = int.from_bytes(octets[:4].tobytes(), "big")
    if first in _FAMILIES:
        size = record_dtype(_FAMILIES[first]).itemsize
        if octets.size % size == 0:
            return octets, _FAMILIES[first], -1
        why = f"{octets.size} octets are no whole number of {size}-octet records: cut short or damaged"
    else:
        why = f"it begins with 0x{first:08X}, not with the mark of a radar record"
    if not salvage:
        raise DamagedFile(name, why)
    return _salvaged(octets, name)


def _salvaged(octets: NDArray[np.uint8], name: str) -> tuple[NDArray[np.uint8], int, int]:
    data = octets.tobytes()
    found: dict[int, list[bytes]] = {mark: [] for mark in _FAMILIES}
    marks = [mark.to_bytes(4, "big") for mark in _FAMILIES]
    damage, at = -1, 0
    while at < len(data):
        later = min((i for m in marks if (i := data.find(m, at + 4)) >= 0), default=len(data))
        mark = int.from_bytes(data[at : at + 4], "big")
        end = at + (record_dtype(_FAMILIES[mark]).itemsize if mark in _FAMILIES else 0)
        if at < end <= later:
            found[mark].append(data[at:end])
            at = end
        else:
            damage = at if damage < 0 else damage
            at = later
    mark = max(found, key=lambda m: len(found[m]))
    if not found[mark]:
        raise DamagedFile(name, "it holds no whole radar record")
    return np.frombuffer(b"".join(found[mark]), np.uint8), _FAMILIES[mark], damage


def _channel(records: NDArray[Any], name: str) -> tuple[str, Channel]:
    """The channel that most records are marked with."""
    marks = np.bincount(records["mark"], minlength=256)
    for mode, channel in radar().channels.items():
        if marks.argmax() == channel.mark and channel.samples == records["echo"].shape[1]:
            return mode, channel
    raise DamagedFile(name, f"its records are marked 0x{int(marks.argmax()):02X}, which is no channel of their length")


def _columns(records: NDArray[Any], channel: Channel) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Columns of the records, and the choices made where the label cannot be trusted."""
    columns: dict[str, NDArray[Any]] = {"clock_ms": read_time(records["time"])}
    orders, implausible, at = [], 0, 0
    floats = np.ascontiguousarray(records["floats"])
    for name, width, limit in _FLOATS:
        values = np.empty((len(records), width), np.float32)
        for i in range(width):
            field = np.ascontiguousarray(floats[:, 4 * at : 4 * at + 4])
            order, values[:, i], bad = float_order(field, limit, MSB)
            orders.append(order)
            implausible += bad
            at += 1
        columns[name] = values[:, 0] if width == 1 else values
    for name in ("parameter1", "radar_mode", "gain", "parameter2", "count", "quality"):
        columns[name] = records[name]
    length, columns["valid_length"] = length_order(
        np.ascontiguousarray(records["valid_length"]), 4 * channel.samples, LSB
    )
    columns["damaged"] = (
        (records["frame"] != channel.frame)
        | (records["mark"] != channel.mark)
        | (columns["valid_length"] != 4 * channel.samples)
    )
    unit, reason = angle_unit(columns["attitude"])
    return columns, {
        "float_order": orders,
        "length_order": length,
        "implausible_floats": implausible,
        "attitude_unit": unit,
        "attitude_unit_reason": reason,
    }
