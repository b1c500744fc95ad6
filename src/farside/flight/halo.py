"""Halo orbits about the Earth-Moon L2 point in the circular restricted three-body problem (CR3BP).

Rotating frame about the barycentre, Earth at (-mu, 0, 0), Moon at (1 - mu, 0, 0); lengths in LU, times in TU::

    x'' - 2 y' = U_x,  y'' + 2 x' = U_y,  z'' = U_z,     U = (x^2 + y^2)/2 + (1 - mu)/r1 + mu/r2

A halo orbit crosses y = 0 at right angles twice, so half a revolution decides whether it closes (Howell 1984,
Celestial Mechanics 32, 53). This is the first guess of a relay's orbit, and the family it belongs to.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput

Array = NDArray[np.float64]

MU = 1.215058560962404e-2
"""Mass of the Moon over that of Earth and Moon; with LU_KM and TU_S as in the JPL three-body catalogue."""
LU_KM = 389_703.0
TU_S = 382_981.0

# JPL three-body periodic orbit catalogue, L2 northern halo: x0, z0, vy0, period, at the crossing beyond the Moon.
CATALOGUE = (
    (1.1808985497899205, 1.0295054075242347e-4, -0.15585631393981156, 3.4155308065628454),
    (1.1802432007231030, 2.5617923919654416e-2, -0.15954905069606692, 3.4101539733562030),
    (1.1794814105552625, 3.7178973271809496e-2, -0.16338139359639692, 3.4041666282888854),
    (1.1784496916179399, 4.8140435768697247e-2, -0.16797405042301869, 3.3963805494683674),
    (1.1757357974855753, 6.7801780194122280e-2, -0.17782655254524235, 3.3769669271238048),
    (1.1677006591947434, 1.0256492290418533e-1, -0.19712508121327701, 3.3223749314308342),
    (1.1513800635090152, 1.4380485557811437e-1, -0.21712922972872784, 3.2045676617775203),
    (1.1340654944747190, 1.7166247666605308e-1, -0.22499619681915137, 3.0516246962540947),
    (1.1098928777210029, 1.9429272244184692e-1, -0.22138261166524692, 2.7707861925069994),
    (1.0831337559276397, 2.0231055618100155e-1, -0.20121168055184560, 2.3861839336103214),
)
_STEP = 0.003  # of continuation in z0: Newton then needs three or four corrections
_CLOSED = 1e-13


@dataclass(frozen=True)
class Halo:
    """A periodic orbit: state (x0, 0, z0, 0, vy0, 0) where it crosses y = 0, and its period; LU and TU.

    z0 < 0 is a southern halo, which dwells over the Moon's south as seen from Earth.
    """

    x0: float
    z0: float
    vy0: float
    period: float

    @property
    def start(self) -> Array:
        """State (6,) at phase 0: the far apex, farthest from the x-y plane."""
        return np.array([self.x0, 0.0, self.z0, 0.0, self.vy0, 0.0])

    @property
    def jacobi(self) -> float:
        """Jacobi constant 2 U - v^2."""
        x, z, vy = self.x0, self.z0, self.vy0
        r1, r2 = np.hypot(x + MU, z), np.hypot(x - 1.0 + MU, z)
        return float(x * x + 2.0 * (1.0 - MU) / r1 + 2.0 * MU / r2 - vy * vy)

    @property
    def stability(self) -> float:
        """Index (|l| + 1/|l|)/2 of the largest eigenvalue l of the monodromy matrix; 1 is neutral."""
        _, monodromy = _propagate(self.start, self.period)
        largest = np.abs(np.linalg.eigvals(monodromy)).max()
        return float((largest + 1.0 / largest) / 2.0)

    def closure(self) -> float:
        """Largest difference of a state component after one period."""
        end, _ = _propagate(self.start, self.period)
        return float(np.abs(end - self.start).max())

    def states(self, phase: ArrayLike) -> Array:
        """States (n, 6) at phases in revolutions from the far apex."""
        phases = np.asarray(phase, float) % 1.0
        integrator = deepcopy(_plain())
        states = np.empty((len(phases), 6))
        integrator.time = 0.0
        integrator.state[:] = self.start
        for k in np.argsort(phases, kind="stable"):
            integrator.propagate_until(float(phases[k]) * self.period)
            states[k] = integrator.state
        return states


def southern_halo(z_amplitude_km: float) -> Halo:
    """The southern L2 halo whose far apex lies z_amplitude_km below the Earth-Moon plane (40 to 78,000 km).

    Continued from the nearest orbit of the catalogue, each member corrected with the far apex held in z.
    """
    target = z_amplitude_km / LU_KM
    if not CATALOGUE[0][1] <= target <= CATALOGUE[-1][1]:
        raise BadInput("halo", "z_amplitude_km", z_amplitude_km, "40 to 78,000 (Queqiao: 13,000)")
    x0, z0, vy0, period = min(CATALOGUE, key=lambda row: abs(row[1] - target))
    halo = Halo(x0, -z0, vy0, period)
    steps = max(1, int(np.ceil(abs(target - z0) / _STEP)))
    for z in np.linspace(z0, target, steps + 1)[1:]:
        halo = correct(Halo(halo.x0, -float(z), halo.vy0, halo.period))
    return halo


def correct(guess: Halo) -> Halo:
    """Close an orbit by Newton's method: z0 stays, x0, vy0 and the period move until it crosses y = 0 at right angles.

    Raises BadInput when the guess is too far from any halo orbit to converge.
    """
    x = np.array([guess.x0, guess.vy0, guess.period / 2.0])
    for _ in range(20):
        end, stm = _propagate(np.array([x[0], 0.0, guess.z0, 0.0, x[1], 0.0]), x[2])
        residual = end[[1, 3, 5]]
        if np.abs(residual).max() < _CLOSED:
            return Halo(float(x[0]), guess.z0, float(x[1]), 2.0 * float(x[2]))
        jacobian = np.column_stack([stm[np.ix_([1, 3, 5], [0, 4])], _flow(end)[[1, 3, 5]]])
        x = x - np.linalg.solve(jacobian, residual)
    raise BadInput("halo", "guess", guess, "a state closer to a halo orbit")


def _flow(state: Array) -> Array:
    x, y, z, vx, vy, vz = state
    a = (1.0 - MU) * ((x + MU) ** 2 + y * y + z * z) ** -1.5
    b = MU * ((x - 1.0 + MU) ** 2 + y * y + z * z) ** -1.5
    return np.array(
        [
            vx,
            vy,
            vz,
            x + 2.0 * vy - a * (x + MU) - b * (x - 1.0 + MU),
            y - 2.0 * vx - (a + b) * y,
            -(a + b) * z,
        ]
    )


def _propagate(state: Array, duration: float) -> tuple[Array, Array]:
    """State (6,) and state transition matrix (6, 6) after a duration in TU."""
    integrator = deepcopy(_variational())
    integrator.time = 0.0
    integrator.state[:6] = state
    integrator.state[6:] = np.eye(6).ravel()
    integrator.propagate_until(duration)
    return integrator.state[:6].copy(), integrator.state[6:].reshape(6, 6).copy()


@cache
def _system() -> Any:
    import heyoka as hy

    x, y, z, vx, vy, vz = hy.make_vars("x", "y", "z", "vx", "vy", "vz")
    a = (1.0 - MU) * ((x + MU) ** 2 + y**2 + z**2) ** -1.5
    b = MU * ((x - 1.0 + MU) ** 2 + y**2 + z**2) ** -1.5
    return [
        (x, vx),
        (y, vy),
        (z, vz),
        (vx, x + 2.0 * vy - a * (x + MU) - b * (x - 1.0 + MU)),
        (vy, y - 2.0 * vx - (a + b) * y),
        (vz, -(a + b) * z),
    ]


@cache
def _plain() -> Any:
    import heyoka as hy

    return hy.taylor_adaptive(_system(), tol=1e-16, compact_mode=True)


@cache
def _variational() -> Any:
    import heyoka as hy

    # compact: the unrolled variational equations take most of a minute to compile
    return hy.taylor_adaptive(hy.var_ode_sys(_system(), args=hy.var_args.vars, order=1), tol=1e-16, compact_mode=True)
