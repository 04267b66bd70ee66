"""The lake: everything accepted or rejected is archived exactly once."""

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import inspect

from schemas.verdicts import AcceptedSample, DeadLetter, Origin, Versions, Violation
from storage.database import open_engine
from storage.lake import CATALOG_TABLES, Lake, marks_of, unarchived
from storage.lake_rows import SAMPLES, dead_letter_of, sample_of, samples_table
from storage.settings import StorageSettings
from storage.testing import fresh_database

VERSIONS = Versions(contract=1, suite="s", policy="p")
NOTE = Violation(rule="r", where="w", seen="1", allowed="2")


@pytest.fixture(scope="module")
def settings(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StorageSettings]:
    """A database and a folder of their own; the folder's name holds a space."""
    folder = tmp_path_factory.mktemp("the lake")
    with fresh_database(stack.database_url) as url:
        yield StorageSettings(database_url=SecretStr(url), lake=str(folder / "a lake"))


@pytest.fixture
def lake(settings: StorageSettings) -> Iterator[Lake]:
    """An open lake."""
    with Lake.open(settings) as lake:
        yield lake


@pytest.fixture
def project() -> str:
    """The name of a project that nobody else has; names may hold hyphens."""
    return f"p-{uuid4().hex}"


def accepted(offset: int, partition: int = 0, **sample: Any) -> AcceptedSample:
    """Return the accepted sample at an offset; `sample` replaces fields."""
    fields = {
        "contract": 1,
        "sample_id": f"s{partition}-{offset}",
        "source": "camera",
        "occurred_at": "2026-01-01T00:00:00.250000Z",
        "payload": {"text": "čaj", "size": 1.0, "many": [1, None]},
        "prediction": {"model": "m1", "scores": {"cat": 0.6, "dog": 0.1}},
        "embedding": [0.1, 0.2],
        "attributes": {"batch": 3, "dark": True},
        "media": None,
    }
    origin = Origin(topic="zoo.samples", partition=partition, offset=offset)
    return AcceptedSample(origin=origin, sample={**fields, **sample}, versions=VERSIONS)


def dead(offset: int, value: bytes | None) -> DeadLetter:
    """Return the dead letter at an offset of partition 0."""
    return DeadLetter(
        origin=Origin(topic="zoo.samples", partition=0, offset=offset),
        key=None,
        value=None if value is None else base64.b64encode(value).decode(),
        headers=(("trace", base64.b64encode(b"\xff").decode()), ("trace", None)),
        timestamp=datetime(2026, 1, 1, tzinfo=UTC),
        violations=(NOTE,),
        versions=VERSIONS,
    )


def offsets(lake: Lake, project: str) -> list[int]:
    """Return the archived offsets in order."""
    return sorted(lake.samples(project, ("offset",)).column("offset").to_pylist())


def test_what_is_delivered_twice_is_archived_once(lake: Lake, project: str) -> None:
    """A frame that is screened again gives the same outputs again, with more behind them."""
    assert lake.append_samples(project, [accepted(offset) for offset in (3, 4, 7)]) == 3
    assert lake.append_samples(project, [accepted(offset) for offset in (3, 4, 7)]) == 0
    assert lake.append_samples(project, [accepted(offset) for offset in (4, 7, 8, 7, 8, 9)]) == 2
    assert offsets(lake, project) == [3, 4, 7, 8, 9]


def test_partitions_have_marks_of_their_own(lake: Lake, project: str) -> None:
    """A low offset of one partition is not old because another is ahead."""
    lake.append_samples(project, [accepted(90, partition=0), accepted(5, partition=11)])
    lake.append_samples(project, [accepted(6, partition=11), accepted(0, partition=2)])
    assert lake.marks(project) == {("zoo.samples", 0): 90, ("zoo.samples", 11): 6, ("zoo.samples", 2): 0}
    assert lake.counts(project) == {("zoo.samples", 0): 1, ("zoo.samples", 11): 2, ("zoo.samples", 2): 1}


def test_writers_of_many_partitions_at_once_lose_nothing(settings: StorageSettings, project: str) -> None:
    """Four workers with three frames each; every commit that fails is tried again with the marks read anew."""

    def work(partition: int) -> int:
        with Lake.open(settings) as lake:
            frames = [[accepted(offset, partition) for offset in range(start, start + 5)] for start in (0, 3, 8)]
            return sum(lake.append_samples(project, frame) for frame in frames)

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(work, range(4))) == [13] * 4
    with Lake.open(settings) as lake:
        assert lake.counts(project) == {("zoo.samples", partition): 13 for partition in range(4)}
        assert set(lake.marks(project).values()) == {12}


def test_two_writers_of_one_partition_archive_it_once(settings: StorageSettings, project: str) -> None:
    """After a rebalance the old owner may still be at work on the frame that the new one has in hand."""
    frame = [accepted(offset) for offset in range(20)]

    def work(_: int) -> int:
        with Lake.open(settings) as lake:
            return lake.append_samples(project, frame)

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(work, range(4))) == [0, 0, 0, 20]
    with Lake.open(settings) as lake:
        assert offsets(lake, project) == list(range(20))


def test_a_commit_that_fails_leaves_neither_rows_nor_mark(
    lake: Lake, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows and mark are one commit; the next try archives everything."""
    lake.append_samples(project, [accepted(0)])

    def lost(*_: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as patched:
        # A crash at this very point cannot be had from outside.
        patched.setattr("pyiceberg.catalog.sql.SqlCatalog.commit_table", lost)
        with pytest.raises(ConnectionError):
            lake.append_samples(project, [accepted(1)])
    assert (offsets(lake, project), lake.marks(project)) == ([0], {("zoo.samples", 0): 0})
    assert lake.append_samples(project, [accepted(0), accepted(1)]) == 1


def test_forgetting_snapshots_forgets_no_row(lake: Lake, project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of snapshots stays short, whatever the number of frames."""
    monkeypatch.setattr("storage.lake.SNAPSHOTS_MOST", 4)
    monkeypatch.setattr("storage.lake.SNAPSHOTS_KEPT", 2)
    for offset in range(12):
        lake.append_samples(project, [accepted(offset)])
    assert (offsets(lake, project), lake.marks(project)) == (list(range(12)), {("zoo.samples", 0): 11})
    assert len(lake.catalog.load_table((project, "samples")).snapshots()) <= 4


def test_a_sample_comes_back_as_its_contract_read_it(lake: Lake, project: str) -> None:
    """Floats stay floats, text stays text, and what is absent stays absent."""
    bare = accepted(2, prediction=None, embedding=None, attributes={}, media="m.png")
    lake.append_samples(project, [accepted(1), bare])
    found = lake.samples(project).sort_by("offset").to_pylist()
    expected = [{**one.sample, "attributes": one.sample.get("attributes")} for one in (accepted(1), bare)]
    assert [sample_of(row) for row in found] == expected


def test_samples_are_filtered_and_found_by_origin(lake: Lake, project: str) -> None:
    """By an Iceberg filter, or by where they stood in Kafka."""
    samples = [accepted(offset) for offset in range(6)]
    lake.append_samples(project, samples)
    assert lake.samples(project, ("offset",), "offset >= 4").num_rows == 2
    found = lake.samples_at(project, [samples[1].origin, samples[5].origin])
    assert sorted(found.column("sample_id").to_pylist()) == ["s0-1", "s0-5"]
    assert lake.samples_at(project, []).num_rows == 0


def test_dead_letters_keep_the_bytes_that_came(lake: Lake, project: str) -> None:
    """Whatever they were, or nothing at all."""
    assert lake.append_dead_letters(project, [dead(1, b"\x00\xff{"), dead(2, None), dead(1, b"again")]) == 2
    found = [dead_letter_of(row) for row in lake.dead_letters(project).sort_by("offset").to_pylist()]
    assert [(row["value"], row["headers"][0], row["violations"]) for row in found] == [
        (b"\x00\xff{", ("trace", b"\xff"), (NOTE,)),
        (None, ("trace", b"\xff"), (NOTE,)),
    ]
    assert lake.counts(project, "dead_letters") == {("zoo.samples", 0): 2}
    assert lake.counts(project) == {}


def test_many_processes_may_open_a_new_lake_at_once(stack: Any, tmp_path: Path) -> None:
    """Catalog tables, namespace and tables are made once, and their names are known to keep migrations off them."""
    with fresh_database(stack.database_url) as url:
        settings = StorageSettings(database_url=SecretStr(url), lake=str(tmp_path))

        def work(_: int) -> int:
            with Lake.open(settings) as lake:
                lake.ensure("zoo")
                return len(lake.samples("zoo").to_pylist())

        engine = open_engine(settings)
        before = set(inspect(engine).get_table_names())
        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(work, range(4))) == [0] * 4
        assert set(inspect(engine).get_table_names()) - before == CATALOG_TABLES
        engine.dispose()


Offsets = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), max_size=30)


@given(delivered=Offsets)
def test_only_what_lies_above_the_marks_is_fresh(delivered: list[tuple[int, int]]) -> None:
    """Whatever the order, no offset is archived twice, and delivering all of it again archives nothing."""
    records = [accepted(offset, partition) for partition, offset in delivered]
    fresh, marks = unarchived(records, {})
    origins = [(one.origin.partition, one.origin.offset) for one in fresh]
    assert len(set(origins)) == len(origins)
    assert unarchived(records, marks) == ([], {})
    assert marks_of({f"assay.archived.{t}.{p}": str(n) for (t, p), n in marks.items()}) == marks


def test_rows_have_the_lakes_schema() -> None:
    """Types are declared, never guessed from the first rows."""
    table: pa.Table = samples_table([accepted(1)])
    assert table.schema == SAMPLES
    assert json.loads(table.column("payload")[0].as_py()) == accepted(1).sample["payload"]
