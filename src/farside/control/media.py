"""Pictures and films as a browser wants them: not larger than it can show, named by what is in them."""

from __future__ import annotations

import base64
import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farside.errors import BadInput, DamagedFile
from farside.work import atomic_write

PICTURE_WIDTH = 1600
PANORAMA_WIDTH = 8192  # the widest texture that graphics hardware of phones and old computers takes
JPEG_QUALITY = 86


@dataclass
class Media:
    """The folder of media beside the page.

    Names carry a digest of the content, so a file that is there is the right one and no browser shows an old one.
    ``used`` collects what the page refers to; ``sweep`` removes the rest.
    """

    folder: Path

    def __post_init__(self) -> None:
        self.used: set[str] = set()

    def picture(self, path: Path, widest: int = PICTURE_WIDTH) -> tuple[str, int, int]:
        """Address, width and height of a JPEG of the picture. Raises DamagedFile."""
        target = self._named(path, "jpg", f"jpeg {JPEG_QUALITY} {widest}")
        if not target.exists():
            _write(target, shrunk_jpeg(path, widest)[0])
        width, height = size_of(target)
        return self._address(target), width, height

    def panorama(self, path: Path) -> tuple[str, int, int]:
        """Address, width and height of the panorama inside a script.

        A page opened from disk may not make a texture of a picture file; of a data URI it may.
        """
        target = self._named(path, "js", f"panorama {JPEG_QUALITY} {PANORAMA_WIDTH}")
        if not target.exists():
            jpeg, width, height = shrunk_jpeg(path, PANORAMA_WIDTH)
            uri = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
            _write(target, f'farside("panorama", "{uri}", {width}, {height})\n'.encode("ascii"))
        with target.open("rb") as script:
            script.seek(-40, 2)
            width, height = (int(n) for n in script.read().rstrip(b")\n").split(b",")[-2:])
        return self._address(target), width, height

    def tiles(self, path: Path) -> dict[str, Any]:
        """What a viewer must know of a deep-zoom pyramid: folder of its levels, size, and how it is cut.

        Its thousands of files stay where they are. Raises BadInput where that is outside the gallery's folder,
        DamagedFile for a descriptor that is none.
        """
        if (inside := self._inside(path)) is None:
            raise BadInput("gallery", "tiles", str(path), f"a pyramid in the gallery's folder {self.folder.parent}")
        cut = deep_zoom(path)
        largest_whole = min(cut["tile"].bit_length(), (max(cut["width"], cut["height"]) - 1).bit_length() + 1) - 1
        whole = path.with_name(f"{path.stem}_files") / str(largest_whole) / f"0_0.{cut['format']}"
        return {"folder": f"{inside.with_suffix('').as_posix()}_files/", "version": _digest(whole)[:8], **cut}

    def film(self, path: Path) -> tuple[str, int, int]:
        """Address, width and height of a film; one that lies in the gallery's folder already is not copied."""
        width, height = film_size(path)
        if (inside := self._inside(path)) is not None:
            return f"{inside.as_posix()}?{_digest(path)[:8]}", width, height
        target = self._named(path, path.suffix.lstrip("."), "")
        if not target.exists():
            with atomic_write(target) as part:
                shutil.copyfile(path, part)
        return self._address(target), width, height

    def sweep(self) -> None:
        """Remove media that the page no longer refers to, and what a killed writer left."""
        for path in self.folder.glob("*"):
            if path.name not in self.used:
                path.unlink()

    def _inside(self, path: Path) -> Path | None:
        """The path relative to the gallery's folder, None for one elsewhere."""
        around = self.folder.parent.resolve()
        return path.resolve().relative_to(around) if path.resolve().is_relative_to(around) else None

    def _named(self, path: Path, suffix: str, form: str) -> Path:
        return self.folder / f"{path.stem}-{_digest(path, form)[:10]}.{suffix}"

    def _address(self, target: Path) -> str:
        self.used.add(target.name)
        return f"{self.folder.name}/{target.name}"


def shrunk_jpeg(path: Path, widest: int) -> tuple[bytes, int, int]:
    """JPEG bytes, width and height of a picture, area-averaged to at most ``widest`` columns. Raises DamagedFile.

    A JPEG that is narrow enough is taken as it is: coding it twice would only lose.
    """
    import cv2

    if path.suffix.lower() in (".jpg", ".jpeg") and (size := size_of(path))[0] <= widest:
        return path.read_bytes(), *size
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise DamagedFile(path, "not a picture that can be shown")
    height, width = image.shape[:2]
    if width > widest:
        height, width = max(1, round(height * widest / width)), widest
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1, cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
    return cv2.imencode(".jpg", image, options)[1].tobytes(), width, height


def size_of(path: Path) -> tuple[int, int]:
    """Width and height of a picture file, from its header. Raises DamagedFile."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            return image.size
    except (UnidentifiedImageError, OSError) as error:
        raise DamagedFile(path, "not a picture that can be shown") from error


def deep_zoom(path: Path) -> dict[str, Any]:
    """Size of a Deep Zoom pyramid and how it is cut, by its descriptor (.dzi). Raises DamagedFile."""
    from xml.etree import ElementTree

    try:
        image = ElementTree.parse(path).getroot()
        size = next(child for child in image if child.tag.endswith("Size"))
        width, height = int(size.attrib["Width"]), int(size.attrib["Height"])
        tile, overlap = int(image.attrib["TileSize"]), int(image.attrib["Overlap"])
        form = image.attrib["Format"]
    except (ElementTree.ParseError, StopIteration, KeyError, ValueError, OSError) as error:
        raise DamagedFile(path, "not the descriptor of a deep-zoom pyramid") from error
    return {"width": width, "height": height, "tile": tile, "overlap": overlap, "format": form}


def film_size(path: Path) -> tuple[int, int]:
    """Width and height of a film. Raises DamagedFile."""
    import av

    try:
        with av.open(str(path)) as film:
            stream = film.streams.video[0]
            return stream.width, stream.height
    except (av.FFmpegError, IndexError, OSError) as error:
        raise DamagedFile(path, "not a film that can be shown") from error


def _digest(path: Path, form: str = "") -> str:
    digest = hashlib.sha256(form.encode())
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise DamagedFile(path, error.strerror or "cannot be read") from error
    return digest.hexdigest()


def _write(target: Path, content: bytes) -> None:
    with atomic_write(target) as part:
        part.write_bytes(content)
