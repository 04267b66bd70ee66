"""Building and retraining, end to end: PostgreSQL, lake, Great Expectations, files."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, func, select

from catalog import gate
from catalog.assembly import Candidate
from catalog.gate import Mark, Result
from schemas.guidelines import ClassChange, Definition, Draft
from schemas.verdicts import AcceptedSample, TaskRequest
from storage import guidelines
from storage.building import BuildOutcome, BuildStatus, build, foresee
from storage.candidates import read_candidates
from storage.consensus import settle
from storage.gates import last_report
from storage.labelers import Labeler
from storage.lake import Lake
from storage.projects import Project, read_project
from storage.promotions import find_report
from storage.publishing import publish
from storage.queue import enqueue
from storage.releases import compare, get_version, list_versions, read_entries, read_split
from storage.settings import StorageSettings
from storage.tables import OutboxRow, TaskRow, TrainingRow
from storage.testing import archive_samples, enlist, label_next, task_request
from storage.training import retrain

CLASSES = ("cat", "dog", "fox")

PROJECT = """
name = "{name}"
title = "Animals by size"
contract = {{ current = 1, models = {{ 1 = "code.py:Animal" }} }}
labels = {{ classes = ["cat", "dog", "fox"] }}
routing = {{ budget = {{ share = 0.22 }}, uncertain = {{}} }}
overlap = {{ first = 2, most = 4, threshold = 0.8 }}
dataset = {{ group = "batch", splits = {{ train = 1.0 }}, min_rows = 9, agreement_floor = 0.5 }}
trainer = {{ train = "code.py:train", gold_test = "code.py:gold_test", gold_seed = "code.py:gold_seed" }}
"""

# The model says of a size what most rows with that size modulo 3 said.
CODE = '''
from collections import Counter

from schemas.samples import Payload

CLASSES = ("cat", "dog", "fox")


class Animal(Payload):
    """One animal."""

    size: int


class Majority:
    """The class that most rows of a kind have."""

    def __init__(self, payloads, labels):
        self.counts = [Counter() for _ in range(3)]
        for payload, label in zip(payloads, labels, strict=True):
            self.counts[payload["size"] % 3][label] += 1

    def predict(self, payloads):
        return [max(CLASSES, key=lambda label: self.counts[one["size"] % 3][label]) for one in payloads]

    def scores(self, payloads):
        return [{label: 1 / 3 for label in CLASSES} for _ in payloads]


def train(payloads, labels):
    return Majority(payloads, labels)


def gold_test():
    return [{"size": size} for size in range(60)], [CLASSES[size % 3] for size in range(60)]


def gold_seed():
    return [{"size": 0}], ["cat"]
'''


def suite(most: int) -> str:
    """Return an expectation suite: sizes up to `most`, and a mean that warns."""
    kinds = [
        ("expect_column_values_to_be_between", {"column": "size", "min_value": 0, "max_value": most}, "critical"),
        ("expect_column_mean_to_be_between", {"column": "size", "min_value": 1000}, "warning"),
    ]
    listed = [{"type": kind, "kwargs": kwargs, "severity": severity} for kind, kwargs, severity in kinds]
    return json.dumps({"name": "animals", "expectations": listed})


@pytest.fixture
def project(tmp_path: Path, engine: Engine) -> Project:
    """A project that nobody else has, with its first guideline."""
    files = {
        "project.toml": PROJECT.format(name=f"p-{uuid4().hex}"),
        "code.py": CODE,
        "expectations.json": suite(most=100),
        "guideline.md": "Cats are small.",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    project = read_project(tmp_path)
    guidelines.ensure(engine, project.config.name, project.guideline, project.config.labels.classes)
    return project


@pytest.fixture
def labelers(engine: Engine, project: Project) -> list[Labeler]:
    """Two labelers, both simulated."""
    return [enlist(engine, project.config.name, name) for name in ("ann", "bob")]


def archive(settings: StorageSettings, requests: Sequence[TaskRequest]) -> None:
    """Put the requests' samples into the lake, as the stream does with what it accepted."""
    samples = [AcceptedSample(origin=one.origin, sample=one.sample, versions=one.versions) for one in requests]
    with Lake.open(settings) as lake:
        archive_samples(lake, samples[0].origin.topic.removesuffix(".samples"), samples)


def truth(engine: Engine, task_id: int) -> str:
    """Return the class of a task's sample."""
    with engine.connect() as connection:
        sample = connection.scalar(select(TaskRow.sample).where(TaskRow.task_id == task_id))
    return CLASSES[(sample or {})["payload"]["size"] % 3]


def requested(engine: Engine, project: Project, offsets: Sequence[int]) -> list[TaskRequest]:
    """Enqueue the samples at these offsets for labeling; the size is the offset."""
    requests = [task_request(project.config.name, offset, payload={"size": offset}) for offset in offsets]
    enqueue(engine, project.config, requests)
    return requests


def label_all(engine: Engine, project: Project, labelers: Sequence[Labeler], answers: Sequence[str]) -> None:
    """Have each labeler answer each task, in the order of the offsets, and settle all."""
    done = {label_next(engine, project.config, labeler, given) for given in answers for labeler in labelers}
    settle(engine, project.config, done)


def counted(engine: Engine, project: Project) -> int:
    """Return how many announcements wait for the project's datasets."""
    with engine.connect() as connection:
        where = OutboxRow.topic == project.topics.datasets
        return connection.scalar(select(func.count()).select_from(OutboxRow).where(where)) or 0


def first_version(
    engine: Engine, settings: StorageSettings, project: Project, labelers: Sequence[Labeler]
) -> BuildOutcome:
    """Label twelve samples well, archive them, and build."""
    requests = requested(engine, project, range(12))
    label_all(engine, project, labelers, [CLASSES[offset % 3] for offset in range(12)])
    archive(settings, requests)
    return build(project, settings)


def test_settled_tasks_become_a_version_whose_rows_say_why_they_are_in(
    engine: Engine, settings: StorageSettings, project: Project, labelers: list[Labeler]
) -> None:
    """From the queue to the Parquet file; the warning is told and lets the gate open."""
    outcome = first_version(engine, settings, project, labelers)
    assert outcome.status is BuildStatus.PUBLISHED, outcome.text
    assert "warning: suite: expect_column_mean_to_be_between (size)" in outcome.text
    release = get_version(engine, project.config.name)
    assert (release, release.version, release.rows) == (outcome.release, 1, 12)
    entry = list(read_entries(settings, release))[4]
    assert (entry.sample_id, entry.label, entry.votes, entry.simulated) == ("s4", "dog", 2, True)
    assert read_split(settings, release, "train").column("payload.size").to_pylist() == list(range(12))


def test_building_again_publishes_nothing(
    engine: Engine, settings: StorageSettings, project: Project, labelers: list[Labeler]
) -> None:
    """Nothing has changed, so there is nothing to announce."""
    first = first_version(engine, settings, project, labelers)
    again = build(project, settings)
    assert (again.status, again.release) == (BuildStatus.UNCHANGED, first.release)
    assert (len(list_versions(engine, project.config.name)), counted(engine, project)) == (1, 1)


def test_a_red_gate_publishes_nothing_and_says_what_is_missing(
    engine: Engine, settings: StorageSettings, project: Project, labelers: list[Labeler]
) -> None:
    """Rows that the lake does not hold yet are waited for, and counted."""
    requests = requested(engine, project, range(12))
    label_all(engine, project, labelers, [CLASSES[offset % 3] for offset in range(12)])
    archive(settings, requests[:4])
    outcome = build(project, settings)
    assert (outcome.status, outcome.unarchived) == (BuildStatus.RED, 8)
    assert "failed: rows: wanted at least 9, found 4. Have 5 more samples labeled consistently." in outcome.text
    assert (list_versions(engine, project.config.name), counted(engine, project)) == ([], 0)
    assert not (Path(settings.lake) / "releases" / project.config.name).exists()


def test_what_the_gate_said_is_kept_open_or_shut(
    engine: Engine, settings: StorageSettings, project: Project, labelers: list[Labeler]
) -> None:
    """As a page for people, as results, and as Great Expectations' own document; the last one is asked for by name."""
    requests = requested(engine, project, range(12))
    label_all(engine, project, labelers, [CLASSES[offset % 3] for offset in range(12)])
    archive(settings, requests[:4])
    build(project, settings)
    shut = last_report(engine, project.config.name)
    archive(settings, requests)
    released = build(project, settings).release
    opened = last_report(engine, project.config.name)
    assert shut is not None
    assert opened is not None
    assert released is not None
    assert [(one.open, one.version) for one in (shut, opened)] == [(False, None), (True, 1)]
    assert [one.mark for one in shut.marks if not one.ok] == [Mark.SIZED]
    folder = Path(shut.location.removeprefix("file://"))
    assert "The gate is shut: nothing is published." in (folder / "gate.html").read_text()
    results = json.loads((folder / "gate.json").read_text())
    assert [Result.model_validate(one) for one in results] == list(shut.results)
    document = json.loads((folder / "expectations.json").read_text())
    assert [one["expectation_config"]["type"] for one in document["results"]] == [
        "expect_column_values_to_be_between",
        "expect_column_mean_to_be_between",
    ]
    assert released.manifest["report"] == opened.location


def test_the_gate_can_be_asked_before_a_build(
    engine: Engine, settings: StorageSettings, project: Project, labelers: list[Labeler]
) -> None:
    """It says what a build is told then, and publishes nothing."""
    requests = requested(engine, project, range(12))
    label_all(engine, project, labelers, [CLASSES[offset % 3] for offset in range(12)])
    foreseen = []
    for part in (requests[:4], requests[4:]):
        archive(settings, part)
        with Lake.open(settings) as lake:
            foreseen.append(foresee(project, engine, lake))
    assert [gate.is_open(results) for results in foreseen] == [False, True]
    assert list_versions(engine, project.config.name) == []
    assert build(project, settings).results == foreseen[-1]


def test_rows_that_break_a_new_rule_are_dropped_and_counted(
    engine: Engine, settings: StorageSettings, project: Project, labelers: list[Labeler]
) -> None:
    """They were accepted under an older suite; the comparison of the versions shows them."""
    old = first_version(engine, settings, project, labelers).release
    (project.folder / "expectations.json").write_text(suite(most=9))
    outcome = build(read_project(project.folder), settings)
    assert outcome.release is not None, outcome.text
    assert outcome.excluded == {"rule": 2}
    assert old is not None
    found = compare(settings, old, outcome.release)
    assert (found.dropped, found.governing) == (("s10", "s11"), ("suite",))
    assert found.dropped_by == {"rule": ("s10", "s11")}


def test_a_guideline_change_is_the_cause_of_what_it_relabels(
    engine: Engine, settings: StorageSettings, project: Project, labelers: list[Labeler]
) -> None:
    """Only the touched tasks leave the dataset, and come back with the new version's labels."""
    old = first_version(engine, settings, project, labelers).release
    requested(engine, project, [12])
    label_next(engine, project.config, labelers[0], "cat")
    confused = label_next(engine, project.config, labelers[1], "dog")
    settle(engine, project.config, [confused])
    published = publish(engine, project.config, Draft(body="Cats are tiny.", settles=[("cat", "dog")]))
    assert published.reopened == 1
    archive(settings, [task_request(project.config.name, 12, payload={"size": 12})])
    label_all(engine, project, labelers, ["cat"])
    new = build(project, settings).release
    assert old is not None
    assert new is not None
    found = compare(settings, old, new)
    assert (found.new, found.unchanged, found.governing) == (("s12",), 12, ("guideline", "guideline_sha256"))
    assert [entry.guideline for entry in read_entries(settings, new)] == [1] * 12 + [2]


def test_answers_of_merged_classes_agree_at_the_gate(
    engine: Engine, settings: StorageSettings, project: Project, labelers: list[Labeler]
) -> None:
    """They were given in other names, and are measured in today's."""
    requested(engine, project, [0])
    for labeler, answer in zip(labelers, ("cat", "dog"), strict=False):
        task = label_next(engine, project.config, labeler, answer)
        settle(engine, project.config, [task])
    archive(settings, [task_request(project.config.name, 0, payload={"size": 0})])
    definitions = (Definition(name="pet"), Definition(name="fox"))
    changes = (ClassChange(takes=("cat", "dog"), gives=("pet",)),)
    publish(engine, project.config, Draft(body="A pet is at home.", definitions=definitions, changes=changes))
    with Lake.open(settings) as lake, read_candidates(engine, lake, project) as found:
        (candidate,) = found.tasks
    assert isinstance(candidate, Candidate)
    assert (candidate.consensus.answer, candidate.answers, candidate.settled) == ("pet", ("pet", "pet"), True)


def test_retraining_reports_what_a_version_gained_over_the_one_before(
    engine: Engine, settings: StorageSettings, project: Project, labelers: list[Labeler]
) -> None:
    """The first is compared with the gold seed; the same version is trained on once."""
    first_version(engine, settings, project, labelers)
    [report] = retrain(project, settings)
    assert (report.version, report.baseline, report.train, report.simulated) == (1, "gold seed", 13, 12)
    assert (report.accuracy.estimate, report.baseline_accuracy.estimate) == (1.0, 1 / 3)
    assert report.gain.estimate == pytest.approx(2 / 3)
    assert report.gain.low < 2 / 3 < report.gain.high
    assert (retrain(project, settings), find_report(engine, project.config.name, 1)) == ([], report)
    with engine.connect() as connection:
        stored = connection.scalars(select(TrainingRow.version).where(TrainingRow.project == project.config.name))
        assert list(stored) == [1]


def test_no_version_is_passed_over(
    engine: Engine, settings: StorageSettings, project: Project, labelers: list[Labeler]
) -> None:
    """Two may be published before the first retraining; more of the same gains nothing, and the interval says so."""
    first_version(engine, settings, project, labelers)
    archive(settings, requested(engine, project, [12]))
    label_all(engine, project, labelers, ["cat"])
    assert build(project, settings).status is BuildStatus.PUBLISHED
    first, second = retrain(project, settings)
    assert (first.version, first.baseline) == (1, "gold seed")
    assert (second.version, second.baseline, second.gain.estimate) == (2, "version 1", 0.0)
    assert -0.1 < second.gain.low <= 0 <= second.gain.high < 0.1


def test_versions_of_another_contract_are_not_trained_on(
    engine: Engine, settings: StorageSettings, project: Project, labelers: list[Labeler]
) -> None:
    """Trainer and gold samples are the current contract's."""
    first_version(engine, settings, project, labelers)
    contract = project.config.contract.model_copy(update={"current": 2})
    config = project.config.model_copy(update={"contract": contract})
    assert retrain(replace(project, config=config), settings) == []
