"""Films: pictures one after another as AV1 in an MP4 file, the same bytes for the same pictures."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.work import atomic_write

QUALITY = 22
"""AV1 constant rate factor."""


def write_film(pictures: Iterable[NDArray[np.uint8]], path: Path, rate_fps: int) -> None:
    """Encode pictures of one size, grey (line, sample) or sRGB (line, sample, 3), at least one, to ``path``."""
    os.environ.setdefault("SVT_LOG", "1")  # the encoder's own greeting on stderr is no message of ours
    import av

    rest = iter(pictures)
    first = next(rest)
    with (
        atomic_write(path) as part,
        av.open(str(part), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}) as container,
    ):
        # one encoder thread: the bitstream must not depend on the machine
        stream = container.add_stream(
            "libsvtav1", rate=rate_fps, options={"preset": "8", "crf": str(QUALITY), "svtav1-params": "lp=1", "g": "20"}
        )
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.color_range = 2
        for picture in chain([first], rest):
            container.mux(stream.encode(_grey(picture) if picture.ndim == 2 else _colour(picture)))
        container.mux(stream.encode(None))


def _colour(picture: NDArray[np.uint8]) -> Any:
    import av

    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    return frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="JPEG")


def _grey(picture: NDArray[np.uint8]) -> Any:
    """A full-range yuv420p frame without colour."""
    import av

    frame = av.VideoFrame(picture.shape[1], picture.shape[0], "yuv420p")
    frame.color_range = 2
    for plane, values in zip(frame.planes, (picture, None, None), strict=True):
        full = np.full((plane.height, plane.line_size), 128, np.uint8)
        if values is not None:
            full[:, : plane.width] = values
        plane.update(full.tobytes())
    return frame
