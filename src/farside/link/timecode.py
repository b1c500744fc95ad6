"""Times as bundles and packets carry them.

    BP time   ms since 2000-01-01 UTC, leap seconds not counted       bundles (RFC 9171 section 4.2.6)
    CUC       s and fractions since 1958-01-01 TAI                    packets (CCSDS 301.0-B-4 section 3.2)
    CDS       UTC day since 1958-01-01, ms of the day                 packets (CCSDS 301.0-B-4 section 3.3)

Both packet codes begin with an octet, the P-field, that says which they are and how long their parts are.
"""

from __future__ import annotations

from datetime import date

from spacepackets.ccsds.time import CdsShortTimestamp

from farside.errors import BadInput, DamagedFile
from farside.geometry import t_to_tai, t_to_utc, tai_to_t, utc_to_t

_DAY_0, _DAY_2000 = date(1958, 1, 1).toordinal(), date(2000, 1, 1).toordinal()
_J2000_TAI_1958 = 1_325_419_200
"""TAI seconds from 1958-01-01 00:00:00 to 2000-01-01 12:00:00."""
_CUC, _CDS = 0b001, 0b100


def bp_time(t: float) -> int:
    """BP time in ms of a TDB time ``t`` (s past J2000).

    Like every implementation known, Unix time less 946,684,800 s. A leap second has the numbers of the second after it.
    """
    day, ms = _utc_day(t)
    return (day - _DAY_2000) * 86_400_000 + ms


def cuc_time(t: float, coarse: int = 4, fine: int = 2) -> bytes:
    """Unsegmented code of a TDB time ``t`` (s past J2000): P-field, ``coarse`` octets of s, ``fine`` of fractions.

    Rounded to the nearest tick. Raises BadInput for a time that the octets cannot hold, and for numbers of octets that
    the P-field cannot say (1 to 4, 0 to 3).
    """
    if not (1 <= coarse <= 4 and 0 <= fine <= 3):
        raise BadInput("time code", "octets", (coarse, fine), "1 to 4 of seconds, 0 to 3 of fractions")
    tai = t_to_tai(t)
    whole = int(tai // 1)
    ticks = (whole + _J2000_TAI_1958 << 8 * fine) + round((tai - whole) * (1 << 8 * fine))
    if not 0 <= ticks < 1 << 8 * (coarse + fine):
        raise BadInput("time code", "t", t, f"a time that {coarse} octets of seconds since 1958 can hold")
    return bytes([_CUC << 4 | (coarse - 1) << 2 | fine]) + ticks.to_bytes(coarse + fine, "big")


def read_cuc(code: bytes) -> float:
    """TDB time (s past J2000) of an unsegmented code that counts from 1958. Raises DamagedFile for anything else."""
    coarse, fine = (code[0] >> 2 & 3) + 1 if code else 0, code[0] & 3 if code else 0
    if not code or code[0] >> 4 != _CUC or len(code) != 1 + coarse + fine:
        raise DamagedFile("time code", f"{code.hex()} is no unsegmented time since 1958")
    ticks = int.from_bytes(code[1:], "big")
    whole, part = divmod(ticks, 1 << 8 * fine)
    return tai_to_t(float(whole - _J2000_TAI_1958) + part / (1 << 8 * fine))


def cds_time(t: float) -> bytes:
    """Day-segmented code of a TDB time ``t`` (s past J2000): P-field, day in 16 bits, ms of the day in 32.

    Rounded to the nearest ms; a leap second has 86,400,000 ms and more. Raises BadInput for a day outside 1958 to 2137.
    """
    day, ms = _utc_day(t)
    if not _DAY_0 <= day < _DAY_0 + (1 << 16):
        raise BadInput("time code", "t", t, "a time from 1958 to June 2137")
    return CdsShortTimestamp(day - _DAY_0, ms, init_dt_unix_stamp=False).pack()


def read_cds(code: bytes) -> float:
    """TDB time (s past J2000) of a day-segmented code that counts from 1958, to the ms, us or ps.

    Raises DamagedFile for anything else, and for a leap second that was none.
    """
    wide, fine = (code[0] >> 2 & 1, code[0] & 3) if code else (0, 3)
    days = 2 + wide
    if fine == 3 or code[0] >> 3 != _CDS << 1 or len(code) != 1 + days + 4 + 2 * fine:
        raise DamagedFile("time code", f"{code.hex()} is no day-segmented time since 1958")
    day, ms = int.from_bytes(code[1 : 1 + days], "big"), int.from_bytes(code[1 + days : 5 + days], "big")
    below, digits = int.from_bytes(code[5 + days :], "big"), (0, 3, 9)[fine]
    minute = min(ms // 60_000, 1439)  # the last one of the day may be longer
    second = (ms - 60_000 * minute) * 10**digits + below
    width = 3 + digits
    clock = f"{minute // 60:02d}:{minute % 60:02d}:{second // 10**width:02d}.{second % 10**width:0{width}d}"
    try:
        if below >= 10**digits:
            raise ValueError
        return utc_to_t(f"{date.fromordinal(_DAY_0 + day)}T{clock}Z")
    except (BadInput, ValueError, OverflowError):
        raise DamagedFile("time code", f"{code.hex()}: no such time") from None


def _utc_day(t: float) -> tuple[int, int]:
    """UTC day (proleptic ordinal) and ms of it, of a TDB time; in a leap second 86,400,000 ms and more."""
    day, clock = t_to_utc(t, 3).removesuffix("Z").split("T")
    hour, minute, second = clock.split(":")
    return date.fromisoformat(day).toordinal(), (60 * int(hour) + int(minute)) * 60_000 + round(float(second) * 1000)
