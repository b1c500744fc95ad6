"""Level 2C from level 1: calibrated spectra with the Sun's position and without the lander's noise.

The lander's sources reach the three antennas at fixed ratios. Two sources leave one direction of the antennas' space in
which neither is heard; the antennas added with those weights are a single monopole that hears the sky alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput
from farside.geometry import Site, azel, t_to_utc, utc_to_t
from farside.instruments.lfs import CHANNELS, FRAME, Spectrometer, channel_frequencies, load, product_id, spectra
from farside.products.lfs.spectra import transform
from farside.products.provenance import provenance, source

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

STRONG = 95.0
"""Percentile of the channels above which they tell the lander's ratios: its lines."""
VERSION = 1


def calibrate(records: Sequence[xr.Dataset], lander: Site, attitude: ArrayLike | None = None) -> xr.Dataset:
    """One level 2C observation, dims (record, channel), of all level-1 records of a session.

    lander: where it stands; attitude: rotation (3, 3) from the lander frame to east, north, up (None: level, facing
    north). A spectrum a block; blocks that did not arrive are NaN with quality 1, saturated ones have quality 1.
    Raises BadInput for records that do not belong together.
    """
    records = _session(records)
    instrument, a = load(), records[0].attrs
    every, sample_hz = float(a["every_s"]), float(a["sample_hz"])
    t0 = utc_to_t(a["start_utc"])
    place = [np.rint((r["time"].to_numpy() - t0) / every).astype(int) for r in records]
    time = np.asarray(t0 + every * np.arange(place[-1][-1] + 1), np.float64)
    weights, cancelled_db = _cancel(records, instrument, sample_hz)
    psd = np.full((len(time), CHANNELS), np.nan, np.float32)
    quality = np.ones(len(time), np.uint8)
    top = 2**instrument.receiver.bits - 1
    for record, rows in zip(records, place, strict=True):
        dn = record["dn"].to_numpy()
        x = transform(dn, instrument, sample_hz)
        psd[rows] = np.square(np.abs(np.einsum("k,bkc->bc", weights.astype(np.float32), x)))
        quality[rows] = ((dn == 0) | (dn == top)).any(axis=(1, 2))
    turn = np.eye(3) if attitude is None else np.asarray(attitude, float)
    direction = turn @ (weights @ np.array(instrument.antennas.directions))
    stop = t_to_utc(float(time[-1]) + every)
    attrs: dict[str, Any] = {
        **{name: a[name] for name in ("instrument", "mode", "band", "sequence_id", "start_utc")},
        "index": 0,
        "stop_utc": stop,
        "level": instrument.data_product_level,
        "product_id": product_id({**a, "stop_utc": stop}),
        "bands": f"0-{sample_hz / 2e6:g} MHz",
        "cancel_vector": weights.tolist(),
        "cancel_direction": direction.tolist(),
        "cancelled_db": cancelled_db,
        "lander_lon_deg": lander.lon_deg,
        "lander_lat_deg": lander.lat_deg,
        "provenance": provenance("lfs.calibrate", [source(r) for r in records], window="Blackman-Harris"),
    }
    fields = {
        "frame": np.full(len(time), FRAME, np.uint32),
        "version": np.full(len(time), VERSION, np.uint8),
        "work_parameters": np.zeros((len(time), 71), np.uint8),
        **_sun(lander, time),
        "cancel_period": np.full(len(time), round(every * len(time)), np.uint32),
        "cancel_count": np.full(len(time), min(sum(map(len, place)), 65535), np.uint16),
        "accumulations": np.ones(len(time), np.uint16),
        "psd": psd,
        "quality": quality,
    }
    return spectra(time, channel_frequencies(attrs["bands"]), fields, attrs)


def _session(records: Sequence[xr.Dataset]) -> list[xr.Dataset]:
    if not records:
        raise BadInput("lfs", "records", 0, "one record or more")
    ordered = sorted(records, key=lambda r: utc_to_t(r.attrs["start_utc"]))
    first = ordered[0].attrs
    for r in ordered:
        name = str(r.attrs["product_id"])
        if r.attrs["level"] not in ("raw", "1"):
            raise BadInput(name, "level", r.attrs["level"], "blocks of samples (level 1)")
        for field in ("band", "sequence_id", "every_s", "sample_hz"):
            if r.attrs[field] != first[field]:
                raise BadInput(name, field, r.attrs[field], f"{first[field]}, as the rest of the session")
        if r["dn"].shape[1:] != (len(load().antennas.names), 2 * CHANNELS):
            raise BadInput(name, "shape", r["dn"].shape[1:], f"3 antennas, {2 * CHANNELS} samples")
    return ordered


def _cancel(records: Sequence[xr.Dataset], instrument: Spectrometer, sample_hz: float) -> tuple[Array, float]:
    """Weights (antenna,) of unit length that hear none of the lander, and the dB by which its lines go down.

    The least eigenvector of the antennas' covariance, summed over all blocks and the strongest channels.
    """
    antennas = len(instrument.antennas.names)
    covariance = np.zeros((CHANNELS, antennas, antennas))
    for record in records:
        x = transform(record["dn"].to_numpy(), instrument, sample_hz).astype(np.complex128)
        covariance += np.einsum("bic,bjc->cij", x, x.conj()).real
    power = np.trace(covariance, axis1=1, axis2=2)
    total = covariance[power >= np.percentile(power, STRONG)].sum(axis=0)
    value, vector = np.linalg.eigh(total)
    least = vector[:, 0] * np.sign(vector[np.argmax(np.abs(vector[:, 0])), 0])
    return least, float(10.0 * np.log10(np.trace(total) / antennas / value[0]))


def _sun(lander: Site, time: Array) -> dict[str, NDArray[np.float32]]:
    """Elevation and azimuth of the Sun's centre, degrees, as labels give them: without aberration."""
    from farside.sky import sun_direction

    az, el = azel(sun_direction(lander, time, apparent=False))
    return {
        "sun_elevation": np.degrees(el).astype(np.float32),
        "sun_azimuth": (np.degrees(az) % 360.0).astype(np.float32),
    }
