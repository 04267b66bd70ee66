"""The files behind a lake table: writing, committing, reading and removing them.

This module leans on private names of pyiceberg, which the lock file pins. A data file is written under a name of its
own and counts only once a commit names it; a crash between the two leaves a file that the upkeep removes.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from uuid import uuid4

import pyarrow as pa
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan, PyArrowFileIO, _dataframe_to_data_files, schema_to_pyarrow
from pyiceberg.manifest import DataFile, ManifestFile
from pyiceberg.table import FileScanTask, Table

from storage.files import Folder

# What pyiceberg calls the folders of a table's files.
KINDS = ("data", "metadata")


def write(table: Table, rows: pa.Table) -> list[DataFile]:
    """Write rows to data files that no snapshot names yet; where that fails, what was written goes again."""
    key = uuid4()
    try:
        return list(_dataframe_to_data_files(table.metadata, rows, table.io, key))
    except OSError:
        # Bin packing makes one file of what is within pyiceberg's target size, as all is that we write.
        with suppress(OSError):
            table.io.delete(table.location_provider().new_data_location(f"00000-0-{key}.parquet"))
        raise


def append(table: Table, files: Iterable[DataFile], properties: Mapping[str, str]) -> None:
    """Name the files in the table and set its properties, in one commit.

    Raises:
        CommitFailedException: the table has changed since it was loaded; nothing was committed.
    """
    with table.transaction() as transaction:
        with transaction.update_snapshot().merge_append() as change:
            for file in files:
                change.append_data_file(file)
        if properties:
            transaction.set_properties(dict(properties))


def replace(table: Table, old: Iterable[DataFile], new: Iterable[DataFile]) -> None:
    """Name `new` instead of `old`, in one commit; raises as `append` does."""
    with table.transaction() as transaction, transaction.update_snapshot().overwrite() as change:
        for file in old:
            change.delete_data_file(file)
        for file in new:
            change.append_data_file(file)


def discard(table: Table, files: Iterable[DataFile]) -> None:
    """Remove files that were never committed; those that resist are left to the upkeep."""
    for file in files:
        with suppress(OSError):
            table.io.delete(file.file_path)


def live(table: Table) -> dict[str, FileScanTask]:
    """Return the data files of the table's rows, by path."""
    return {task.file.file_path: task for task in table.scan().plan_files()}


def rows_of(table: Table, tasks: Sequence[FileScanTask]) -> pa.Table:
    """Return the rows of data files, in the order of where they came from."""
    scan = ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue())
    return scan.to_table(tasks).sort_by([(name, "ascending") for name in ("topic", "partition", "offset")])


def batches(table: Table, columns: Sequence[str]) -> pa.RecordBatchReader:
    """Return these columns of the table's rows, one data file after the other.

    Holds one file at a time, where pyiceberg's own reader would read all ahead that its reader does not keep up with.
    """
    scan = table.scan(selected_fields=tuple(columns))
    schema = schema_to_pyarrow(scan.projection())
    arrow = ArrowScan(table.metadata, table.io, scan.projection(), AlwaysTrue())
    found = chain.from_iterable(arrow.to_record_batches([task]) for task in scan.plan_files())
    return pa.RecordBatchReader.from_batches(schema, found).cast(schema)


def named(table: Table) -> set[str]:
    """Return the path of every file that the table's metadata or one of its kept snapshots names."""
    found = {table.metadata_location, *(entry.metadata_file for entry in table.metadata.metadata_log)}
    manifests: dict[str, ManifestFile] = {}
    for snapshot in table.snapshots():
        found.add(snapshot.manifest_list)
        manifests |= {manifest.manifest_path: manifest for manifest in snapshot.manifests(table.io)}
    for path, manifest in manifests.items():
        found |= {path, *(entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io))}
    return {_plain(path) for path in found}


def folder(table: Table) -> Folder:
    """Return the folder of the table's files."""
    return Folder(table.location(), dict(table.io.properties))


def present(table: Table) -> set[str]:
    """Return the path of every file in the table's folders."""
    place = folder(table)
    return {path for kind in KINDS for path in place.files(kind)}


def _plain(path: str) -> str:
    """Return a path as a file system's listing has it."""
    return PyArrowFileIO.parse_location(path)[2]
