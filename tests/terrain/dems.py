"""Elevation files as their publishers write them, small enough for tests."""

import numpy as np
import rasterio
from rasterio.transform import Affine

LONGLAT = "+proj=longlat +R=1737400 +no_defs"
SOUTH = "+proj=stere +lat_0=-90 +lon_0=0 +R=1737400 +units=m +no_defs"
R = 1737400.0


def hills(lat, lon):
    """Ground with slopes everywhere, degrees to metres."""
    return 900 * np.sin(np.radians(lat) * 40) * np.cos(np.radians(lon) * 30) - 3000


def posts(west, north, step, shape):
    """Latitudes (rows, 1) and longitudes (1, columns) of pixel centres, degrees."""
    return north - (np.arange(shape[0])[:, None] + 0.5) * step, west + (np.arange(shape[1])[None] + 0.5) * step


def north_up(west, north, step):
    return Affine(step, 0.0, west, 0.0, -step, north)


def geotiff(path, z, transform, crs=LONGLAT, nodata=None, dtype="float32", unit=None, scale=None, offset=None):
    """Write ``z``, or several bands of it, as they are."""
    bands = z if z.ndim == 3 else z[None]
    with rasterio.open(
        path, "w", driver="GTiff", width=bands.shape[2], height=bands.shape[1], count=len(bands), dtype=dtype, crs=crs,
        transform=transform, nodata=nodata,
    ) as file:  # fmt: skip
        file.write((np.round(bands) if "int" in dtype else bands).astype(dtype))
        if unit:
            file.units = [unit] * len(bands)
        if scale is not None:
            file.scales = [scale] * len(bands)
        if offset is not None:
            file.offsets = [offset] * len(bands)
    return path


def ground(path, west=20.0, north=10.0, step=1 / 32, shape=(320, 320), f=hills, **words):
    """A geographic GeoTIFF of ``f``."""
    return geotiff(path, f(*posts(west, north, step, shape)), north_up(west, north, step), **words)


def polar(path, n=200, step=1000.0, f=hills, **words):
    """A polar stereographic GeoTIFF of ``f`` about the south pole."""
    x = (np.arange(n) + 0.5 - n / 2) * step
    x, y = np.meshgrid(x, -x)
    lat = -90 + np.degrees(2 * np.arctan(np.hypot(x, y) / (2 * R)))
    lon = np.degrees(np.arctan2(x, y))
    return geotiff(path, f(lat, lon), north_up(-n / 2 * step, n / 2 * step, step), crs=SOUTH, **words)


_MAP = """OBJECT                         = IMAGE_MAP_PROJECTION
  ^DATA_SET_MAP_PROJECTION     = "DSMAP.CAT"
  MAP_PROJECTION_TYPE          = {kind}
  A_AXIS_RADIUS                = 1737.4 <KM>
  B_AXIS_RADIUS                = 1737.4 <KM>
  C_AXIS_RADIUS                = 1737.4 <KM>
  POSITIVE_LONGITUDE_DIRECTION = "EAST"
  CENTER_LATITUDE              = {lat} <DEG>
  CENTER_LONGITUDE             = {lon} <DEG>
  LINE_FIRST_PIXEL             = 1
  LINE_LAST_PIXEL              = {lines}
  SAMPLE_FIRST_PIXEL           = 1
  SAMPLE_LAST_PIXEL            = {samples}
  MAP_PROJECTION_ROTATION      = 0.0
  MAP_RESOLUTION               = {ppd} <PIX/DEG>
  MAP_SCALE                    = {scale:.10f} <METERS/PIXEL>
  LINE_PROJECTION_OFFSET       = {row} <PIXEL>
  SAMPLE_PROJECTION_OFFSET     = {column} <PIXEL>
  COORDINATE_SYSTEM_NAME       = "MEAN EARTH/POLAR AXIS OF DE421"
END_OBJECT                     = IMAGE_MAP_PROJECTION
"""

_IMAGE = """  OBJECT                  = IMAGE
    NAME                  = HEIGHT
    LINES                 = {lines}
    LINE_SAMPLES          = {samples}
    SAMPLE_TYPE           = {sample}
    SAMPLE_BITS           = {bits}
    UNIT                  = {unit}
    SCALING_FACTOR        = {factor}
    OFFSET                = {offset}
{more}  END_OBJECT              = IMAGE
"""


def _map(number, ppd, north, west, centre=0.0):
    lines, samples = number.shape
    return _MAP.format(
        kind='"SIMPLE CYLINDRICAL"', lat=centre, lon=180.0, lines=lines, samples=samples, ppd=ppd,
        scale=R * np.pi / 180 / ppd, row=north * ppd - 0.5, column=(180.0 - west) * ppd - 0.5,
    )  # fmt: skip


def _image(number, unit, factor, offset, more=""):
    kinds = {"<i2": ("LSB_INTEGER", 16), ">i2": ("MSB_INTEGER", 16), "<f4": ("PC_REAL", 32)}
    sample, bits = kinds[number.dtype.str]
    lines, samples = number.shape
    return _IMAGE.format(
        lines=lines, samples=samples, sample=sample, bits=bits, unit=unit, factor=factor, offset=offset, more=more
    )


def lola(folder, name, number, ppd, north, west, unit="METER", factor=0.5, offset=1737400.0, jp2=False):
    """A product of the LOLA archive: detached label, numbers that make radii. Returns the label."""
    lines, samples = number.shape
    file = f'''OBJECT = UNCOMPRESSED_FILE
  FILE_NAME               = "{name}.IMG"
  RECORD_TYPE             = FIXED_LENGTH
  FILE_RECORDS            = {lines}
  RECORD_BYTES            = {number.itemsize * samples}
  ^IMAGE                  = "{name}.IMG"
{_image(number, unit, factor, offset)}END_OBJECT = UNCOMPRESSED_FILE
'''
    if jp2:
        file = f'''OBJECT = COMPRESSED_FILE
  FILE_NAME               = "{name}.JP2"
  RECORD_TYPE             = UNDEFINED
  ENCODING_TYPE           = "JP2"
  UNCOMPRESSED_FILE_NAME  = "{name}.IMG"
END_OBJECT = COMPRESSED_FILE
{file}'''
        words = {"QUALITY": "100", "REVERSIBLE": "YES"}
        with rasterio.open(folder / f"{name}.JP2", "w", driver="JP2OpenJPEG", width=samples, height=lines, count=1,
                           dtype="int16", **words) as out:  # fmt: skip
            out.write(number, 1)
    else:
        number.tofile(folder / f"{name}.IMG")
    label = folder / f"{name}.LBL"
    head = f'PDS_VERSION_ID = "PDS3"\nPRODUCT_ID = "{name}"\nTARGET_NAME = MOON\n'
    label.write_text(head + file + _map(number, ppd, north, west) + "END\n")
    return label


def lroc(folder, name, number, ppd, north, west):
    """A product of the LROC archive: the label is the first record of the file."""
    lines, samples = number.shape
    size = number.itemsize * samples
    head = f"""PDS_VERSION_ID            = PDS3
RECORD_TYPE   = FIXED_LENGTH
RECORD_BYTES  = {size}
FILE_RECORDS  = {lines + 1}
LABEL_RECORDS = 1
^IMAGE        = 2
DATA_SET_ID               = "LRO-L-LROC-5-RDR-V1.0"
PRODUCT_ID                = {name}
TARGET_NAME               = MOON
"""
    text = (
        head + _map(number, ppd, north, west) + _image(number, "METER", 1.0, 0.0, "    CORE_NULL = -32768\n") + "END\n"
    )
    label = text.replace("\n", "\r\n").encode()
    assert len(label) <= size
    path = folder / f"{name}.IMG"
    path.write_bytes(label.ljust(size) + number.tobytes())
    return path


def kaguya(folder, name, number, ppd, north, west):
    """A tile of the Kaguya terrain camera: detached label, big-endian metres, -9999 for no data."""
    lines, samples = number.shape
    number.tofile(folder / f"{name}.img")
    label = folder / f"{name}.lbl"
    label.write_text(
        f'PDS_VERSION_ID = "PDS3"\nRECORD_TYPE = FIXED_LENGTH\nRECORD_BYTES = {2 * samples}\nFILE_RECORDS = {lines}\n'
        f'^IMAGE = "{name}.img"\nTARGET_NAME = "MOON"\n'
        + _map(number, ppd, north, west)
        + _image(number, "METER", 1.0, 0.0, "    DUMMY = -9999\n")
        + "END\n"
    )
    return label
