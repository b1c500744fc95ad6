"""Echoes to first order (Born): every scatterer answers once, along the ray refracted at the surface.

Amplitudes are those of the radar equation as a pulse of unit amplitude at 1 m would give them: a small body of
scattering amplitude f (m) at spreading range R returns f / R^2, a mirror of reflection coefficient G returns G / (2 R).
A boundary is a row of line scatterers along the track whose sum is that mirror (stationary phase across the track):

    G cos(theta) / (2 R sqrt(pi c R)) sqrt(i w) w(t - t(x)) dx
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from farside.instruments.lpr.dielectric import C_M_PER_NS
from farside.payload.lpr.wavelet import CENTRE, LOSS_STEP, LOSSES, PHASES, TAPS

Array = NDArray[np.float64]
BLOCK = 64
"""Traces whose echoes are summed together, to stay in cache."""


@numba.njit(cache=True, nogil=True, error_model="numpy")
def add_echoes(
    out: Any, traces: Any, scatterers: Any, line: bool, antenna: Any, index: Any, loss: Any, step: float, pulses: Any
) -> None:
    """Add the echoes of ``scatterers`` to ``out``, (n, samples) float32; time counts from the transmitter's pulse.

    traces: (n, 2) plan positions, m. scatterers: (k, 4): plan position, depth below the surface, and f (m) of points,
    or G dx (m) of lines (line = True). antenna: height, half the offset of transmitter and receiver, reach in plan (m),
    interval (ns), centre frequency (GHz). index, loss: mean refractive index and mean loss tangent from the surface to
    depth i step. pulses: (LOSSES, PHASES, TAPS).
    """
    height, half, reach, interval, f0 = antenna[0], antenna[1], antenna[2], antenna[3], antenna[4]
    n, samples = out.shape
    air = C_M_PER_NS
    for first in range(0, n, BLOCK):
        last = min(first + BLOCK, n)
        for s in range(len(scatterers)):
            z = scatterers[s, 2]
            at = z / step
            cell = int(at)
            part = at - cell
            ri = index[cell] * (1 - part) + index[cell + 1] * part
            tangent = loss[cell] * (1 - part) + loss[cell + 1] * part
            # the antenna lights a cone of 50 deg to either side, its pattern a squared cosine (assumed)
            aperture = min(reach, 0.5 + 1.2 * z)
            for i in range(first, last):
                dx = traces[i, 0] - scatterers[s, 0]
                dy = traces[i, 1] - scatterers[s, 1]
                x2 = dx * dx + dy * dy
                if x2 >= aperture * aperture:
                    continue
                # two legs of a small offset are twice one leg from its root mean square distance
                x = np.sqrt(x2 + half * half)
                u = x * height / (height + z / ri)
                for _ in range(3):
                    r1 = np.sqrt(u * u + height * height)
                    r2 = np.sqrt((x - u) * (x - u) + z * z)
                    slope = height * height / (r1 * r1 * r1) + ri * z * z / (r2 * r2 * r2)
                    u -= (u / r1 - ri * (x - u) / r2) / slope
                    u = min(max(u, 0.0), x)
                r1 = np.sqrt(u * u + height * height)
                r2 = np.sqrt((x - u) * (x - u) + z * z)
                spread = r1 + r2 / ri
                time = 2.0 * (r1 + ri * r2) / air
                exponent = np.pi * f0 * tangent * 2.0 * ri * r2 / air
                pattern = np.cos(0.5 * np.pi * np.sqrt(x2) / aperture)
                a = scatterers[s, 3] * np.exp(-exponent) * pattern * pattern
                if line:
                    a *= z / r2 / (2.0 * spread * np.sqrt(np.pi * air * spread))
                else:
                    a /= spread * spread
                level = min(int(exponent / LOSS_STEP + 0.5), LOSSES - 1)
                tick = int(time / interval * PHASES + 0.5)
                start = tick // PHASES - CENTRE
                if start < 0 or start + TAPS > samples:
                    continue
                w = pulses[level, tick % PHASES]
                strength = np.float32(a)
                for k in range(TAPS):
                    out[i, start + k] += strength * w[k]
