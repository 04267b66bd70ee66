"""For tests of what stands on this package: a migrated database of their own, and what to put into it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from pydantic import JsonValue, SecretStr
from sqlalchemy import Engine, create_engine, make_url, text

from schemas.project import ProjectConfig
from schemas.roles import Role
from schemas.topics import Topics
from schemas.verdicts import AcceptedSample, DeadLetter, Origin, Reason, Selection, TaskRequest, Versions
from storage.answers import answer
from storage.database import open_engine
from storage.labelers import Labeler, by_token, register
from storage.lake import Lake
from storage.lake_rows import dead_letters_table, samples_table
from storage.migrate import migrate
from storage.outbox import Message, relay
from storage.queue import claim
from storage.settings import StorageSettings

# A project folder of three classes and two contract versions; NAME stands for the project's name.
FOLDER = {
    "project.toml": """
        name = "NAME"
        title = "A project of a test"
        contract = { current = 2, models = { 1 = "code.py:Old", 2 = "code.py:New" } }
        labels = { classes = ["cat", "dog", "fox"] }
        routing = { budget = { share = 0.22 }, uncertain = {} }
        overlap = { first = 2, most = 4 }
        dataset = { group = "batch", splits = { train = 1.0 }, min_rows = 1, agreement_floor = 0.5 }
        trainer = { train = "code.py:train", gold_test = "code.py:gold", gold_seed = "code.py:gold" }
    """,
    "expectations.json": json.dumps(
        {
            "name": "suite",
            "expectations": [
                {
                    "type": "expect_column_values_to_be_between",
                    "kwargs": {"column": "size", "min_value": 0},
                    "meta": {},
                }
            ],
        }
    ),
    "guideline.md": "A cat has whiskers.",
    "code.py": """
from schemas.samples import Payload

class Old(Payload):
    size: int

class New(Payload):
    size: int
    colour: str = "red"

def train(payloads, labels): ...
def gold(): ...
""",
}


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """Yield the URL of a migrated, empty database on the server at this URL; it is dropped afterwards."""
    with empty_database(server) as fresh:
        migrate(StorageSettings(database_url=SecretStr(fresh)))
        yield fresh


@contextmanager
def empty_database(server: str) -> Iterator[str]:
    """Yield the URL of a database without tables on the server at this URL; it is dropped afterwards."""
    url, name = make_url(server), f"test_{uuid4().hex}"
    admin = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    fresh = url.set(database=name).render_as_string(hide_password=False)
    try:
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        yield fresh
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        admin.dispose()


@contextmanager
def fresh_engine(server: str) -> Iterator[Engine]:
    """Yield an engine on a fresh database, wide enough for a handful of threads."""
    with fresh_database(server) as url:
        engine = open_engine(StorageSettings(database_url=SecretStr(url)), pool_size=8)
        try:
            yield engine
        finally:
            engine.dispose()


def write_project(folder: Path, name: str) -> None:
    """Write the files of a small project into `folder`."""
    for file, content in FOLDER.items():
        (folder / file).write_text(content.replace("NAME", name), encoding="utf-8")


def project_config(name: str, **changes: Any) -> ProjectConfig:
    """Return a small project of three classes; `changes` replace whole sections."""
    sections: dict[str, Any] = {
        "title": "A project of a test",
        "contract": {"current": 1, "models": {1: "contract.py:Reading"}},
        "labels": {"classes": ("cat", "dog", "fox")},
        "routing": {"budget": {"share": 0.22}, "uncertain": {}},
        "overlap": {"first": 2, "most": 4},
        "dataset": {"group": "batch", "splits": {"train": 1.0}, "min_rows": 1, "agreement_floor": 0.5},
        "trainer": {"train": "model.py:train", "gold_test": "model.py:test", "gold_seed": "model.py:seed"},
    }
    return ProjectConfig.model_validate({"name": name, **sections, **changes})


def task_request(
    project: str, offset: int, *, payload: JsonValue = None, uncertain: float = 0.5, audit: bool = False
) -> TaskRequest:
    """Return the request for the sample `s<offset>` of partition 0, with everything that a labeler must not see."""
    reason = Reason.AUDIT if audit else Reason.UNCERTAIN
    sample: dict[str, JsonValue] = {
        "contract": 1,
        "sample_id": f"s{offset}",
        "source": "camera",
        "occurred_at": "2026-01-01T00:00:00Z",
        "payload": payload or {"size": offset},
        "prediction": {"model": "hidden-model", "scores": {"cat": 0.617283, "dog": 0.382717}},
        "attributes": {"batch": "leaky"},
        "media": f"pictures/{offset}.png",
    }
    return TaskRequest(
        origin=Origin(topic=Topics(project=project).samples, partition=0, offset=offset),
        sample=sample,
        selection=Selection(reasons=(reason,), scores={reason: uncertain}, propensity=0.1),
        versions=Versions(contract=1, suite="s", policy="p"),
    )


def enlist(engine: Engine, project: str, name: str, *, lead: bool = False) -> Labeler:
    """Register a labeler and return it."""
    labeler = by_token(
        engine, project, register(engine, project, name, simulated=True, role=Role.LEAD if lead else Role.LABELER)
    )
    if labeler is None:
        raise LookupError(name)
    return labeler


def label_next(engine: Engine, project: ProjectConfig, labeler: Labeler, given: JsonValue) -> int:
    """Claim the labeler's next task, answer it, and return its task_id."""
    assignment = claim(engine, project, labeler)
    if assignment is None:
        raise LookupError(f"nothing waits for {labeler.name}")
    return answer(engine, project, labeler, assignment.assignment_id, given).task_id


def expire(engine: Engine, assignment: UUID) -> None:
    """Let the lease end a second ago."""
    ended = text("UPDATE assignments SET expires_at = now() - interval '1 second' WHERE assignment_id = :id")
    with engine.begin() as connection:
        connection.execute(ended, {"id": assignment})


def published(engine: Engine) -> list[Message]:
    """Relay everything that waits and return it."""
    sent: list[Message] = []
    while relay(engine, sent.extend):
        pass
    return sent


def archive_samples(lake: Lake, project: str, samples: Sequence[AcceptedSample]) -> int:
    """Archive accepted samples, as the stream does; return how many were fresh."""
    return lake.archive(project, "samples", samples_table([one.model_dump_json().encode() for one in samples]))


def archive_dead_letters(lake: Lake, project: str, letters: Sequence[DeadLetter]) -> int:
    """Archive dead letters, as `archive_samples` does samples."""
    return lake.archive(
        project, "dead_letters", dead_letters_table([one.model_dump_json().encode() for one in letters])
    )


def accepted_sample(offset: int, partition: int = 0, **sample: Any) -> AcceptedSample:
    """Return the accepted sample at an offset of `zoo.samples`; `sample` replaces fields."""
    fields = {
        "contract": 1,
        "sample_id": f"s{partition}-{offset}",
        "source": "camera",
        "occurred_at": "2026-01-01T00:00:00.250000Z",
        "payload": {"text": "čaj", "size": 1.0, "many": [1, None]},
        "prediction": {"model": "m1", "scores": {"cat": 0.6, "dog": 0.1}},
        "embedding": [0.1, 0.2],
        "attributes": {"batch": 3, "dark": True},
        "media": None,
    }
    origin = Origin(topic="zoo.samples", partition=partition, offset=offset)
    versions = Versions(contract=1, suite="s", policy="p")
    return AcceptedSample(origin=origin, sample={**fields, **sample}, versions=versions)
