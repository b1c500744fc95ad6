"""The way down as a product: a table, a figure, and what the gallery draws."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside import archive
from farside.geometry import t_to_utc
from farside.products.desk import Curve, Descent
from farside.products.lcam.trajectory import FRAME, Trajectory
from farside.work import atomic_write

Array = NDArray[np.float64]

UNITS = {
    "t": "s, TDB past J2000", "frame": "number in the order of time, -1: at rest", "position_m": f"m, {FRAME}",
    "quaternion": f"camera to {FRAME}, scalar first", "covariance": "m and rad: position, turn about the lander's axes",
}  # fmt: skip
AXES = "east", "north", "up"
BLUE, ORANGE = "#0072b2", "#d55e00"


def columns(way: Trajectory) -> dict[str, NDArray[Any]]:
    """The table: one row a pose; see UNITS. covariance (n, 36), row by row."""
    from scipy.spatial.transform import Rotation

    turned = Rotation.from_matrix(way.rotation).as_quat(canonical=True, scalar_first=True)
    flat = way.covariance.reshape(len(way.t), -1)
    return {"t": way.t, "frame": way.frames, "position_m": way.position_m, "quaternion": turned, "covariance": flat}


def write_way(way: Trajectory, folder: Path, name: str, attrs: dict[str, Any]) -> dict[str, Path]:
    """The table as Parquet with its attributes, and as CSV with UTC, position, attitude and standard errors."""
    table = columns(way)
    parquet = archive.write_table(folder, name, table, {**attrs, "units": UNITS, "reference_frame": FRAME})
    sigma = np.sqrt(np.einsum("nii->ni", way.covariance))
    head = ["utc", "t", "frame", *(f"{a}_m" for a in AXES), *(f"q{k}" for k in range(4))]
    head += [*(f"sigma_{a}_m" for a in AXES), *(f"sigma_turn_{a}_rad" for a in "xyz")]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    for k, t in enumerate(way.t.tolist()):
        numbers = [*table["position_m"][k], *table["quaternion"][k], *sigma[k]]
        writer.writerow([t_to_utc(t), f"{t:.6f}", int(way.frames[k]), *(f"{value:.9g}" for value in numbers)])
    path = parquet.with_suffix(".csv")
    with atomic_write(path) as part:
        part.write_text(text.getvalue(), encoding="utf-8", newline="")
    return {"landing-way": parquet, "landing-way-csv": path}


def descent(way: Trajectory) -> Descent:
    """As the gallery draws it beside films."""
    sigma = np.sqrt(np.einsum("nii->ni", way.covariance)[:, :3])
    return Descent(way.t, way.position_m, sigma, way.landing_covariance)


def curve(way: Trajectory) -> Curve:
    """Height over time."""
    up, sigma = way.position_m[:, 2], np.sqrt(way.covariance[:, 2, 2])
    text = f"Height of the camera over the landing point by the film, one standard error {sigma.max():.2g} m at most."
    return Curve("Height over the landing point", "m", way.t, {"film": up}, text)


def draw_way(way: Trajectory, path: Path) -> Path:
    """Height over time, and the track over ground, with standard errors; return ``path``."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    (east, north, up), left = way.position_m.T, way.t - way.t[-1]
    sigma = np.sqrt(np.einsum("nii->ni", way.covariance)[:, :3])
    figure = Figure(figsize=(11.0, 5.2), layout="constrained")
    FigureCanvasAgg(figure)
    height, track = figure.subplots(1, 2)
    height.errorbar(left, up, 3.0 * sigma[:, 2], color=BLUE, ecolor=ORANGE, fmt=".-", ms=3, lw=0.8, label="film")
    height.set(yscale="symlog", xlabel="Seconds before rest", ylabel="Camera over the landing point, m")
    height.set_ylim(0.0, 1.3 * up.max())
    height.grid(alpha=0.3)
    height.set_title("Height (orange: three standard errors)")
    shown = track.scatter(east, north, c=up, cmap="cividis", s=14, norm="symlog", zorder=2)
    track.plot(east, north, color="0.6", lw=0.8, zorder=1)
    track.plot(0.0, 0.0, marker="x", color=ORANGE, ms=9, mew=2, zorder=3)
    track.set(xlabel="East of the landing point, m", ylabel="North of the landing point, m")
    track.set_aspect("equal", "datalim")
    track.grid(alpha=0.3)
    track.set_title("Track over ground (cross: landing point)")
    figure.colorbar(shown, ax=track, label="Height, m")
    with atomic_write(path) as part:
        figure.savefig(part, format="png", dpi=110, metadata={"Software": None})
    return path
