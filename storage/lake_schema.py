"""Bringing a lake table that an earlier Assay made to the columns of this one."""

import time
from collections.abc import Callable

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table

from schemas.errors import ConflictError

# Workers may be appending meanwhile.
COMMIT_TRIES = 20
COMMIT_PAUSE = 0.02  # seconds, times the number of tries so far


def add_missing_columns(load: Callable[[], Table], schema: pa.Schema) -> None:
    """Add the columns that the table lacks; they are null in the rows that it holds, so they must be nullable.

    Raises:
        ConflictError: the table was changed by others, time and again; it is as it was.
    """
    for tries in range(1, COMMIT_TRIES + 1):
        table = load()
        missing = [field for field in schema if field.name not in table.schema().column_names]
        if not missing:
            return
        try:
            with table.update_schema() as change:
                change.union_by_name(pa.schema(missing))
        except CommitFailedException:
            time.sleep(COMMIT_PAUSE * tries)
        else:
            return
    raise ConflictError(f"{'.'.join(table.name())} was changed by others {COMMIT_TRIES} times in a row: try again.")
