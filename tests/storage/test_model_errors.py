"""Where the model in production is wrong, by what labelers settled."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine

from quality.slices.cases import Case
from schemas.project import ProjectConfig
from storage.consensus import settle
from storage.model_errors import model_errors
from storage.queue import enqueue
from storage.testing import enlist, label_next, project_config, task_request


def settled(engine: Engine, answers: Sequence[Any], *, model: str = "m1", **sections: Any) -> ProjectConfig:
    """Return a project of which a task for each answer is settled; the model predicted cat."""
    overlap = {"first": 1, "most": 1, "threshold": 0.7}
    project = project_config(name=f"zoo-{uuid4().hex[:8]}", overlap=overlap, **sections)
    more(engine, project, answers, model=model)
    return project


def more(engine: Engine, project: ProjectConfig, answers: Sequence[Any], *, model: str, begin: int = 0) -> None:
    """Have further tasks settled, of which this model predicted cat."""
    prediction = {"model": model, "scores": {"cat": 0.6, "dog": 0.4}}
    requests = [task_request(project.name, begin + number) for number in range(len(answers))]
    changed = [one.model_copy(update={"sample": {**one.sample, "prediction": prediction}}) for one in requests]
    enqueue(engine, project, changed)
    ada = enlist(engine, project.name, f"ada-{begin}")
    settle(engine, project, [label_next(engine, project, ada, answer) for answer in answers])


def test_a_case_says_whether_the_model_was_wrong_and_what_can_be_sliced_by(engine: Engine) -> None:
    """Single values of the payload and attributes are columns, as expectations name them."""
    found = model_errors(engine, settled(engine, ["cat", "dog"]))
    values = {"size": 1, "attributes.batch": "leaky", "source": "camera", "prediction.top": "cat"}
    assert found.model == "m1"
    assert {case.sample_id: case.wrong for case in found.cases} == {"s0": False, "s1": True}
    assert Case(sample_id="s1", values=values, wrong=True, propensity=0.1) in found.cases
    assert found.embeddings == (None, None)


def test_only_the_model_that_predicted_last_is_judged(engine: Engine) -> None:
    """Errors of the one before it say nothing of it."""
    project = settled(engine, ["dog", "dog"])
    more(engine, project, ["cat"], model="m2", begin=2)
    found = model_errors(engine, project)
    assert (found.model, [case.wrong for case in found.cases]) == ("m2", [False])


def test_texts_say_nothing_of_a_model_that_predicts_classes(engine: Engine) -> None:
    """Nor does a project without labels."""
    texts = settled(engine, ["a cat"], labels={"kind": "text"})
    assert model_errors(engine, texts).cases == ()
    assert model_errors(engine, project_config(name="empty")).model is None
