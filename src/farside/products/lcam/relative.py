"""Heights as shares of one another: what a chain tells by itself, without telemetry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.products.lcam.chain import Chain
from farside.products.lcam.steady import there, to_last

Array = NDArray[np.float64]

ROUGH = 0.06
"""Share of a height by which rough ground may deceive the last frame, which may be taken at rest: ground as rough as
maria are over a quarter of a metre, half of what is seen there, is 4 cm off (priors.yaml), and the camera 0.6 m up."""


@dataclass(frozen=True)
class Shares:
    """t (n,): of the frames of a run, TDB s past J2000. ratio, sigma (n,): of their heights over that of the last."""

    t: Array
    ratio: Array
    sigma: Array


def heights(found: Chain) -> Shares | None:
    """Of the last run of frames; for a camera that looks straight down. None where no two hang together."""
    if not found.runs:
        return None
    run = found.runs[-1]
    ratio = np.array([there(homography, found.shape).smaller for homography in to_last(found, run)])
    single = {s.first: s for s in reversed(found.steps)}
    # shifts 1 and 5 of align stretch the picture, in pixels at half its width
    stretch = np.array([single[n].match.covariance[np.ix_([1, 5], [1, 5])].sum() for n in run[:-1]])
    each = stretch / (4.0 * (0.5 * found.shape[1]) ** 2)
    added = np.concatenate([np.cumsum(each[::-1])[::-1], [0.0]])
    return Shares(found.t[run], ratio, ratio * np.sqrt(added + ROUGH**2))
