"""The same kernels on a GPU, one thread a pixel.

Numba compiles the functions of render.py, fill.py and planes.py, with all that they call, once more for the device;
nothing of them is repeated here. What is one loop over pixels on a processor is a launch here: the cells of light, the
first look, the second, and then one launch after another into the penumbrae until none has grown.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np
from numba import cuda
from numpy.typing import NDArray

from farside.payload.camera.bvh import STACK
from farside.payload.camera.fill import Fill, fill_cell
from farside.payload.camera.ground import Ground
from farside.payload.camera.light import Light
from farside.payload.camera.planes import light_pixel, trace_pixel
from farside.payload.camera.render import QUEUED, Bodies, Camera, Floats, Look, Masks, pixel

BLOCK = (8, 8)
"""Pixels across and down of a block; a warp of 32 threads is 8 x 4 pixels, whose rays go about the same way."""
FIRST, SECOND, GROWING = 0, 1, 2
"""Looks at a pixel; see ``render.pixel``."""

_on_device: dict[int, Any] = {}
"""Arrays of scenes on the GPU, by the identity of those on the host, as long as these live."""
_turn = Lock()
"""One frame at a time: threads would share the GPU's memory and gain nothing."""


@cuda.jit
def _cells(ground, bodies, light, camera, finest, masks, fill):  # type: ignore[no-untyped-def]
    cj, ci = cuda.grid(2)
    if ci < fill.distance.shape[0] and cj < fill.distance.shape[1]:
        stack = cuda.local.array(STACK, np.int32)
        fill_cell(ground, bodies, light, camera, finest, masks, stack, fill, ci, cj)


@cuda.jit
def _pixels(  # type: ignore[no-untyped-def]
    ground, bodies, light, camera, finest, masks, fill, seen, out, look, reached, grown
):
    """One look at all pixels. reached: (lines, samples) penumbrae that hand on to their neighbours; grown: (1,)
    whether any pixel was reached.

    A thread writes to its own pixel only. Whether it sees what a neighbour writes in the same launch makes no
    difference to which pixels the penumbrae reach in the end, and each is done with the same result.
    """
    j, i = cuda.grid(2)
    if i >= out.shape[0] or j >= out.shape[1]:
        return
    if look == GROWING:
        if seen.sun[i, j] == 0 or seen.sun[i, j] & QUEUED:
            return
        beside = False
        for q in range(4):
            a = i + (q == 0) - (q == 1)
            b = j + (q == 2) - (q == 3)
            beside |= 0 <= a < out.shape[0] and 0 <= b < out.shape[1] and reached[a, b] != 0
        if not beside:
            return
        seen.sun[i, j] |= QUEUED
        grown[0] = 1
    stack = cuda.local.array(STACK, np.int32)
    _, grows = pixel(ground, bodies, light, camera, finest, masks, stack, fill, seen, out, look, i, j)
    if grows:
        reached[i, j] = 1


@cuda.jit
def _traces(  # type: ignore[no-untyped-def]
    ground, bodies, light, camera, finest, masks, distance, body, number, albedo, normal
):
    j, i = cuda.grid(2)
    if i < distance.shape[0] and j < distance.shape[1]:
        stack = cuda.local.array(STACK, np.int32)
        trace_pixel(ground, bodies, light, camera, finest, masks, stack, distance, body, number, albedo, normal, i, j)


@cuda.jit
def _lights(  # type: ignore[no-untyped-def]
    ground, bodies, light, camera, finest, masks, fill, cosines, share, out
):
    j, i = cuda.grid(2)
    if i < share.shape[0] and j < share.shape[1]:
        stack = cuda.local.array(STACK, np.int32)
        light_pixel(ground, bodies, light, camera, finest, masks, stack, fill, cosines, share, out, i, j)


def render(
    ground: Ground, bodies: Bodies, light: Light, camera: Camera, finest: int, masks: Masks, fill: Fill, seen: Look,
    refine: bool, out: Floats,
) -> None:  # fmt: skip
    """As ``render.render``: fill ``out`` and ``seen``."""
    with _turn:
        scene = _scene(ground, bodies, light, camera, finest, masks)
        gathered = _gathered(scene, fill)
        sight, picture = _each(cuda.device_array_like, seen), cuda.device_array_like(out)
        reached, grown = _send(np.zeros(out.shape, np.uint8)), np.ones(1, np.uint8)
        for look in (FIRST, SECOND) if refine else (FIRST,):
            _pixels[_grid(out), BLOCK](*scene, gathered, sight, picture, look, reached, _send(grown))
        while refine and grown[0]:
            mark = _send(np.zeros(1, np.uint8))
            _pixels[_grid(out), BLOCK](*scene, gathered, sight, picture, GROWING, reached, mark)
            mark.copy_to_host(grown)
        _fetch((*sight, picture), (*seen, out))


def trace(
    ground: Ground, bodies: Bodies, light: Light, camera: Camera, finest: int, masks: Masks, *planes: NDArray[Any]
) -> None:
    """Fill the planes of ``planes.trace_pixel``."""
    with _turn:
        there = _each(cuda.device_array_like, planes)
        _traces[_grid(planes[0]), BLOCK](*_scene(ground, bodies, light, camera, finest, masks), *there)
        _fetch(there, planes)


def lights(
    ground: Ground, bodies: Bodies, light: Light, camera: Camera, finest: int, masks: Masks, fill: Fill,
    cosines: NDArray[np.float64], share: Floats, out: Floats,
) -> None:  # fmt: skip
    """Fill the planes of ``planes.light_pixel``."""
    planes = cosines, share, out
    with _turn:
        scene = _scene(ground, bodies, light, camera, finest, masks)
        there = _each(cuda.device_array_like, planes)
        _lights[_grid(share), BLOCK](*scene, _gathered(scene, fill), *there)
        _fetch(there, planes)


def _scene(ground: Ground, bodies: Bodies, light: Light, camera: Camera, finest: int, masks: Masks) -> tuple[Any, ...]:
    """The arguments that all kernels begin with, on the GPU.

    Ground, shapes and rocks stay there as long as their arrays live; everything else is sent with each frame.
    """
    shapes, rocks, others = bodies
    standing = (*_each(_keep, (shapes, rocks)), _each(_send, others))
    return _each(_keep, ground), standing, _each(_send, light), _each(_send, camera), finest, _each(_send, masks)


def _gathered(scene: tuple[Any, ...], fill: Fill) -> Any:
    """The light of the surroundings, on the GPU."""
    there = _each(_send, fill)
    if fill.distance.size:
        _cells[_grid(fill.distance), BLOCK](*scene, there)
    return there


def _fetch(there: tuple[Any, ...], here: tuple[NDArray[Any], ...]) -> None:
    for mine, array in zip(there, here, strict=True):
        mine.copy_to_host(array)


def _each(of: Callable[[NDArray[Any]], Any], thing: Any) -> Any:
    """The same tuple of tuples with ``of`` each array."""
    if isinstance(thing, np.ndarray):
        return of(thing)
    if not isinstance(thing, tuple):
        return thing
    parts = [_each(of, part) for part in thing]
    return type(thing)(*parts) if hasattr(thing, "_fields") else tuple(parts)


def _send(array: NDArray[Any]) -> Any:
    return cuda.to_device(np.ascontiguousarray(array))


def _keep(array: NDArray[Any]) -> Any:
    if id(array) not in _on_device:
        _on_device[id(array)] = _send(array)
        weakref.finalize(array, _on_device.pop, id(array))
    return _on_device[id(array)]


def _grid(plane: NDArray[Any]) -> tuple[int, int]:
    """Blocks across and down that cover a plane (lines, samples)."""
    lines, samples = plane.shape
    return -(-samples // BLOCK[0]), -(-lines // BLOCK[1])
