"""The visible and near-infrared imaging spectrometer: minerals in sunlight in, raw counts and their header out."""

from farside.payload.vnis.mixture import Mixture
from farside.payload.vnis.observe import observe, truth
from farside.payload.vnis.target import TARGETS, Target, TargetName, load_target
from farside.payload.vnis.view import VnisView

__all__ = ["TARGETS", "Mixture", "Target", "TargetName", "VnisView", "load_target", "observe", "truth"]
