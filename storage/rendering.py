"""A version's files, written into a folder of this machine: the same rows give the same bytes, however many they are.

Parquet's bytes may differ between releases of pyarrow.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from catalog.assembly import Entry, Row
from catalog.canonical import canonical
from catalog.croissant import croissant
from catalog.fields import Fields, Types
from catalog.manifest import Counts, File, Governing, Manifest, card, counted
from catalog.table import payload_of, table
from schemas.answers import AnswerKind

ENTRIES = "manifest.jsonl"
# What a version says of itself beside its rows.
ABOUT = ("croissant.json", "README.md", "manifest.json")

# Fixed, so that the same table gives the same bytes.
PARQUET = {"compression": "zstd", "compression_level": 3, "version": "2.6"}
ROW_GROUP = 65_536
# So many rows are turned into columns at once.
LOT = 4_096


def render(rows: Collection[Row], governing: Governing, content: str, folder: Path) -> Manifest:
    """Write every file of the version with this content hash, and return its manifest; reads the rows twice."""
    counts, fields = _entries(rows, governing, folder / ENTRIES)
    schema = table((), governing.kind, fields).schema
    lines = _splits(rows, governing, fields, schema, folder)
    files = [_file(folder / f"{split}.parquet", count) for split, count in lines.items()]
    files.append(_file(folder / ENTRIES, counts.rows))
    made = Manifest(content_hash=content, governing=governing, files=tuple(files), **vars(counts))
    (folder / "croissant.json").write_bytes(_readable(croissant(made, schema)))
    (folder / "README.md").write_bytes(card(made).encode())
    (folder / "manifest.json").write_bytes(_readable(made.model_dump(mode="json")))
    return made


def _entries(rows: Collection[Row], governing: Governing, file: Path) -> tuple[Counts, Types]:
    """Write a line for each row; return what a manifest counts of them, and the types of their payloads' fields."""
    fields = Fields()
    with file.open("wb") as stream:

        def passed() -> Iterator[Entry]:
            each = iter(rows)
            while lot := list(islice(each, LOT)):
                fields.note([payload_of(row) for row in lot])
                for row in lot:
                    stream.write(row.written.entry + b"\n")
                    yield row.entry

        return counted(passed(), governing), fields.types


def _splits(
    rows: Collection[Row], governing: Governing, fields: Types, schema: pa.Schema, folder: Path
) -> dict[str, int]:
    """Write a Parquet file for each split, and return how many lines each has."""
    with ExitStack() as stack:
        names = sorted(governing.recipe.splits)
        files = {name: stack.enter_context(_Split(folder / f"{name}.parquet", schema)) for name in names}
        each = iter(rows)
        while lot := list(islice(each, LOT)):
            for name, part in _parted(lot, governing.kind, fields).items():
                files[name].add(part)
    return {name: file.lines for name, file in files.items()}


def _parted(rows: Sequence[Row], kind: AnswerKind, fields: Types) -> Mapping[str, pa.Table]:
    """Return rows as a table for each split that they are of."""
    data = table(rows, kind, fields)
    splits = pa.array([row.entry.split for row in rows for _ in range(row.entry.copies)], pa.string())
    return {name: data.filter(pc.equal(splits, name)) for name in splits.unique().to_pylist()}


class _Split:
    """A Parquet file, written a row group at a time; its bytes are those of a table that is written as a whole."""

    def __init__(self, file: Path, schema: pa.Schema) -> None:
        self.lines = 0
        self._waiting = schema.empty_table()
        self._writer = pq.ParquetWriter(file, schema, **PARQUET)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._waiting.num_rows or not self.lines:
            self._write(self._waiting)
        self._writer.close()

    def add(self, data: pa.Table) -> None:
        """Write what fills a row group, and keep the rest until it does."""
        self.lines += data.num_rows
        self._waiting = pa.concat_tables([self._waiting, data])
        while self._waiting.num_rows >= ROW_GROUP:
            self._write(self._waiting.slice(0, ROW_GROUP))
            self._waiting = self._waiting.slice(ROW_GROUP)

    def _write(self, data: pa.Table) -> None:
        # Chunks would show in the bytes: the size of a page is looked at where one ends.
        self._writer.write_table(data.combine_chunks(), row_group_size=ROW_GROUP)


def _file(path: Path, rows: int) -> File:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return File(name=path.name, sha256=digest, bytes=path.stat().st_size, rows=rows)


def _readable(value: Any) -> bytes:
    return json.dumps(json.loads(canonical(value)), indent=2, ensure_ascii=False).encode() + b"\n"
