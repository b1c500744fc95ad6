"""The real level-2B data files: VD and VC as a cube of radiance, SD and SC as a table of text.

VD, VC: little-endian float32, band sequential (band, line, sample), no header; 26 214 400 bytes at full size. A binned
cube has the same layout with fewer lines and samples. SD, SC: one row a band, fields padded with spaces: UTC (24
characters), band number, exposure in ms, solar elevation in degrees, radiance, quality (0 is good). Radiance in
W m-2 sr-1 nm-1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from farside.errors import BadInput, DamagedFile
from farside.geometry import t_to_utc, utc_to_t
from farside.instruments.vnis.observation import MODES, vnis_observation
from farside.instruments.vnis.spec import load_vnis

if TYPE_CHECKING:
    import xarray as xr

UNITS = "W m-2 sr-1 nm-1"


class Column(NamedTuple):
    """A column of the table: its name, how its values are written and how wide, PDS4 type and unit."""

    name: str
    form: str
    width: int
    data_type: str
    unit: str


COLUMNS = (
    Column("UTC", "<24s", 24, "ASCII_Date_Time_YMD_UTC", "none"),
    Column("band_number", ">4d", 4, "ASCII_Integer", "none"),
    Column("exposure_time", ">9.3f", 9, "ASCII_Real", "ms"),
    Column("solar_elevation", ">11.6f", 11, "ASCII_Real", "deg"),
    Column("radiance", ">14.6E", 14, "ASCII_Real", "W/m**2/sr/nm"),
    Column("quality", ">3d", 3, "ASCII_Integer", "none"),
)
_ROW = " ".join(f"{{:{column.form}}}" for column in COLUMNS) + "\r\n"


def to_bytes(observation: xr.Dataset) -> bytes:
    """The data file of a level-2B observation with the variable ``radiance``."""
    radiance = observation["radiance"].to_numpy()
    if MODES[observation.attrs["mode"]] == "VIS":
        return np.ascontiguousarray(radiance, "<f4").tobytes()
    a = observation.attrs
    quality = observation["quality"].to_numpy() if "quality" in observation else np.zeros(radiance.size, int)
    start, stop = utc_to_t(a["start_utc"]), utc_to_t(a["stop_utc"])
    times = start + (stop - start) * (np.arange(radiance.size) + 0.5) / radiance.size
    rows = (
        _ROW.format(t_to_utc(t), n + 1, exposure, 90.0 - a["sun_incidence_deg"], value, int(flag))
        for n, (t, exposure, value, flag) in enumerate(
            zip(times.tolist(), a["exposure_ms"], radiance, quality, strict=True)
        )
    )
    return "".join(rows).encode("ascii")


def from_bytes(data: bytes, attrs: Mapping[str, Any]) -> xr.Dataset:
    """The observation of a data file, given what its label and its name say (``mode`` among it).

    Reads text by white space whatever its field widths and encoding. Raises DamagedFile for a file of another length
    than its mode has, or a table with rows that are missing, out of order or no numbers.
    """
    mode = str(attrs.get("mode"))
    if mode not in MODES:
        raise DamagedFile(_name(attrs), f"mode {mode!r}, expected one of {', '.join(MODES)}")
    return _cube(data, attrs) if MODES[mode] == "VIS" else _table(data, attrs)


def _cube(data: bytes, attrs: Mapping[str, Any]) -> xr.Dataset:
    bands = load_vnis().bands["VIS"]
    lines = round((len(data) / (4 * bands)) ** 0.5)
    if not data or 4 * bands * lines**2 != len(data):
        raise DamagedFile(
            _name(attrs), f"{len(data)} bytes, expected {bands} square images of float32 (26214400 bytes at full size)"
        )
    radiance = np.frombuffer(data, "<f4").reshape(bands, lines, lines)
    return vnis_observation("radiance", radiance, UNITS, **attrs)


def _table(data: bytes, attrs: Mapping[str, Any]) -> xr.Dataset:
    bands = load_vnis().bands["SWIR"]
    rows = [row.split() for row in data.decode("ascii", errors="replace").splitlines() if row.strip()]
    if len(rows) != bands:
        raise DamagedFile(_name(attrs), f"{len(rows)} rows, expected {bands}")
    try:
        columns = np.array([row[1 : len(COLUMNS)] for row in rows], float)
        middle = utc_to_t(rows[bands // 2][0])
    except (BadInput, ValueError, IndexError) as error:
        raise DamagedFile(_name(attrs), f"not a table of UTC and {len(COLUMNS) - 1} numbers: {error}") from error
    if (
        columns.ndim != 2
        or columns.shape[1] != len(COLUMNS) - 1
        or not np.array_equal(columns[:, 0], np.arange(bands) + 1)
    ):
        raise DamagedFile(_name(attrs), f"bands are not 1 to {bands} in order")
    found = vnis_observation("radiance", columns[:, 3], UNITS, **attrs, exposure_ms=columns[:, 1].tolist())
    found["quality"] = ("band", columns[:, 4].astype(int))
    # labels of later products span a whole sequence: the Sun is that of the middle row
    found.attrs |= {"sun_incidence_deg": 90.0 - float(columns[bands // 2, 2]), "middle_utc": t_to_utc(middle)}
    return found


def _name(attrs: Mapping[str, Any]) -> str:
    return str(attrs.get("product_id") or "vnis level 2B")
