"""The archived samples at given places, in the order of these: the one large join of a build.

DuckDB reads the lake's rows as they come, batch by batch, and sorts what it finds on disk where memory is short.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa

from storage.lake_marks import Place

# What sorting may take before it goes on on disk.
MEMORY = "256MB"
# So many samples are handed on at once.
LOT = 2_000

WANTED = pa.schema([("topic", pa.string()), ("partition", pa.int32()), ("offset", pa.int64())])
QUERY = """
    SELECT * FROM samples SEMI JOIN wanted USING (topic, partition, "offset") ORDER BY topic, partition, "offset"
"""


def wanted(places: Sequence[Place]) -> pa.Table:
    """Return places as a table."""
    columns = zip(*places, strict=True) if places else ((), (), ())
    return pa.Table.from_arrays(
        [pa.array(one, field.type) for one, field in zip(columns, WANTED, strict=True)], schema=WANTED
    )


@contextmanager
def archived(samples: pa.RecordBatchReader, places: pa.Table) -> Iterator[Iterator[list[dict[str, Any]]]]:
    """Yield the samples at these places as lots of rows, in the order of topic, partition and offset."""
    with TemporaryDirectory(prefix="assay-") as folder, duckdb.connect(config={"temp_directory": folder}) as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        connection.register("samples", samples)
        connection.register("wanted", places)
        reader = connection.sql(QUERY).to_arrow_reader(LOT)
        yield (batch.to_pylist() for batch in reader)
