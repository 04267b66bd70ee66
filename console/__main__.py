"""Serves the API: `python -m console`; SIGTERM lets requests under way finish, for ten seconds at most."""

import uvicorn

from console.api import create_app
from console.settings import ConsoleSettings
from storage.process import explained
from storage.settings import StorageSettings


def main() -> None:
    """Serve until told to stop."""
    with explained():
        settings = ConsoleSettings()
        app = create_app(settings, StorageSettings())
    uvicorn.run(
        app,
        host=settings.api_host,
        port=settings.api_port,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


if __name__ == "__main__":
    main()
