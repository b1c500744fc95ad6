"""The spectrometer's observation: counts or radiance of one channel on one target, with its label's attributes.

mode VD, SD: VIS and SWIR detect (the ground); VC, SC: VIS and SWIR calibrate (the white panel).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from farside.errors import BadInput
from farside.instruments.vnis.spec import Channel, load_vnis

if TYPE_CHECKING:
    import xarray as xr

MODES: dict[str, Channel] = {"VD": "VIS", "SD": "SWIR", "VC": "VIS", "SC": "SWIR"}
"""Mode in a product's name to channel."""


def vnis_observation(name: str, values: NDArray[Any], units: str, **attrs: Any) -> xr.Dataset:
    """An observation whose main variable is ``name``: (band, line, sample) for VIS, (band,) for SWIR.

    Raises BadInput for an unknown mode or for values of another shape than that mode has.
    """
    import xarray as xr

    mode = attrs.get("mode")
    if mode not in MODES:
        raise BadInput("vnis", "mode", mode, f"one of {', '.join(MODES)}")
    spec, channel = load_vnis(), MODES[mode]
    dims = ("band", "line", "sample") if channel == "VIS" else ("band",)
    if values.ndim != len(dims) or values.shape[0] != spec.bands[channel]:
        raise BadInput(
            "vnis",
            f"{mode} shape",
            values.shape,
            f"({spec.bands[channel]}{', lines, samples' if channel == 'VIS' else ''})",
        )
    wavelength = ("band", spec.wavelengths(channel), {"units": "nm"})
    return xr.Dataset({name: (dims, values, {"units": units})}, {"wavelength_nm": wavelength}, attrs)


def counts(dn: NDArray[Any], dark: NDArray[Any], **attrs: Any) -> xr.Dataset:
    """A raw observation: ``dn`` with the filter on; ``dark`` with it off, an image for VIS, a value a band for SWIR.

    Raises BadInput as ``vnis_observation`` does, and for a dark of another shape than the counts ask for.
    """
    found = vnis_observation("dn", dn, "DN", **attrs)
    dims = found["dn"].dims[1:] if dn.ndim == 3 else found["dn"].dims
    if dark.shape != tuple(found.sizes[dim] for dim in dims):
        raise BadInput("vnis", "dark shape", dark.shape, f"that of counts of shape {dn.shape}")
    found["dark"] = (dims, dark, {"units": "DN"})
    return found


def product_name(attrs: Mapping[Any, Any]) -> str:
    """Name without level: ``CE4_GRAS_VNIS-VD_SCI_N_START_STOP_0001_A``, times cut to the second."""
    start, stop = (re.sub(r"\D", "", str(attrs[key]))[:14] for key in ("start_utc", "stop_utc"))
    return f"CE4_GRAS_{load_vnis().id}-{attrs['mode']}_SCI_N_{start}_{stop}_{attrs['sequence_id']}_A"
