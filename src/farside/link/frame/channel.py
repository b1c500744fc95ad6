"""A physical channel: frames as blocks with a sync marker, coded and randomized (CCSDS 131.0-B-5)."""

from __future__ import annotations

from dataclasses import dataclass

from farside.errors import BadInput
from farside.link.frame import reed_solomon
from farside.link.frame.damaged import DamagedUnit
from farside.link.frame.randomizer import randomized
from farside.link.frame.transfer import (
    FECF_OCTETS,
    HEADER_OCTETS,
    OCF_OCTETS,
    SPACECRAFT,
    Frame,
    Service,
    read_frame,
)

MARKER = bytes.fromhex("1acffc1d")
"""Attached sync marker of frames that are uncoded, convolutionally or Reed-Solomon coded."""
LEAST_FRAME, MOST_FRAME = 16, 2048


@dataclass(frozen=True)
class Channel:
    """What sender and receiver have agreed on; all frames are of one length.

    interleave: Reed-Solomon codewords in a block, which then holds a frame of 223 octets for each; 0: not coded, and
    ``uncoded_octets`` is the frame's length. fecf: whether frames end with a check sum. ocf: whether they have an
    operational control field. Raises BadInput for what the standards do not allow.
    """

    spacecraft: int
    service: Service = Service.TM
    interleave: int = 5
    uncoded_octets: int = 1115
    fecf: bool = True
    ocf: bool = False
    randomize: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.spacecraft < SPACECRAFT[self.service]:
            raise BadInput("channel", "spacecraft", self.spacecraft, f"0 to {SPACECRAFT[self.service] - 1}")
        if self.interleave not in (0, *reed_solomon.INTERLEAVES):
            allowed = ", ".join(map(str, reed_solomon.INTERLEAVES))
            raise BadInput("channel", "interleave", self.interleave, f"0 (not coded) or one of {allowed}")
        if not LEAST_FRAME <= self.uncoded_octets <= MOST_FRAME:
            raise BadInput("channel", "uncoded_octets", self.uncoded_octets, f"{LEAST_FRAME} to {MOST_FRAME}")
        if not (self.fecf or self.interleave):
            raise BadInput("channel", "fecf", self.fecf, "true: nothing else would tell a damaged frame")

    @property
    def frame_octets(self) -> int:
        """Length of a frame."""
        return self.interleave * reed_solomon.MESSAGE or self.uncoded_octets

    @property
    def block_octets(self) -> int:
        """Length of a coded frame without its sync marker."""
        return self.interleave * reed_solomon.CODEWORD or self.uncoded_octets

    @property
    def data_octets(self) -> int:
        """Octets of packets in a frame."""
        around = HEADER_OCTETS[self.service] + OCF_OCTETS * self.ocf + FECF_OCTETS * self.fecf
        return self.frame_octets - around

    def access_unit(self, frame: Frame) -> bytes:
        """A frame as the channel access data unit that is sent: sync marker and coded block.

        Raises BadInput for a frame of another length than the channel's.
        """
        octets = frame.pack(self.fecf)
        if len(octets) != self.frame_octets:
            raise BadInput("channel", "frame", f"{len(octets)} octets", f"{self.frame_octets} octets with all fields")
        block = reed_solomon.encode(octets) if self.interleave else octets
        return MARKER + (randomized(block) if self.randomize else block)

    def read(self, block: bytes) -> Frame:
        """The frame in a received block. Raises DamagedUnit for one too damaged or of another spacecraft or service."""
        coded = randomized(block) if self.randomize else block
        frame = read_frame(reed_solomon.decode(coded) if self.interleave else coded, self.fecf, self.ocf)
        if (frame.service, frame.spacecraft) != (self.service, self.spacecraft):
            raise DamagedUnit(f"a frame of spacecraft {frame.spacecraft}, {frame.service.name}")
        return frame
