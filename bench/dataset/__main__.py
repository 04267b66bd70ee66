"""How long a dataset build takes and how much memory it needs, as the lake and the labels grow.

For each size: made-up samples in a real Iceberg lake, one of ten labeled by five people in a real PostgreSQL, and one
build of the first version, by the product's own code in a process of its own. Only that is measured. Writes
`var/bench/dataset.json`.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bench.dataset.filling import LABELS, fill
from bench.engines import CHECKOUT, LINE
from infra.testing import RunningStack, running_stack
from storage import guidelines
from storage.database import open_engine
from storage.lake import Lake
from storage.projects import read_project
from storage.settings import StorageSettings
from storage.testing import fresh_database

SIZES = (10_000, 100_000, 1_000_000)


def run(stack: RunningStack, samples: int, every: int) -> dict[str, Any]:
    """Fill a database and a lake of their own, build, and return what it took."""
    folder = stack.var / f"lake-{samples}"
    with fresh_database(stack.database_url) as url:
        settings = StorageSettings(database_url=SecretStr(url), lake=str(folder))
        began = time.perf_counter()
        _filled(settings, samples, every)
        print(f"{samples:,} samples: filled in {time.perf_counter() - began:.0f} s", flush=True)
        command = (sys.executable, "-m", "bench.dataset.building")
        variables = {**os.environ, **settings.variables()}
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT, env=variables)
    shutil.rmtree(folder)
    found = {"samples": samples, "labels": LABELS * -(-samples // every), **json.loads(done.stdout)}
    print(json.dumps(found), flush=True)
    return found


def _filled(settings: StorageSettings, samples: int, every: int) -> None:
    project, engine = read_project(LINE), open_engine(settings)
    try:
        guidelines.ensure(engine, project.config.name, project.guideline, project.config.labels.classes)
        with Lake.open(settings) as lake:
            fill(engine, lake, project, samples, every)
    finally:
        engine.dispose()


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="how many samples the lake holds")
    parser.add_argument("--every", type=int, default=10, help="one sample of so many is labeled, five times")
    parser.add_argument("--out", type=Path, default=CHECKOUT / "var" / "bench", help="where dataset.json goes")
    arguments = parser.parse_args()
    folder = arguments.out / "dataset"
    shutil.rmtree(folder, ignore_errors=True)
    runs: list[dict[str, Any]] = []
    try:
        with running_stack(folder) as stack:
            for samples in arguments.sizes:
                runs.append(run(stack, samples, arguments.every))
                # At once: a larger size may fail for want of disk or memory.
                (arguments.out / "dataset.json").write_text(
                    json.dumps({"runs": runs}, indent=2) + "\n", encoding="utf-8"
                )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
