"""Rendering: files are written a part at a time, and have the bytes that they would have if written as a whole."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import JsonValue

from catalog.assembly import Row
from catalog.canonical import sha256
from catalog.manifest import content_hash, manifest
from catalog.table import table
from catalog.testing import assembler, candidate, governing, recipe
from storage.rendering import LOT, PARQUET, ROW_GROUP, render
from storage.spool import spool

# Each row of a fox stands so often that train has more lines than a row group.
SLICES = [{"column": "label", "value": "fox", "copies": 70}]


def payload(offset: int) -> JsonValue:
    """Return a payload with a field whose type only the last rows tell, one of no type, and one that most lack."""
    last = offset > LOT
    return {"size": 0.5 if last else offset, "mixed": offset if last else "x", **({"rare": [1]} if last else {})}


def rows() -> tuple[Row, ...]:
    """Return a little more rows than are turned into columns at once, in two splits."""
    labels = ("cat", "dog", "fox")
    found = (candidate(offset, labels[offset % 3], payload=payload(offset)) for offset in range(LOT + 5))
    return tuple(assembler(slices=SLICES).assemble(found).rows)


def test_files_have_the_bytes_that_they_would_have_as_a_whole(tmp_path: Path) -> None:
    """Row groups, types and pages do not tell how many rows were in hand at once."""
    made, about = rows(), governing(recipe=recipe(slices=SLICES))
    with spool() as shelf:
        for row in made:
            shelf.put(row)
        told = render(shelf.take(range(len(made))), about, content_hash(made, about), tmp_path)
    data: pa.Table = table(made)
    parts = [row.entry.split for row in made for _ in range(row.entry.copies)]
    for split in ("test", "train"):
        whole = data.filter(pa.array([part == split for part in parts]))
        pq.write_table(whole, tmp_path / "whole.parquet", row_group_size=ROW_GROUP, **PARQUET)
        assert sha256((tmp_path / f"{split}.parquet").read_bytes()) == sha256((tmp_path / "whole.parquet").read_bytes())
    assert pq.ParquetFile(tmp_path / "train.parquet").num_row_groups > 1
    assert told == manifest(made, about, told.files)


def test_a_spool_gives_back_the_rows_that_are_taken() -> None:
    """In their order, as often as they are asked for; and their lines."""
    made = rows()[:6]
    with spool() as shelf:
        for row in made:
            shelf.put(row)
        taken = shelf.take([1, 4])
        assert [list(taken), list(taken)] == [[made[1], made[4]]] * 2
        assert [texts.line for texts in taken.texts()] == [made[1].line, made[4].line]
        assert (len(taken), made[4] in taken, made[0] in taken) == (2, True, False)
