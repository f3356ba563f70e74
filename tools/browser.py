"""A headless Chromium, driven through a pipe: to look at pages as a reader does.

    python -m tools.browser --install                 find Chromium, or install it where allowed
    python -m tools.browser PAGE PICTURE [WIDTH]      take a picture of a whole page

The browser gets the project's Chinese font and no network. Protocol: Chrome DevTools, messages as
JSON that end in a zero byte, on the file descriptors 3 (in) and 4 (out).
"""

import argparse
import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from forecast.bulletins.fonts import font_file

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "chrome-headless-shell")
FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--allow-file-access-from-files",
    "--lang=zh-CN",
)
START = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
os.dup2(ends[0], 3)
os.dup2(ends[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Program that gives the browser its two descriptors, out of the way of any it has inherited."""
PATIENCE = 60.0
"""Seconds to wait for an answer before the browser counts as hung."""


class BrowserFailure(Exception):
    """The browser is not there, hangs, or refuses a command."""


def find() -> str | None:
    """Path of a Chromium: `CHROMIUM` in the environment, or the first known name on the PATH."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


def install() -> str:
    """Find Chromium, or install it with apt-get.

    Raises:
        BrowserFailure: There is none and it cannot be installed from here.
    """
    found = find()
    if found is None and os.geteuid() == 0 and (apt := shutil.which("apt-get")):
        subprocess.run([apt, "update", "-qq"], check=False)
        subprocess.run(
            [apt, "install", "-qq", "--yes", "--no-install-recommends", "chromium"], check=False
        )
        found = find()
    if found is None:
        msg = (
            "There is no Chromium on the PATH and it cannot be installed from here. Install it "
            "(Debian: apt-get install chromium), or name one: CHROMIUM=/path/to/chromium."
        )
        raise BrowserFailure(msg)
    return found


@dataclass
class Page:
    """One loaded page and what was seen while it loaded.

    Attributes:
        browser: Whose page it is.
        session: Its id in the protocol.
        requests: Addresses that were asked for, without inline data.
        complaints: Errors and warnings on the console, uncaught exceptions.
    """

    browser: "Browser"
    session: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def evaluate(self, expression: str) -> Any:
        """Value of a JavaScript expression in the page, as JSON carries it.

        Raises:
            BrowserFailure: The expression throws.
        """
        answer = self.browser.call(
            "Runtime.evaluate",
            self.session,
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
        )
        if "exceptionDetails" in answer:
            msg = f"'{expression}' throws {answer['exceptionDetails']}"
            raise BrowserFailure(msg)
        return answer["result"].get("value")

    def picture(self) -> bytes:
        """PNG of the whole page, also of what lies below the window."""
        answer = self.browser.call(
            "Page.captureScreenshot", self.session, format="png", captureBeyondViewport=True
        )
        return base64.b64decode(answer["data"])

    def note(self, event: dict[str, Any]) -> None:
        """Keep what an event says about the page."""
        method, content = event["method"], event["params"]
        if method == "Network.requestWillBeSent":
            address = content["request"]["url"]
            if not address.startswith("data:"):
                self.requests.append(address)
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(content["exceptionDetails"].get("text")))
        elif method == "Log.entryAdded" and content["entry"]["level"] in {"error", "warning"}:
            self.complaints.append(content["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and content["type"] in {"error", "warning"}:
            self.complaints.append(str(content["args"]))


class Browser:
    """A running Chromium; use it in a `with` block.

    Args:
        program: Path of the program.
    """

    def __init__(self, program: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="browser")
        home = Path(self._folder.name)
        fonts = home / ".local" / "share" / "fonts"
        fonts.mkdir(parents=True)
        shutil.copy(font_file(), fonts)
        read_by_browser, self._to = os.pipe()
        self._from, written_by_browser = os.pipe()
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        command = [program, *FLAGS, *sandbox, f"--user-data-dir={home / 'profile'}", "about:blank"]
        ends = (read_by_browser, written_by_browser)
        self._process = subprocess.Popen(
            [sys.executable, "-c", START, *map(str, ends), *command],
            pass_fds=ends,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(home)},
            start_new_session=True,
        )
        for end in ends:
            os.close(end)
        self._buffer = b""
        self._number = 0
        self._page: Page | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the browser and remove its folder."""
        os.close(self._to)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._from)
        for _ in range(20):
            try:
                self._folder.cleanup()
            except OSError:
                time.sleep(0.1)  # a child of the browser is still writing
            else:
                return

    def open(self, path: Path, width: int = 1280, height: int = 900) -> Page:
        """Load a local page in a window of a given size and wait until it is complete."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._page = Page(self, session)
        for part in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{part}.enable", session)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700}
        self.call("Emulation.setDeviceMetricsOverride", session, **size)
        self.call("Page.navigate", session, url=path.resolve().as_uri())
        while self._read()["method"] != "Page.loadEventFired":
            pass
        page.evaluate("document.fonts.ready.then(() => true)")
        return page

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send one command and return its answer; events that come first are noted.

        Raises:
            BrowserFailure: The browser refuses the command, hangs or ends.
        """
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        try:
            os.write(self._to, json.dumps(message).encode() + b"\0")
        except BrokenPipeError as error:
            msg = "The browser has ended."
            raise BrowserFailure(msg) from error
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                if "error" in answer:
                    msg = f"The browser refuses '{method}': {answer['error']}"
                    raise BrowserFailure(msg)
                result: dict[str, Any] = answer["result"]
                return result

    def _read(self) -> dict[str, Any]:
        """Wait for one message; an event of the page in view is noted there."""
        end = time.monotonic() + PATIENCE
        while b"\0" not in self._buffer:
            ready = select.select([self._from], [], [], max(0.0, end - time.monotonic()))[0]
            data = os.read(self._from, 1 << 20) if ready else b""
            if not data:
                msg = "The browser has ended." if ready else "The browser does not answer."
                raise BrowserFailure(msg)
            self._buffer += data
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        message.setdefault("method", "")
        page = self._page
        if page is not None and message["method"] and message.get("sessionId") == page.session:
            page.note(message)
        return message


def main() -> int:
    """Install Chromium or take one picture."""
    parser = argparse.ArgumentParser(description="Look at a page with a headless Chromium.")
    parser.add_argument("--install", action="store_true", help="find or install Chromium")
    parser.add_argument("page", nargs="?", type=Path)
    parser.add_argument("picture", nargs="?", type=Path)
    parser.add_argument("width", nargs="?", type=int, default=1280)
    chosen = parser.parse_args()
    try:
        program = install()
        print(program)
        if not chosen.install:
            if chosen.page is None or chosen.picture is None:
                parser.error("name a page and a picture, or --install")
            with Browser(program) as browser:
                chosen.picture.write_bytes(browser.open(chosen.page, chosen.width).picture())
    except BrowserFailure as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
