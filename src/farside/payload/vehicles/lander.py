r"""The lander as the cameras see it.

Lander frame: z up along the thrust axis from the footpad plane, +y forward (the ramp's side), +x to its right. Overall
sizes follow the published leg span and photographs; details are assumed::

            |TCAM (the camera itself is not modelled)
       _____|_____ 1.60 deck        four legs at 45 degrees to the axes,
      /___________\ 0.75            pads 2.35 m from the axis, solar wings along x
     / /   \_/   \ \
    _/_           _\_ 0
"""

from __future__ import annotations

import numpy as np

from farside.payload.mesh import Mesh, Shape, box, join, lathe, merge, moved, prism, tube, turn

PAD_RADIUS_M = 2.35
DECK_M = 1.60
BOOMS = ((1.0, 0.55), (-0.95, -0.3), (0.45, -1.05))


def lander_mesh() -> Mesh:
    """Triangles of the lander in the lander frame; parts are named by their paint."""
    corner, side = 1.30, 0.62
    octagon = [
        (corner, -side), (corner, side), (side, corner), (-side, corner),
        (-corner, side), (-corner, -side), (-side, -corner), (side, -corner),
    ]  # fmt: skip
    legs = [_leg(45.0 + 90.0 * k) for k in range(4)]
    wings = [_wing(), moved(_wing(), turn("z", 180.0))]
    cells = [_cells(), moved(_cells(), turn("z", 180.0))]
    rails = [tube((x, 1.32, 1.50), (x, 3.55, 0.04), 0.035) for x in (-0.45, 0.45)]
    rungs = [
        box((0.16, 0.05, 0.02), (x, 1.32 + 2.23 * k, 1.53 - 1.46 * k))
        for x in (-0.45, 0.45)
        for k in np.linspace(0.05, 0.95, 12)
    ]
    boxes = [box((0.34, 0.30, 0.16), (-0.75, -0.75, 1.68)), box((0.22, 0.40, 0.12), (0.95, -0.55, 1.66))]
    thrusters = [
        tube((a * 1.05, b * 1.05, 0.75), (a * 1.10, b * 1.10, 0.60), 0.04, 0.075) for a in (-1, 1) for b in (-1, 1)
    ]
    return merge(
        [
            ("foil", *prism(octagon, 0.75, 1.52)),
            ("deck", *prism(np.array(octagon) * 1.01, 1.52, DECK_M)),
            ("silver", *join([leg for leg, _ in legs])),
            ("pad", *join([pad for _, pad in legs])),
            ("nozzle", *lathe([(0.55, 0.26), (0.47, 0.38), (0.36, 0.52), (0.22, 0.68), (0.14, 0.78)])),
            ("nozzle", *join(thrusters)),
            ("metal", *join([*wings, *rails, *rungs])),
            ("cell", *join(cells)),
            ("foil", *join(boxes)),
            ("silver", *tube((0.0, 0.0, DECK_M), (0.0, 0.0, 1.98), 0.025)),
            ("dish", *moved(_dish(0.2), turn("x", -35.0), (-1.02, 0.62, 1.74))),
            ("silver", *tube((-1.02, 0.62, DECK_M), (-1.02, 0.62, 1.74), 0.02)),
            # three antennas of the low-frequency spectrometer, stowed
            ("metal", *join([tube((a, b, 1.60), (a, b, 1.86), 0.06) for a, b in BOOMS])),
            ("red", *box((0.36, 0.012, 0.24), (0.0, 1.305, 1.22))),
        ]
    )  # fmt: skip


def _leg(bearing_deg: float) -> tuple[Shape, Shape]:
    """One leg and its pad, at this bearing from +y towards +x."""
    b = np.radians(bearing_deg)
    out, across = np.array([np.sin(b), np.cos(b), 0.0]), np.array([np.cos(b), -np.sin(b), 0.0])
    up = np.array([0.0, 0.0, 1.0])
    ankle = out * PAD_RADIUS_M + 0.16 * up
    knee = out * 1.92 + 0.58 * up
    struts = [
        tube(out * 1.33 + 1.40 * up, knee, 0.075),
        tube(knee, ankle, 0.055),
        *(tube(out * 1.15 + s * 0.55 * across + 0.82 * up, knee, 0.035) for s in (-1.0, 1.0)),
        *(tube(out * 1.20 + s * 0.45 * across + 1.30 * up, knee - 0.06 * up, 0.028) for s in (-1.0, 1.0)),
    ]
    profile = [(0.001, 0.0), (0.17, 0.0), (0.235, 0.05), (0.24, 0.075), (0.10, 0.12), (0.06, 0.19), (0.001, 0.20)]
    return join(struts), moved(lathe(profile), by=out * PAD_RADIUS_M)


WING_TILT_DEG = 14.0
WING_HINGE_M = (1.32, 0.0, 1.46)


def _wing() -> Shape:
    """Frame of the +x solar wing with its hinges."""
    panel = moved(box((1.50, 1.90, 0.025), (0.87, 0.0, 0.0)), turn("y", -WING_TILT_DEG), WING_HINGE_M)
    hinges = [tube((1.25, y, 1.44), (1.48, y, 1.49), 0.02) for y in (-0.5, 0.5)]
    return join([panel, *hinges])


def _cells() -> Shape:
    """Solar cells of the +x wing, 6 x 8 with gaps, on the upper face."""
    tiles = [
        box((0.225, 0.215, 0.004), (0.14 + 0.12 + 0.243 * i, -0.931 + 0.1165 + 0.2329 * j, 0.0150))
        for i in range(6)
        for j in range(8)
    ]
    return moved(join(tiles), turn("y", -WING_TILT_DEG), WING_HINGE_M)


def _dish(radius: float) -> Shape:
    """Paraboloid antenna opening along +z with its feed, vertex at the origin."""
    r = np.linspace(0.01, radius, 6)
    return join([lathe(np.column_stack([r, r**2 / (1.6 * radius)])), tube((0, 0, 0.0), (0, 0, 0.6 * radius), 0.012)])
