"""A made-up flight: enough of everything a gallery shows, drawn in a few lines of NumPy."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from farside.control import (
    Chapter,
    Chart,
    Check,
    Ellipse,
    Event,
    FindingRow,
    Fix,
    Footage,
    Gallery,
    Lane,
    Link,
    Mark,
    Page,
    Panorama,
    Picture,
    Reading,
    Series,
    Span,
    Table,
)

EL_TOP, EL_BOTTOM = 16.0, -46.7


def ground(height: int, width: int, seed: int, size: float = 1.0) -> np.ndarray:
    """Rough grey ground with rocks and pits, uint8 (height, width)."""
    rng = np.random.default_rng(seed)
    z = np.zeros((height, width), np.float32)
    for octave in range(2, 9):
        n = 2**octave
        noise = rng.normal(size=(max(2, n * height // width), n)).astype(np.float32)
        z += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC) / n**0.85
    for _ in range(300):
        r = size * width * 0.0008 * rng.pareto(1.4) + 1
        at = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
        cv2.circle(z, at, int(min(r, width / 12)), float(rng.choice([-0.25, -0.1, 0.2])), -1, cv2.LINE_AA)
    slope = cv2.Sobel(cv2.GaussianBlur(z, (0, 0), 1.2), cv2.CV_32F, 1, 0)
    return np.clip(118 + 260 * slope / slope.std() * 0.09 + 8 * z / z.std(), 4, 250).astype(np.uint8)


def draw_panorama(path: Path, width: int = 2400) -> Path:
    """360 degrees of ground below a jagged horizon, with a white post due north and a black one due east."""
    height = round(width * (EL_TOP - EL_BOTTOM) / 360)
    picture = ground(height, width, 1)
    az = np.linspace(0, 2 * np.pi, width, endpoint=False)
    rim = 1.2 + 0.9 * np.sin(3 * az + 1) + 0.6 * np.sin(11 * az) + 0.3 * np.sin(29 * az)
    el = EL_TOP - (np.arange(height) + 0.5) * (EL_TOP - EL_BOTTOM) / height
    picture = (picture * (0.75 + 0.25 * np.clip(-el / 20, 0, 1))[:, None]).astype(np.uint8)
    picture[el[:, None] > rim[None, :]] = 0
    colour = np.dstack([picture * 0.9, picture * 0.95, picture]).astype(np.uint8)
    wide, rows = width // 90, slice(height // 6, height // 2)
    colour[rows, : wide // 2] = colour[rows, -wide // 2 :] = (255, 255, 255)
    colour[rows, width // 4 - wide // 2 : width // 4 + wide // 2] = (40, 120, 255)
    cv2.imwrite(str(path), colour)
    return path


def cut_tiles(picture: Path, folder: Path, tile: int = 512) -> Path:
    """The Deep Zoom pyramid of a picture as ``folder/STEM.dzi`` and the tiles beside it, overlap 1."""
    level = cv2.imread(str(picture))
    height, width = level.shape[:2]
    files = folder / f"{picture.stem}_files"
    for n in range((max(height, width) - 1).bit_length(), -1, -1):
        (files / str(n)).mkdir(parents=True)
        for top in range(0, level.shape[0], tile):
            for left in range(0, level.shape[1], tile):
                cut = level[max(0, top - 1) : top + tile + 1, max(0, left - 1) : left + tile + 1]
                cv2.imwrite(str(files / str(n) / f"{left // tile}_{top // tile}.jpg"), cut)
        size = (level.shape[1] + 1) // 2, (level.shape[0] + 1) // 2
        level = cv2.resize(level, size, interpolation=cv2.INTER_AREA)
    descriptor = folder / f"{picture.stem}.dzi"
    descriptor.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" '
        f'Format="jpg" Overlap="1" TileSize="{tile}"><Size Width="{width}" Height="{height}"/></Image>\n'
    )
    return descriptor


def draw_film(path: Path, size: int = 256, frames: int = 40) -> Path:
    """A fall towards the ground, AV1 in MP4, 10 frames a second."""
    far = ground(4 * size, 4 * size, 7, 2.0)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as film:
        stream = film.add_stream("libsvtav1", rate=10, options={"preset": "10", "crf": "40", "svtav1-params": "lp=1"})
        stream.width = stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, 10)
        for i in range(frames):
            half = int(2 * size * 0.94**i)
            cut = far[2 * size - half : 2 * size + half, 2 * size - half : 2 * size + half]
            grey = cv2.resize(cut, (size, size), interpolation=cv2.INTER_AREA)
            film.mux(stream.encode(av.VideoFrame.from_ndarray(np.dstack([grey] * 3), format="rgb24")))
        film.mux(stream.encode())
    return path


def draw_layers(path: Path, width: int = 1100, height: int = 520) -> Path:
    """Bands that rise and fall, as a radar sees layers."""
    rng = np.random.default_rng(9)
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    depth = y + 18 * np.sin(x / 140) + 7 * np.sin(x / 31)
    power = 90 * np.exp(-depth / 220) * np.sin(depth / 11) ** 2 + 60 * np.exp(-(((depth - 260) / 9) ** 2))
    grey = np.clip(power + 14 * rng.normal(size=(height, width)) + 30, 0, 255).astype(np.uint8)
    cv2.imwrite(str(path), cv2.applyColorMap(grey, cv2.COLORMAP_CIVIDIS))
    return path


def made_up_pages(folder: Path, film: Footage) -> list[Page]:
    """A page with everything on it, one with little and one with nothing yet."""
    layers = draw_layers(folder / "layers.png")
    grounds = []
    for i in range(4):
        path = folder / f"detail-{i}.png"
        cv2.imwrite(str(path), ground(300, 400, 300 + i))
        grounds.append(path)
    t = np.arange(0.0, 9 * 86400, 60.0)
    utc = np.datetime64("2019-01-03T02:10") + (t * 1000).astype("timedelta64[ms]")
    day = np.clip(np.sin(2 * np.pi * t / 86400 / 9), 0, None)
    rng = np.random.default_rng(4)
    warm = np.column_stack([a + b * day + rng.normal(0, 0.4, t.size) for a, b in ((12, 31), (-4, 60), (5, 11))])
    warm[(t > 4 * 86400) & (t < 4.6 * 86400)] = np.nan
    volts = 29.1 + 0.6 * day + 0.05 * rng.normal(size=t.size)
    radar = Page(
        "lpr",
        "Penetrating radar",
        "Two antennas under the rover send pulses into the ground and listen for what comes back. The delay of an echo "
        "says how deep a layer lies, its strength how different the rock below it is.",
        arrived=Table(
            ["what", "records", "of", "bytes"], [["60 MHz", 412, 420, 3_380_224], ["500 MHz", 420, 420, 6_881_280]]
        ),
        findings=[
            FindingRow("Depth of the first boundary", "11.9 m", "± 0.4 m", "Fine regolith ends here; blocks begin."),
            FindingRow("Permittivity of the regolith", "3.4", "± 0.2", "As of lunar soil of 1.9 g/cm³."),
            FindingRow("Loss tangent", "0.0051", "0.0043 to 0.0060"),
            FindingRow("What lies below", "Ejecta of Finsen crater", "", "Layers dip away from the crater's centre."),
        ],
        pictures=[
            Picture(
                layers,
                "Echoes along the drive of 106 m: depth downwards to 40 m.",
                alt="Bands",
                error="depth ± 0.4 m",
                anaglyph=grounds[0],
            ),
            *(Picture(path, f"Echo strength, part {i + 1}") for i, path in enumerate(grounds)),
        ],
        films=[Footage(film.path, "The radargram grows as the rover drives.", film.poster, alt="A growing radargram.")],
        charts=[
            Chart(
                "Temperatures",
                "°C",
                utc,
                [Series(name, warm[:, i]) for i, name in enumerate(("electronics", "antenna", "battery"))],
                "The rover sleeps at noon.",
            ),
            Chart("Bus voltage", "V", [f"{u}Z" for u in utc[::40]], [Series("bus", volts[::40].tolist())]),
        ],
        checks=[
            Check("First boundary", "11.9 m", "12.0 m", "±0.5 m", "ok", "truth of the ground"),
            Check("Permittivity", "3.4", "3.28", "±0.1", "off", "truth of the ground"),
        ],
        links=[Link("Its files in the archive", folder / "archive" / "lpr")],
    )
    spectra = Page(
        "vnis",
        "Near-infrared spectrometer",
        "It splits sunlight from the ground into 300 colours. Minerals show by the colours they take away.",
        pictures=[Picture(grounds[2], "Ground before the rover")],
        checks=[Check("Olivine", "48 %", "46 %", "±10 %", "ok")],
    )
    return [radar, spectra, Page("biosphere", "Biosphere", "A tin with seeds, soil, water and air.")]


def made_up_lanes() -> list[Lane]:
    """Nine days with several hundred spans, in crowds and alone, some overlapping."""

    def span(hours: float, length_h: float, name: str, kind: str) -> Span:
        start = datetime(2019, 1, 3, 2, 10) + timedelta(hours=hours)
        return Span(f"{start.isoformat()}Z", f"{(start + timedelta(hours=length_h)).isoformat()}Z", name, kind)

    film = [span(0.16 + i / 3600, 1 / 3600, f"LCAM {i + 1}", "record") for i in range(120)]
    ring = [span(75 + i / 60, 0.5 / 60, f"TCAM {i + 1}", "record") for i in range(60)]
    radar = [span(30 + 4 * i + 0.01 * j, 0.01, f"LPR {20 * i + j}", "record") for i in range(8) for j in range(20)]
    orders = [span(12 * i + k, 0.7 + k, name, "command") for i in range(18) for k, name in enumerate(("drive", "look"))]
    relay = [span(10 * i, 8.5, "Queqiao in view", "relay") for i in range(22)]
    return [
        Lane("Landing camera", film),
        Lane("Panorama camera", ring),
        Lane("Penetrating radar", radar),
        Lane("Rover’s commands", orders),
        Lane("Relay contact", relay),
        Lane("Sun", [span(0, 222, "Sun above the horizon", "sunlight")]),
    ]


def made_up_flight(folder: Path, *, finished: bool = True, pictures: int = 15) -> Gallery:
    """A gallery over freshly drawn media in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    shots = []
    for i in range(pictures):
        path = folder / f"tcam-{i:03d}.png"
        frame = ground(216, 294, 100 + i)
        frame[: 20 + 3 * (i % 9)] = 0
        cv2.imwrite(str(path), frame)
        shots.append(Picture(path, f"TCAM {i + 2}, yaw {170 - 18 * i}°", f"2019-01-06T05:{10 + i:02d}:22.000Z"))
    end = 4.0
    falls = [
        Reading(
            x * end,
            f"2019-01-03T02:{20 + int(6 * x):02d}:{int(x * 360) % 60:02d}.000Z",
            15000 * (1 - x) ** 3 + 1.2,
            1690 * (1 - x) ** 1.5 + 2.4,
            -90_000 * (1 - x) ** 3 + 30 * np.sin(40 * x) * (1 - x),
            -9_000 * (1 - x) ** 2,
        )
        for x in np.linspace(0, 1, 41).tolist()
    ]
    seen = [
        Fix(r.at_s, r.east_m + 4.0, r.north_m, r.altitude_m, *(0.02 * r.altitude_m,) * 3)
        for r in falls
        if r.altitude_m < 3000
    ]
    poster = folder / "poster.png"
    cv2.imwrite(str(poster), ground(256, 256, 7, 2.0))
    film = Footage(
        draw_film(folder / "landing.mp4"),
        "Frames of the landing camera at their true times; height and speed come from the lander’s telemetry.",
        poster,
        [Chapter(0.0, "Main braking"), Chapter(2.1, "Quick adjustment"), Chapter(3.2, "Hover and hazard search")],
        falls,
        error="landing point ± 0.12 m",
        fixes=[seen[:8], seen[9:]],
        landing=Ellipse(0.12, 0.05, 30.0),
    )
    around = Panorama(
        draw_panorama(folder / "panorama.png"),
        "Sixty frames joined by the pointing in their labels; the ground within two metres is the lander itself.",
        az_left_deg=0.0,
        el_top_deg=EL_TOP,
        el_bottom_deg=EL_BOTTOM,
        look_az_deg=20.0,
        marks=[Mark(50.7, "Sun"), Mark(0.0, "Earth, below")],
        error="pointing ± 0.02°, residual 0.3 px",
        name="6 January 2019",
    )
    return Gallery(
        title="Chang’e 4 in Von Kármán crater",
        subtitle="Powered descent on 3 January 2019 and the first full panorama, carried home byte by byte "
        "through the relay Queqiao.",
        epoch_utc="2019-01-03T02:26:18.000Z",
        finished=finished,
        status="" if finished else "Receiving the panorama: 24 of 60 frames",
        progress=None if finished else 0.4,
        events=[
            Event("2019-01-03T02:14:50.000Z", "Ignition", "The main engine starts 15 km above the crater floor."),
            Event("2019-01-03T02:20:09.000Z", "Landing camera on"),
            Event("2019-01-03T02:26:18.000Z", "Touchdown", "45.4446° S, 177.5991° E, 5,935 m below the mean sphere."),
            Event("2019-01-03T02:27:41.000Z", "First bytes on Earth", "Through the halo orbit behind the Moon."),
            Event("2019-01-06T03:34:01.000Z", "Panorama begins", "Three rings of twenty pointings."),
            Event("2019-01-06T05:41:02.000Z", "Last frame received"),
        ],
        footage=film,
        lanes=made_up_lanes(),
        pages=made_up_pages(folder, film),
        panoramas=[
            around,
            replace(
                around,
                caption="The same place five days later.",
                error="",
                name="11 January 2019",
                north=False,
                marks=(),
            ),
        ],
        pictures=shots,
        ledger=Table(
            ["hop", "records", "bundles", "bytes"],
            [
                ["Generated on the lander", 605, 1284, 61_202_411],
                ["Forwarded by Queqiao", 605, 1284, 61_202_411],
                ["Delivered to Beijing", 605, 1284, 61_202_411],
            ],
            "What the lander generated, the centre received: the difference is 0 bytes.",
        ),
        checks=[
            Check("Touchdown", "02:26:18 UTC", "02:26 UTC", "±30 s", "ok", "CNSA"),
            Check("Sun elevation at touchdown", "31.51°", "31.51°", "±0.05°", "ok"),
            Check("Panorama pointing", "0.21°", "0°", "0.15°", "off"),
            Check("LCAM frames", "24", "5358", "0", "not applicable", "full quality only"),
        ],
        provenance=[("mission", "chang-e-4, seed 20190103"), ("quality", "draft"), ("farside", "0.1.0")],
        links=[
            Link("All files, as a PDS4 bundle", folder / "archive"),
            Link("Record of the flight", folder / "record.json"),
        ],
    )
