"""For tests of what talks to the console: a real server on a free port, who talks to it, and a real browser."""

import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import Engine

from console.api import create_app
from console.settings import ConsoleSettings
from schemas.errors import UnavailableError
from schemas.project import ProjectConfig
from schemas.roles import Role
from storage import accounts
from storage.database import open_engine
from storage.labelers import Labeler, by_token, register
from storage.projects import read_project
from storage.sessions import open_session
from storage.settings import StorageSettings
from storage.testing import write_project
from storage.trail import NOBODY

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

# Plain HTTP needs none; made once, because each client would take a tenth of a second to make its own.
NO_TLS = ssl.create_default_context()
# What browsers send along with what our own pages ask.
OUR_PAGES = {"Sec-Fetch-Site": "same-origin"}

# The label space of the project that tests write.
CLASSES = '{ classes = ["cat", "dog", "fox"] }'


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


@dataclass(frozen=True, kw_only=True)
class Site:
    """A served project that nobody else has, its database, and who talks to it."""

    url: str
    engine: Engine
    project: ProjectConfig
    _clients: ExitStack

    def client(self, **options: Any) -> httpx.Client:
        """Return a client that keeps cookies, as a browser does, and is nobody yet."""
        options = {"base_url": self.url, "verify": NO_TLS, "timeout": 10, "trust_env": False, **options}
        return self._clients.enter_context(httpx.Client(**options))

    def browser(self, labeler: Labeler | None = None) -> httpx.Client:
        """Return a client that sends what browsers send from our pages, signed in as somebody."""
        cookies = {} if labeler is None else {"assay": self.session(labeler)}
        return self.client(headers=OUR_PAGES, cookies=cookies)

    def program(self, token: str) -> httpx.Client:
        """Return a client with a token."""
        return self.client(headers={"Authorization": f"Bearer {token}"})

    def enlist(self, role: Role) -> tuple[Labeler, str]:
        """Make a labeler with that role; return it, and a token of it."""
        token = register(self.engine, self.project.name, f"{role} {uuid4().hex}", simulated=False, role=role)
        labeler = by_token(self.engine, self.project.name, token)
        if labeler is None:
            raise LookupError(role)
        return labeler, token

    def session(self, labeler: Labeler) -> str:
        """Open a session as if the labeler had signed in just now, and return its id."""
        with self.engine.begin() as connection:
            return open_session(connection, labeler, timedelta(hours=1), None)

    def invite(self, role: Role = Role.LABELER) -> tuple[str, str]:
        """Make an account; return its name, and the code with which its password is chosen."""
        name = f"{role} {uuid4().hex}"
        return name, accounts.add(self.engine, self.project.name, name, role, NOBODY)


@contextmanager
def serving(database: str, folder: Path, labels: str = CLASSES, **settings: Any) -> Iterator[Site]:
    """Write a new project with this label space, as TOML, into `folder`, and serve it from the database at this URL."""
    write_project(folder, f"p{uuid4().hex}")
    governing = folder / "project.toml"
    governing.write_text(governing.read_text("utf-8").replace(CLASSES, labels), "utf-8")
    storage = StorageSettings(database_url=SecretStr(database))
    app = create_app(ConsoleSettings(project=folder, **settings), storage)
    engine = open_engine(storage)
    try:
        with served(app) as url, ExitStack() as clients:
            yield Site(url=url, engine=engine, project=read_project(folder).config, _clients=clients)
    finally:
        engine.dispose()


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


def _wait_for(url: str, process: "subprocess.Popen[bytes]", folder: Path, seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=2, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise UnavailableError(f"The console did not start: {(folder / 'console.log').read_text()[-2000:]}")
