"""Compaction changes which files hold the rows, and nothing else."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from storage import lake_files
from storage.lake import Lake
from storage.settings import StorageSettings
from storage.testing import accepted_sample, archive_samples, fresh_database


@pytest.fixture(scope="module")
def storage(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StorageSettings]:
    """A database and a folder of their own."""
    with fresh_database(stack.database_url) as url:
        yield StorageSettings(database_url=SecretStr(url), lake=str(tmp_path_factory.mktemp("the lake")))


@pytest.fixture(scope="module")
def lake(storage: StorageSettings) -> Iterator[Lake]:
    """An open lake."""
    with Lake.open(storage) as lake:
        yield lake


@pytest.fixture
def project() -> str:
    """The name of a project that nobody else has."""
    return f"p-{uuid4().hex}"


def fill(lake: Lake, project: str, offsets: range, size: int = 1) -> None:
    """Archive the offsets, `size` a commit."""
    for first in offsets[::size]:
        archive_samples(lake, project, [accepted_sample(offset) for offset in range(first, first + size)])


def offsets(lake: Lake, project: str) -> list[int]:
    """Return the archived offsets in order."""
    return sorted(lake.samples(project, ("offset",)).column("offset").to_pylist())


def table_of(lake: Lake, project: str) -> Any:
    """Return the table of samples."""
    return lake.catalog.load_table((project, "samples"))


def test_rows_and_marks_are_the_same_in_fewer_files(lake: Lake, project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """For every engine: pyiceberg, Polars, DuckDB."""
    monkeypatch.setenv("POLARS_ICEBERG_PLANNER", "pyiceberg")  # its own planner is another package, and it warns
    fill(lake, project, range(20))
    before, marks = lake.samples(project).sort_by("offset"), lake.marks(project)
    done = lake.compact(project)["samples"]
    assert (done.before, done.after) == (20, 1)
    assert (lake.samples(project).sort_by("offset"), lake.marks(project)) == (before, marks)
    files = list(lake_files.live(table_of(lake, project)))
    assert pl.scan_iceberg(table_of(lake, project)).select("offset").collect()["offset"].to_list() == list(range(20))
    counted = duckdb.read_parquet(files).aggregate('count(*), sum("offset")')
    assert counted.fetchall() == [(20, 190)]


def test_a_reader_goes_on_with_what_was_replaced(lake: Lake, project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files go when they have gone unnamed for the grace period, and not before."""
    monkeypatch.setattr("storage.lake_append.SNAPSHOTS_MOST", 4)
    monkeypatch.setattr("storage.lake_append.SNAPSHOTS_KEPT", 2)
    fill(lake, project, range(20))
    old = table_of(lake, project).scan()
    lake.compact(project)
    fill(lake, project, range(20, 30))
    assert lake.compact(project, grace=3600)["samples"].removed == 0
    assert old.to_arrow().num_rows == 20
    assert lake.compact(project, grace=0)["samples"].removed > 20
    assert offsets(lake, project) == list(range(30))
    table = table_of(lake, project)
    unnamed = lake_files.present(table) - lake_files.named(table)
    assert len(lake_files.live(table)) < 20
    assert len(unnamed) < 5
    with pytest.raises(FileNotFoundError):
        old.to_arrow()


def test_appends_and_compactions_at_once_lose_nothing(storage: StorageSettings, project: str) -> None:
    """A merge whose commit is overtaken is tried again; what it merges stays as long as all of it is there."""

    def write(partition: int) -> None:
        with Lake.open(storage) as lake:
            for offset in range(12):
                archive_samples(lake, project, [accepted_sample(offset, partition)])

    def tidy(_: int) -> None:
        with Lake.open(storage) as lake:
            for _ in range(6):
                lake.compact(project, fan=3, grace=0)

    with ThreadPoolExecutor(4) as threads:
        for work in [threads.submit(write, 0), threads.submit(write, 1), *(threads.submit(tidy, n) for n in (0, 1))]:
            work.result()
    with Lake.open(storage) as lake:
        assert lake.counts(project) == {("zoo.samples", 0): 12, ("zoo.samples", 1): 12}
        assert set(offsets(lake, project)) == set(range(12))


def test_a_writer_that_slept_through_a_clean_up_names_no_file_that_is_gone(
    lake: Lake, storage: StorageSettings, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file was removed between writing and committing; it finds the table changed and writes anew."""
    fill(lake, project, range(3))
    commit = lake_files.append
    slept: list[int] = []

    def sleeping(*arguments: Any) -> None:
        if not slept:
            slept.append(1)  # the others work on while this writer sleeps
            with Lake.open(storage) as other:
                slept.extend(other.compact(project, grace=0)["samples"].removed for _ in range(2))
        commit(*arguments)

    with monkeypatch.context() as patched:
        # A pause at this very point cannot be had from outside.
        patched.setattr("storage.lake_files.append", sleeping)
        fill(lake, project, range(3, 4))
    assert sum(slept[1:]) > 0
    assert offsets(lake, project) == list(range(4))


STEPS = st.lists(
    st.tuples(st.just("append"), st.integers(0, 12), st.integers(1, 6))
    | st.tuples(st.just("crash"), st.sampled_from(["write", "append", "replace"]), st.integers(0, 12))
    | st.tuples(st.just("compact"), st.integers(2, 4), st.sampled_from([0, 3600])),
    max_size=10,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_each_row_is_there_once(lake: Lake, steps: list[tuple[Any, Any, Any]]) -> None:
    """Appends in any order, compactions, and crashes before and after a commit, one after the other."""
    project, expected = f"p-{uuid4().hex}", set[int]()
    for kind, first, second in steps:
        if kind == "append":
            archive_samples(lake, project, [accepted_sample(offset) for offset in range(first, first + second)])
            expected |= set(range(first, first + second))
        elif kind == "compact":
            lake.compact(project, fan=first, grace=second)
        else:
            crash(lake, project, at=first, offset=second)
            expected |= {second} & set(offsets(lake, project))
        assert offsets(lake, project) == sorted(expected)


def crash(lake: Lake, project: str, *, at: str, offset: int) -> None:
    """Archive an offset and compact, and die right after the step named `at`."""
    done = getattr(lake_files, at)

    def last(*arguments: Any) -> None:
        done(*arguments)
        raise InterruptedError

    with pytest.MonkeyPatch.context() as patched:
        # A crash at this very point cannot be had from outside.
        patched.setattr(f"storage.lake_files.{at}", last)
        try:
            archive_samples(lake, project, [accepted_sample(offset)])
            lake.compact(project, fan=2)
        except InterruptedError:
            return


WRITER = """
import sys
from storage.lake import Lake
from storage.settings import StorageSettings
from storage.testing import accepted_sample, archive_samples

with Lake.open(StorageSettings()) as lake:
    for offset in range(10_000):
        archive_samples(lake, sys.argv[1], [accepted_sample(offset)])
        lake.compact(sys.argv[1], fan=3, grace=0)
"""


def test_a_writer_that_is_killed_leaves_a_sound_table(lake: Lake, storage: StorageSettings, project: str) -> None:
    """At any moment: rows are a run without a hole, the mark says so, and the next writer goes on."""
    lake.ensure(project)
    environment = {"ASSAY_DATABASE_URL": storage.database_url.get_secret_value(), "ASSAY_LAKE": storage.lake}
    for _ in range(4):
        writer = subprocess.Popen((sys.executable, "-c", WRITER, project), env=environment)
        reached = len(offsets(lake, project))
        while len(offsets(lake, project)) < reached + 4:
            time.sleep(0.05)
        writer.send_signal(signal.SIGKILL)
        writer.wait(10)
        found = offsets(lake, project)
        assert found == list(range(len(found)))
        assert lake.marks(project) == {("zoo.samples", 0): found[-1]}
