"""Starts a worker: `python -m streams screen` or `python -m streams keep`; SIGTERM drains and ends it."""

import argparse
import gc
import logging

from faust import Worker

from storage.process import explained
from storage.settings import StorageSettings
from streams.app import configure_logging, create_app
from streams.settings import Role, StreamSettings

# A frame makes thousands of objects that hold no cycles: looking through them for some is rarely worth it.
GARBAGE = 100_000


def main() -> None:
    """Run a worker until it is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m streams", description=__doc__)
    parser.add_argument("role", choices=list(Role), type=Role, help="what the worker does")
    role = parser.parse_args().role
    configure_logging()
    with explained():
        app = create_app(role, StreamSettings(), StorageSettings())
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)
    Worker(app, loglevel=logging.WARNING, quiet=True, redirect_stdouts=False).execute_from_commandline()


if __name__ == "__main__":
    main()
