"""Serves API and pages: `python -m console`; SIGTERM lets requests under way finish, for ten seconds at most."""

import uvicorn

from console.settings import ConsoleSettings
from console.site import create_site
from storage.process import explained
from storage.settings import StorageSettings


def main() -> None:
    """Serve until told to stop."""
    with explained():
        settings = ConsoleSettings()
        app = create_site(settings, StorageSettings())
    uvicorn.run(
        app,
        host=settings.api_host,
        port=settings.api_port,
        access_log=False,
        log_level="warning",  # at the level below every page's connection is logged with what one could take it over by
        server_header=False,
        ws_max_size=settings.api_body_bytes,
        forwarded_allow_ips=settings.api_proxies,
        timeout_graceful_shutdown=10,
    )


if __name__ == "__main__":
    main()
