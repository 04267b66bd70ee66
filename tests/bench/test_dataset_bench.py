"""The bench of dataset builds: its made-up samples and labels make a version, and it says what that took."""

from pathlib import Path
from typing import Any

from bench.dataset.__main__ import run
from infra.testing import RunningStack


def test_a_run_says_what_the_build_of_a_version_took(stack: Any, tmp_path: Path) -> None:
    """A build in a process of its own takes some seconds, most of them to import Great Expectations."""
    found = run(RunningStack(kafka_bootstrap="", database_url=stack.database_url, var=tmp_path), 400, 10)
    assert (found["samples"], found["labels"], found["rows"]) == (400, 200, 40)
    assert found["stages"].keys() == {
        *("labels", "samples", "rules", "rows", "choosing", "hashing", "gate", "writing", "rest")
    }
    assert abs(sum(found["stages"].values()) - found["seconds"]) < 0.1
    assert found["peak_mib"] >= found["idle_mib"] > 0
    assert list(tmp_path.iterdir()) == []
