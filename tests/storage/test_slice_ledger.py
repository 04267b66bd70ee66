"""The slice ledger, and slices declared from the command line."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from catalog.comparison import compare
from schemas.project import ProjectConfig
from schemas.routing import Quota
from storage import steering
from storage.consensus import settle
from storage.queue import enqueue
from storage.slice_ledger import Trained, ledger
from storage.testing import enlist, label_next, project_config, task_request

SLICES = {"slices": [{"column": "source", "value": "camera", "want": 7, "guarded": True}]}


def recipe(project: ProjectConfig, **changes: object) -> dict[str, object]:
    """Return the project's recipe with changes."""
    return {**project.dataset.model_dump(), **changes}


def labeled(engine: Engine, name: str) -> ProjectConfig:
    """Return a project of four tasks: two settled, one of them with less confidence than the recipe asks for."""
    overlap = {"first": 1, "most": 3, "threshold": 0.7}
    base = project_config(name=name, overlap=overlap)
    dataset = recipe(base, consistent={"votes": 2}, **SLICES)
    project = project_config(name=name, overlap=overlap, dataset=dataset)
    enqueue(engine, project, [task_request(name, offset) for offset in range(4)])
    ada, bob = enlist(engine, name, "ada"), enlist(engine, name, "bob")
    tasks = [label_next(engine, project, ada, answer) for answer in ("cat", "dog")]
    settle(engine, project, tasks)
    del bob
    return project


def test_a_line_says_what_is_wanted_and_what_there_is(engine: Engine) -> None:
    """Of the recipe's slices; a settled label on one vote is not consistent where two are asked for."""
    (line,) = ledger(engine, labeled(engine, "ledger-a"))
    assert (line.name, line.wanted, line.guarded) == ("source = camera", 7, True)
    assert (line.queued, line.labeled, line.consistent) == (2, 2, 0)
    assert line.cases == 2
    assert line.error is not None
    assert line.error.estimate == 0.5


def test_what_routing_and_steering_want_has_a_line_too(engine: Engine) -> None:
    """The model predicted cat each time; quotas of both add up."""
    project = labeled(engine, "ledger-b")
    routing = project.routing.model_copy(update={"quotas": (Quota(column="prediction.top", value="cat", want=5),)})
    steering.ask(engine, project.name, 1, [Quota(column="prediction.top", value="cat", want=3)])
    lines = ledger(engine, project.model_copy(update={"routing": routing}))
    found = {line.name: line for line in lines}
    assert list(found) == ["source = camera", "prediction.top = cat"]
    assert (found["prediction.top = cat"].quota, found["prediction.top = cat"].labeled) == (8, 2)


def test_slices_that_are_none_of_a_sample_count_nothing(engine: Engine) -> None:
    """Truth is no number, and nothing was settled with another class."""
    project = labeled(engine, "ledger-c")
    slices = [{"column": "size", "value": True}, {"column": "size", "value": 1}, {"column": "label", "value": "fox"}]
    changed = project_config(name=project.name, dataset=recipe(project, slices=slices))
    lines = ledger(engine, changed)
    assert [(line.queued, line.labeled) for line in lines] == [(0, 0), (0, 1), (0, 0)]


def trained(version: int, before: int, after: int) -> Trained:
    """Return what a version's model did on 100 gold rows: so many were right before, and so many are."""
    (found,) = compare([row < after for row in range(100)], [row < before for row in range(100)], [[True] * 100])
    assert found is not None
    return Trained(version=version, found=found)


@pytest.mark.parametrize(
    ("asked", "consistent", "gained", "state"),
    [
        (50, 90, [trained(1, 50, 70)], "short"),  # the last model, or an alarm, asks for more
        (0, 6, [trained(1, 50, 70)], "short"),  # of seven that the recipe wants
        (0, 7, [], ""),
        (0, 7, [trained(1, 50, 51)], ""),  # one row may be chance
        (0, 7, [trained(1, 50, 70), trained(2, 70, 90), trained(3, 90, 90)], "closed by version 2"),
    ],
)
def test_a_slice_is_short_then_closed_by_the_version_that_gained(
    engine: Engine, asked: int, consistent: int, gained: list[Trained], state: str
) -> None:
    """By what is asked for, what there is, and what training did."""
    (line,) = ledger(engine, project_config(name="ledger-d", dataset=recipe(project_config(name="ledger-d"), **SLICES)))
    assert replace(line, asked=asked, quota=asked, consistent=consistent, trained=tuple(gained)).state == state


def test_what_an_alarm_wants_is_asked_for(engine: Engine) -> None:
    """What the policy wants is part of the quota, and not asked for anew."""
    project = labeled(engine, "ledger-e")
    camera = Quota(column="source", value="camera", want=3)
    steering.want(engine, project.name, camera)
    routing = project.routing.model_copy(update={"quotas": (camera,)})
    (line,) = ledger(engine, project.model_copy(update={"routing": routing}))
    assert (line.quota, line.asked, line.state) == (6, 3, "short")
