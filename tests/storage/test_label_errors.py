"""The search for label errors: what the model contradicts goes back to labelers, with all its labels."""

import json
from collections.abc import Sequence
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select

from schemas.labels import Purpose, TaskStatus
from schemas.project import ProjectConfig
from schemas.verdicts import AcceptedSample, Origin
from storage import guidelines
from storage.answers import answer
from storage.building import build
from storage.consensus import settle
from storage.doubts import Doubtful, doubts_of, raise_doubts
from storage.label_errors import FOLDS, begin, doubt_suspects, score_fold
from storage.labelers import Labeler
from storage.lake import Lake
from storage.projects import Project, read_project
from storage.queue import claim, enqueue
from storage.settings import StorageSettings
from storage.tables import TaskRow
from storage.testing import archive_samples, enlist, label_next, task_request

CLASSES, ROWS = ("cat", "dog", "fox"), 60
# Labeled wrongly, by two who agree.
WRONG = 31

PROJECT = """
name = "{name}"
title = "Animals by size"
contract = {{ current = 1, models = {{ 1 = "code.py:Animal" }} }}
labels = {{ classes = ["cat", "dog", "fox"] }}
routing = {{ budget = {{ share = 0.22 }}, uncertain = {{}} }}
overlap = {{ first = 2, most = 4, threshold = 0.9 }}
dataset = {{ group = "none", splits = {{ train = 1.0 }}, min_rows = 9, agreement_floor = 0.5 }}
trainer = {{ train = "code.py:train", gold_test = "code.py:gold", gold_seed = "code.py:gold" }}
"""

# The model gives each class the share that it has among the sizes with the same rest of 3.
CODE = '''
from collections import Counter

from schemas.samples import Payload

CLASSES = ("cat", "dog", "fox")


class Animal(Payload):
    """One animal."""

    size: int


class Shares:
    """How often each class was seen with a rest."""

    def __init__(self, payloads, labels):
        self.counts = [Counter(CLASSES) for _ in range(3)]
        for payload, label in zip(payloads, labels, strict=True):
            self.counts[payload["size"] % 3][label] += 1

    def predict(self, payloads):
        return [max(scores, key=scores.get) for scores in self.scores(payloads)]

    def scores(self, payloads):
        counts = [self.counts[one["size"] % 3] for one in payloads]
        return [{name: each[name] / each.total() for name in CLASSES} for each in counts]


def train(payloads, labels):
    return Shares(payloads, labels)


def gold():
    return [{"size": size} for size in range(3)], list(CLASSES)
'''


SIZES = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "size", "min_value": 0}}
SUITE = {"name": "animals", "expectations": [SIZES]}


@pytest.fixture(scope="module")
def project(engine: Engine, settings: StorageSettings, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose sixty samples are labeled and archived, one of them wrongly."""
    folder = tmp_path_factory.mktemp("project")
    files = {"project.toml": PROJECT.format(name=f"p-{uuid4().hex}"), "code.py": CODE, "guideline.md": "Small."}
    for name, text in {**files, "expectations.json": json.dumps(SUITE)}.items():
        (folder / name).write_text(text)
    project = read_project(folder)
    guidelines.ensure(engine, project.config.name, project.guideline, CLASSES)
    requests = [task_request(project.config.name, offset, payload={"size": offset}) for offset in range(ROWS)]
    enqueue(engine, project.config, requests)
    labelers = [enlist(engine, project.config.name, name) for name in ("ann", "bob")]
    tasks = [label(engine, project.config, labelers, offset) for offset in range(ROWS)]
    settle(engine, project.config, tasks)
    with Lake.open(settings) as lake:
        samples = [AcceptedSample(origin=one.origin, sample=one.sample, versions=one.versions) for one in requests]
        archive_samples(lake, project.config.name, samples)
    return project


def label(engine: Engine, project: ProjectConfig, labelers: Sequence[Labeler], offset: int) -> int:
    """Have each labeler say what the offset's rest says, but of one that is taken for the next class."""
    given = CLASSES[(offset + (offset == WRONG)) % 3]
    (task,) = {label_next(engine, project, labeler, given) for labeler in labelers}
    return task


def task_of(engine: Engine, project: Project, offset: int) -> tuple[int, str, int]:
    """Return the number of the sample's task, where it stands, and how many labels it wants."""
    found = select(TaskRow.task_id, TaskRow.status, TaskRow.wanted)
    with engine.connect() as connection:
        here = found.where(TaskRow.project == project.config.name, TaskRow.offset == offset)
        task, status, wanted = connection.execute(here).one()
        return task, status, wanted


def test_a_wrong_answer_goes_back_is_labeled_again_and_settled_by_an_expert(
    engine: Engine, settings: StorageSettings, project: Project
) -> None:
    """Nothing is dropped: its labels stay, it leaves the dataset, and comes back when its labels say more."""
    before = build(project, settings)
    assert before.release is not None, before.text
    at = begin(project, settings)
    assert at is not None
    assert sum(score_fold(project, settings, at, fold) for fold in range(FOLDS)) == ROWS
    assert score_fold(project, settings, at, 0) > 0  # again: a task may be tried anew
    assert (doubt_suspects(project, settings, at), doubt_suspects(project, settings, at)) == (1, 0)
    task, *stands = task_of(engine, project, WRONG)
    assert stands == [TaskStatus.OPEN, 3]
    (doubt,) = doubts_of(engine, project.config.name)
    assert (doubt.task_id, doubt.votes, doubt.sample_id) == (task, 2, f"s{WRONG}")
    assert "It is labeled 'fox'" in doubt.reason
    assert build(project, settings).excluded == {"unsettled": 1}
    for name in ("cem", "dee"):
        assert label_next(engine, project.config, enlist(engine, project.config.name, name), "dog") == task
        settle(engine, project.config, [task])
    lead = enlist(engine, project.config.name, "lead", lead=True)
    assert task_of(engine, project, WRONG)[1] == TaskStatus.EXPERT
    adjudicate(engine, project, lead, task)
    after = build(project, settings)
    assert after.release is not None
    assert (after.release.rows, after.excluded) == (ROWS, {})
    again = begin(project, settings)
    assert again is not None
    for fold in range(FOLDS):
        score_fold(project, settings, again, fold)
    assert doubt_suspects(project, settings, again) == 0


def adjudicate(engine: Engine, project: Project, lead: Labeler, task: int) -> None:
    """Have the lead settle the task."""
    assignment = claim(engine, project.config, lead, Purpose.EXPERT)
    assert assignment is not None
    answer(engine, project.config, lead, assignment.assignment_id, "dog")
    settle(engine, project.config, [task])


@pytest.mark.parametrize(("said", "guideline"), [("dog", 1), ("cat", 2)])
def test_a_doubt_about_what_is_not_the_answer_any_more_does_nothing(
    engine: Engine, project: Project, said: str, guideline: int
) -> None:
    """Another answer, or another round, was settled since the search looked."""
    origin = Origin(topic=project.topics.samples, partition=0, offset=0)
    late = Doubtful(origin=origin, answer=said, guideline=guideline, score=0.9, reason="late")
    assert raise_doubts(engine, project.config, [late]) == 0
    assert task_of(engine, project, 0)[1] == TaskStatus.SETTLED
