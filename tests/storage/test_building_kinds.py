"""Datasets of every kind of label: labeled, settled, built, read back, and trained on."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from schemas.verdicts import AcceptedSample
from storage import guidelines
from storage.building import BuildStatus, build
from storage.consensus import settle
from storage.lake import Lake
from storage.projects import Project, read_project
from storage.queue import enqueue
from storage.releases import compare, read_entries, read_split
from storage.settings import StorageSettings
from storage.testing import archive_samples, enlist, label_next, task_request
from storage.training import retrain

PROJECT = """
name = "{name}"
title = "Animals in pictures"
contract = {{ current = 1, models = {{ 1 = "code.py:Picture" }} }}
labels = {labels}
routing = {{ budget = {{ share = 0.22 }}, uncertain = {{}} }}
overlap = {{ first = 2, most = 4, threshold = 0.8 }}
dataset = {{ group = "batch", splits = {{ train = 1.0 }}, min_rows = 4, agreement_floor = 0.5 }}
trainer = {{ train = "code.py:train", gold_test = "code.py:gold", gold_seed = "code.py:gold" }}
"""

# The model answers what it was first told; the gold is what the first sample got.
CODE = '''
from schemas.samples import Payload


class Picture(Payload):
    """One picture."""

    size: int


class First:
    """What the first row said."""

    def __init__(self, labels):
        self.label = labels[0]

    def predict(self, payloads):
        return [self.label for _ in payloads]


def train(payloads, labels):
    return First(labels)


def gold():
    return [{{"size": 0}}], [{label!r}]
'''

SIZED = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "size", "min_value": 0}}
WHOLE = {"name": "cat", "left": 0.0, "top": 0.0, "right": 10.0, "bottom": 10.0}
SHIFTED = {**WHOLE, "left": 1.0, "name": "dog"}
# By kind: the label space, and the answers of four samples; the first is the gold one.
KINDS: dict[str, tuple[str, list[Any]]] = {
    "multilabel": ('{ kind = "multilabel", classes = ["cat", "dog"] }', [["cat", "dog"], ["cat"], ["dog"], ["dog"]]),
    "boxes": ('{ kind = "boxes", classes = ["cat", "dog"] }', [[WHOLE, SHIFTED], [], [WHOLE], [SHIFTED]]),
    "text": ('{ kind = "text" }', ["A cat.", "Two dogs.", "A fox", "nothing"]),
}


def opened(folder: Path, engine: Engine, kind: str) -> Project:
    """Return a new project of this kind, with its first guideline."""
    labels, answers = KINDS[kind]
    files = {
        "project.toml": PROJECT.format(name=f"p-{uuid4().hex}", labels=labels),
        "code.py": CODE.format(label=answers[0]),
        "expectations.json": json.dumps({"name": "animals", "expectations": [SIZED]}),
        "guideline.md": "Cats are small.",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    project = read_project(folder)
    guidelines.ensure(engine, project.config.name, project.guideline, project.config.labels.classes)
    return project


@pytest.mark.parametrize("kind", KINDS)
def test_labels_of_every_kind_become_a_version_that_is_trained_on(
    engine: Engine, settings: StorageSettings, tmp_path: Path, kind: str
) -> None:
    """As they were answered; building again publishes nothing, and the gold that was learnt is found."""
    project, answers = opened(tmp_path, engine, kind), KINDS[kind][1]
    requests = [task_request(project.config.name, offset, payload={"size": offset}) for offset in range(4)]
    enqueue(engine, project.config, requests)
    people = [enlist(engine, project.config.name, name) for name in ("ann", "bob", "cid")]
    done = {label_next(engine, project.config, people[turn], answer) for answer in answers for turn in (0, 1)}
    settle(engine, project.config, done)
    with Lake.open(settings) as lake:
        samples = [AcceptedSample(origin=one.origin, sample=one.sample, versions=one.versions) for one in requests]
        archive_samples(lake, project.config.name, samples)
    outcome = build(project, settings)
    assert outcome.status is BuildStatus.PUBLISHED, outcome.text
    release = outcome.release
    assert release is not None
    assert read_split(settings, release, "train").column("label").to_pylist() == answers
    entries = list(read_entries(settings, release))
    assert [entry.model_dump(mode="json")["label"] for entry in entries] == answers
    assert build(project, settings).status is BuildStatus.UNCHANGED
    assert compare(settings, release, release).unchanged == 4
    (report,) = retrain(project, settings)
    assert (report.accuracy.estimate, report.train) == (1.0, 5)
    assert set(report.classes) == (set() if kind == "text" else {"cat", "dog"})
