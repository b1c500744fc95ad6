"""Colours of camera pictures against spectra, and frames made pictures a CPU second against the published script.

Truth of a picture is the same view rendered without noise or filters at wavelengths between which everything in the
scene runs straight, seen by the CIE's observer; white is a white surface in full sunlight, as CIELAB wants it. Compared
are lit, unsaturated pixels one by one, noise included, one factor of brightness a picture apart; beside them means of
blocks, which have little noise, and what a sensor without noise would lose by the 8 bits of level 2C alone. The chart's
truth is its published reflectances. A camera whose bands are not as published has its light multiplied, and its chart
to tell it.

The script is that of ChangE_4_data_playground: pds4_tools, Menon's demosaicking of colour-demosaicing, sRGB curve, 2 to
98 % stretch, PNG as Pillow has it. Ours reads the same file with its label; TIFF: Menon's demosaicking too, light
scaled to 16 bit, uncompressed; PNG: edge-aware demosaicking, colours, stretch and tone curve, level 1. The script is
timed with Malvar's filters as well, which are quicker and less good.
"""

from __future__ import annotations

import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.color import deltaE_ciede2000
from skimage.exposure import rescale_intensity

from benchmarks.claim import Claim
from farside import archive
from farside.geometry import Pose, Site, utc_to_t
from farside.instruments import Band, Instrument, load, point_at
from farside.payload import Scene, View, observe, radiance
from farside.payload.vehicles import chart_m
from farside.physics import solar_irradiance
from farside.products import calibrate, write_light
from farside.products.chart import chart_in
from farside.products.colour import adapted, colours_by, d65, observed, sunlight, to_xyz
from farside.products.colour.observer import NM
from farside.products.demosaic import edge_aware, menon
from farside.products.portrait.light import Demosaic, colour_light
from farside.products.portrait.picture import write_frame
from farside.sky import sun_direction

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "payload"))
from small_ground import bumps, nested

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

LANDER = Site(-45.4446, 177.5991)
UTC = "2019-01-11T03:40:36.000Z"
SUN_AU = 0.9834
NODES_NM = (
    380.0, 415.0, 440.0, 460.0, 500.0, 545.0, 566.0, 580.0, 592.0, 604.0, 612.0, 620.0, 643.0, 690.0, 740.0, 780.0,
)  # fmt: skip
"""Most paints run straight between 460, 545 and 620 nm, soil's parameters between 415, 566, 604, 643 and 690."""
PRINTED_NM = tuple(np.arange(380.0, 781.0, 10.0).tolist())
"""The chart's patches do between these."""
BLOCK = 5
"""Means over so many pixels each way have little noise left."""
WRONG = (1.1, 1.0, 0.85)
"""Bands of a camera that is not as published, over the published ones."""
BINNING = 2
LIT = 0.02
"""Pixels darker than this share of a white surface in full sunlight are shadow and sky, without colour."""
ROUNDS = 3
CHART = "TCAM, the chart"


@dataclass(frozen=True)
class Spectral(View):
    """A view through a filter of 1 nm, without the camera's own."""

    nm: float = 550.0

    def numbers(self) -> Instrument:
        camera = load(self.instrument, self.mode)
        band = Band(name="narrow", centre_nm=self.nm, width_nm=1.0, efficiency=1.0)
        bare = camera.detector.model_copy(update={"bayer": ""})
        return camera.model_copy(update={"bands": (band,), "acali": (1.0,), "detector": bare})


@dataclass(frozen=True)
class OneBand(View):
    """A view in which all pixels have the same filter."""

    band: int = 0

    def numbers(self) -> Instrument:
        camera = load(self.instrument, self.mode)
        bare = camera.detector.model_copy(update={"bayer": ""})
        update = {"bands": (camera.bands[self.band],), "acali": (1.0,), "detector": bare}
        return camera.model_copy(update=update)


def scene() -> Scene:
    """Lander and rover on rough ground."""
    return Scene.build(nested(bumps, cells=256, levels=8, finest_m=0.04))


def views() -> dict[str, View]:
    """Portraits of lander and rover, and the chart."""
    c, s = np.cos(np.radians(17.0)), np.sin(np.radians(17.0))
    rover = Pose.of(np.array([-4.0, -12.0, float(bumps(-4.0, -12.0))]), np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]))
    t = utc_to_t(UTC)
    sun = tuple(float(x) for x in sun_direction(LANDER, np.array([t]))[0])
    lander = Pose.of(np.zeros(3), np.eye(3))

    def at(instrument: str, mast: tuple[float, float]) -> View:
        return View(
            instrument=instrument, t=t, start_utc=UTC, index=6, sequence_id="0002", binning=BINNING, lander=lander,
            rover=rover, mast_deg=mast, mast_error_deg=(0.0, 0.0, 0.0), sun=sun, sun_distance_au=SUN_AU,
            temperature_c=20.0, seed=20190103,
        )  # fmt: skip

    at_rover = point_at("tcam", rover.p + np.array([0.0, 0.0, 0.5]))
    return {
        "PCAM, the lander": at("pcaml", point_at("pcaml", (np.array([0.0, 0.0, 1.0]) - rover.p) @ rover.r)),
        "TCAM, the rover": at("tcam", at_rover),
        CHART: at("tcam", point_at("tcam", chart_m())),
        "TCAM, ground of a panorama": at("tcam", (at_rover[0] + 60.0, -15.0)),
    }


def true_xyz(ground: Scene, view: View, nodes_nm: Sequence[float] = NODES_NM) -> Array:
    """XYZ (line, sample, 3) of what the camera is shown, over that of a white surface in full sunlight."""
    weights = np.stack([observed(np.interp(NM, nodes_nm, node)) for node in np.eye(len(nodes_nm))])
    total = 0.0
    for nm, weight in zip(nodes_nm, weights, strict=True):
        share = np.pi * radiance(ground, Spectral(**vars(view), nm=nm)) / solar_irradiance(nm, SUN_AU, 1.0)
        total = total + share[..., None] * weight
    return np.asarray(total)


def rounded(ground: Scene, view: View, like: xr.Dataset) -> xr.Dataset:
    """The frame ``like`` as a sensor without noise would have made it: light in its bands, rounded to 8 bits."""
    bands = load(view.instrument, view.mode).bands
    light = np.stack([radiance(ground, OneBand(**vars(view), band=k)) for k in range(len(bands))], axis=-1)
    signal = light / np.array(like.attrs["acali"])
    factor = np.median(like["dn"].to_numpy()[..., 0]) / np.median(signal[..., 0])
    return like.assign(dn=(like["dn"].dims, np.rint(signal * factor).clip(0, 255).astype(np.uint8)))


def found_xyz(frame: xr.Dataset, demosaic: Demosaic) -> tuple[Array, NDArray[np.bool_]]:
    """The same from a level-2 frame, up to a factor, and where it is burnt out."""
    name, mode = frame.attrs["instrument"], frame.attrs["mode"]
    light, burnt = colour_light(frame, demosaic)
    return (light / sunlight(name, mode)) @ to_xyz(name, mode).T, burnt


def lab(xyz: Array) -> Array:
    """CIELAB of XYZ in sunlight, white at Y = 1."""
    share = xyz @ adapted().T / d65()
    f = np.where(share > (6 / 29) ** 3, np.cbrt(share), share * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def compared(true: Array, found: Array, burnt: NDArray[np.bool_], block: int = 1) -> Array:
    """CIEDE2000 of each lit pixel, or of means over blocks of pixels that are lit as a whole."""
    size = (block, block)
    lit = cv2.erode(((true[..., 1] > LIT) & ~burnt).astype(np.uint8), np.ones(size, np.uint8)) > 0
    true, found = (np.asarray(cv2.blur(xyz, size)) for xyz in (true, found))
    factor = np.median(true[lit][:, 1]) / np.median(found[lit][:, 1])
    return np.asarray(deltaE_ciede2000(lab(true[lit]), lab(found[lit] * factor)))


def pictures() -> Iterator[Claim]:
    """Level 2 against truth."""
    ground = scene()
    for name, view in views().items():
        frame, true = calibrate(observe(ground, view), LANDER), true_xyz(ground, view, nodes(name))
        ways = {", Menon": menon, ", edge-aware": edge_aware} if frame.attrs["bayer"] else {"": edge_aware}
        for how, demosaic in ways.items():
            off = compared(true, *found_xyz(frame, demosaic))
            peer = "4.1 to 4.3 after correction (Ren et al. 2014, chart)"
            yield Claim(f"colour of {name}{how}: mean CIEDE2000 of pixels", float(off.mean()), "", 2.0, peer)
            yield Claim(f"colour of {name}{how}: 95 % of pixels below", float(np.percentile(off, 95)), "", 4.0)
            off = compared(true, *found_xyz(frame, demosaic), BLOCK)
            what = f"colour of {name}{how}, means of {BLOCK} x {BLOCK} pixels"
            yield Claim(f"{what}: mean CIEDE2000", float(off.mean()), "", 2.0)
            yield Claim(f"{what}: 95 % below", float(np.percentile(off, 95)), "", 4.0)
        if not frame.attrs["bayer"]:
            off = compared(true, *found_xyz(rounded(ground, view, frame), edge_aware))
            what = f"colour of {name}, a sensor without noise, rounded to 8 bits as 2C is"
            yield Claim(f"{what}: mean CIEDE2000 of pixels", float(off.mean()), "", 2.0)
            yield Claim(f"{what}: 95 % of pixels below", float(np.percentile(off, 95)), "", 4.0)
        if name == CHART:
            yield from found_chart(frame, true)


def found_chart(frame: xr.Dataset, true: Array) -> Iterator[Claim]:
    """What the chart says of the camera that took a frame, and of one whose bands are not as published."""
    by = colours_by([chart_in(frame)], "tcam")
    peer, before = "4.30 (Ren et al. 2014)", float(by.before.mean())
    yield Claim("chart in a frame: patches found", len(by.number), "", 24, least=True)
    yield Claim("chart in a frame: white balance, largest error", float(np.abs(np.log(by.balance)).max()), "", 0.02)
    yield Claim("chart in a frame: mean CIEDE2000 of patches by published bands", before, "", 2.0, peer)
    yield Claim("chart in a frame: mean CIEDE2000 of patches by its matrix", float(by.after.mean()), "", 2.0, peer)
    yield Claim("chart in a frame: mean CIEDE2000 of patches left out", float(by.left_out.mean()), "", 2.0, peer)
    wrong = frame.assign_attrs(acali=(np.array(frame.attrs["acali"]) * WRONG).tolist())
    by = colours_by([chart_in(wrong)], "tcam")
    error = float(np.abs(np.log(by.balance / WRONG)).max())
    yield Claim("camera with bands off by 10 and 15 %: white balance by the chart, largest error", error, "", 0.02)
    light, burnt = colour_light(wrong, edge_aware)
    published, told = (compared(true, light / sunlight("tcam") @ m.T, burnt) for m in (to_xyz("tcam"), by.matrix))
    peer = f"{published.mean():.2f} by published bands"
    yield Claim("camera with bands off by 10 and 15 %: mean CIEDE2000 of pixels", float(told.mean()), "", 2.0, peer)


def nodes(name: str) -> Sequence[float]:
    """Wavelengths that the spectra in a picture run straight between."""
    return PRINTED_NM if name == CHART else NODES_NM


def chart() -> Iterator[Claim]:
    """The 24 patches by their published spectra, and 14 surfaces that no matrix was fitted to."""
    import colour
    from colour.quality import SDS_TCS

    patches, cie = colour.SDS_COLOURCHECKERS["ColorChecker N Ohta"], SDS_TCS["CIE 1995"]
    sets = {"24 patches of the chart": patches, "CIE test colours, none fitted": cie}
    camera = load("tcam")
    fine = np.arange(380.0, 780.1, 0.5)
    for name, samples in sets.items():
        spectra = [np.interp(fine, s.wavelengths, s.values) for s in samples.values()]
        bands = [np.abs(fine - b.centre_nm) < 0.5 * b.width_nm for b in camera.bands]
        sun = solar_irradiance(fine, 1.0, 0.5)
        seen = np.array([[np.average(r[k], weights=sun[k]) for k in bands] for r in spectra])
        true = np.array([observed(np.interp(NM, fine, r)) for r in spectra])
        off = deltaE_ciede2000(lab(true), lab(seen @ to_xyz("tcam").T))
        yield Claim(f"colour of the {name}: mean CIEDE2000", float(off.mean()), "", 2.0, "4.1 to 4.3 (Ren et al. 2014)")
        yield Claim(f"colour of the {name}: 95 % below", float(np.percentile(off, 95)), "", 4.0)


def published(label: Path, out: Path, demosaicked: Callable[[Array, str], Array]) -> None:
    """The published script's steps, by the libraries that it names."""
    from colour import cctf_encoding
    from pds4_tools import pds4_read

    image = np.array(pds4_read(str(label), quiet=True)[0].data) / 65535.0
    image = cctf_encoding(demosaicked(image, "RGGB"))
    low, high = np.percentile(image, (2, 98))
    Image.fromarray(np.uint8(255 * rescale_intensity(image, in_range=(low, high)))).save(out)


def race() -> Iterator[Claim]:
    """A full-size PCAM frame of level 2B, ours and theirs in turns; CPU seconds of one thread."""
    from colour_demosaicing import demosaicing_CFA_Bayer_Malvar2004 as their_malvar
    from colour_demosaicing import demosaicing_CFA_Bayer_Menon2007 as their_menon

    view = replace(views()["PCAM, the lander"], binning=1)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        label = archive.write(calibrate(observe(scene(), view), LANDER), place)
        runs = {
            "TIFF": lambda: write_light(archive.read(label), place / "ours.tif"),
            "PNG": lambda: write_frame(archive.read(label), place / "ours.png"),
            "Menon": lambda: published(label, place / "theirs.png", their_menon),
            "Malvar": lambda: published(label, place / "theirs.png", their_malvar),
        }
        for run in runs.values():
            run()
        least = dict.fromkeys(runs, np.inf)
        for _ in range(ROUNDS):
            for name, run in runs.items():
                start = time.process_time()
                run()
                least[name] = min(least[name], time.process_time() - start)
    rate = {name: 1.0 / seconds for name, seconds in least.items()}
    for ours, what in (("TIFF", "PCAM frame to 16-bit TIFF (Menon)"), ("PNG", "PCAM frame to PNG (edge-aware)")):
        for theirs in ("Menon", "Malvar"):
            peer = f"published script with {theirs}: {rate[theirs]:.2f} images/CPU s, ours {rate[ours]:.2f}"
            name = f"{what}: rate over the published script's with {theirs}"
            yield Claim(name, rate[ours] / rate[theirs], "x", 10.0, peer, least=True)


def claims() -> Iterator[Claim]:
    cv2.setNumThreads(1)
    warnings.simplefilter("ignore")
    yield from chart()
    yield from race()
    yield from pictures()
