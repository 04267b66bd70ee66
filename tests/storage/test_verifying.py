"""Verifying: a version is what its manifest, the lake and the ledger say, or what differs is named."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from catalog.assembly import Row
from catalog.testing import CLASSES, assembler, candidate, governing, recipe
from schemas.verdicts import AcceptedSample, Origin, Versions
from storage.consensus import settle
from storage.guidelines import ensure
from storage.labeled import labeled_now
from storage.lake import Lake
from storage.queue import enqueue
from storage.releases import Release, publish
from storage.settings import StorageSettings
from storage.testing import archive_samples, enlist, label_next, project_config, task_request
from storage.verifying import Verification, verify

SLICES = [{"column": "label", "value": "fox", "copies": 2}]


def rows(project: str, labels: tuple[UUID, ...], *, archived: Lake | None) -> tuple[Row, ...]:
    """Return nine rows, archived, behind each of which are these labels."""
    candidates = [
        candidate(
            offset,
            CLASSES[offset % 3],
            origin=Origin(topic=f"{project}.samples", partition=0, offset=offset),
            labels=labels,
        )
        for offset in range(9)
    ]
    if archived is not None:
        versions = Versions(contract=1, suite="s", policy="p")
        samples = [AcceptedSample(origin=one.origin, sample=dict(one.sample), versions=versions) for one in candidates]
        archive_samples(archived, project, samples)
    return assembler(slices=SLICES).assemble(candidates).rows


@pytest.fixture
def labels(engine: Engine) -> tuple[UUID, ...]:
    """Two labels that are in the ledger."""
    project = project_config(f"p-{uuid4().hex}")
    ensure(engine, project.name, "A cat has whiskers.", project.labels.classes)
    enqueue(engine, project, [task_request(project.name, 0)])
    tasks = {label_next(engine, project, enlist(engine, project.name, name), "cat") for name in ("ann", "bob")}
    settle(engine, project, tasks)
    with engine.connect() as connection:
        return next(iter(labeled_now(connection, project.name).tasks)).labels


def verified(engine: Engine, settings: StorageSettings, release: Release) -> Verification:
    """Verify the version."""
    with Lake.open(settings) as lake:
        return verify(engine, lake, settings, release)


def published(
    engine: Engine, settings: StorageSettings, labels: tuple[UUID, ...], *, archived: bool = True
) -> tuple[Release, Path]:
    """Publish a version, and return it with its folder."""
    project = f"p-{uuid4().hex}"
    with Lake.open(settings) as lake:
        made = rows(project, labels, archived=lake if archived else None)
    release = publish(engine, settings, made, governing(project=project, recipe=recipe(slices=SLICES)), notes={})
    return release, Path(release.location.removeprefix("file://"))


def test_a_version_rebuilt_from_manifest_and_lake_has_the_same_bytes(
    engine: Engine, settings: StorageSettings, labels: tuple[UUID, ...]
) -> None:
    """Every file of it, after the lake's files were merged too."""
    release, _ = published(engine, settings, labels)
    with Lake.open(settings) as lake:
        lake.compact(release.project, fan=2)
    assert verified(engine, settings, release) == Verification(version=1, rows=9, files=6, problems=())


def lose(file: Path) -> None:
    """Remove it."""
    file.unlink()


def spoil(file: Path) -> None:
    """Change a byte."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("name", ["train.parquet", "test.parquet", "manifest.jsonl"])
@pytest.mark.parametrize("harm", [lose, spoil])
def test_data_that_is_not_what_was_released_is_named(
    engine: Engine, settings: StorageSettings, labels: tuple[UUID, ...], name: str, harm: Callable[[Path], None]
) -> None:
    """One byte is enough."""
    release, folder = published(engine, settings, labels)
    harm(folder / name)
    said = "is gone" if harm is lose else "was changed since it was released"
    assert verified(engine, settings, release).problems == (f"{name} {said}",)


@pytest.mark.parametrize("name", ["README.md", "croissant.json"])
def test_what_is_said_of_the_data_is_compared_too(
    engine: Engine, settings: StorageSettings, labels: tuple[UUID, ...], name: str
) -> None:
    """A card that says something else misleads as much."""
    release, folder = published(engine, settings, labels)
    (folder / name).write_text("Labels were given by people.")
    assert verified(engine, settings, release).problems == (f"{name} has other bytes when it is rebuilt",)


def test_samples_that_the_lake_lost_are_named(
    engine: Engine, settings: StorageSettings, labels: tuple[UUID, ...]
) -> None:
    """The first of them, and how many more."""
    release, _ = published(engine, settings, labels, archived=False)
    (problem,) = verified(engine, settings, release).problems
    assert problem == "the lake has no sample at the origin of s0, s1, s2, s3, s4 and 4 more"


def test_labels_that_the_ledger_does_not_have_are_named(engine: Engine, settings: StorageSettings) -> None:
    """A row stands on them."""
    release, _ = published(engine, settings, (uuid4(),))
    (problem,) = verified(engine, settings, release).problems
    assert problem == "labels behind s0, s1, s2, s3, s4 and 4 more are not in the ledger"
