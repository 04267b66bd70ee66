"""Evidently and NannyML, in processes of their own environment: what they say of streams that were written for them."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
PYTHON = CHECKOUT / ".venv-bench-drift" / "bin" / "python"
# They would tell their makers of their use.
SILENT = {"DO_NOT_TRACK": "1", "NML_DISABLE_USAGE_LOGGING": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def scored(files: Sequence[Path], processes: int) -> dict[Path, Mapping[str, Any]]:
    """Return what peers say of each file, or nothing where their environment is not there.

    What they said of a file already, since it was written, is not asked again.
    """
    if not PYTHON.is_file() or not files:
        return {}
    asked = [file for file in files if not _is_known(file)]
    parts = [part for part in (asked[start::processes] for start in range(processes)) if part]
    script = str(CHECKOUT / "bench" / "drift" / "peers.py")
    running = [
        subprocess.Popen([str(PYTHON), script, *map(str, part)], env=os.environ | SILENT, stderr=subprocess.DEVNULL)
        for part in parts
    ]
    failed = [" ".join(map(str, part)) for one, part in zip(running, parts, strict=True) if one.wait()]
    if failed:
        raise RuntimeError(f"Evidently or NannyML failed; to see why, run {PYTHON} {script} {failed[0]}")
    return {file: json.loads(file.with_suffix(".json").read_text(encoding="utf-8")) for file in files}


def _is_known(file: Path) -> bool:
    said = file.with_suffix(".json")
    return said.is_file() and said.stat().st_mtime >= file.stat().st_mtime
