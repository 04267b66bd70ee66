"""Retraining: what is promoted, over what, and what is asked of routing then."""

import os
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from assay.cli import app
from catalog.testing import assembler, candidate, governing
from console.pages.datasets import card, listed
from schemas.errors import InputError
from schemas.routing import Quota
from storage.projects import Project, read_project
from storage.promotions import find_promoted, find_report
from storage.references import reference
from storage.releases import publish
from storage.scorecards import scorecards
from storage.settings import StorageSettings
from storage.steering import newest
from storage.testing import FOLDER
from storage.training import ask_for_labels, model_of, retrain, train, untrained

CLASSES = ("cat", "dog", "fox")

# The model says of a size what the rows with that size modulo 3 said last; a third of the gold rows are of the night.
CODE = '''
from schemas.samples import Payload

CLASSES = ("cat", "dog", "fox")


class Animal(Payload):
    """One animal."""

    size: int


class Last:
    """The class that the last row of a kind had."""

    def __init__(self, payloads, labels):
        self.said = {payload["size"] % 3: label for payload, label in zip(payloads, labels, strict=True)}

    def predict(self, payloads):
        return [self.said.get(one["size"] % 3, "cat") for one in payloads]


def train(payloads, labels):
    return Last(payloads, labels)


def gold_test():
    sizes = range(600)
    lights = [{"light": "night" if size % 3 == 2 else "day"} for size in sizes]
    return [{"size": size} for size in sizes], [CLASSES[size % 3] for size in sizes], lights


def gold_seed():
    return [{"size": 0}], ["cat"]
'''
SLICE = '{ column = "attributes.light", value = "night", guarded = true }'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that nobody else has; it guards what is of the night, which are foxes all of them."""
    config = FOLDER["project.toml"].replace("NAME", f"p-{uuid4().hex}").replace("code.py:gold", "code.py:gold_test", 1)
    config = config.replace('gold_seed = "code.py:gold"', 'gold_seed = "code.py:gold_seed"')
    config = config.replace("2, models = { 1 =", "1, models = { 1 =").replace("Old", "Animal").replace("New", "Animal")
    files = {**FOLDER, "project.toml": config.replace('group = "batch"', f'slices = [{SLICE}], group = "batch"')}
    for name, text in {**files, "code.py": CODE}.items():
        (tmp_path / name).write_text(text)
    return read_project(tmp_path)


def release(engine: Engine, settings: StorageSettings, project: Project, *labels: str, more: int = 0) -> int:
    """Publish a version whose rows of each kind have these labels, and return its number."""
    sizes = range(12 + more)
    found = [candidate(size, labels[size % 3], payload={"size": size}) for size in sizes]
    about = governing(project=project.config.name, recipe=project.config.dataset)
    return publish(engine, settings, assembler(splits={"train": 1.0}).assemble(found).rows, about, notes={}).version


def promoted(engine: Engine, project: Project) -> int:
    """Return the version whose model is promoted; 0 where none is."""
    found = find_promoted(engine, project.config.name)
    return found.version if found else 0


GOOD, BAD = CLASSES, ("cat", "dog", "cat")


def versions(engine: Engine, settings: StorageSettings, project: Project, quality: Sequence[Sequence[str]]) -> None:
    """Publish a version for each of these ways to label."""
    for number, labels in enumerate(quality):
        release(engine, settings, project, *labels, more=3 * number)


def test_a_model_is_promoted_unless_it_may_be_worse_than_the_one_in_production(
    engine: Engine, settings: StorageSettings, project: Project
) -> None:
    """The first is held against the gold seed's; one that is as bad as the refused one before it is refused too."""
    versions(engine, settings, project, [GOOD, BAD, BAD, GOOD])
    verdicts = [report.promotion for report in retrain(project, settings)]
    assert [one and (one.promoted, one.against) for one in verdicts] == [
        (True, "gold seed"),
        (False, "version 1"),
        (False, "version 1"),
        (True, "version 1"),
    ]
    assert verdicts[2] is not None
    assert [check.name for check in verdicts[2].checks] == ["all gold rows", "attributes.light = night"]
    assert (promoted(engine, project), retrain(project, settings)) == (4, [])


def test_what_a_refused_model_fails_at_is_asked_for_until_one_does_not(
    engine: Engine, settings: StorageSettings, project: Project
) -> None:
    """The guarded slice and the class are the same rows here; the promoted model stays."""
    night = Quota(column="attributes.light", value="night", want=50)
    fox = Quota(column="prediction.top", value="fox", want=50)
    versions(engine, settings, project, [GOOD, BAD])
    retrain(project, settings)
    told = newest(engine, project.config.name)
    assert told is not None
    assert (told.quotas, told.asked_by, promoted(engine, project)) == ((night, fox), 2, 1)
    assert ask_for_labels(project, settings) is None
    release(engine, settings, project, *GOOD, more=9)
    retrain(project, settings)
    after = newest(engine, project.config.name)
    assert after is not None
    assert (after.quotas, after.asked_by, promoted(engine, project)) == ((), 3, 3)


def test_slices_are_reported_with_what_they_gained(engine: Engine, settings: StorageSettings, project: Project) -> None:
    """By the paired bootstrap: all foxes were lost, and nothing else."""
    versions(engine, settings, project, [GOOD, BAD])
    _, report = retrain(project, settings)
    ((slice_,)) = report.slices
    assert (slice_.name, slice_.guarded) == ("attributes.light = night", True)
    assert slice_.found is not None
    assert (slice_.found.test, slice_.found.accuracy.estimate, slice_.found.gain.estimate) == (200, 0.0, -1.0)
    assert report.gain.estimate == pytest.approx(-1 / 3)
    assert -0.38 < report.gain.low < -1 / 3 < report.gain.high < -0.29


def test_versions_are_trained_on_one_by_one(engine: Engine, settings: StorageSettings, project: Project) -> None:
    """In any order, by whoever comes first: what is trained on again is what it was."""
    versions(engine, settings, project, [GOOD, BAD])
    assert untrained(project, settings) == [1, 2]
    later = train(project, settings, 2)
    assert later.promotion is not None
    assert later.promotion.against == "gold seed"
    assert (untrained(project, settings), train(project, settings, 2)) == ([1], later)
    assert find_report(engine, project.config.name, 2) == later


def test_a_versions_model_can_be_had_again(engine: Engine, settings: StorageSettings, project: Project) -> None:
    """It says of the gold test what its report says that it said."""
    versions(engine, settings, project, [GOOD, BAD])
    payloads, truth = project.trainer.gold_test()[:2]
    for version in (1, 2):
        said = model_of(project, settings, version).predict(payloads)
        right = sum(map(str.__eq__, said, truth)) / len(truth)
        assert right == train(project, settings, version).accuracy.estimate


def test_what_is_promoted_can_be_seen(engine: Engine, settings: StorageSettings, project: Project) -> None:
    """On the command line and on the datasets page: which model is in production, and why the other is not."""
    versions(engine, settings, project, [GOOD, BAD])
    retrain(project, settings)
    variables = {**settings.variables(), "ASSAY_PROJECT": str(project.folder), "COLUMNS": "200"}
    variables["ASSAY_KAFKA_BOOTSTRAP"] = "127.0.0.1:1"
    runner = CliRunner(env=os.environ | variables)
    said, shown = (runner.invoke(app, ["dataset", *words]).output for words in (["promoted"], ["show", "2"]))
    assert said.startswith("version 1, since ")
    assert "promoted: not worse than the model of gold seed, on all gold rows: gain +66.7 points on 600" in said
    assert "model not promoted: it may be worse than the model of version 1" in shown
    assert "guarded slice attributes.light = night: accuracy 0.000" in shown
    second, first = scorecards(engine, project.config.name)
    assert (first.in_production, second.in_production) == (True, False)
    assert "in production" in listed([second, first])
    assert "not promoted: it may be worse than the model of version 1" in card(second, None)


def test_a_trainer_that_gives_no_attributes_cannot_guard_by_them(
    engine: Engine, settings: StorageSettings, project: Project
) -> None:
    """It is told so, rather than promoted blindly; and nothing is stored."""
    file = project.folder / "code.py"
    file.write_text(file.read_text().replace("for size in sizes], lights", "for size in sizes]"))
    release(engine, settings, project, *GOOD)
    with pytest.raises(InputError, match=r"No sample of gold_test\(\) is in attributes\.light = night"):
        retrain(read_project(project.folder), settings)
    assert untrained(project, settings) == [1]


def test_what_a_version_was_trained_on_is_sketched(engine: Engine, settings: StorageSettings, project: Project) -> None:
    """Its rows are counted as the stream's samples are, by source; before it is trained on there are no sketches."""
    version = release(engine, settings, project, *GOOD)
    assert reference(engine, project.config.name, version) == {}
    train(project, settings, version)
    (of, found) = next(iter(reference(engine, project.config.name, version).items()))
    assert (of.column, of.value) == ("source", "camera")
    assert {"size", "prediction.top"} <= found.keys()
    assert {sketch.rows for sketch in found.values()} == {12}
