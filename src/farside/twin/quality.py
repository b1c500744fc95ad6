"""How finely a flight is computed: draft, standard, full."""

from __future__ import annotations

import functools
from importlib.resources import files

import yaml

from farside.twin.commands.biosphere_photograph import Quality as BiosphereQuality
from farside.twin.commands.lfs_listen import Quality as LfsQuality
from farside.twin.commands.lpr_sound import Quality as LprQuality
from farside.twin.commands.pcam_portrait import Quality as PcamQuality
from farside.twin.commands.rover_pair import Quality as PairQuality
from farside.twin.commands.vnis_measure import Quality as VnisQuality
from farside.twin.part import Part


class LcamQuality(Part):
    """Frames of a film and their binning."""

    frames: int
    binning: int


class TcamQuality(Part):
    """Shots per pointing and binning of a panorama; whether one is shot again that was shot before."""

    shots: int
    binning: int
    again: bool


class ReliefQuality(Part):
    """Cells per side of each terrain level and the finest spacing of posts."""

    cells: int
    finest_m: float


class Quality(Part):
    """How finely a flight is computed."""

    lcam: LcamQuality
    tcam: TcamQuality
    biosphere: BiosphereQuality
    hazcam: PairQuality
    lfs: LfsQuality
    lpr: LprQuality
    navcam: PairQuality
    pcam: PcamQuality
    vnis: VnisQuality
    relief: ReliefQuality
    disk_gb: float


@functools.cache
def qualities() -> dict[str, Quality]:
    """The qualities of design: draft, standard, full."""
    text = (files("farside.twin") / "qualities.yaml").read_text()
    return {name: Quality(**spec) for name, spec in yaml.safe_load(text).items()}
