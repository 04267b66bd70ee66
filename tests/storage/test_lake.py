"""The lake: everything accepted or rejected is archived exactly once."""

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pytest
from pydantic import SecretStr
from sqlalchemy import inspect

from schemas.verdicts import AcceptedSample, DeadLetter, Origin, ReplayOf, Versions, Violation
from storage.compaction import MERGE_ALL
from storage.database import open_engine
from storage.lake import CATALOG_TABLES, TABLES, Lake
from storage.lake_marks import Place
from storage.lake_rows import SAMPLES, dead_letter_of, place, sample_of, samples_table
from storage.settings import StorageSettings
from storage.testing import accepted_sample, archive_dead_letters, archive_samples, fresh_database

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
    assert archive_samples(lake, project, [accepted_sample(offset) for offset in (3, 4, 7)]) == 3
    assert archive_samples(lake, project, [accepted_sample(offset) for offset in (3, 4, 7)]) == 0
    assert archive_samples(lake, project, [accepted_sample(offset) for offset in (4, 7, 8, 7, 8, 9)]) == 2
    assert offsets(lake, project) == [3, 4, 7, 8, 9]


def test_an_earlier_offset_that_comes_late_is_not_lost(lake: Lake, project: str) -> None:
    """A batch that timed out is published again, behind its successors; its offsets lie below the mark."""
    archive_samples(lake, project, [accepted_sample(offset) for offset in (0, 1, 6, 7)])
    assert archive_samples(lake, project, [accepted_sample(offset) for offset in range(10)]) == 6
    assert archive_samples(lake, project, [accepted_sample(offset) for offset in range(10)]) == 0
    assert offsets(lake, project) == list(range(10))


def test_partitions_have_marks_of_their_own(lake: Lake, project: str) -> None:
    """A low offset of one partition is not old because another is ahead."""
    archive_samples(lake, project, [accepted_sample(90, partition=0), accepted_sample(5, partition=11)])
    archive_samples(lake, project, [accepted_sample(6, partition=11), accepted_sample(0, partition=2)])
    assert lake.marks(project) == {("zoo.samples", 0): 90, ("zoo.samples", 11): 6, ("zoo.samples", 2): 0}
    assert lake.counts(project) == {("zoo.samples", 0): 1, ("zoo.samples", 11): 2, ("zoo.samples", 2): 1}


def test_writers_of_many_partitions_at_once_lose_nothing(settings: StorageSettings, project: str) -> None:
    """Four workers with three frames each; every commit that fails is tried again with the marks read anew."""

    def work(partition: int) -> int:
        with Lake.open(settings) as lake:
            frames = [[accepted_sample(offset, partition) for offset in range(start, start + 5)] for start in (0, 3, 8)]
            return sum(archive_samples(lake, project, frame) for frame in frames)

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(work, range(4))) == [13] * 4
    with Lake.open(settings) as lake:
        assert lake.counts(project) == {("zoo.samples", partition): 13 for partition in range(4)}
        assert set(lake.marks(project).values()) == {12}


def test_two_writers_of_one_partition_archive_it_once(settings: StorageSettings, project: str) -> None:
    """After a rebalance the old owner may still be at work on the frame that the new one has in hand."""
    frame = [accepted_sample(offset) for offset in range(20)]

    def work(_: int) -> int:
        with Lake.open(settings) as lake:
            return archive_samples(lake, project, frame)

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(work, range(4))) == [0, 0, 0, 20]
    with Lake.open(settings) as lake:
        assert offsets(lake, project) == list(range(20))


def test_a_commit_that_fails_leaves_neither_rows_nor_mark(
    lake: Lake, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows and mark are one commit; the next try archives everything."""
    archive_samples(lake, project, [accepted_sample(0)])

    def lost(*_: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as patched:
        # A crash at this very point cannot be had from outside.
        patched.setattr("pyiceberg.catalog.sql.SqlCatalog.commit_table", lost)
        with pytest.raises(ConnectionError):
            archive_samples(lake, project, [accepted_sample(1)])
    assert (offsets(lake, project), lake.marks(project)) == ([0], {("zoo.samples", 0): 0})
    assert archive_samples(lake, project, [accepted_sample(0), accepted_sample(1)]) == 1


def test_forgetting_snapshots_forgets_no_row(lake: Lake, project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of snapshots stays short, whatever the number of frames."""
    monkeypatch.setattr("storage.lake_append.SNAPSHOTS_MOST", 4)
    monkeypatch.setattr("storage.lake_append.SNAPSHOTS_KEPT", 2)
    for offset in range(12):
        archive_samples(lake, project, [accepted_sample(offset)])
    assert (offsets(lake, project), lake.marks(project)) == (list(range(12)), {("zoo.samples", 0): 11})
    assert len(lake.catalog.load_table((project, "samples")).snapshots()) <= 4


def test_a_sample_comes_back_as_its_contract_read_it(lake: Lake, project: str) -> None:
    """Floats stay floats, text stays text, and what is absent stays absent."""
    bare = accepted_sample(2, prediction=None, embedding=None, attributes={}, media="m.png")
    archive_samples(lake, project, [accepted_sample(1), bare])
    found = lake.samples(project).sort_by("offset").to_pylist()
    expected = [{**one.sample, "attributes": one.sample.get("attributes")} for one in (accepted_sample(1), bare)]
    assert [sample_of(row) for row in found] == expected


def test_samples_are_filtered_and_found_by_origin(lake: Lake, project: str) -> None:
    """By an Iceberg filter, or by where they stood in Kafka."""
    samples = [accepted_sample(offset) for offset in range(6)]
    archive_samples(lake, project, samples)
    assert lake.samples(project, ("offset",), "offset >= 4").num_rows == 2
    topic = samples[0].origin.topic
    with lake.samples_at(project, [(topic, 0, 5), (topic, 0, 1), (topic, 1, 1), (topic, 0, 9)]) as lots:
        assert [row["sample_id"] for rows in lots for row in rows] == ["s0-1", "s0-5"]
    with lake.samples_at(project, []) as lots:
        assert list(lots) == []


def test_samples_are_found_in_the_order_of_their_places(lake: Lake, project: str) -> None:
    """In whatever order they were archived; and a build can read those as they were archived."""
    samples = [accepted_sample(offset, partition) for offset, partition in ((7, 1), (11, 0), (2, 1), (3, 0))]
    for one in samples:
        archive_samples(lake, project, [one])
    with lake.samples_at(project, [place_of(one) for one in samples]) as lots:
        found = [row for rows in lots for row in rows]
    assert [place(row) for row in found] == sorted(place_of(one) for one in samples)
    assert {place(row): sample_of(row) for row in found} == {place_of(one): one.sample for one in samples}


def place_of(sample: AcceptedSample) -> Place:
    """Return where a sample stands."""
    return sample.origin.topic, sample.origin.partition, sample.origin.offset


def test_dead_letters_keep_the_bytes_that_came(lake: Lake, project: str) -> None:
    """Whatever they were, or nothing at all."""
    assert archive_dead_letters(lake, project, [dead(1, b"\x00\xff{"), dead(2, None), dead(1, b"again")]) == 2
    found = [dead_letter_of(row) for row in lake.dead_letters(project).sort_by("offset").to_pylist()]
    assert [(one.record.value, one.record.headers[0], one.violations) for one in found] == [
        (b"\x00\xff{", ("trace", b"\xff"), (NOTE,)),
        (None, ("trace", b"\xff"), (NOTE,)),
    ]
    assert lake.counts(project, "dead_letters") == {("zoo.samples", 0): 2}
    assert lake.counts(project) == {}


def test_a_table_that_an_earlier_assay_made_gets_the_columns_that_it_lacks(
    lake: Lake, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows stay readable, and a worker of that time may go on; they say nothing of what was not known then."""
    known = [name for name in SAMPLES.names if name not in ("replay_of", "replays")]

    def as_earlier(offset: int) -> None:
        rows = samples_table([accepted_sample(offset).model_dump_json().encode()])
        lake.archive(project, "samples", rows.select(known))

    with monkeypatch.context() as earlier:
        earlier.setitem(TABLES, "samples", pa.schema([SAMPLES.field(name) for name in known]))
        lake.ensure(project)
    as_earlier(1)
    lake.ensure(project)
    lake.ensure(project)
    as_earlier(2)
    link = ReplayOf(origin=accepted_sample(1).origin, replays=2)
    archive_samples(lake, project, [accepted_sample(3).model_copy(update={"replay_of": link})])
    lake.compact(project, fan=MERGE_ALL)
    rows = lake.samples(project, ("offset", "replay_of", "replays")).sort_by("offset")
    assert [tuple(row.values()) for row in rows.to_pylist()] == [(1, None, None), (2, None, None), (3, 1, 2)]


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
