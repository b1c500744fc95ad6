"""Small level-2 files as the project writes them, and ways to spoil their labels."""

from __future__ import annotations

import re

import numpy as np

from farside import archive
from farside.geometry import Site
from farside.instruments import load, observation
from farside.products import calibrate

LANDER = Site(-45.4446, 177.5991)


def product(folder, name="tcam", index=143, utc="2019-01-11T19:57:09.000Z", sequence="0009", mode=None, binning=32):
    """Label of a small level-2 file of a camera."""
    camera = load(name, mode or "")
    d = camera.detector
    model = camera.camera(camera.pixels_per_sample)
    shape = model.height * camera.pixels_per_sample // binning, model.width * camera.pixels_per_sample // binning
    kind = np.uint8 if d.bits == 8 else np.uint16
    dn = np.random.default_rng(index).integers(d.bias_dn, d.full_scale, shape).astype(kind)
    mast = {"mast_yaw_deg": -172.0, "mast_pitch_deg": -30.0} if camera.on_mast else {}
    raw = observation(
        dn, instrument=name, mode=camera.mode, index=index, sequence_id=sequence, level="raw", start_utc=utc,
        stop_utc=utc, exposure_ms=6.0, binning=binning, bits=d.bits, temperature_c=21.1, bayer=d.bayer,
        compression_ratio=camera.compression_ratio, exposure_mode="AUTOMATIC", light="scene", **mast,
    )  # fmt: skip
    return archive.write(calibrate(raw, LANDER), folder)


def spoil(label, *changes):
    """Replace each text that is there by another one, once."""
    text = label.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    label.write_text(text, encoding="utf-8")
    return label


def say(label, tag, value, unit=None):
    """Give the first element with this tag another text, and unit if one is given."""
    text = label.read_text(encoding="utf-8")
    attribute = r"\g<1>" if unit is None else f' unit="{unit}"' if unit else ""
    changed, found = re.subn(rf"<{tag}( [^>]*)?>[^<]*</{tag}>", f"<{tag}{attribute}>{value}</{tag}>", text, count=1)
    assert found, tag
    label.write_text(changed, encoding="utf-8")
    return label


def data_of(label):
    """The data file beside a label."""
    return label.with_name(label.name[:-1])


def moved(label, name):
    """Label and data file under the name of another product, which the label says, too; the new label."""
    old = data_of(label).name
    text = label.read_text(encoding="utf-8").replace(old, name)
    data_of(label).rename(label.with_name(name))
    label.unlink()
    new = label.with_name(f"{name}L")
    new.write_text(text, encoding="utf-8")
    return new


CE3 = "CE3_BMYK_PCAML-C-056_SCI_N_20140113200002_20140113200002_0008_A"


def attached(folder, level="2B", name=CE3, lines=1728, samples=2352, **changes):
    """A file of Chang'e 3 with its label at the head: the numbers that are quoted of real ones, a pattern as image.

    changes: keywords to say otherwise, None for none at all.
    """
    colour = level == "2C"
    record = samples if colour else 2 * samples
    head = 3 if colour else 2
    keywords = {
        "RECORD_TYPE": "FIXED_LENGTH",
        "RECORD_BYTES": record,
        "FILE_RECORDS": head + lines * (3 if colour else 1),
        "LABEL_RECORDS": head,
        "^IMAGE": head + 1,
        "START_TIME": "2014-01-13T20:00:02.000",
        "EXPOSURE_DURATION": "20 <ms>",
        "LINES": lines,
        "LINE_SAMPLES": samples,
        "SAMPLE_TYPE": "UNSIGNED_INTEGER" if colour else "LSB_UNSIGNED_INTEGER",
        "SAMPLE_BITS": 8 if colour else 16,
        "BANDS": 3 if colour else 1,
        **({"BAND_STORAGE_TYPE": "SAMPLE_INTERLEAVED"} if colour else {}),
    } | {("^IMAGE" if k == "IMAGE" else k): v for k, v in changes.items()}
    said = {key: value for key, value in keywords.items() if value is not None}
    image = [key for key in said if key.startswith(("LINE", "SAMP", "BAND"))]
    outer = [f"{key} = {value}" for key, value in said.items() if key not in image]
    inner = [f"  {key} = {said[key]}" for key in image]
    first = ["PDS_VERSION_ID = PDS3", "/* a comment = none */", 'NOTE = "two', 'lines = of it"', *outer]
    text = "\r\n".join([*first, "OBJECT = IMAGE", *inner, "END_OBJECT = IMAGE", "END", ""])
    dn = np.arange(lines * samples * (3 if colour else 1), dtype=np.uint32).astype("<u2" if not colour else "u1")
    path = folder / f"{name}.{level}"
    path.write_bytes(text.encode("ascii").ljust(head * record) + dn.tobytes())
    return path, dn.reshape((lines, samples, 3) if colour else (lines, samples))
