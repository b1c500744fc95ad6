"""The rover as the cameras see it.

Rover frame for drawing: origin on the ground under the body's centre, +y forward, +x to its right, z up. Published:
1.5 m long, 1.0 m wide with its wings folded, 1.0 m high to the deck's instruments, six wheels 0.30 m across, camera
mast 1.5 m; the rest is assumed. Wings and mast are out.
"""

from __future__ import annotations

import numpy as np

from farside.payload.mesh import Mesh, Shape, box, join, lathe, merge, moved, tube, turn

WHEEL_RADIUS_M = 0.15
AXLES_M = (-0.60, 0.0, 0.60)
TRACK_M = 0.425
HEAD_M = (0.0, 0.42, 1.50)
"""Where the mast's yaw and pitch axes cross."""


def rover_mesh() -> Mesh:
    """Triangles of the rover without its mast head in the rover frame; parts are named by their paint."""
    wings = [_wing(1.0), _wing(-1.0)]
    bogies = [piece for side in (-1.0, 1.0) for piece in _bogie(side * TRACK_M)]
    return merge(
        [
            ("foil", *box((0.66, 1.06, 0.38), (0.0, 0.0, 0.61))),
            ("white", *box((0.68, 1.08, 0.02), (0.0, 0.0, 0.81))),
            ("wheel", *join([_wheel(side * TRACK_M, y) for side in (-1.0, 1.0) for y in AXLES_M])),
            ("metal", *join(bogies)),
            ("metal", *join([frame for frame, _ in wings])),
            ("cell", *join([cells for _, cells in wings])),
            ("silver", *tube((0.0, 0.42, 0.80), (0.0, 0.42, HEAD_M[2] - 0.04), 0.035)),
            ("dish", *moved(_dish(0.15), turn("x", -50.0), (0.20, 0.18, 1.08))),
            ("silver", *tube((0.20, 0.18, 0.80), (0.20, 0.18, 1.08), 0.018)),
            ("silver", *join([tube((x, -0.53, 0.72), (x, -1.00, 0.98), 0.010) for x in (-0.2, 0.2)])),
            ("foil", *box((0.20, 0.14, 0.16), (0.0, 0.60, 0.58))),
            ("red", *box((0.16, 0.008, 0.105), (0.21, 0.535, 0.68))),
        ]
    )


def rover_head_mesh() -> Mesh:
    """The mast head with its two eyes about HEAD_M: x right, y forward, z up when it looks straight ahead."""
    eyes = [tube((x, 0.04, 0.0), (x, 0.08, 0.0), 0.042) for x in (-0.135, 0.135)]
    return merge([("white", *box((0.36, 0.10, 0.11), (0.0, 0.0, 0.01))), ("black", *join(eyes))])


def _wheel(x: float, y: float) -> Shape:
    """A wheel with a hub and twenty grousers."""
    r, half = WHEEL_RADIUS_M, 0.075
    rim = lathe([(0.02, -half), (r * 0.96, -half), (r * 0.96, half), (0.02, half)], sides=28)
    lugs = [
        moved(box((0.010, 0.014, 2 * half), (r * 0.98 - 0.003, 0.0, 0.0)), turn("z", 360.0 * k / 20)) for k in range(20)
    ]
    return moved(join([rim, *lugs]), turn("y", 90.0), (x, y, r))


def _bogie(x: float) -> list[Shape]:
    """Rocker and bogie of one side."""
    inner = x * 0.82
    pivot, joint = np.array([inner, 0.12, 0.50]), np.array([inner, -0.28, 0.34])
    wheels = [np.array([inner, y, WHEEL_RADIUS_M]) for y in AXLES_M]
    arms = [(pivot, wheels[2]), (pivot, joint), (joint, wheels[1]), (joint, wheels[0])]
    axles = [tube(w, w + np.array([x - inner, 0.0, 0.0]), 0.02) for w in wheels]
    return [tube(a, b, 0.024) for a, b in arms] + axles


def _wing(side: float) -> tuple[Shape, Shape]:
    """Frame and cells of the solar wing on the +x (side 1) or -x side (-1)."""
    tilt, hinge = turn("y", -side * 12.0), (side * 0.34, 0.0, 0.83)
    frame = moved(box((0.78, 1.04, 0.02), (side * 0.40, 0.0, 0.0)), tilt, hinge)
    tiles = [
        box((0.165, 0.153, 0.004), (side * (0.13 + 0.181 * i), -0.42 + 0.168 * j, 0.012))
        for i in range(4)
        for j in range(6)
    ]
    return frame, moved(join(tiles), tilt, hinge)


def _dish(radius: float) -> Shape:
    r = np.linspace(0.01, radius, 5)
    return lathe(np.column_stack([r, r**2 / (1.6 * radius)]))
