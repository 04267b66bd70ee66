"""For tests of what talks to the console: a real server on a free port, and a real browser."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

from schemas.errors import UnavailableError

# Names of Chromium on a PATH.
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
# Nothing but the page asked for: no sandbox, which root cannot have, no GPU, no calls home.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve `app` in a thread and yield its URL; what keeps it from starting is in the log."""
    config = uvicorn.Config(app, access_log=False, log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    # The protocol is named, because asyncio turns Nagle's delays off only where it is: 40 ms a request.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started and thread.is_alive():
                thread.join(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)


def chromium() -> str:
    """Return the path of the system's Chromium.

    Raises:
        UnavailableError: there is none.
    """
    for name in CHROMIUMS:
        if found := shutil.which(name):
            return found
    raise UnavailableError(
        "No Chromium on the PATH, which tests of the pages look at them with: `infra/setup.sh browser` installs it as "
        "root on Debian; elsewhere install chromium yourself."
    )


@contextmanager
def site(project: Path, database_url: str, folder: Path) -> Iterator[str]:
    """Run `python -m console` in a process of its own and yield its URL; its log is console.log in `folder`.

    Raises:
        UnavailableError: it did not start.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {"PROJECT": str(project), "DATABASE_URL": database_url, "LAKE": str(folder / "lake"), "API_PORT": str(port)}
    settings = {f"ASSAY_{name}": value for name, value in {**own, "VAR": str(folder)}.items()}
    with (folder / "console.log").open("ab") as log:
        command = [sys.executable, "-m", "console"]
        process = subprocess.Popen(command, env={**os.environ, **settings}, stdout=log, stderr=log)  # noqa: S603 - ours
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(f"{url}/v1/healthz", process, folder)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=15)


def _wait_for(url: str, process: "subprocess.Popen[bytes]", folder: Path, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=2, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise UnavailableError(f"The console did not start: {(folder / 'console.log').read_text()[-2000:]}")
