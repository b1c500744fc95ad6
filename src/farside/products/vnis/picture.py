"""The spectrum as a picture: reflectance with its noise, the bands under their continuum, the image with the field."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.instruments.vnis import load_vnis
from farside.products.vnis.bands import BANDS
from farside.work import atomic_write

if TYPE_CHECKING:
    import xarray as xr

_PAPER, _INK, _QUIET = "#11151c", "#e6e9ee", "#8b94a3"
_BLUE, _ORANGE, _GREEN = "#56b4e9", "#e69f00", "#009e73"
"""Okabe and Ito 2008: told apart by all kinds of colour vision."""


def write_picture(product: xr.Dataset, path: Path, vd: xr.Dataset | None = None) -> Path:
    """Write the plot of a spectrum as PNG, the same bytes for the same product; return ``path``.

    vd: level-2B VIS cube of the same target, to show its image at 560 nm with the SWIR field.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12.0, 6.75), dpi=120, facecolor=_PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 3, width_ratios=(1.0, 1.0, 1.0), height_ratios=(1.2, 1.0))
    _reflectance(figure.add_subplot(grid[0, : 3 if vd is None else 2]), product)
    if vd is not None:
        _image(figure.add_subplot(grid[0, 2]), vd)
    for n, band in enumerate(BANDS):
        _band(figure.add_subplot(grid[1, n]), product, band.name, (band.left, band.right))
    _words(figure.add_subplot(grid[1, 2]), product)
    with atomic_write(path) as part:
        figure.savefig(part, format="png", metadata={"Software": None})
    return path


def _dress(axes: Any, title: str) -> None:
    axes.set_facecolor(_PAPER)
    axes.set_title(title, color=_INK, fontsize=11, loc="left")
    axes.tick_params(colors=_QUIET)
    axes.xaxis.label.set_color(_INK)
    axes.yaxis.label.set_color(_INK)
    for side in axes.spines.values():
        side.set_color(_QUIET)
    axes.grid(color=_QUIET, alpha=0.18, linewidth=0.6)


def _reflectance(axes: Any, product: xr.Dataset) -> None:
    x, y = product["wavelength_nm"].to_numpy(), product["reff"].to_numpy()
    sd = np.sqrt(product["variance"].to_numpy())
    axes.errorbar(
        x,
        y,
        yerr=sd,
        fmt=".",
        markersize=2,
        color=_BLUE,
        ecolor=_BLUE,
        elinewidth=0.6,
        alpha=0.55,
        label="measured, 1 sigma",
    )
    axes.plot(x, product["smooth"], color=_INK, linewidth=1.2, label="smoothed")
    axes.plot(x, product["continuum"], color=_ORANGE, linewidth=1.2, linestyle="--", label="continuum")
    axes.axvline(900.0, color=_QUIET, linewidth=0.8, linestyle=":")
    axes.set(xlabel="wavelength (nm)", ylabel="reflectance factor at i 30, e 0, g 30 deg", xlim=(440, 2405))
    axes.legend(frameon=False, labelcolor=_INK, loc="upper left", fontsize=9)
    _dress(axes, "Reflectance: VIS to 895 nm, SWIR from 900 nm")


def _band(axes: Any, product: xr.Dataset, name: str, ends: tuple[float, float]) -> None:
    x = product["wavelength_nm"].to_numpy()
    k = (x >= ends[0]) & (x <= ends[1])
    over = product["continuum"].to_numpy()[k]
    axes.plot(x[k], product["reff"].to_numpy()[k] / over, ".", markersize=2.5, color=_BLUE, alpha=0.6)
    axes.plot(x[k], product["smooth"].to_numpy()[k] / over, color=_INK, linewidth=1.2)
    centre, sd = float(product[f"{name}_nm"]), float(product[f"{name}_nm_sd"])
    if np.isfinite(centre):
        depth, depth_sd = float(product[f"{name}_depth"]), float(product[f"{name}_depth_sd"])
        axes.axvspan(centre - sd, centre + sd, color=_GREEN, alpha=0.25, linewidth=0)
        axes.errorbar(
            [centre], [1.0 - depth], xerr=[sd], yerr=[depth_sd], fmt="o", color=_GREEN, capsize=4, markersize=5
        )
    axes.set(xlabel="wavelength (nm)", ylabel="reflectance / continuum", xlim=ends)
    found = f"{centre:.0f} ± {sd:.0f} nm" if np.isfinite(centre) else "too weak to place"
    _dress(axes, f"Band {'I' if name == 'band_1' else 'II'}: {found}")


def _image(axes: Any, vd: xr.Dataset) -> None:
    from matplotlib.patches import Circle

    band = int(np.argmin(np.abs(vd["wavelength_nm"].to_numpy() - 560.0)))
    image, spec = vd["radiance"].to_numpy()[band], load_vnis()
    low, high = np.percentile(image, [1, 99])
    # edges of the full format's pixels, counted from 1
    extent = (0.5, spec.lines + 0.5, spec.lines + 0.5, 0.5)
    axes.imshow(image, cmap="gray", vmin=low, vmax=high, extent=extent, interpolation="nearest")
    axes.add_patch(
        Circle((spec.spot.sample, spec.spot.line), spec.spot.radius_px, fill=False, color=_ORANGE, linewidth=1.5)
    )
    axes.set(xlabel="sample", ylabel="line")
    _dress(axes, "VIS at 560 nm and the SWIR field")
    axes.grid(visible=False)


def _words(axes: Any, product: xr.Dataset) -> None:
    a = product.attrs
    axes.set_axis_off()
    values = (
        ("FeO", "feo_wt", "{:.1f} ± {:.1f} wt%"),
        ("band I depth", "band_1_depth", "{:.3f} ± {:.3f}"),
        ("band II depth", "band_2_depth", "{:.3f} ± {:.3f}"),
        ("R at 750 nm", "r750", "{:.3f} ± {:.3f}"),
        ("maturity OMAT", "omat", "{:.3f} ± {:.3f}"),
    )
    rows = [(title, form.format(float(product[name]), float(product[f"{name}_sd"]))) for title, name, form in values]
    rows += [
        ("FeO as Lucey 2000", f"{float(product['feo_lucey_wt']):.1f} wt%"),
        ("seen at i, e, g", " ".join(f"{angle:.1f}" for angle in a["seen_at_deg"]) + " deg"),
        ("ground", f"{a['temperature_k']:.0f} ± {a['temperature_sd_k']:.0f} K"),
        ("VIS scaled by", f"{a['vis_scale']:.3f} ± {a['vis_scale_sd']:.3f}"),
        ("SNR, calibration", f"{a['snr']:.0f}, {a['calibration']}"),
    ]
    for n, (title, text) in enumerate(rows):
        y = 0.97 - 0.1 * n
        axes.text(0.02, y, title, color=_QUIET, fontsize=10, va="top", transform=axes.transAxes)
        axes.text(0.47, y, text, color=_INK, fontsize=10, va="top", transform=axes.transAxes)
