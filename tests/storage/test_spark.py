"""Spark: asked by the same query for the same lake, it gives the version that DuckDB gave."""

import os
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import Engine

from infra.settings import CHECKOUT
from schemas.errors import InputError
from schemas.verdicts import AcceptedSample
from storage import guidelines
from storage.building import BuildStatus, build
from storage.consensus import settle
from storage.lake import Lake
from storage.projects import Project, read_project
from storage.queue import enqueue
from storage.settings import BuildEngine, StorageSettings
from storage.testing import archive_samples, enlist, label_next, task_request, write_project

PYTHON = CHECKOUT / ".venv-spark" / "bin" / "python"
CLASSES = ("cat", "dog", "fox")


@pytest.fixture
def project(engine: Engine, settings: StorageSettings, tmp_path: Path) -> Project:
    """A project with six labeled samples, archived in two files, out of order, among others that nobody labeled."""
    write_project(tmp_path, "zoo")
    project = read_project(tmp_path)
    guidelines.ensure(engine, "zoo", project.guideline, CLASSES)
    requests = [task_request("zoo", offset, payload={"size": offset, "colour": "čaj"}) for offset in range(12)]
    requests = [one.model_copy(update={"sample": {**one.sample, "contract": 2}}) for one in requests]
    enqueue(engine, project.config, requests[:6])
    labelers = [enlist(engine, "zoo", name) for name in ("ann", "bob")]
    done = {label_next(engine, project.config, each, CLASSES[one % 3]) for one in range(6) for each in labelers}
    settle(engine, project.config, done)
    samples = [AcceptedSample(origin=one.origin, sample=one.sample, versions=one.versions) for one in requests]
    with Lake.open(settings) as lake:
        archive_samples(lake, "zoo", samples[4:])
        archive_samples(lake, "zoo", samples[:4])
    return project


@pytest.mark.skipif(not PYTHON.exists(), reason="infra/setup.sh spark makes Spark's environment")
def test_the_version_that_spark_builds_is_the_one_that_duckdb_built(
    settings: StorageSettings, project: Project
) -> None:
    """To the last byte, or its content hash would be another one; the machine's clocks may show any zone's time."""
    assert build(project, settings).status is BuildStatus.PUBLISHED
    on_spark = settings.model_copy(update={"build_engine": BuildEngine.SPARK})
    variables = {**os.environ, **on_spark.variables(), "TZ": "Asia/Kolkata"}
    command = (str(PYTHON), "-m", "storage.building", str(project.folder))
    done = subprocess.run(
        command, env=variables, cwd=CHECKOUT, capture_output=True, text=True, timeout=240, check=False
    )
    assert (done.returncode, done.stdout) == (0, "Version 1 with 6 rows exists already.\n"), done.stderr


def test_without_spark_it_says_where_there_is_one(settings: StorageSettings) -> None:
    """Nothing is built by another engine than the one that was asked for."""
    on_spark = settings.model_copy(update={"build_engine": BuildEngine.SPARK})
    with Lake.open(on_spark) as lake, pytest.raises(InputError, match="infra/setup"), lake.samples_at("ape", []):
        pass
