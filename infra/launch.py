"""Become the program that a specification names: supervisord starts this file, and it replaces itself.

supervisord's own configuration cannot carry every value (quotes, per cent signs, secrets); a JSON file can. Started
with `-I -S`: only the standard library, nothing of ours.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path


def main(specification: Path) -> None:
    """Note the start beside the specification, then execute the command with its environment."""
    spec = json.loads(specification.read_text(encoding="utf-8"))
    with specification.with_suffix(".starts").open("a", encoding="utf-8") as starts:
        starts.write(f"{time.time()} {os.getpid()}\n")
    _raise_open_files()
    os.chdir(spec["folder"])
    os.execvpe(spec["command"][0], spec["command"], os.environ | spec["environment"])  # noqa: S606  # no shell wanted


def _raise_open_files() -> None:
    # A broker holds several files a partition; the soft limit is often 1024.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
