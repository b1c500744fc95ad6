"""Small frames by the processor and by a GPU, or by what stands in for one: ``python cuda_frames.py HOW FILE``.

HOW is one of

    real       the GPU of this machine
    simulated  Numba's simulator (NUMBA_ENABLE_CUDASIM=1): the driver as it is, each thread one of Python's, with the
               processor's functions for pixels: whether uploads, launches and the growth of penumbrae are right
    emulated   the kernels as numba-cuda lowers them for the device, compiled for this processor by LLVM and run thread
               after thread: whether the device's types and arithmetic are right. Needs numba-cuda and NVVM
    sm_80 ..   no frames: every kernel as PTX for that generation, and what ptxas makes of it where there is one

FILE gets the frames of both as an npz; for sm_80 a JSON: octets of PTX, registers and octets spilled of each kernel.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import gc
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from small_ground import bumps, looking, nadir, nested, sun_at

from farside.geometry import Pose
from farside.payload import Rocks, Scene, light_planes, look, truth_planes
from farside.payload.camera import cuda, picture, planes
from farside.payload.camera.device import CPU
from farside.payload.camera.fill import cells
from farside.payload.camera.render import first_look, render

LOW = sun_at(50.7, 6.0)
ROVER = Pose.of(np.array([-1.0, 6.0, 0.3]), np.eye(3))
FRAMES = {
    "terrain camera, bounce": (looking(mast_deg=(10.0, -25.0), rover=ROVER, sun=LOW, binning=64), True, True),
    "terrain camera, no bounce": (looking(mast_deg=(0.0, -20.0), sun=LOW, binning=64), False, True),
    "terrain camera, one look": (looking(mast_deg=(0.0, -20.0), sun=LOW, binning=64), True, False),
    "landing camera": (replace(nadir(12.0, sun=LOW), binning=32), False, True),
    "a lens that bends": (looking(instrument="hazcaml", mast_deg=None, rover=ROVER, sun=LOW, binning=32), True, True),
}
KERNELS = ("_cells", "_pixels", "_traces", "_lights")
PLACE = re.compile(r"llvm\.nvvm\.read\.ptx\.sreg\.(\w+\.[xyz])")
"""Where a thread reads its place in the launch."""


def scene() -> Scene:
    """The lander and three stones on rough ground."""
    base = np.array([[0.0, 6.0, 0.0], [1.5, 5.0, 0.1], [-2.0, 7.0, -0.1]])
    size = np.array([1.0, 0.4, 0.6])
    return Scene.build(nested(bumps), Rocks.lying(base, size, 0.6 * size, np.array([0.0, 1.0, 2.0]), np.arange(3)))


def frames(stage: Scene, device: str) -> dict[str, np.ndarray]:
    """What the kernels and the front doors make of the scene."""
    draw = render if device == CPU else cuda.render
    made: dict[str, np.ndarray] = {}
    for name, (view, bounce, refine) in FRAMES.items():
        frame = stage.frame(view)
        out, seen = np.empty(frame.shape, np.float32), first_look(*frame.shape)
        fill = cells(*frame.shape, frame.light.flux.size, bounce)
        draw(stage.ground, frame.bodies, frame.light, frame.camera, frame.finest, frame.masks, fill, seen, refine, out)
        parts = {"radiance": out, "distance": seen.distance, "body": seen.body, "sun": seen.sun}
        made |= {f"{name}: {part}": values for part, values in parts.items()}
    picture.device = planes.device = lambda: device
    view = FRAMES["terrain camera, bounce"][0]
    made["look: radiance"], made["look: distance"] = look(stage, view)
    for door in truth_planes, light_planes:
        made |= {f"{door.__name__}: {name}": values.to_numpy() for name, values in door(stage, view).items()}
    return made


def through(thing: Any, of: Callable[[Any], Any]) -> Any:
    """A tuple of tuples with ``of`` each member."""
    if not isinstance(thing, tuple):
        return of(thing)
    parts = [through(part, of) for part in thing]
    return type(thing)(*parts) if hasattr(thing, "_fields") else tuple(parts)


def simulate() -> None:
    """Functions compiled for the processor take plain arrays, not the simulator's; threads go one after the other.

    The simulator waits for its threads by asking each again and again: what they compile meanwhile would take an hour.
    """
    from numba.cuda.simulator.kernel import BlockThread

    begin = BlockThread.start

    def start(thread: Any) -> None:
        begin(thread)
        thread.join()

    BlockThread.start = start

    def bare(thing: Any) -> Any:
        thing = getattr(thing, "_item", thing)
        return getattr(thing, "_ary", thing)

    def bared(function: Any) -> Any:
        return lambda *arguments: function(*through(arguments, bare))

    for name in ("fill_cell", "pixel", "trace_pixel", "light_pixel"):
        setattr(cuda, name, bared(getattr(cuda, name)))


class Held:
    """An array in the memory of what stands in for a GPU."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array.copy()

    def copy_to_host(self, there: np.ndarray) -> None:
        there[...] = self.array


class Kernel:
    """A kernel that takes Held arrays, compiled once for each set of types."""

    def __init__(self, kernel: Any) -> None:
        self.function, self.made = kernel.py_func, {}

    def __getitem__(self, launch: Any) -> Any:
        def run(*arguments: Any) -> None:
            from numba import typeof

            plain = through(arguments, lambda each: each.array if isinstance(each, Held) else each)
            types = tuple(typeof(each) for each in plain)
            if types not in self.made:
                self.made[types] = self.compiled(types)
            self.launched(self.made[types], launch, plain)

        return run


class Emulated(Kernel):
    """A kernel as it is lowered for the device, on this processor."""

    def compiled(self, types: tuple[Any, ...]) -> Any:
        import llvmlite.binding as llvm
        from numba import void
        from numba.cuda.compiler import compile_cuda

        lowered = compile_cuda(self.function, void, types, nvvm_options={}, cc=(9, 0))
        whole, *others = (llvm.parse_assembly(for_this_processor(text)) for text in lowered.library.llvm_strs)
        for module in others:
            whole.link_in(module)
        libm = ctypes.CDLL(ctypes.util.find_library("m"))
        for function in whole.functions:
            if function.is_declaration and function.name.startswith("__nv_"):
                own = getattr(libm, function.name.removeprefix("__nv_"))
                llvm.add_symbol(function.name, ctypes.cast(own, ctypes.c_void_p).value)
        here = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
        machine = llvm.create_mcjit_compiler(
            whole, llvm.Target.from_default_triple().create_target_machine(*here, opt=3)
        )
        machine.finalize_object()
        return machine, lowered.fndesc.llvm_func_name

    def launched(self, made: Any, launch: Any, arguments: Any) -> None:
        machine, name = made
        given = words(arguments)
        kind = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, *map(type, given))
        kernel = kind(machine.get_function_address(name))
        answer = ctypes.byref(ctypes.c_int64())

        def place(name: str, values: tuple[int, int]) -> None:
            for axis, value in zip("xy", values, strict=True):
                ctypes.c_int32.from_address(machine.get_global_value_address(f"{name}.{axis}")).value = value

        (across, down), block = launch
        place("ntid", block)
        for b, a, v, u in product(range(down), range(across), range(block[1]), range(block[0])):
            place("ctaid", (a, b))
            place("tid", (u, v))
            if kernel(answer, *given) > 0:
                raise RuntimeError("an exception in the kernel")


def words(thing: Any) -> list[Any]:
    """An argument as Numba's functions take it: tuples member by member; arrays as two owners, number and size of
    elements, address, shape, strides.
    """
    if isinstance(thing, tuple):
        return [word for part in thing for word in words(part)]
    if isinstance(thing, np.ndarray):
        counts = thing.size, thing.itemsize, thing.ctypes.data, *thing.shape, *thing.strides
        return [ctypes.c_int64(n) for n in (0, 0, *counts)]
    return [ctypes.c_double(thing) if isinstance(thing, float) else ctypes.c_int64(thing)]


def for_this_processor(text: str) -> str:
    """Code for the device without what only the device has; a thread's place comes from global variables.

    Sums of products may be rounded once, as NVVM does it.
    """
    text = re.sub(r"^target (triple|datalayout) = .*$", "", text, flags=re.M)
    text = re.sub(r" ?addrspace\([345]\)", "", text).replace("addrspacecast", "bitcast")
    text = re.sub(r"\b(fmul|fadd|fsub) (double|float)", r"\1 contract \2", text)
    places = set(PLACE.findall(text))
    text = re.sub(rf'^declare i32 @"?{PLACE.pattern}.*$', "", text, flags=re.M)
    for name in sorted(places):
        text += f'\n@"{name}" = linkonce_odr global i32 0\ndefine linkonce_odr i32 @"read.{name}"() {{\n'
        text += f'  %value = load volatile i32, i32* @"{name}"\n  ret i32 %value\n}}\n'
    return PLACE.sub(r"read.\1", text)


class Translated(Kernel):
    """A kernel as PTX, never launched."""

    def __init__(self, kernel: Any, generation: str) -> None:
        super().__init__(kernel)
        self.generation = generation

    def compiled(self, types: tuple[Any, ...]) -> dict[str, int]:
        from numba import void

        cc = int(self.generation[-2]), int(self.generation[-1])
        ptx, _ = cuda.cuda.compile(self.function, void(*types), cc=cc, device=False, output="ptx", abi="numba")
        text = ptx.decode() if isinstance(ptx, bytes) else ptx
        found = {"octets": len(text), "entries": len(re.findall(r"^\.visible \.entry", text, re.M))}
        packages = Path(np.__file__).parents[1]
        ptxas = shutil.which("ptxas") or next(map(str, packages.glob("nvidia/*/bin/ptxas")), None)
        if ptxas is None:
            return found
        command = [ptxas, f"-arch={self.generation}", "-v", "-o", "/dev/null", "-"]
        told = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stderr
        found["registers"] = max(int(n) for n in re.findall(r"Used (\d+) registers", told))
        found["spilled"] = sum(int(n) for n in re.findall(r"(\d+) bytes spill", told))
        return found

    def launched(self, made: Any, launch: Any, arguments: Any) -> None:
        pass


def stand_in(kind: Callable[[Any], Kernel], generation: str = "sm_90") -> dict[str, Kernel]:
    """Put kernels of a kind in place of the driver's, and make Numba believe in a GPU of a generation."""
    import llvmlite.binding as llvm
    import numba.cuda.dispatcher

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    there = SimpleNamespace(compute_capability=(int(generation[-2]), int(generation[-1])))
    numba.cuda.dispatcher.get_current_device = lambda: there
    cuda.cuda.to_device, cuda.cuda.device_array_like = Held, Held
    kernels = {name: kind(getattr(cuda, name)) for name in KERNELS}
    for name, kernel in kernels.items():
        setattr(cuda, name, kernel)
    return kernels


def main(how: str, file: str) -> None:
    stage = scene()
    if how.startswith("sm_"):
        kernels = stand_in(lambda kernel: Translated(kernel, how), how)
        frames(stage, "nothing")
        Path(file).write_text(json.dumps({name: list(kernel.made.values()) for name, kernel in kernels.items()}))
        return
    if how == "simulated":
        simulate()
    elif how == "emulated":
        stand_in(Emulated)
    made = {f"gpu: {name}": values for name, values in frames(stage, how).items()}
    made |= {f"cpu: {name}": values for name, values in frames(stage, CPU).items()}
    kept = [len(cuda._on_device)]
    del stage
    gc.collect()
    with Path(file).open("wb") as stored:
        np.savez(stored, kept=[*kept, len(cuda._on_device)], **made)


if __name__ == "__main__":
    main(*sys.argv[1:])
