"""Stolt's migration: echoes go back to where they came from, by one change of variable in the spectrum."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

TAPS = 8
"""Points of the windowed sinc that reads the spectrum between its samples."""


def stolt(section: Floats, step_m: float, interval_ns: float, velocity: float, band_ghz: tuple[float, float]) -> Floats:
    """Migrate an even section of zero-offset traces (n, samples), time from the surface, at one velocity (m/ns).

    D(kx, w) becomes D(kx, w') with w = (v / 2) sqrt(kx^2 + kz^2), w' = v kz / 2, and weight w' / w (Stolt 1978). Time
    is padded to twice its length, the way by half; the result has the section's shape, in time of vertical echoes.
    """
    from scipy.fft import fft, ifft, irfft, next_fast_len, rfft

    n, samples = section.shape
    rows = next_fast_len(n + max(n // 2, 64))
    length = next_fast_len(2 * samples, real=True)
    spectra = rfft(section, length, axis=1, workers=1)
    keep = min(int(np.ceil((band_ghz[1] * 1.3) * length * interval_ns)), spectra.shape[1])
    spectra = np.ascontiguousarray(fft(spectra[:, :keep], rows, axis=0, workers=1), np.complex64)
    # time is counted from the middle of the traces: then the spectrum is smooth enough to be read between samples
    share = 0.5 * samples / length
    spectra *= np.exp(2j * np.pi * share * np.arange(keep)).astype(np.complex64)
    kx = np.abs(np.fft.fftfreq(rows, step_m))
    out = np.zeros_like(spectra)
    _change_variable(spectra, kx, velocity / 2.0 * length * interval_ns, share, out)
    moved = np.zeros((n, length // 2 + 1), np.complex64)
    moved[:, :keep] = ifft(out, axis=0, workers=1, overwrite_x=True)[:n]
    result: Floats = irfft(moved, length, axis=1, workers=1, overwrite_x=True)[:, :samples]
    return np.ascontiguousarray(result, np.float32)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _change_variable(spectra, kx, slope, share, out):  # type: ignore[no-untyped-def]
    """out[row, j] = (j / k) spectra[row, k], k = sqrt(j^2 + (slope kx)^2), read by a windowed sinc.

    share: the part of the padded length by which the traces were moved to earlier times; undone here.
    """
    rows, keep = spectra.shape
    half = TAPS // 2
    for row in range(rows):
        across = slope * kx[row]
        for j in range(1, keep):
            at = np.sqrt(j * j + across * across)
            if at > keep - 1:
                break
            base = int(at)
            part = at - base
            turn = -2.0 * np.pi * share * at
            weight = np.complex64(complex(np.cos(turn), np.sin(turn)) * j / at)
            if part < 1e-9:
                out[row, j] = spectra[row, base] * weight
                continue
            total = np.complex64(0.0)
            top = np.sin(np.pi * part)
            for m in range(1 - half, half + 1):
                k = base + m
                if k < 0 or k >= keep:
                    continue
                x = part - m
                window = np.cos(0.5 * np.pi * x / half)
                sign = -1.0 if m % 2 else 1.0
                total += spectra[row, k] * np.float32(sign * top / (np.pi * x) * window * window)
            out[row, j] = total * weight
