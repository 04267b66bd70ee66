"""A platform of a bench's own, begun empty, with the samples of the digits example to label."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.settings import load_settings

ADDRESS = re.compile(r"^(http\S+)/enter#\S+$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Fresh:
    """Where its console is, the address that signs in once, its folder, and the seconds that it took to start."""

    url: str
    address: str
    var: Path
    seconds: float


@contextmanager
def fresh(name: str) -> Iterator[Fresh]:
    """Start one in `var/bench/NAME`, whose data of before are removed; stop it at the end."""
    var = load_settings().var / "bench" / name
    assay(var, "down")
    shutil.rmtree(var, ignore_errors=True)
    try:
        began = time.perf_counter()
        found = ADDRESS.search(assay(var, "up", "--example"))
        assert found is not None
        yield Fresh(url=found[1], address=found[0], var=var, seconds=time.perf_counter() - began)
    finally:
        assay(var, "down")


def assay(var: Path, *words: str) -> str:
    """Run a command on the platform in this folder, and return what it printed."""
    environment = {**os.environ, "ASSAY_VAR": str(var), "COLUMNS": "200"}
    command = (sys.executable, "-m", "assay", *words)
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
