"""Gravity fields as files: SHADR (.sha, .tab) of the planetary archives and ICGEM's .gfc.

SHADR, one line of header, then a row a coefficient pair (km, km3/s2; 1: fully normalised, 0: not)::

    1738.0, 4902.80011526323, 0.0, 1200, 1200, 1, 0.0, 0.0     radius, GM, its sigma, degree, order, norm, lon, lat
    2, 0, -9.0884e-05, 0.0, 1.0e-11, 0.0                       n, m, C, S, sigma C, sigma S

ICGEM (Barthelmes and Foerste 2011), m and m3/s2::

    earth_gravity_constant 4.90280011526e12                    of the body, whatever it is
    radius 1738000.0
    max_degree 660
    norm fully_normalized
    end_of_head
    gfc 2 0 -9.0884e-05 0.0 1.0e-11 0.0
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from farside.errors import BadInput, DamagedFile
from farside.flight.gravity import GravityField, field_of

Row = tuple[int, int, float, float]
Lines = Iterator[tuple[int, str]]

_RADII_KM = (1700.0, 1800.0)
"""The Moon's reference radius lies between: a field of another body, or in other units, does not."""
_GM_KM3_S2 = (4850.0, 4950.0)
"""As does what it pulls with."""


def read_gravity(path: Path | str, degree: int | None = None) -> GravityField:
    """Gravity field of the Moon from a SHADR or ICGEM file, up to ``degree`` (None: all the file has).

    It is taken to be in MOON_PA, as fields from GRAIL are. Raises BadInput for a degree that the file does not reach
    and for a body that is not the Moon, DamagedFile with the line that cannot be read.
    """
    path = Path(path)
    if degree is not None and degree < 0:
        raise BadInput("gravity", "degree", degree, "0 or more")
    try:
        with path.open(encoding="latin-1") as file:
            lines = ((k, line) for k, line in enumerate(file, 1) if line.strip())
            return (_icgem if path.suffix.lower() == ".gfc" else _shadr)(path, lines, degree)
    except OSError as error:
        raise BadInput(path, "", str(error.strerror), "a gravity field that can be read") from None


def _shadr(path: Path, lines: Lines, degree: int | None) -> GravityField:
    k, line = next(lines, (1, ""))
    fields = line.replace(",", " ").split()
    try:
        radius, gm, *_ = (_number(x) for x in fields)
        highest, norm, turned = int(fields[3]), int(fields[5]), [_number(x) for x in fields[6:8]]
    except (ValueError, IndexError):
        raise DamagedFile(path, f"line {k}: not the header of an SHADR file") from None
    if norm not in (0, 1) or any(turned):
        raise DamagedFile(path, f"line {k}: norm {fields[5]}, turned by {turned}: only 0 or 1, not turned, is known")
    rows = (_row(path, k, line.replace(",", " ").split()) for k, line in lines)
    return _build(path, rows, gm, radius, highest, degree, norm == 1)


def _icgem(path: Path, lines: Lines, degree: int | None) -> GravityField:
    head: dict[str, str] = {}
    for _, line in lines:
        key, *values = line.split()
        if key == "end_of_head":
            break
        head.setdefault(key, values[0] if values else "")
    try:
        gm = _number(head.get("earth_gravity_constant") or head["gravity_constant"]) * 1e-9
        radius, highest = _number(head["radius"]) * 1e-3, int(head["max_degree"])
    except (KeyError, ValueError) as error:
        raise DamagedFile(path, f"header: no earth_gravity_constant, radius or max_degree ({error})") from None
    norm = head.get("norm", "fully_normalized")
    if norm not in ("fully_normalized", "unnormalized"):
        raise DamagedFile(path, f"header: norm {norm} is not known")

    def rows() -> Iterator[Row]:
        for k, line in lines:
            key, *fields = line.split()
            if key != "gfc":
                raise DamagedFile(path, f"line {k}: {key} is no row of a field that stands still")
            yield _row(path, k, fields)

    return _build(path, rows(), gm, radius, highest, degree, norm == "fully_normalized")


def _build(
    path: Path, rows: Iterator[Row], gm: float, radius: float, highest: int, degree: int | None, normalised: bool
) -> GravityField:
    wanted = highest if degree is None else degree
    if wanted > highest:
        raise BadInput(path, "degree", degree, f"0 to {highest}, the highest this file has")
    if not _RADII_KM[0] < radius < _RADII_KM[1]:
        raise BadInput(path, "radius", radius, "the Moon's reference radius, 1738 km")
    if not _GM_KM3_S2[0] < gm < _GM_KM3_S2[1]:
        raise BadInput(path, "GM", gm, "the Moon's, 4902.8 km3/s2")
    held = [row for row in rows if row[0] <= wanted]
    missing = set(range(2, wanted + 1)) - {n for n, *_ in held}
    if missing:
        raise DamagedFile(path, f"has no row of degree {min(missing)}, and {wanted} is asked for")
    return field_of(held, gm, radius, wanted, normalised, path.name)


def _row(path: Path, k: int, fields: list[str]) -> Row:
    try:
        n, m, c, s = int(fields[0]), int(fields[1]), _number(fields[2]), _number(fields[3])
    except (ValueError, IndexError):
        raise DamagedFile(path, f"line {k}: not degree, order, C and S") from None
    if not 0 <= m <= n or not abs(c) + abs(s) < 10.0:
        raise DamagedFile(path, f"line {k}: degree {n}, order {m}, C {c:g}, S {s:g} cannot be")
    return n, m, c, s


def _number(text: str) -> float:
    """A number, Fortran's 1.0D-05 too."""
    return float(text.replace("D", "E").replace("d", "e"))
