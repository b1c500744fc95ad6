"""A headless Chromium driven over its debugging pipe: enough to open a page, look at it, touch it and picture it.

The DevTools protocol over file descriptors 3 and 4 needs neither a port nor a driver program. Used by
``docs/screenshots.py`` and by the gallery's tests.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
    *("--hide-scrollbars", "--mute-audio"),
    *("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),  # WebGL without a graphics card
    "--remote-debugging-pipe",
)


def find_chromium() -> str | None:
    """Path of a Chromium or Chrome on this machine."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Chromium:
    """One browser with one page; a context manager.

    ``complaints`` collects console errors, uncaught exceptions and failed requests; ``requested`` every address asked
    for.
    """

    def __init__(self, width: int = 1440, height: int = 900, *, phone: bool = False, motion: bool = False) -> None:
        self.complaints: list[str] = []
        self.requested: list[str] = []
        self._waiting = b""
        self._answers: dict[int, dict[str, Any]] = {}
        self._count = 0
        self._session: str | None = None
        binary = find_chromium()
        if binary is None:
            raise FileNotFoundError("no Chromium on this machine (Debian package chromium)")
        self._profile = tempfile.mkdtemp(prefix="farside-chromium-")
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()

        def lay_pipe() -> None:
            """In the child: the browser wants its pipe at descriptors 3 and 4 (taken here, so no other is lost)."""
            ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (to_browser, from_browser)]
            for place, end in zip((3, 4), ends, strict=True):
                os.dup2(end, place)

        self._process = subprocess.Popen(
            [binary, *FLAGS, f"--user-data-dir={self._profile}", "about:blank"],
            preexec_fn=lay_pipe,
            pass_fds=(3, 4),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        self.call("Emulation.setTouchEmulationEnabled", enabled=phone)
        if not motion:
            calm = [{"name": "prefers-reduced-motion", "value": "reduce"}]
            self.call("Emulation.setEmulatedMedia", features=calm)

    def __enter__(self) -> Chromium:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._in)
        os.close(self._out)
        shutil.rmtree(self._profile, ignore_errors=True)

    def call(self, method: str, timeout_s: float = 60.0, **params: Any) -> dict[str, Any]:
        """Send one command of the DevTools protocol and return its result."""
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + timeout_s
        while self._count not in self._answers:
            if not self._read(end - time.monotonic()):
                raise TimeoutError(f"{method}: no answer from the browser in {timeout_s:.0f} s")
        answer = self._answers.pop(self._count)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def open(self, page: Path, ready: str = "document.documentElement?.dataset.ready") -> None:
        """Open a file from disk and wait until the script expression ``ready`` is true."""
        self.call("Page.navigate", url=page.resolve().as_uri())
        self.until(ready)

    def evaluate(self, expression: str) -> Any:
        """Value of a script expression (a promise is awaited)."""
        result = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", expression))
        return result["result"].get("value")

    def until(self, expression: str, timeout_s: float = 30.0) -> None:
        """Wait until a script expression is true."""
        end = time.monotonic() + timeout_s
        while not self.evaluate(f"Boolean({expression})"):
            if time.monotonic() > end:
                raise TimeoutError(f"never true: {expression}; complaints: {self.complaints}")
            self.pause(0.1)

    def pause(self, seconds: float) -> None:
        """Let the page go on."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._read(left)

    def key(self, key: str) -> None:
        """Press and release a key, named as scripts name it."""
        codes = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Escape": 27, "Enter": 13}
        code = codes.get(key, ord(key[0]))
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def drag(self, start: tuple[int, int], end: tuple[int, int], *, touch: bool = False, steps: int = 8) -> None:
        """Drag with the mouse or with one finger."""
        path = [
            (start[0] + (end[0] - start[0]) * i / steps, start[1] + (end[1] - start[1]) * i / steps)
            for i in range(steps + 1)
        ]
        for i, (x, y) in enumerate(path):
            if touch:
                kind = "touchMove" if i else "touchStart"
                self.call("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": x, "y": y}])
            else:
                kind = "mouseMoved" if i else "mousePressed"
                button = {"button": "left", "buttons": 1, "clickCount": 0 if i else 1}
                self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **button)
            self.pause(0.03)
        if touch:
            self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        else:
            x, y = path[-1]
            self.call("Input.dispatchMouseEvent", type="mouseReleased", x=x, y=y, button="left", clickCount=1)

    def screenshot(self, *, jpeg: int | None = None) -> bytes:
        """Picture of the window: PNG, or JPEG of the given quality."""
        form = {"format": "png"} if jpeg is None else {"format": "jpeg", "quality": jpeg}
        return base64.b64decode(self.call("Page.captureScreenshot", **form)["data"])

    def _read(self, timeout_s: float) -> bool:
        """Take in what the browser says within the time; False if it said nothing."""
        if not select.select([self._in], [], [], max(0.0, timeout_s))[0]:
            return False
        block = os.read(self._in, 1 << 20)
        if not block:
            raise ConnectionError("the browser went away")
        *whole, self._waiting = (self._waiting + block).split(b"\0")
        for text in whole:
            self._take(json.loads(text))
        return True

    def _take(self, message: dict[str, Any]) -> None:
        if "id" in message:
            self._answers[message["id"]] = message
            return
        params, method = message.get("params", {}), message["method"]
        if method == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"].get("exception", params["exceptionDetails"])))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            self.complaints.append(" ".join(str(arg.get("value", arg.get("description"))) for arg in params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        elif method == "Network.requestWillBeSent":
            self.requested.append(params["request"]["url"])
