"""The lake and the releases in an object store: a server that speaks S3, on this machine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyarrow.fs import S3FileSystem
from pydantic import SecretStr

from infra.object_store import PROGRAM, running_object_store
from schemas.verdicts import AcceptedSample
from storage import guidelines
from storage.building import BuildStatus, build
from storage.consensus import settle
from storage.database import open_engine
from storage.lake import Lake
from storage.projects import read_project
from storage.queue import enqueue
from storage.releases import export, read_split
from storage.settings import StorageSettings
from storage.testing import archive_samples, enlist, fresh_database, label_next, task_request, write_project
from storage.verifying import Verification, verify

CLASSES = ("cat", "dog", "fox")
BUCKET, REGION, KEY, SECRET = "assay", "us-east-1", "somebody", "a key that nobody shall read"


@pytest.fixture(scope="module")
def properties(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An object store with an empty bucket, as the lake's properties name it."""
    if not PROGRAM.exists():
        pytest.skip("infra/setup.sh object-store was not run")
    with running_object_store(tmp_path_factory.mktemp("objects")) as endpoint:
        said = {"endpoint_override": endpoint, "region": REGION, "access_key": KEY, "secret_key": SECRET}
        S3FileSystem(**said, allow_bucket_creation=True).create_dir(BUCKET)
        yield {"s3.endpoint": endpoint, "s3.region": REGION, "s3.access-key-id": KEY, "s3.secret-access-key": SECRET}


@pytest.fixture(scope="module")
def settings(stack: Any, properties: dict[str, str]) -> Iterator[StorageSettings]:
    """A migrated database, and the bucket."""
    with fresh_database(stack.database_url) as url:
        yield StorageSettings(database_url=SecretStr(url), lake=f"s3://{BUCKET}/lake", lake_properties=properties)


def test_a_version_is_built_verified_and_exported_from_an_object_store(
    settings: StorageSettings, tmp_path: Path
) -> None:
    """By the settings alone; everything but them is as with a folder."""
    write_project(tmp_path, "zoo")
    project, engine = read_project(tmp_path), open_engine(settings)
    guidelines.ensure(engine, "zoo", project.guideline, CLASSES)
    requests = [task_request("zoo", offset, payload={"size": offset, "colour": "red"}) for offset in range(6)]
    requests = [one.model_copy(update={"sample": {**one.sample, "contract": 2}}) for one in requests]
    enqueue(engine, project.config, requests)
    labelers = [enlist(engine, "zoo", name) for name in ("ann", "bob")]
    done = {label_next(engine, project.config, each, CLASSES[one % 3]) for one in range(6) for each in labelers}
    settle(engine, project.config, done)
    with Lake.open(settings) as lake:
        for one in requests:
            sample = AcceptedSample(origin=one.origin, sample=one.sample, versions=one.versions)
            assert archive_samples(lake, "zoo", [sample]) == 1
        lake.compact("zoo", fan=2)
        release = build(project, settings).release
        assert release is not None
        assert release.location == f"s3://{BUCKET}/lake/releases/zoo/{release.content_hash}"
        expected = Verification(version=1, rows=6, files=5, problems=())
        assert verify(engine, lake, settings, release) == expected
    assert build(project, settings).status is BuildStatus.UNCHANGED
    (tmp_path / "exported").mkdir()
    assert "train.parquet" in export(settings, release, tmp_path / "exported")
    assert read_split(settings, release, "train").column("payload.size").to_pylist() == list(range(6))
    engine.dispose()


def test_the_key_of_an_object_store_is_not_told() -> None:
    """Wherever settings are printed; another process gets it."""
    settings = StorageSettings(
        database_url=SecretStr("postgresql://a@b/c"), lake_properties={"s3.secret-access-key": SecretStr(SECRET)}
    )
    assert SECRET not in f"{settings!r} {settings.lake_properties}"
    assert SECRET in settings.variables()["ASSAY_LAKE_PROPERTIES"]
