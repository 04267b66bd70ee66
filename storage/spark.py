"""Spark: the one module through which it enters, where ASSAY_BUILD_ENGINE asks for it. It reads the lake's own files.

It runs where `SPARK_CONF_DIR` says, in an environment that has pyspark, a Java and Iceberg's jar
(`infra/setup.sh spark` makes one).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from itertools import islice
from typing import Any

import pyarrow as pa

from schemas.errors import InputError


@contextmanager
def run(query: str, metadata: str, wanted: pa.Table, lot: int) -> Iterator[Iterator[list[dict[str, Any]]]]:
    """Yield what a query finds in lots of rows, read from `samples`, whose Iceberg metadata is given, and `wanted`.

    Raises:
        InputError: this environment has no Spark.
    """
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - in an environment of its own
    except ImportError as error:
        raise InputError(
            "ASSAY_BUILD_ENGINE is spark, and this environment has no pyspark: run `infra/setup.sh spark`, and build "
            "with .venv-spark/bin/python -m storage.building FOLDER; or set it to duckdb."
        ) from error
    session = SparkSession.builder.appName("assay").getOrCreate()
    try:
        session.read.format("iceberg").load(metadata).createOrReplaceTempView("samples")
        session.createDataFrame(wanted).createOrReplaceTempView("wanted")
        yield _lots(iter(session.sql(query).toLocalIterator()), lot)
    finally:
        session.stop()


def _lots(rows: Iterator[Any], lot: int) -> Iterator[list[dict[str, Any]]]:
    while some := [_told(row.asDict()) for row in islice(rows, lot)]:
        yield some


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its time in UTC; pyspark tells times as this machine's clocks show them."""
    return {**row, "occurred_at": row["occurred_at"].astimezone(UTC)}
