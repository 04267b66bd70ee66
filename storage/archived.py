"""The archived samples at given places, in the order of these: the one large join of a build.

One query that DuckDB and Spark both take. DuckDB reads the lake's rows as they come, batch by batch, and sorts what it
finds on disk where memory is short.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
from pyiceberg.table import Table

from storage.lake_files import batches
from storage.lake_marks import Place
from storage.lake_rows import SAMPLES
from storage.settings import BuildEngine

# What sorting may take before it goes on on disk.
MEMORY = "256MB"
# So many samples are handed on at once.
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


def wanted(places: Sequence[Place]) -> pa.Table:
    """Return places as a table."""
    columns = zip(*places, strict=True) if places else ((), (), ())
    return pa.Table.from_arrays(
        [pa.array(one, field.type) for one, field in zip(columns, WANTED, strict=True)], schema=WANTED
    )


@contextmanager
def archived(engine: BuildEngine, samples: Table, places: Sequence[Place]) -> Iterator[Iterator[list[dict[str, Any]]]]:
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
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        connection.register("samples", samples)
        connection.register("wanted", places)
        reader = connection.sql(QUERY).to_arrow_reader(LOT)
        yield (batch.to_pylist() for batch in reader)
