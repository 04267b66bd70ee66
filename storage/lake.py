"""The lake: two Iceberg tables a project, `PROJECT.samples` and `PROJECT.dead_letters`, for every engine to read.

The catalog is pyiceberg's own in PostgreSQL (tables `iceberg_tables` and `iceberg_namespace_properties`), the
files lie in a folder or an object store. Records arrive at least once and are archived exactly once: for each
input partition the table's property `assay.archived.TOPIC.PARTITION` holds the highest archived offset. It
changes in the commit that appends the rows, so both exist or neither.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.table import Table
from sqlalchemy import text

from schemas.errors import ConflictError
from schemas.verdicts import AcceptedSample, DeadLetter, Origin
from storage.database import lost_connections_named, open_engine
from storage.files import root
from storage.lake_rows import DEAD_LETTERS, SAMPLES, dead_letters_table, samples_table
from storage.settings import StorageSettings

# The catalog's name; another engine that reads the same tables must call it the same.
CATALOG = "assay"
TABLES: Mapping[str, pa.Schema] = {"samples": SAMPLES, "dead_letters": DEAD_LETTERS}

# What pyiceberg keeps in PostgreSQL: no business of our migrations.
CATALOG_TABLES = frozenset({"iceberg_tables", "iceberg_namespace_properties"})

MARK = "assay.archived."

PROPERTIES = {
    # Its own retry would append rows that a competing writer has just archived; ours reads the marks again.
    "commit.retry.num-retries": "0",
    # One append a frame makes many small manifests and metadata files.
    "commit.manifest-merge.enabled": "true",
    "commit.manifest.min-count-to-merge": "20",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
}

# Writers of a project's partitions compete for one table: as many tries as there may be writers.
COMMIT_TRIES = 20
COMMIT_PAUSE = 0.05  # seconds, times the number of tries so far

# Every commit reads and writes the list of snapshots, so it must not grow for ever: beyond `SNAPSHOTS_MOST`
# all but the last `SNAPSHOTS_KEPT` are forgotten. The rows are not: tables only ever grow.
SNAPSHOTS_MOST = 100
SNAPSHOTS_KEPT = 20

# The advisory lock under which catalog tables, namespaces and tables are made.
CREATING = 0x0A55A4

RecordT = TypeVar("RecordT", AcceptedSample, DeadLetter)
Partition = tuple[str, int]


@dataclass(frozen=True)
class Lake:
    """An open lake; a context manager that closes its connections."""

    catalog: SqlCatalog

    @classmethod
    def open(cls, settings: StorageSettings) -> Self:
        """Open the lake; make the catalog's tables in PostgreSQL where they are missing."""
        engine = open_engine(settings, pool_size=1)
        uri = engine.url.render_as_string(hide_password=False)
        place = {"uri": uri, "warehouse": f"{root(settings)}/warehouse", "pool_pre_ping": "true"}
        try:
            with lost_connections_named(), engine.begin() as connection:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CREATING})
                return cls(SqlCatalog(CATALOG, **{**settings.lake_properties, **place}))
        finally:
            engine.dispose()

    def close(self) -> None:
        """Give the connections back."""
        self.catalog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ensure(self, project: str) -> None:
        """Make the project's tables where they are missing; any number of processes may do so at once."""
        with lost_connections_named(), self._creating():
            with suppress(NamespaceAlreadyExistsError):
                self.catalog.create_namespace((project,))
            for name, schema in TABLES.items():
                try:
                    self.catalog.create_table((project, name), schema=schema, properties=PROPERTIES)
                except TableAlreadyExistsError:
                    continue

    @contextmanager
    def _creating(self) -> Any:
        with self.catalog.engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CREATING})
            yield

    def append_samples(self, project: str, samples: Sequence[AcceptedSample]) -> int:
        """Archive the samples in one commit; return how many were not archived before.

        Of each input partition the samples come in the order of their offsets, and from the start again after
        a fault; those at or below the partition's mark are dropped.

        Raises:
            ConflictError: other writers were faster, time and again; nothing was written: try again.
        """
        return self._append(project, "samples", samples, samples_table)

    def append_dead_letters(self, project: str, letters: Sequence[DeadLetter]) -> int:
        """Archive the dead letters as `append_samples` does samples."""
        return self._append(project, "dead_letters", letters, dead_letters_table)

    def _append(
        self, project: str, name: str, records: Sequence[RecordT], tabulate: Callable[[Sequence[RecordT]], pa.Table]
    ) -> int:
        with lost_connections_named():
            for tries in range(1, COMMIT_TRIES + 1):
                table = self._table(project, name)
                fresh, marks = unarchived(records, marks_of(table.properties))
                if not fresh:
                    return 0
                try:
                    with table.transaction() as transaction:
                        transaction.append(tabulate(fresh))
                        transaction.set_properties({_key(place): str(offset) for place, offset in marks.items()})
                except CommitFailedException:
                    time.sleep(COMMIT_PAUSE * tries)
                else:
                    _forget_old_snapshots(table)
                    return len(fresh)
        raise ConflictError(f"{project}.{name} was changed by others {COMMIT_TRIES} times in a row: try again.")

    def samples(self, project: str, columns: Sequence[str] = ("*",), where: str | None = None) -> pa.Table:
        """Return archived samples: the named columns of the rows for which `where`, an Iceberg filter, holds."""
        return self._scan(project, "samples", columns, where).to_arrow()

    def dead_letters(self, project: str, columns: Sequence[str] = ("*",), where: str | None = None) -> pa.Table:
        """Return archived dead letters, as `samples` does samples."""
        return self._scan(project, "dead_letters", columns, where).to_arrow()

    def samples_at(self, project: str, origins: Iterable[Origin]) -> pa.Table:
        """Return the archived samples that came from `origins`; reads the table in batches, not as a whole."""
        wanted = {(origin.topic, origin.partition, origin.offset) for origin in origins}
        reader = self._scan(project, "samples", ("*",), None).to_arrow_batch_reader()
        found = [batch.take(pa.array(rows, pa.int64())) for batch in reader if (rows := _rows_at(batch, wanted))]
        return pa.Table.from_batches(found, schema=reader.schema)

    def counts(self, project: str, name: str = "samples") -> dict[Partition, int]:
        """Return how many rows of `samples` or `dead_letters` came from each (topic, partition)."""
        table = self._scan(project, name, ("topic", "partition", "offset"), None).to_arrow()
        counted = table.group_by(["topic", "partition"]).aggregate([("offset", "count")])
        return {(row["topic"], row["partition"]): row["offset_count"] for row in counted.to_pylist()}

    def marks(self, project: str, name: str = "samples") -> dict[Partition, int]:
        """Return the highest archived offset of each (topic, partition)."""
        return marks_of(self._table(project, name).properties)

    def _scan(self, project: str, name: str, columns: Sequence[str], where: str | None) -> Any:
        with lost_connections_named():
            table = self._table(project, name)
        return table.scan(row_filter=where or AlwaysTrue(), selected_fields=tuple(columns))

    def _table(self, project: str, name: str) -> Table:
        try:
            return self.catalog.load_table((project, name))
        except NoSuchTableError:
            self.ensure(project)
            return self.catalog.load_table((project, name))


def _forget_old_snapshots(table: Table) -> None:
    """Shorten the list of snapshots where it is long; whoever commits next tries again if this one was too slow."""
    snapshots = sorted(table.snapshots(), key=lambda snapshot: snapshot.sequence_number or 0)
    if len(snapshots) <= SNAPSHOTS_MOST:
        return
    with suppress(CommitFailedException):
        old = [snapshot.snapshot_id for snapshot in snapshots[:-SNAPSHOTS_KEPT]]
        table.maintenance.expire_snapshots().by_ids(old).commit()


def marks_of(properties: Mapping[str, str]) -> dict[Partition, int]:
    """Return the marks among a table's properties."""
    marks = {key.removeprefix(MARK): int(value) for key, value in properties.items() if key.startswith(MARK)}
    return {(key.rpartition(".")[0], int(key.rpartition(".")[2])): offset for key, offset in marks.items()}


def unarchived(
    records: Iterable[RecordT], marks: Mapping[Partition, int]
) -> tuple[list[RecordT], dict[Partition, int]]:
    """Return the records above their partitions' marks, each once, and the marks that they move."""
    moved: dict[Partition, int] = {}
    fresh: list[RecordT] = []
    for record in records:
        origin = record.origin
        place = origin.topic, origin.partition
        if origin.offset > moved.get(place, marks.get(place, -1)):
            moved[place] = origin.offset
            fresh.append(record)
    return fresh, moved


def _key(place: Partition) -> str:
    topic, partition = place
    return f"{MARK}{topic}.{partition}"


def _rows_at(batch: pa.RecordBatch, wanted: set[tuple[str, int, int]]) -> list[int]:
    keys = zip(*(batch.column(name).to_pylist() for name in ("topic", "partition", "offset")), strict=True)
    return [row for row, key in enumerate(keys) if key in wanted]
