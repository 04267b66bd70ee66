"""Results of single jobs outlive a bench that was stopped, and no change of what they depend on."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bench.kept import Kept, digest_of, kept


@dataclass(frozen=True)
class Place:
    """A source."""

    folder: Path


@dataclass(frozen=True)
class Asked:
    """A job."""

    source: Place
    name: str


class Counting:
    """A measure that counts how often it is asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, job: Asked) -> str:
        """Return the job's name in capitals."""
        self.times += 1
        if job.name == "broken":
            raise RuntimeError
        return job.name.upper()


@pytest.fixture
def job(tmp_path: Path) -> Asked:
    """Return a job on a folder with one file."""
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "rows.csv").write_text("a,b\n", encoding="utf-8")
    return Asked(Place(tmp_path / "set"), "one")


@pytest.fixture
def measure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counting:
    """Return a measure whose results go below a folder of the test."""
    monkeypatch.setenv("ASSAY_VAR", str(tmp_path / "var"))
    return Counting()


def test_a_job_is_measured_once_over_several_runs(job: Asked, measure: Counting) -> None:
    """The second run reads what the first wrote."""
    assert [kept("line", measure, fresh=False)(job) for _ in range(2)] == ["ONE", "ONE"]
    assert measure.times == 1


def test_a_fresh_run_measures_again(job: Asked, measure: Counting) -> None:
    """And the next one reads what that wrote."""
    assert [kept("line", measure, fresh=fresh)(job) for fresh in (False, True, False)] == ["ONE"] * 3
    assert measure.times == 2


def test_what_a_result_depends_on_is_asked_anew_when_it_changes(job: Asked, measure: Counting) -> None:
    """Another job, other code, and the same file with other content."""
    keeping: Kept[Asked, str] = kept("line", measure, fresh=False)
    assert (keeping(job), keeping(replace(job, name="two"))) == ("ONE", "TWO")
    assert replace(keeping, code="changed")(job) == "ONE"
    (job.source.folder / "rows.csv").write_text("a,c\n", encoding="utf-8")
    digest_of.cache_clear()
    assert keeping(job) == "ONE"
    assert measure.times == 4


def test_a_job_that_fails_leaves_nothing(job: Asked, measure: Counting) -> None:
    """It fails again when it is asked again."""
    keeping = kept("line", measure, fresh=False)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            keeping(replace(job, name="broken"))
    assert (measure.times, list(keeping.folder.iterdir())) == (2, [])
