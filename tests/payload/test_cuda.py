"""The same pictures on a GPU: on the one that is here, on Numba's simulator of one, and as code for one run here."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from farside.errors import BadInput
from farside.payload.camera.device import CHOICE, CPU, device
from farside.payload.camera.render import DARK, QUEUED, SOFT, SUNLIT

pytestmark = pytest.mark.xdist_group("cuda")  # frames of the simulator take a while: once is enough

SCRIPT = Path(__file__).with_name("cuda_frames.py")
CLOSE, TIES = 1e-6, 1e-4
"""Relative tolerance, and share of pixels whose rays may pass the other side of an edge; see device.py."""


def nvvm() -> bool:
    """Whether numba-cuda can compile here."""
    if find_spec("numba_cuda") is None:
        return False
    ask = "from numba.cuda.cudadrv.nvvm import NVVM; NVVM()"
    return subprocess.run([sys.executable, "-c", ask], capture_output=True).returncode == 0


def run(how, folder):
    environment = os.environ | ({"NUMBA_ENABLE_CUDASIM": "1"} if how == "simulated" else {})
    file = folder / how
    done = subprocess.run(
        [sys.executable, SCRIPT, how, file], env=environment, capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return file


@pytest.fixture(scope="module", params=["simulated", "emulated", "real"])
def made(request, tmp_path_factory):
    """Frames of a GPU and of the processor."""
    how = request.param
    if how == "emulated" and not nvvm():
        pytest.skip("numba-cuda and NVVM are not here: pip install 'farside[cuda]'")
    if how == "real" and device() == CPU:
        pytest.skip("no GPU here")
    with np.load(run(how, tmp_path_factory.mktemp("frames"))) as stored:
        return {**stored, "how": how}


def test_every_plane_is_the_processors(made):
    planes = [name.removeprefix("cpu: ") for name in made if name.startswith("cpu: ")]
    assert len(planes) > 30
    apart, pixels = 0, 0
    for name in planes:
        ours, theirs = made[f"cpu: {name}"], made[f"gpu: {name}"]
        assert theirs.dtype == ours.dtype
        if ours.dtype.kind == "f":
            apart += (~np.isclose(theirs, ours, rtol=CLOSE, atol=1e-9, equal_nan=True)).sum()
        else:
            apart += (theirs != ours).sum()
        pixels += ours.size
    assert apart <= (0 if made["how"] == "simulated" else TIES * pixels)


def test_penumbrae_grow_beyond_where_they_were_seen(made):
    """Otherwise the frames would not show that growth is the same."""
    grown = 0
    for name in ("terrain camera, bounce", "terrain camera, no bounce", "landing camera", "a lens that bends"):
        sun = made[f"gpu: {name}: sun"]
        disagrees = np.zeros(sun.shape, bool)
        for mine, neighbours in (
            (np.s_[1:], np.s_[:-1]), (np.s_[:-1], np.s_[1:]),
            (np.s_[:, 1:], np.s_[:, :-1]), (np.s_[:, :-1], np.s_[:, 1:]),
        ):  # fmt: skip
            both = sun[mine] | sun[neighbours]
            disagrees[mine] |= (both & (SUNLIT | DARK) == SUNLIT | DARK) & (both & SOFT != 0)
        queued = sun & QUEUED != 0
        assert queued[disagrees].all()
        grown += int((queued & ~disagrees).sum())
    assert grown > 20


def test_a_scene_stays_on_the_gpu_until_it_is_gone(made):
    with_scene, without = made["kept"]
    assert with_scene > 10
    assert without == 0


@pytest.mark.parametrize("generation", ["sm_80", "sm_90"])
def test_kernels_compile_for_gpus(generation, tmp_path):
    if not nvvm():
        pytest.skip("numba-cuda and NVVM are not here: pip install 'farside[cuda]'")
    kernels = json.loads(run(generation, tmp_path).read_text())
    assert set(kernels) == {"_cells", "_pixels", "_traces", "_lights"}
    for made in kernels.values():
        assert len(made) == 1  # one set of types, whatever the frame
        assert made[0]["entries"] == 1
        assert made[0].get("spilled", 0) == 0


def test_the_processor_can_be_chosen(monkeypatch):
    monkeypatch.setenv(CHOICE, CPU)
    assert device.__wrapped__() == CPU


def test_another_choice_is_named(monkeypatch):
    monkeypatch.setenv(CHOICE, "tpu")
    with pytest.raises(BadInput, match=f"{CHOICE}.*tpu.*cpu"):
        device.__wrapped__()


def test_without_the_extra_the_processor_renders(monkeypatch):
    monkeypatch.delenv(CHOICE, raising=False)
    monkeypatch.setattr(sys.modules[device.__module__], "find_spec", lambda name: None)
    assert device.__wrapped__() == CPU
