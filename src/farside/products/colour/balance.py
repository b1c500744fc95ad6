"""What a chart in the Sun says of a camera's colours: the balance of its bands, and a matrix from what it really sees.

Grey patches tell how much more light than published a band shows (white balance): their spectra are flat, so that it
does not matter where exactly a filter begins. All patches then take part in the matrix, as they were measured, beside
soils and vehicles as they are known. How good it is tells each patch by the matrix of all others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.instruments import targets
from farside.products.colour.matrix import chart, fitted, known, soils, sunlight, to_xyz, vehicles
from farside.products.colour.observer import adapted, d65, observed
from farside.products.colour.patches import Seen

Array = NDArray[np.float64]

LEAST_SIGMA = 0.002
"""No balance is known better: printed reflectances have three digits."""


@dataclass(frozen=True)
class Colours:
    """Colours of a camera by its chart.

    number (n,): patches seen, as the chart counts them. measured (n, 3): light over sunlight, the whole scaled so that
    grey is as bright as printed. balance (3,): light of a band over what is published, over that of green, and sigma
    (3,), its standard error. frames: that show the chart.
    """

    instrument: str
    mode: str
    number: NDArray[np.int64]
    measured: Array
    balance: Array
    sigma: Array
    frames: int

    @cached_property
    def matrix(self) -> Array:
        """Light over sunlight in the camera's bands, as they are, to XYZ in sunlight, (3, 3)."""
        return self._fitted(np.ones(len(self.number), bool))

    @cached_property
    def before(self) -> Array:
        """CIEDE2000 (n,) of each patch from its printed colour by the published numbers alone."""
        return difference(self.measured @ to_xyz(self.instrument, self.mode).T, self._printed)

    @cached_property
    def after(self) -> Array:
        """The same by ``matrix``."""
        return difference(self.measured @ self.matrix.T, self._printed)

    @cached_property
    def left_out(self) -> Array:
        """The same by the matrix of all other patches."""
        some = ~np.eye(len(self.number), dtype=bool)
        found = [self._fitted(others) @ one for others, one in zip(some, self.measured, strict=True)]
        return difference(np.array(found), self._printed)

    @property
    def better(self) -> bool:
        """Whether patches that had no part in it are nearer to their printed colours than by published numbers."""
        return bool(self.left_out.mean() < self.before.mean())

    @property
    def attrs(self) -> dict[str, Any]:
        """What products say of it: ``colour_matrix`` only where it is the better one."""
        told = {
            "white_balance": self.balance.round(5).tolist(),
            "white_balance_sigma": self.sigma.round(5).tolist(),
            "chart_patches": len(self.number),
            "chart_frames": self.frames,
            "chart_ciede2000": [round(float(e.mean()), 3) for e in (self.before, self.after, self.left_out)],
            "colour_from": "chart" if self.better else "published bands",
        }
        return told | ({"colour_matrix": self.matrix.ravel().tolist()} if self.better else {})

    @property
    def _printed(self) -> Array:
        return observed(chart()[self.number])

    def _fitted(self, some: NDArray[np.bool_]) -> Array:
        known_ones = [known(surfaces, self.instrument, self.mode) for surfaces in (soils(), vehicles())]
        patches = self.measured[some] / self.balance, self._printed[some]
        return fitted(known_ones[0], patches, known_ones[1]) / self.balance


def colours_by(seen: Sequence[Seen], instrument: str, mode: str = "") -> Colours:
    """Colours of a camera by the chart as some frames show it (at least one)."""
    printed, _ = known(chart(), instrument, mode)
    grey = [targets().chart.patches.index(name) for name in targets().chart.neutral]
    relative, scaled = [], []
    for one in seen:
        q = one.light / sunlight(instrument, mode)
        off = np.log(q / printed[one.number])[np.isin(one.number, grey)]
        relative.append(off - off[:, 1:2])
        scaled.append(q / np.exp(np.median(off[:, 1])))
    told = np.concatenate(relative)
    numbers = np.concatenate([one.number for one in seen])
    which, place = np.unique(numbers, return_inverse=True)
    measured = np.zeros((len(which), 3))
    np.add.at(measured, place, np.concatenate(scaled))
    sigma = np.maximum(told.std(axis=0) / np.sqrt(len(told)), LEAST_SIGMA) * [1.0, 0.0, 1.0]
    balance = np.exp(np.median(told, axis=0))
    return Colours(instrument, mode, which, measured / np.bincount(place)[:, None], balance, sigma, len(seen))


def ground_balance(light: Array, instrument: str, mode: str = "") -> Array:
    """The balance (3,) of a camera's bands, over that of green, by the median of light (n, 3) from bare ground.

    It holds as far as the ground has the colour of soils where their spectra are known: it differs from place to place
    by more than a chart's, and is told beside it, not used.
    """
    of_soils, _ = known(soils(), instrument, mode)
    expected = (of_soils / of_soils[:, 1:2]).mean(axis=0)
    q = np.median(light / sunlight(instrument, mode), axis=0)
    return np.asarray(q / q[1] / expected)


def difference(found: Array, wanted: Array) -> Array:
    """CIEDE2000 (n,) between colours (n, 3), XYZ in sunlight with white at Y = 1, for an eye adapted to it."""
    from skimage.color import deltaE_ciede2000

    return np.asarray(deltaE_ciede2000(lab(found), lab(wanted)), float)


def lab(xyz: Array) -> Array:
    """CIELAB of XYZ in sunlight, white at Y = 1 (CIE 15)."""
    share = xyz @ adapted().T / d65()
    f = np.where(share > (6 / 29) ** 3, np.cbrt(share), share * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def told_matrix(attrs: Mapping[str, Any]) -> Sequence[float] | None:
    """The matrix that a product's attributes tell, None where the published one counts."""
    return attrs.get("colour_matrix")
