"""The low-frequency radio spectrometer of the lander."""

from farside.instruments.lfs import antenna
from farside.instruments.lfs.instrument import Band, Spectrometer, load
from farside.instruments.lfs.kind import KIND
from farside.instruments.lfs.layout import (
    CHANNELS,
    FIELDS,
    FRAME,
    RECORD,
    channel_frequencies,
    from_bytes,
    spectra,
    to_bytes,
)
from farside.instruments.lfs.observation import product_id, waveforms
from farside.instruments.lfs.record import pack, unpack

__all__ = [
    "CHANNELS",
    "FIELDS",
    "FRAME",
    "KIND",
    "RECORD",
    "Band",
    "Spectrometer",
    "antenna",
    "channel_frequencies",
    "from_bytes",
    "load",
    "pack",
    "product_id",
    "spectra",
    "to_bytes",
    "unpack",
    "waveforms",
]
