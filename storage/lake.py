"""The lake: two Iceberg tables a project, `PROJECT.samples` and `PROJECT.dead_letters`, for every engine to read.

The catalog is pyiceberg's own in PostgreSQL (tables `iceberg_tables` and `iceberg_namespace_properties`), the
files lie in a folder or an object store. Records arrive at least once, in any order, and are archived exactly once
(docs/decisions/0008-what-the-lake-holds.md).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from types import MappingProxyType, TracebackType
from typing import Any, Self

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import (
    NamespaceAlreadyExistsError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.table import Table
from sqlalchemy import text

from quality.forecast import Letter
from storage.archived import archived
from storage.compaction import FAN
from storage.database import lost_connections_named, open_engine
from storage.files import lack_of_room_named, root
from storage.lake_append import append_fresh, forget_aged_snapshots
from storage.lake_marks import Partition, Place, marks_of, positions_of
from storage.lake_rows import DEAD_LETTERS, SAMPLES, dead_letter_of
from storage.lake_schema import add_missing_columns
from storage.lake_upkeep import GRACE_SECONDS, Upkept, keep_up
from storage.settings import BuildEngine, StorageSettings

# The catalog's name; another engine that reads the same tables must call it the same.
CATALOG = "assay"
TABLES: Mapping[str, pa.Schema] = {"samples": SAMPLES, "dead_letters": DEAD_LETTERS}

# What pyiceberg keeps in PostgreSQL: no business of our migrations.
CATALOG_TABLES = frozenset({"iceberg_tables", "iceberg_namespace_properties"})

PROPERTIES = {
    # Its own retry would append rows that a competing writer has just archived; ours reads the marks again.
    "commit.retry.num-retries": "0",
    # One append a frame makes many small manifests and metadata files.
    "commit.manifest-merge.enabled": "true",
    "commit.manifest.min-count-to-merge": "20",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
}

# A writer that is stopped in mid-commit holds locks that others wait for: after so long the server lets them go.
IDLE_MS = 5000

# The advisory lock under which catalog tables, namespaces and tables are made.
CREATING = 0x0A55A4
# Seeds of the locks under which a table is appended to, and compacted.
APPENDING, COMPACTING = 0x0A55A5, 0x0A55A6


@dataclass(frozen=True)
class Lake:
    """An open lake, and what joins its samples with places; a context manager that closes its connections."""

    catalog: SqlCatalog
    place: str
    engine: BuildEngine

    @classmethod
    def open(cls, settings: StorageSettings) -> Self:
        """Open the lake; make the catalog's tables in PostgreSQL where they are missing."""
        engine = open_engine(settings, pool_size=1)
        url = engine.url.update_query_dict({"options": f"-c idle_in_transaction_session_timeout={IDLE_MS}"})
        uri = url.render_as_string(hide_password=False)
        place = {"uri": uri, "warehouse": f"{root(settings)}/warehouse", "pool_pre_ping": "true"}
        try:
            with lost_connections_named(), engine.begin() as connection:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CREATING})
                catalog = SqlCatalog(CATALOG, **{**settings.file_properties, **place})
                return cls(catalog, root(settings), settings.build_engine)
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
        """Make the project's tables, and their columns, where they are missing; many processes may do so at once."""
        with lost_connections_named(), self._creating():
            with suppress(NamespaceAlreadyExistsError):
                self.catalog.create_namespace((project,))
            for name, schema in TABLES.items():
                try:
                    self.catalog.create_table((project, name), schema=schema, properties=PROPERTIES)
                except TableAlreadyExistsError:
                    add_missing_columns(partial(self.catalog.load_table, (project, name)), schema)

    @contextmanager
    def _creating(self) -> Any:
        with self.catalog.engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CREATING})
            yield

    def archive(
        self, project: str, name: str, rows: pa.Table, reached: Mapping[Partition, int] = MappingProxyType({})
    ) -> int:
        """Append the rows of `samples` or `dead_letters` that the table does not hold yet; return how many.

        Rows and marks change in one commit. A row is known by where it came from, so the same rows may be given
        again, in any order, by any number of writers. `reached` says up to which offset the rows exhaust the
        partitions of the topic that they were read from; it is kept as their position.

        Raises:
            ConflictError: other writers were faster, time and again; nothing was written: try again.
            UnavailableError: PostgreSQL was lost, or the lake has no room. The rows are archived or not; giving
                them again finds out.
        """
        with lost_connections_named(), lack_of_room_named(self.place), self._turn(project, name):
            return append_fresh(partial(self._table, project, name), rows, reached)

    @contextmanager
    def _turn(self, project: str, name: str) -> Iterator[None]:
        """Wait for the other writers of the table: it saves failed commits, and nothing relies on it."""
        with self.catalog.engine.begin() as connection:
            query = text("SELECT pg_advisory_xact_lock(hashtextextended(:table, :key))")
            connection.execute(query, {"table": f"{project}.{name}", "key": APPENDING})
            yield

    def forget(self, project: str, name: str, age: timedelta) -> int:
        """Forget the snapshots of `samples` or `dead_letters` that are older, but the last ones; return how many."""
        with lost_connections_named():
            return forget_aged_snapshots(partial(self._table, project, name), age)

    def compact(
        self, project: str, names: Iterable[str] = TABLES, *, fan: int = FAN, grace: float = GRACE_SECONDS
    ) -> dict[str, Upkept]:
        """Merge small files and remove what no snapshot names; return what was done to each table.

        Skips tables of which another process is at it. Appends may go on meanwhile.

        Raises:
            UnavailableError: PostgreSQL was lost, or the lake has no room; rows and marks are as they were.
        """
        done = {}
        with lost_connections_named(), lack_of_room_named(self.place):
            for name in names:
                with self._alone(project, name) as alone:
                    if alone:
                        done[name] = keep_up(partial(self._table, project, name), fan=fan, grace=grace)
        return done

    @contextmanager
    def _alone(self, project: str, name: str) -> Iterator[bool]:
        """Say whether no other process is compacting the table; two would do no harm, but the same work."""
        with self.catalog.engine.begin() as connection:
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            query = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:table, :key))")
            yield bool(connection.execute(query, {"table": f"{project}.{name}", "key": COMPACTING}).scalar())

    def samples(self, project: str, columns: Sequence[str] = ("*",), where: str | None = None) -> pa.Table:
        """Return archived samples: the named columns of the rows for which `where`, an Iceberg filter, holds."""
        return self._scan(project, "samples", columns, where).to_arrow()

    def first_of(
        self, project: str, sample_ids: Iterable[str], columns: Sequence[str] = ("*",)
    ) -> dict[str, dict[str, Any]]:
        """Return the first archived sample of each id, by partition and offset; ids that no sample has are missing."""
        quoted = ", ".join("'{}'".format(one.replace("'", "''")) for one in sorted(sample_ids))
        if not quoted:
            return {}
        rows = self.samples(project, columns, f"sample_id in ({quoted})").to_pylist()
        rows.sort(key=lambda row: (row["partition"], row["offset"]), reverse=True)
        return {row["sample_id"]: row for row in rows}

    def latest(self, project: str, count: int) -> pa.Table:
        """Return the `count` archived samples that occurred last, or all there are, in the order of their times.

        Reads the times of all samples, and then what occurred since the first of those wanted.
        """
        times = self.samples(project, ("occurred_at",)).column("occurred_at").sort()
        if not len(times):
            return self.samples(project)
        since = times[-min(count, len(times))].as_py().isoformat()
        found = self.samples(project, where=f"occurred_at >= '{since}'")
        keys = [(name, "ascending") for name in ("occurred_at", "topic", "partition", "offset")]
        found = found.sort_by(keys)
        return found.slice(max(0, len(found) - count))

    def dead_letters(self, project: str, columns: Sequence[str] = ("*",), where: str | None = None) -> pa.Table:
        """Return archived dead letters, as `samples` does samples."""
        return self._scan(project, "dead_letters", columns, where).to_arrow()

    def dead_letters_in_lots(self, project: str, most: int, where: str | None = None) -> Iterator[list[Letter]]:
        """Yield the dead letters that are archived now, at most so many at once; never holds all of them."""
        for batch in self._scan(project, "dead_letters", ("*",), where).to_arrow_batch_reader():
            for first in range(0, batch.num_rows, most):
                yield [dead_letter_of(row) for row in batch.slice(first, most).to_pylist()]

    @contextmanager
    def samples_at(self, project: str, places: Iterable[Place]) -> Iterator[Iterator[list[dict[str, Any]]]]:
        """Yield the archived samples from these places in lots of rows, in the order of topic, partition and offset.

        The rows have `archived.COLUMNS`. Holds neither the table in memory, nor all that it finds.
        """
        with lost_connections_named():
            table = self._table(project, "samples")
        with archived(self.engine, table, places) as lots:
            yield lots

    def counts(self, project: str, name: str = "samples") -> dict[Partition, int]:
        """Return how many rows of `samples` or `dead_letters` came from each (topic, partition)."""
        table = self._scan(project, name, ("topic", "partition", "offset"), None).to_arrow()
        counted = table.group_by(["topic", "partition"]).aggregate([("offset", "count")])
        return {(row["topic"], row["partition"]): row["offset_count"] for row in counted.to_pylist()}

    def marks(self, project: str, name: str = "samples") -> dict[Partition, int]:
        """Return the highest archived offset of each (topic, partition)."""
        with lost_connections_named():
            return marks_of(self._table(project, name).properties)

    def positions(self, project: str, name: str = "samples") -> dict[Partition, int]:
        """Return up to which offset each (topic, partition) that the archive reads is archived."""
        with lost_connections_named():
            return positions_of(self._table(project, name).properties)

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
