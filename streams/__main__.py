"""Starts a worker: `python -m streams screen` or `python -m streams keep`; SIGTERM drains and ends it."""

import argparse
import logging
import sys

from faust import Worker

from storage.process import explained
from storage.settings import StorageSettings
from streams.app import configure_logging, create_app
from streams.settings import Role, StreamSettings

# How long a thread may keep the interpreter from the others, in seconds: a frame that has arrived must not wait for a
# checkpoint that is being written.
SWITCH_SECONDS = 0.0005


def main() -> None:
    """Run a worker until it is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m streams", description=__doc__)
    parser.add_argument("role", choices=list(Role), type=Role, help="what the worker does")
    role = parser.parse_args().role
    configure_logging()
    sys.setswitchinterval(SWITCH_SECONDS)
    with explained():
        app = create_app(role, StreamSettings(), StorageSettings())
    Worker(app, loglevel=logging.WARNING, quiet=True, redirect_stdouts=False).execute_from_commandline()


if __name__ == "__main__":
    main()
