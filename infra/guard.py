"""End the stack that runs this when another process is gone: a stack of tests must not outlive them.

A program of the stack, and so a child of its supervisord, which on TERM stops everything it runs.
"""

import os
import signal
import sys
import time

POLL_SECONDS = 0.5


def main(watched: int) -> None:
    """Wait until no process has this number, then end our supervisord."""
    while _exists(watched):
        time.sleep(POLL_SECONDS)
    os.kill(os.getppid(), signal.SIGTERM)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main(int(sys.argv[1]))
