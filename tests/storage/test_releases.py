"""Releases: files first, then one transaction; the same content is one version."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import duckdb
import mlcroissant
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
import yaml
from sqlalchemy import Engine, select

from catalog.assembly import Candidate, Row
from catalog.canonical import sha256
from catalog.manifest import DatasetPublished, Governing, Manifest
from catalog.testing import CLASSES, assembler, candidate, governing, recipe
from schemas.errors import InputError
from storage.releases import (
    Release,
    compare,
    export,
    find_content,
    get_version,
    list_versions,
    publish,
    read_entries,
    read_split,
)
from storage.settings import StorageSettings
from storage.tables import OutboxRow

FILES = ["README.md", "croissant.json", "manifest.json", "manifest.jsonl", "test.parquet", "train.parquet"]


@pytest.fixture
def about() -> Governing:
    """What governs versions of a project that nobody else has."""
    return governing(project=f"p-{uuid4().hex}")


def rows(*candidates: Candidate) -> tuple[Row, ...]:
    """Return the rows of these candidates, or of four."""
    return assembler().assemble(candidates or [candidate(offset) for offset in range(4)]).rows


def announced(engine: Engine, project: str) -> list[DatasetPublished]:
    """Return what waits in the outbox for the project's topic."""
    with engine.connect() as connection:
        values = connection.scalars(select(OutboxRow.value).where(OutboxRow.topic == f"{project}.datasets"))
        return [DatasetPublished.model_validate_json(value) for value in values]


def folder(settings: StorageSettings, release: Release) -> Path:
    """Return where a version's files lie."""
    return Path(settings.lake) / "releases" / release.project / release.content_hash


def test_a_version_is_its_files_its_row_and_its_announcement(
    engine: Engine, settings: StorageSettings, about: Governing
) -> None:
    """All of them say the same, and nothing partial is left behind."""
    release = publish(engine, settings, rows(), about, notes={"gate": []})
    assert (release.version, release.rows, release.location) == (1, 4, f"file://{folder(settings, release)}")
    assert sorted(path.name for path in folder(settings, release).iterdir()) == FILES
    assert get_version(engine, about.project) == release
    assert [one.model_dump() for one in announced(engine, about.project)] == [
        {name: value for name, value in vars(release).items() if name != "manifest"}
    ]


def test_the_manifest_names_every_file_by_its_hash(engine: Engine, settings: StorageSettings, about: Governing) -> None:
    """And the row's manifest is the file's, with the notes."""
    release = publish(engine, settings, rows(), about, notes={"gate": [], "excluded": {"rule": 2}})
    made = json.loads((folder(settings, release) / "manifest.json").read_text())
    assert release.manifest == {**made, "gate": [], "excluded": {"rule": 2}}
    for file in Manifest.model_validate(made).files:
        data = (folder(settings, release) / file.name).read_bytes()
        assert (sha256(data), len(data)) == (file.sha256, file.bytes)


def test_the_same_content_publishes_nothing(engine: Engine, settings: StorageSettings, about: Governing) -> None:
    """However often, and by however many at once."""
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: publish(engine, settings, rows(), about, notes={}), range(4)))
    assert found == [found[0]] * 4
    assert find_content(engine, about.project, found[0].content_hash) == found[0]
    assert (len(list_versions(engine, about.project)), len(announced(engine, about.project))) == (1, 1)


def test_the_same_content_gives_the_same_bytes(
    engine: Engine, settings: StorageSettings, about: Governing, tmp_path: Path
) -> None:
    """In another folder, at another time, after any other version; but for the project's name in three of them."""
    here = publish(engine, settings, rows(), about, notes={})
    elsewhere = settings.model_copy(update={"lake": str(tmp_path)})
    again = about.model_copy(update={"project": f"p-{uuid4().hex}"})
    publish(engine, elsewhere, rows(candidate(9)), again, notes={})
    there = publish(engine, elsewhere, rows(), again, notes={})
    for name in FILES:
        bytes_here = (folder(settings, here) / name).read_bytes()
        bytes_there = (folder(elsewhere, there) / name).read_bytes()
        ours, theirs = ((one.project.encode(), one.content_hash.encode()) for one in (here, there))
        assert (
            bytes_there.replace(theirs[0], ours[0]).replace(theirs[1], ours[1]).replace(theirs[1][:12], ours[1][:12])
            == bytes_here
        )


def test_versions_are_numbered_and_named_where_one_is_missing(
    engine: Engine, settings: StorageSettings, about: Governing
) -> None:
    """The latest is meant unless one is named."""
    with pytest.raises(InputError, match="no dataset version yet: the DAG build_dataset"):
        get_version(engine, about.project)
    for offset in (1, 2):
        publish(engine, settings, rows(candidate(offset)), about, notes={})
    assert [one.version for one in list_versions(engine, about.project)] == [1, 2]
    assert (get_version(engine, about.project).version, get_version(engine, about.project, 1).version) == (2, 1)
    with pytest.raises(InputError, match="no dataset version 7; there are: 1, 2"):
        get_version(engine, about.project, 7)


def test_released_rows_are_read_back(engine: Engine, settings: StorageSettings, about: Governing) -> None:
    """Every row is in one split, and any Parquet reader finds the payload's fields as columns."""
    made = rows(*(candidate(offset) for offset in range(20)))
    release = publish(engine, settings, made, about, notes={})
    assert list(read_entries(settings, release)) == [row.entry for row in made]
    splits = {split: read_split(settings, release, split) for split in recipe().splits}
    assert {name: table.num_rows for name, table in splits.items()} == {
        name: sum(row.entry.split == name for row in made) for name in splits
    }
    train = pq.read_table(folder(settings, release) / "train.parquet")
    assert train == splits["train"]
    assert train.column("payload.size").to_pylist() == train.column("offset").to_pylist()


def test_versions_are_compared_from_their_files(engine: Engine, settings: StorageSettings, about: Governing) -> None:
    """By cause, each sample once."""
    old = publish(engine, settings, rows(candidate(1), candidate(2)), about, notes={})
    new = publish(engine, settings, rows(candidate(2, "dog"), candidate(3)), about, notes={})
    found = compare(settings, old, new)
    assert (found.new, found.dropped, found.relabeled[0].sample_id) == (("s3",), ("s1",), "s2")


def released(engine: Engine, settings: StorageSettings, about: Governing) -> tuple[Release, Path]:
    """Publish twenty rows, of which those of foxes stand twice in train; return the version and its folder."""
    slices = [{"column": "label", "value": "fox", "copies": 2}]
    candidates = [candidate(offset, CLASSES[offset % 3]) for offset in range(20)]
    made = assembler(slices=slices).assemble(candidates).rows
    governed = about.model_copy(update={"recipe": recipe(slices=slices)})
    release = publish(engine, settings, made, governed, notes={})
    return release, folder(settings, release)


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated", "ignore:The inplace keyword")  # both its own
def test_mlcroissant_finds_nothing_wrong_and_reads_every_record(
    engine: Engine, settings: StorageSettings, about: Governing
) -> None:
    """ML Commons' own reader, on the files as they were released."""
    release, place = released(engine, settings, about)
    described = mlcroissant.Dataset(jsonld=str(place / "croissant.json"))
    assert list(described.metadata.issues.errors) == []
    for split in recipe().splits:
        table = read_split(settings, release, split)
        records = list(described.records(record_set=split))
        assert [(one[f"{split}/sample_id"].decode(), one[f"{split}/copy"]) for one in records] == list(
            zip(table.column("sample_id").to_pylist(), table.column("copy").to_pylist(), strict=True)
        )


def test_one_line_loads_a_split_in_pandas_polars_and_duckdb(
    engine: Engine, settings: StorageSettings, about: Governing
) -> None:
    """The same rows in each."""
    release, place = released(engine, settings, about)
    file, labels = str(place / "train.parquet"), read_split(settings, release, "train").column("label").to_pylist()
    assert pd.read_parquet(file)["label"].tolist() == labels
    assert pl.read_parquet(file)["label"].to_list() == labels
    assert [label for (label,) in duckdb.read_parquet(file).project("label").fetchall()] == labels


def test_one_line_loads_a_release_in_hugging_face_datasets(
    engine: Engine, settings: StorageSettings, about: Governing, tmp_path: Path
) -> None:
    """By the head of its card; tested where it is installed, which the lock file does not ask for."""
    datasets = pytest.importorskip("datasets")
    release, place = released(engine, settings, about)
    for split in recipe().splits:
        loaded = datasets.load_dataset(str(place), split=split, cache_dir=str(tmp_path))
        assert list(loaded["label"]) == read_split(settings, release, split).column("label").to_pylist()


def test_the_card_says_where_the_splits_are(engine: Engine, settings: StorageSettings, about: Governing) -> None:
    """Its head is what Hugging Face's load_dataset reads of a folder."""
    _, place = released(engine, settings, about)
    _, head, _ = (place / "README.md").read_text().split("---\n", 2)
    (configuration,) = yaml.safe_load(head)["configs"]
    assert {one["split"]: one["path"] for one in configuration["data_files"]} == {
        "test": "test.parquet",
        "train": "train.parquet",
    }


def test_an_export_is_the_release_byte_for_byte(
    engine: Engine, settings: StorageSettings, about: Governing, tmp_path: Path
) -> None:
    """Every file of it."""
    release, place = released(engine, settings, about)
    names = export(settings, release, tmp_path)
    assert sorted(names) == FILES
    assert all((tmp_path / name).read_bytes() == (place / name).read_bytes() for name in names)
