"""What pages and endpoints tell of a whole project, asked of a real PostgreSQL and a real lake."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, insert

from assay.commands.trace import told
from catalog.assembly import Candidate, Row
from catalog.testing import assembler, candidate, governing
from quality.forecast import Choice
from schemas.errors import InputError
from schemas.routing import Hits, Quota, Steering
from schemas.topics import Topics
from schemas.verdicts import DeadLetter, Disposition, Origin, Receipt, Run, TaskRequest, Versions, Violation
from storage import answers, receipts
from storage.backlog import ByReason, backlog
from storage.consensus import settle
from storage.database import open_engine
from storage.dead_letters import DeadLetters
from storage.feedback import Place, keep
from storage.guidelines import ensure
from storage.lake import Lake
from storage.lives import Held, life
from storage.mixing import current_mix
from storage.pipeline import pipeline
from storage.projects import Project, read_project
from storage.queue import claim, enqueue
from storage.releases import publish
from storage.scorecards import Changes, changes, scorecard, scorecards
from storage.settings import StorageSettings
from storage.tables import SteeringRow
from storage.testing import (
    accepted_sample,
    archive_dead_letters,
    archive_samples,
    enlist,
    fresh_database,
    label_next,
    task_request,
    write_project,
)

NAME = "zoo"
VERSIONS = Versions(contract=1, suite="s", policy="p")
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def settings(stack: Any, tmp_path: Path) -> Iterator[StorageSettings]:
    """A database and a folder of their own."""
    with fresh_database(stack.database_url) as url:
        yield StorageSettings(database_url=SecretStr(url), lake=str(tmp_path / "lake"))


@pytest.fixture
def engine(settings: StorageSettings) -> Iterator[Engine]:
    """The engine on that database."""
    engine = open_engine(settings)
    yield engine
    engine.dispose()


@pytest.fixture
def lake(settings: StorageSettings) -> Iterator[Lake]:
    """The lake in that folder."""
    with Lake.open(settings) as lake:
        lake.ensure(NAME)
        yield lake


@pytest.fixture
def project(tmp_path: Path, engine: Engine) -> Project:
    """A project of three classes, with its first guideline."""
    (tmp_path / "project").mkdir()
    write_project(tmp_path / "project", NAME)
    project = read_project(tmp_path / "project")
    ensure(engine, NAME, project.guideline, project.config.labels.classes)
    return project


def frame(first: int, *runs: tuple[Disposition, int], selected: tuple[int, ...] = ()) -> Receipt:
    """Return the receipt of a frame of partition 0 that begins at `first`."""
    counted, at = [], first
    for disposition, count in runs:
        counted.append(Run(first=at, count=count, disposition=disposition))
        at += count
    topic = Topics(project=NAME).samples
    return Receipt(
        topic=topic,
        partition=0,
        first=first,
        next=at,
        runs=tuple(counted),
        selected=selected,
        duplicates=(),
        versions=VERSIONS,
    )


def letter(offset: int, *rules: str, contract: int = 2) -> DeadLetter:
    """Return a dead letter, a second after the one before, that broke rules; today's would let its record in."""
    record = {**accepted_sample(offset).sample, "contract": contract, "payload": {"size": 1}, "embedding": None}
    return DeadLetter(
        origin=Origin(topic=Topics(project=NAME).samples, partition=0, offset=offset),
        key=None,
        value=base64.b64encode(json.dumps(record).encode()).decode(),
        headers=(),
        timestamp=BEGAN + timedelta(seconds=offset),
        violations=tuple(
            Violation(rule=rule, where="size", seen=f"seen at {offset}", allowed="less") for rule in rules
        ),
        versions=VERSIONS,
    )


def rows(*candidates: Candidate) -> tuple[Row, ...]:
    """Return the rows of these candidates."""
    return assembler().assemble(candidates).rows


def asked(offset: int) -> TaskRequest:
    """Return the request for the sample at an offset."""
    return task_request(NAME, offset)


def test_an_empty_project_has_nothing_to_tell(engine: Engine, lake: Lake, project: Project) -> None:
    """And every question has an answer before the first sample."""
    flow = pipeline(engine, NAME)
    assert (flow.produced, flow.selected, flow.labels, flow.version, flow.screened_at) == (0, 0, 0, None, None)
    assert backlog(engine, NAME).reasons == ()
    assert DeadLetters(project=project, engine=engine, lake=lake).by_rule() == []
    assert scorecards(engine, NAME) == []
    mix = current_mix(engine, project.config)
    assert (mix.steering, {one.rate for one in mix.reasons}) == (0, {None})
    assert sum(one.share for one in mix.reasons) == pytest.approx(1)


def test_the_pipeline_counts_what_receipts_say(engine: Engine, project: Project) -> None:
    """Each offset by its disposition, and those selected."""
    accepted, rejected, duplicate = Disposition.ACCEPTED, Disposition.REJECTED, Disposition.DUPLICATE
    receipts.record(engine, [frame(0, (accepted, 5), (rejected, 2), selected=(1, 3)), frame(7, (duplicate, 1))])
    enqueue(engine, project.config, [asked(1), asked(3)])
    flow = pipeline(engine, NAME)
    assert (flow.produced, flow.accepted, flow.rejected, flow.duplicate, flow.selected) == (8, 5, 2, 1, 2)
    assert (flow.tasks.open, flow.labels, flow.released) == (2, 0, 0)
    assert flow.screened_at is not None


def test_the_backlog_counts_by_reason_and_status(engine: Engine, project: Project) -> None:
    """What is settled is counted apart from what is open."""
    enqueue(engine, project.config, [asked(0), task_request(NAME, 1, audit=True)])
    for name in ("a", "b"):
        labeler = enlist(engine, NAME, name)
        task = label_next(engine, project.config, labeler, "cat")
    settle(engine, project.config, [task])
    told = backlog(engine, NAME)
    assert sum(one.open + one.settled for one in told.reasons) == told.depths.open + told.depths.settled == 2
    assert {one.reason for one in told.reasons} == {"uncertain", "audit"}
    assert isinstance(told.reasons[0], ByReason)


def test_dead_letters_are_grouped_by_each_rule_they_broke(engine: Engine, lake: Lake, project: Project) -> None:
    """The largest group first, with the last example and when."""
    archive_dead_letters(lake, NAME, [letter(0, "range", "form"), letter(2, "range", "range"), letter(1, "range")])
    groups = DeadLetters(project=project, engine=engine, lake=lake).by_rule()
    assert [(one.rule, one.letters, one.seen) for one in groups] == [
        ("range", 3, "seen at 2"),
        ("form", 1, "seen at 0"),
    ]
    assert (groups[0].first, groups[0].last) == (BEGAN, BEGAN + timedelta(seconds=2))


def test_a_forecast_judges_by_todays_rules_and_writes_nothing(engine: Engine, lake: Lake, project: Project) -> None:
    """Only those chosen, and no more than asked for."""
    letters = DeadLetters(project=project, engine=engine, lake=lake)
    archive_dead_letters(lake, NAME, [letter(0, "old"), letter(1, "old", contract=7), letter(2, "other")])
    told = letters.foretell(Choice(rule="old"))
    assert (told.forecast.accepted, told.forecast.rejected, told.due) == (1, 1, 2)
    assert told.forecast.by_rule["old", "accepted"] == 1
    assert letters.foretell(Choice(), 2).due == 2
    assert letters.foretell(Choice(rule="absent")).due == 0


def test_a_reason_is_worth_what_its_labels_found(engine: Engine, project: Project) -> None:
    """The rate has an interval for as many whole labels as count."""
    hits = {"uncertain": Hits(labels=9.6, hits=7.7), "audit": Hits(labels=10, hits=1)}
    found = Steering(version=3, hits=hits, quotas=(Quota(column="source", value="a", want=9),), asked_by=2)
    with engine.begin() as connection:
        connection.execute(insert(SteeringRow).values(project=NAME, version=3, body=found.model_dump(mode="json")))
    mix = current_mix(engine, project.config)
    worth = {one.reason: one for one in mix.reasons}
    assert (mix.steering, mix.quotas, mix.asked_by) == (3, found.quotas, 2)
    assert worth["uncertain"].rate is not None
    assert worth["uncertain"].rate.estimate == pytest.approx(0.8)
    assert worth["uncertain"].share > worth["audit"].share > 0


def test_versions_are_compared_by_cause(engine: Engine, settings: StorageSettings) -> None:
    """A scorecard names its gate and what was left out; the first version has nothing before it."""
    about = governing(project=NAME)
    notes = {
        "gate": [{"check": "rows", "ok": True, "wanted": "1", "found": "2", "remedy": "Have 1 labeled."}],
        "excluded": {"unsettled": 4},
    }
    publish(engine, settings, rows(candidate(0, "cat"), candidate(1, "dog")), about, notes=notes)
    publish(engine, settings, rows(candidate(1, "fox"), candidate(2, "dog")), about, notes={})
    last, first = scorecards(engine, NAME)
    assert ([last.version, first.version], first.rows, first.excluded) == ([2, 1], 2, {"unsettled": 4})
    assert scorecard(engine, NAME, 1) == first
    assert changes(engine, settings, NAME, 1) is None
    changed = changes(engine, settings, NAME, 2)
    assert changed is not None
    counted = Changes.of(changed)
    assert (counted.new, counted.dropped, counted.relabeled, counted.unchanged) == (1, 1, 1, 0)
    with pytest.raises(InputError, match="no dataset version 9"):
        scorecard(engine, NAME, 9)


def test_a_life_is_told_from_offset_to_release(
    engine: Engine, lake: Lake, settings: StorageSettings, project: Project
) -> None:
    """With every label, also one that was taken back, and the versions that hold the sample."""
    archive_samples(lake, NAME, [accepted_sample(0), accepted_sample(1)])
    enqueue(engine, project.config, [asked(1)])
    labeler = enlist(engine, NAME, "ada")
    assignment = claim(engine, project.config, labeler)
    assert assignment is not None
    for answer in ("dog", "cat"):
        answers.answer(engine, project.config, labeler, assignment.assignment_id, answer)
        if answer == "dog":
            answers.undo(engine, project.config, labeler, assignment.assignment_id)
    settle(engine, project.config, [assignment.task_id])
    publish(engine, settings, rows(candidate(1, "cat", sample_id="s0-1")), governing(project=NAME), notes={})
    heard = {"feedback_id": "f", "sample_id": "s0-1", "kind": "truth", "answer": "cat", "source": "till"}
    value = json.dumps({**heard, "occurred_at": "2026-01-02T00:00:00Z"}).encode()
    keep(engine, project.config, [Place(topic="zoo.feedback", partition=0, offset=0, value=value)])
    found = life(lake, engine, settings, NAME, "s0-1")
    assert found.origin == Origin(topic="zoo.samples", partition=0, offset=1)
    assert found.task is not None
    said = [(one.labeler, one.answer, one.retracted_at is None) for one in found.task.labels]
    assert said == [("ada", "dog", False), ("ada", "cat", True)]
    assert (found.task.status, found.task.consensus and found.task.consensus.answer) == ("open", "cat")
    assert [(one.version, one.label) for one in found.versions] == [(1, "cat")]
    assert isinstance(found.versions[0], Held)
    assert [(one.kind, one.answer, one.source) for one in found.feedback] == [("truth", "cat", "till")]
    steps = ["produced", "accepted", "feedback", "selected", "labeled", "labeled", "consensus", "released"]
    assert [line.split()[0] for line in told(found)] == steps


def test_a_sample_that_was_not_selected_has_a_life_without_a_task(
    engine: Engine, lake: Lake, settings: StorageSettings
) -> None:
    """And one that was never accepted has none."""
    archive_samples(lake, NAME, [accepted_sample(0)])
    assert life(lake, engine, settings, NAME, "s0-0").task is None
    with pytest.raises(InputError, match="No accepted sample"):
        life(lake, engine, settings, NAME, "it's not there")
