"""A folder as people download it: files of four missions in their real layouts and sizes, with the archive's damages.

Labels: the real one of TCAM image 143; what is quoted of others (image-products 1.2, 1.3) in labels as we write them;
names of real products wherever one is known. Pixels are made up.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from downloads import CE3, attached, data_of, moved, product, say

TCAM = "CE4_GRAS_TCAM-I-143_SCI_N_20190111195709_20190111195709_0009_A.2C"
SIZE = {"TCAM": (1728, 2352, 3), "C": (1728, 2352), "Q": (864, 1176), "I": (1728, 2352), "LCAM": (1024, 1024)}


def resized(label, shape, octets, seed=0):
    """The same product with an image of another shape, of made-up samples; its label."""
    text = label.read_text(encoding="utf-8")
    for axis, n in zip(("Line", "Sample"), shape, strict=False):
        text = re.sub(rf"(<axis_name>{axis}</axis_name>\s*<elements>)\d+", rf"\g<1>{n}", text)
    label.write_text(text, encoding="utf-8")
    tile = np.random.default_rng(seed).integers(20, 200, (64, 64, *shape[2:])).astype("u1" if octets == 1 else "<u2")
    tile = tile.repeat(8, axis=0).repeat(8, axis=1)
    whole = np.tile(tile, (-(-shape[0] // 512), -(-shape[1] // 512), *[1] * (len(shape) - 2)))
    data_of(label).write_bytes(np.ascontiguousarray(whole[: shape[0], : shape[1]]))
    return label


def tcam(folder, real_label, index=143, second=9):
    """A frame of the real panorama's second sequence: the real label, an image of its size."""
    octets, name = real_label
    new = name.replace("-143_", f"-{index:03d}_").replace("20190111195709", f"201901111957{second:02d}")
    text = octets.decode().replace(name, new).replace("19:57:09.000Z", f"19:57:{second:02d}.000Z")
    label = folder / f"{new}L"
    label.write_text(text, encoding="utf-8")
    return resized(label, SIZE["TCAM"], 1, index)


def pcam(folder, name, pixel_um=7.4):
    """A PCAM 2B product under a real name, at its real size."""
    eye, mode = re.match(r".*_(PCAM[LR])-([A-Z])", name).groups()
    label = moved(product(folder, eye.lower(), mode="C"), name)
    say(label, "pixel_size", pixel_um)
    stamp = re.search(r"_(\d{14})_", name)[1]
    utc = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[8:10]}:{stamp[10:12]}:{stamp[12:]}.000Z"
    say(label, "start_date_time", utc)
    say(label, "stop_date_time", utc)
    return resized(label, SIZE[mode], 2, len(name))


def lcam(folder, index, second, name="CE4_GRAS_LCAM-1-{}_SCI_N_{}_{}_0001_A.2A", shape=SIZE["LCAM"]):
    """A LCAM 2A product with the real label's nonsense for a file size and its principal point in pixels."""
    utc = f"2019-01-03T02:20:{second:02d}.000Z"
    label = product(folder, "lcam", index=index, utc=utc, sequence="0001", binning=32)
    stamp = f"201901030220{second:02d}"
    label = moved(label, name.format(f"{index:04d}", stamp, stamp))
    say(label, "file_size", "1323302912")
    say(label, "pixel_size", "6.7")
    say(label, "x0", "478.629870", "pixel")
    say(label, "y0", "513.093420", "pixel")
    return resized(label, shape, 1, index)


def natecam(folder):
    """A NaTeCam 2C product of Tianwen 1: its name and size, in a label of ours."""
    name = "HX1-Ro_GRAS_NaTeCamA-F-005_SCI_N_20220412171830_20220412171830_00325_A.2C"
    return resized(moved(product(folder), name), (2048, 2048, 3), 1)


def mscam(folder):
    """A MSCam 2B product of Tianwen 1 under a real name, with the elements that a public program reads of its label."""
    name = "HX1-Ro_GRAS_MSCam-W-1-29-0001-05_SCI_N_20220131185235_20220131185235_00256_A.2B"
    label = moved(product(folder, "pcaml"), name)
    text = label.read_text(encoding="utf-8")
    text = re.sub(r"<pcam_temperature[^>]*>[^<]*</pcam_temperature>",
                  '<MSCcam_temperature unit="degC">-21.5</MSCcam_temperature>', text)  # fmt: skip
    text = text.replace("<focal_length", '<central_wavelength unit="nm">800</central_wavelength>\n<focal_length', 1)
    text = re.sub(r"(<Rotation_Angle>.*?</Rotation_Angle>)",
                  '<Mast_Rotation_Angle><roll unit="deg">0.5</roll><pitch unit="deg">-20.0</pitch>'
                  '<yaw unit="deg">35.0</yaw></Mast_Rotation_Angle>', text, flags=re.DOTALL)  # fmt: skip
    label.write_text(text, encoding="utf-8")
    return resized(label, (2048, 2048), 2)


def downloads(folder: Path, real_label) -> dict[str, str]:
    """Make the folder; name of each file that is of no use to what has to be said of it."""
    (folder / "CE4" / "TCAM").mkdir(parents=True)
    (folder / "CE4" / "PCAM" / "again").mkdir(parents=True)
    (folder / "other").mkdir()
    tcam_folder, pcam_folder, other = folder / "CE4" / "TCAM", folder / "CE4" / "PCAM", folder / "other"
    no_use: dict[str, str] = {}

    def bad(label: Path, why: str) -> None:
        no_use[label.name] = why

    tcam(tcam_folder, real_label)
    second = tcam(tcam_folder, real_label, 144, 11)
    say(second, "file_size", "1323302912")
    cut = tcam(tcam_folder, real_label, 142, 7)
    data_of(cut).write_bytes(data_of(cut).read_bytes()[:5_000_000])
    bad(cut, "cut short: 5000000 bytes of 12192768")
    dark = say(tcam(tcam_folder, real_label, 141, 5), "mast_angel_yaw", "")
    bad(dark, "mast_angel_yaw: None; expected a label that gives it")

    pcam(pcam_folder, "CE4_GRAS_PCAMR-C-000_SCI_N_20190104041502_20190104041502_0001_B.2B")
    for eye in "LR":
        name = f"CE4_GRAS_PCAM{eye}-Q-055_SCI_N_20251224062658_20251224062658_0362_B.2B"
        pcam(pcam_folder, name, pixel_um=14.8)
    older = pcam(pcam_folder / "again", "CE4_GRAS_PCAML-Q-055_SCI_N_20251224062658_20251224062658_0362_A.2B", 14.8)
    assert older.is_file()
    lonely = pcam(pcam_folder, "CE4_GRAS_PCAMR-C-001_SCI_N_20190104041621_20190104041621_0001_B.2B")
    data_of(lonely).unlink()
    bad(lonely, "label without data")
    orphan = pcam(pcam_folder, "CE4_GRAS_PCAML-C-001_SCI_N_20190104041637_20190104041637_0001_B.2B")
    orphan.unlink()
    bad(data_of(orphan), "data without a label")
    page = pcam(pcam_folder, "CE4_GRAS_PCAML-C-002_SCI_N_20190104041756_20190104041756_0001_B.2B")
    page.write_text("<html><body>404 Not Found</body></html>", encoding="utf-8")
    bad(page, "its label describes no image array")

    for n in range(3):
        label = lcam(other, n, 9 + n)
        text = label.read_text(encoding="utf-8").replace("principle_point_coordinate", "Principal_Point_Coordinate")
        label.write_text(text, encoding="utf-8")
    five = "CE5-L_GRAS_LCAM-1-{}_SCI_N_{}_{}_0001_A.2A"
    lcam(other, 100, 30, five, (1728, 2352))
    blank = say(lcam(other, 101, 31, five, (1728, 2352)), "exposure_time", "")
    bad(blank, "exposure_time: None; expected a label that gives it")

    for level in ("2B", "2C"):
        path, _ = attached(other, level)
        no_use[path.name] = "exposure_time"  # replaced below
    no_use.pop(f"{CE3}.2C")  # spare: there at 2B, too
    no_use[f"{CE3}.2B"] = "reference_frame_id: None; expected a label that gives it"
    pcam(other, "CE5-L_GRAS_PCAMR-I-008_SCI_N_20201203054903_20201203054903_0004_A.2B")
    six = pcam(other, "CE6-L_GRAS_PCAML-I-120_SCI_N_20240603134954_20240603134954_0004_A.2B")
    bad(say(six, "camera_center_position_z", "None"), "camera_center_position_x, _y, _z: None; expected a label")
    bad(natecam(other), "no desk takes NaTeCamA")
    bad(mscam(other), "no desk takes MSCam")
    return no_use
