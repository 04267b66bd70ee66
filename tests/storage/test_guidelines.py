"""The first guideline of a project, which says of which kind its labels are."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine

from schemas.answers import AnswerKind
from schemas.errors import InputError
from schemas.guidelines import Draft
from schemas.project import ProjectConfig
from storage.guidelines import current, ensure
from storage.publishing import publish
from storage.queue import enqueue
from storage.testing import enlist, label_next, project_config, task_request


def of_kind(engine: Engine, project: ProjectConfig) -> None:
    """Write the first guideline, as a process that starts does."""
    labels = project.labels
    ensure(engine, project.name, "A cat has whiskers.", labels.classes, labels.kind)


def zoo(name: str, kind: str) -> ProjectConfig:
    """Return the project with labels of this kind."""
    return project_config(name, labels={"kind": kind, "classes": () if kind == "text" else ("cat", "dog")})


def test_the_kind_may_change_while_nothing_hangs_on_it(engine: Engine) -> None:
    """The classes change with it; the same again changes nothing."""
    name = f"p{uuid4().hex}"
    for kind in ("classification", "text", "boxes", "boxes"):
        of_kind(engine, zoo(name, kind))
    assert (current(engine, name).version, current(engine, name).classes) == (1, ("cat", "dog"))


@pytest.mark.parametrize("kind", ["classification", "multilabel", "text"])
def test_labels_keep_their_kind(engine: Engine, kind: str) -> None:
    """None could be read as one of another: whoever changes it is told so, and nothing is changed."""
    boxes = zoo(f"p{uuid4().hex}", AnswerKind.BOXES)
    of_kind(engine, boxes)
    enqueue(engine, boxes, [task_request(boxes.name, 0)])
    label_next(engine, boxes, enlist(engine, boxes.name, "ada"), [])
    with pytest.raises(InputError, match=f"are of the kind boxes, and project.toml says {kind} now"):
        of_kind(engine, zoo(boxes.name, kind))
    of_kind(engine, boxes)


def test_a_guideline_keeps_its_kind(engine: Engine) -> None:
    """What leads have written would be lost."""
    boxes = zoo(f"p{uuid4().hex}", AnswerKind.BOXES)
    of_kind(engine, boxes)
    publish(engine, boxes, Draft(body="A cat has whiskers and a tail."))
    with pytest.raises(InputError, match="a name of its own"):
        of_kind(engine, zoo(boxes.name, AnswerKind.TEXT))
