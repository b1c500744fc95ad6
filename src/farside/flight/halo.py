"""Halo orbits about the Earth-Moon L1 and L2 points in the circular restricted three-body problem (CR3BP).

A halo orbit crosses y = 0 at right angles twice, so half a revolution decides whether it closes (Howell 1984,
Celestial Mechanics 32, 53). This is the first guess of a relay's orbit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput
from farside.flight.cr3bp import LU_KM, MOON, TU_S, flow, jacobi_constant, propagate, states_at

Array = NDArray[np.float64]

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

    The crossing is the far apex, farthest from the Moon and from the x-y plane. ``point`` is the one of whose family
    it is a member.
    z0 < 0 is a southern halo, which dwells over the Moon's south as seen from Earth.
    """

    x0: float
    z0: float
    vy0: float
    period: float
    point: str = "L2"

    @property
    def start(self) -> Array:
        """State (6,) at phase 0: the far apex, farthest from the x-y plane."""
        return np.array([self.x0, 0.0, self.z0, 0.0, self.vy0, 0.0])

    @property
    def z_amplitude_km(self) -> float:
        """Distance of the far apex from the Earth-Moon plane, km."""
        return abs(self.z0) * LU_KM

    @property
    def period_days(self) -> float:
        """Period in days."""
        return self.period * TU_S / 86_400.0

    @property
    def jacobi(self) -> float:
        """Jacobi constant 2 U - v^2."""
        return jacobi_constant(self.start)

    @property
    def perilune_km(self) -> float:
        """Least distance from the Moon's centre, km: half a revolution after the far apex."""
        end, _ = propagate(self.start, self.period / 2.0)
        return float(np.linalg.norm(end[:3] - MOON)) * LU_KM

    @property
    def stability(self) -> float:
        """Index (|l| + 1/|l|)/2 of the largest eigenvalue l of the monodromy matrix; 1 is neutral."""
        _, monodromy = propagate(self.start, self.period)
        largest = np.abs(np.linalg.eigvals(monodromy)).max()
        return float((largest + 1.0 / largest) / 2.0)

    @property
    def stability_indices(self) -> Array:
        """Index (l + 1/l)/2 of each of the two pairs of eigenvalues l that are not 1, the larger first, shape (2,).

        Between -1 and 1 a pair is stable; at -1 a family of twice the period branches off, at 1 one of the same.
        From the traces of the monodromy matrix and its square (Broucke 1969, JPL TR 32-1360). They are real for every
        member of the halo families above the Moon's surface; where a pair of pairs leaves circle and axis, complex.
        """
        _, monodromy = propagate(self.start, self.period)
        a = 2.0 - np.trace(monodromy)
        b = (a * a + 2.0 - np.trace(monodromy @ monodromy)) / 2.0
        root = np.emath.sqrt(a * a - 4.0 * b + 8.0)
        return np.array([-a + root, -a - root]) / 4.0

    def closure(self) -> float:
        """Largest difference of a state component after one period."""
        end, _ = propagate(self.start, self.period)
        return float(np.abs(end - self.start).max())

    def states(self, phase: ArrayLike) -> Array:
        """States (n, 6) at phases in revolutions from the far apex."""
        return states_at(self.start, np.asarray(phase, float) % 1.0 * self.period)


def southern_halo(z_amplitude_km: float) -> Halo:
    """The southern L2 halo whose far apex lies z_amplitude_km below the Earth-Moon plane, at once, without the family.

    Continued from the nearest orbit of the catalogue, each member corrected with the far apex held in z. The mission's
    reference orbit grows from it, bit for bit; `farside.flight.halo_orbit` finds the same orbit to 1e-13.
    Raises BadInput for an amplitude outside the rows of the catalogue.
    """
    target = z_amplitude_km / LU_KM
    least, most = CATALOGUE[0][1], CATALOGUE[-1][1]
    if not least <= target <= most:
        expected = f"{np.ceil(least * LU_KM):,.0f} to {np.floor(most * LU_KM):,.0f} (Queqiao: 13,000)"
        raise BadInput("halo", "z_amplitude_km", z_amplitude_km, expected)
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
        end, stm = propagate(np.array([x[0], 0.0, guess.z0, 0.0, x[1], 0.0]), x[2])
        residual = end[[1, 3, 5]]
        if np.abs(residual).max() < _CLOSED:
            return Halo(float(x[0]), guess.z0, float(x[1]), 2.0 * float(x[2]))
        jacobian = np.column_stack([stm[np.ix_([1, 3, 5], [0, 4])], flow(end)[[1, 3, 5]]])
        x = x - np.linalg.solve(jacobian, residual)
    raise BadInput("halo", "guess", guess, "a state closer to a halo orbit")
