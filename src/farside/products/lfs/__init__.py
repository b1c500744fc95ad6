"""What the radio spectrometer heard: calibrated spectra, the dynamic spectrum, the quiet sky and a burst's drift."""

from farside.products.lfs.calibrate import calibrate
from farside.products.lfs.desk import LfsDesk
from farside.products.lfs.drift import Drift, drift
from farside.products.lfs.dynamic import dynamic_spectrum
from farside.products.lfs.picture import write_picture

__all__ = ["Drift", "LfsDesk", "calibrate", "drift", "dynamic_spectrum", "write_picture"]
