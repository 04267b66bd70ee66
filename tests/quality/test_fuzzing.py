"""The short form of `make fuzz`, which continuous integration runs."""

import json
import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent.parent


def test_no_spoiled_record_escapes_or_is_lost(tmp_path: Path) -> None:
    """Nor is any read in two ways; the report accounts for each."""
    command = (sys.executable, "-m", "bench.fuzz", "--records", "5000", "--seed", "7")
    environment = {**os.environ, "ASSAY_VAR": str(tmp_path), "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads((tmp_path / "fuzz" / "report.json").read_text())
    assert (report["records"], report["seed"]) == (5000, 7)
    assert report["accepted"] + report["rejected"] + report["duplicates"] == 5000
    assert [report[kind] for kind in ("crashed", "hung", "disagreed", "unsound")] == [0, 0, 0, 0]
