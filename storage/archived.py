"""The archived samples at given places, in the order of these: the one large join of a build.

One query that DuckDB and Spark both take. DuckDB is asked for one run of the places after the other: what it holds
grows with what it sorts, even where it sorts on disk.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
from pyiceberg.table import Table

from storage.lake_files import batches
from storage.lake_marks import Place
from storage.lake_rows import SAMPLES
from storage.runs import Run, in_runs
from storage.settings import BuildEngine

# So many samples are joined and handed on at once.
LOT = 2_000

WANTED = pa.schema([("topic", pa.string()), ("partition", pa.int32()), ("offset", pa.int64())])
# What a dataset version asks of a sample: what `lake_rows.sample_of` reads, and the suite that it passed.
COLUMNS = tuple(name for name in SAMPLES.names if name not in ("warnings", "policy", "replay_of", "replays"))
# Quoted nowhere: behind a point both engines take `offset` and `partition` for names.
QUERY = f"""
    SELECT {", ".join(f"s.{name}" for name in COLUMNS)} FROM samples AS s
    WHERE EXISTS (
        SELECT 1 FROM wanted AS w WHERE w.topic = s.topic AND w.partition = s.partition AND w.offset = s.offset
    )
    ORDER BY s.topic, s.partition, s.offset
"""  # noqa: S608 - constants


def wanted(places: Iterable[Place]) -> pa.Table:
    """Return places as a table, which takes less memory than what they were."""
    each = iter(places)
    lots = iter(lambda: list(islice(each, LOT)), [])
    return pa.Table.from_batches((_columns(lot) for lot in lots), WANTED)


def _columns(places: Sequence[Place]) -> pa.RecordBatch:
    columns = zip(*places, strict=True)
    return pa.RecordBatch.from_arrays(
        [pa.array(one, field.type) for one, field in zip(columns, WANTED, strict=True)], schema=WANTED
    )


@contextmanager
def archived(engine: BuildEngine, samples: Table, places: Iterable[Place]) -> Iterator[Iterator[list[dict[str, Any]]]]:
    """Yield the samples at these places as lots of rows with `COLUMNS`, in the order of topic, partition and offset."""
    if engine is BuildEngine.SPARK:
        from storage import spark  # noqa: PLC0415 - where it is asked for only

        with spark.run(QUERY, samples.metadata_location, wanted(places), LOT) as lots:
            yield lots
    else:
        with _by_duckdb(batches(samples, COLUMNS), wanted(places)) as lots:
            yield lots


@contextmanager
def _by_duckdb(samples: pa.RecordBatchReader, places: pa.Table) -> Iterator[Iterator[list[dict[str, Any]]]]:
    with TemporaryDirectory(prefix="assay-") as folder, duckdb.connect(config={"temp_directory": folder}) as connection:
        connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        yield (_joined(connection, run) for run in in_runs(samples, places, LOT, Path(folder)))


def _joined(connection: duckdb.DuckDBPyConnection, run: Run) -> list[dict[str, Any]]:
    connection.register("samples", run.rows)
    connection.register("wanted", run.places)
    found: list[dict[str, Any]] = connection.sql(QUERY).to_arrow_table().to_pylist()
    return found
