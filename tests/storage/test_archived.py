"""The join of wanted places with the lake: run by run, it finds what a join of all of them at once would find."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table

from storage import lake_files
from storage.archived import COLUMNS, archived, wanted
from storage.lake_marks import Place
from storage.lake_rows import SAMPLES, place, samples_table
from storage.runs import PLACE, in_runs
from storage.settings import BuildEngine
from storage.testing import accepted_sample

# In the order of their bytes, which is not that of any language.
TOPICS = ("Zoo.samples", "zoo.samples", "čoo.samples")

somewhere = st.tuples(st.sampled_from(TOPICS), st.integers(0, 2), st.integers(0, 20))
lists = st.lists(somewhere, unique=True, max_size=60)


def rows(places: Sequence[Place]) -> pa.Table:
    """Return archived samples from these places."""
    sample = samples_table([accepted_sample(0).model_dump_json().encode()]).take([0] * len(places))
    for name, values in zip(PLACE, zip(*places, strict=True), strict=True):
        field = SAMPLES.field(name)
        sample = sample.set_column(SAMPLES.get_field_index(name), field, pa.array(values, field.type))
    return sample


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Table]:
    """An empty table of samples."""
    catalog = SqlCatalog("assay", uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=f"file://{tmp_path}/lake")
    catalog.create_namespace(("zoo",))
    yield catalog.create_table(("zoo", "samples"), schema=SAMPLES)
    catalog.close()


def archive(lake: Table, samples: pa.Table) -> None:
    """Append samples as one data file."""
    lake_files.append(lake, lake_files.write(lake, samples), {})


@given(lists, lists, st.integers(1, 9), st.integers(1, 9))
def test_each_run_has_the_rows_at_its_places_and_no_others(
    there: list[Place], asked: list[Place], length: int, batch: int
) -> None:
    """However rows come: runs follow each other in order, none is too long, and none that has rows is missing."""
    table = pa.table(wanted(there))
    with TemporaryDirectory() as folder:
        reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=batch))
        found = [
            (list(map(place, one.places.to_pylist())), sorted(map(place, one.rows.read_all().to_pylist())))
            for one in in_runs(reader, wanted(asked), length, Path(folder))
        ]
    expected = [sorted(asked)[first : first + length] for first in range(0, len(asked), length)]
    assert found == [(some, sorted({*some} & {*there})) for some in expected if {*some} & {*there}]


def test_many_runs_give_what_one_join_would(lake: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several topics and partitions, each spread over all files, with gaps on both sides; and no lot is larger."""
    monkeypatch.setattr("storage.archived.LOT", 7)
    there = [(topic, partition, 3 * number) for number in range(90) for topic in TOPICS for partition in (0, 2, 11)]
    for first in range(4):
        archive(lake, rows(there[first::4][::-1]))
    # Of partition 1 nothing is archived, nor is any of these of partition 2: several runs on end are empty.
    asked = [(topic, partition, 2 * number) for topic in TOPICS for partition in (0, 1, 11) for number in range(80)]
    asked += [(TOPICS[1], 2, 3 * number + 1) for number in range(40)]
    with archived(BuildEngine.DUCKDB, lake, iter(asked[::-1])) as lots:
        found = list(lots)
    expected = {place(row): row for row in lake.scan(selected_fields=COLUMNS).to_arrow().to_pylist()}
    assert [row for lot in found for row in lot] == [expected[one] for one in sorted(asked) if one in expected]
    assert (sum(map(len, found)), max(map(len, found)) <= 7) == (162, True)
