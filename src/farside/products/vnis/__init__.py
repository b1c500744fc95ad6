"""Spectra of the ground: from raw counts to reflectance, absorption bands and iron."""

from farside.products.vnis.bands import BANDS, Range, band_centres
from farside.products.vnis.desk import VnisDesk
from farside.products.vnis.iron import iron
from farside.products.vnis.picture import write_picture
from farside.products.vnis.radiance import radiance
from farside.products.vnis.spectrum import spectrum

__all__ = ["BANDS", "Range", "VnisDesk", "band_centres", "iron", "radiance", "spectrum", "write_picture"]
