"""A real Label Studio server in a folder of its own, for tests of what speaks with it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from infra.ports import LOOPBACK, free_port
from infra.programs import Program
from infra.settings import CHECKOUT, InfraSettings
from infra.stack import Stack
from infra.testing import guard

PROGRAM = CHECKOUT / ".venv-label-studio" / "bin" / "label-studio"
# It migrates an empty database first: 7 to 29 s on an idle machine of two cores.
READY_SECONDS = 240


@dataclass(frozen=True, kw_only=True)
class RunningLabelStudio:
    """Where the server is, and the e-mail address and the token of its first user."""

    url: str
    email: str
    token: str


@contextmanager
def running_label_studio(var: Path) -> Iterator[RunningLabelStudio]:
    """Run the server with its data in this folder until the block ends; it ends with this process too.

    It asks nothing of the internet, and sends webhooks to this machine. `infra/setup.sh label-studio` makes its
    environment.
    """
    port = free_port()
    running = RunningLabelStudio(
        url=f"http://{LOOPBACK}:{port}", email="admin@example.org", token=secrets.token_hex(20)
    )
    stack = Stack(InfraSettings(var=var, kafka_bootstrap=None, database_url=None))
    try:
        stack.start([guard(), _server(var, port, running)])
        yield running
    finally:
        stack.stop()


def _server(var: Path, port: int, running: RunningLabelStudio) -> Program:
    return Program(
        name="label-studio",
        command=(
            str(PROGRAM),
            *("start", "--no-browser"),
            *("--internal-host", LOOPBACK, "--port", str(port)),
        ),
        environment={
            "LABEL_STUDIO_BASE_DATA_DIR": str(var / "label-studio"),
            "LABEL_STUDIO_USERNAME": running.email,
            "LABEL_STUDIO_PASSWORD": secrets.token_urlsafe(),
            "LABEL_STUDIO_USER_TOKEN": running.token,
            "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
            "SSRF_PROTECTION_ENABLED": "false",  # else it sends no webhook to this machine
            "COLLECT_ANALYTICS": "False",
            "LATEST_VERSION_CHECK": "False",
            "SENTRY_DSN": "",
            "FRONTEND_SENTRY_DSN": "",
            "FEATURE_FLAGS_OFFLINE": "True",
        },
        needs=(),
        ready=lambda: _healthy(running.url),
        ready_seconds=READY_SECONDS,
        autorestart=False,
    )


def _healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False
