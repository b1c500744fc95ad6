"""Makes docs/planes.jpg: one frame of the terrain camera and what its pixels truly saw, from the code in cameras.md."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def made() -> dict[str, object]:
    """The names that the first block of Python in cameras.md leaves."""
    code = re.search(r"^```python\n(.*?)^```$", (HERE / "cameras.md").read_text(), re.MULTILINE | re.DOTALL)
    assert code is not None
    names: dict[str, object] = {}
    exec(
        code[1].replace("binning=8", "binning=4").replace("posts=256, finest_m=0.04", "posts=1024, finest_m=0.01"),
        names,
    )
    return names


def main() -> None:
    """Draw the planes."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    names = made()
    truth, sight = names["truth"], names["sight"]
    far = float(truth.range_m.where(np.isfinite(truth.range_m)).max())
    colour = np.moveaxis(sight.radiance.to_numpy(), 0, -1)
    shown = (
        ("radiance (stretched)", np.clip(colour / np.quantile(colour, 0.97), 0, 1) ** 0.5, None),
        ("range, m (logarithmic)", np.log10(truth.range_m.where(np.isfinite(truth.range_m))), "cividis"),
        ("normal (east, north, up as colours)", np.nan_to_num(0.5 + 0.5 * truth.normal.to_numpy()), None),
        ("share of the Sun's disc", sight.sun, "cividis"),
        ("phase angle, degrees", sight.phase_deg, "cividis"),
        ("body and part", truth.body * 32 + truth.number.where(truth.body != 2, 0) % 32, "cividis"),
    )
    figure, axes = plt.subplots(2, 3, figsize=(15, 7.6), constrained_layout=True)
    for axis, (title, picture, colours) in zip(axes.flat, shown, strict=True):
        drawn = axis.imshow(picture, cmap=colours, interpolation="nearest")
        axis.set(title=title, xticks=[], yticks=[])
        if colours and not title.startswith("body"):
            bar = figure.colorbar(drawn, ax=axis, shrink=0.8)
            if title.startswith("range"):
                ticks = [t for t in (2, 5, 10, 20, 50, 100, 200, 500, 1000) if truth.range_m.min() < t < far]
                bar.set_ticks(np.log10(ticks), labels=[str(t) for t in ticks])
    figure.savefig(HERE / "planes.jpg", dpi=90, pil_kwargs={"quality": 88})


if __name__ == "__main__":
    main()
