"""Settling: consensus and overlap on stored labels, and what a new guideline reopens."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import Engine, func, insert, select

from labeling.findings import confused_pairs
from labeling.overlap import Decision
from schemas.errors import ConflictError, InputError
from schemas.guidelines import ClassChange, Definition, Draft, Example, Guideline
from schemas.labels import TaskStatus
from schemas.project import ProjectConfig
from storage.answers import answer
from storage.consensus import settle
from storage.guidelines import PUBLISHING, current, ensure, history
from storage.publishing import Preview, Published, preview, publish
from storage.queue import claim, enqueue
from storage.tables import ConsensusRow, GuidelineRow, LabelRow, TaskRow
from storage.testing import enlist, label_next, project_config, task_request
from storage.votes import votes_by_task

CAT_DOG = [("cat", "dog")]


@pytest.fixture
def project(engine: Engine) -> ProjectConfig:
    """A project with a guideline and no tasks."""
    project = project_config(f"p{uuid4().hex}")
    ensure(engine, project.name, "A cat has whiskers.", project.labels.classes)
    return project


def labeled(engine: Engine, project: ProjectConfig, offset: int, *answers: str) -> int:
    """Enqueue a task, have it labeled by as many labelers as there are answers, and return its task_id."""
    enqueue(engine, project, [task_request(project.name, offset)])
    task = 0
    for given in answers:
        task = label_next(engine, project, enlist(engine, project.name, f"labeler {uuid4().hex}"), given)
        settle(engine, project, [task])
    return task


def stored(engine: Engine, task: int) -> tuple[str, int, int]:
    """Return the task's status, round and wanted labels."""
    with engine.connect() as connection:
        found = select(TaskRow.status, TaskRow.guideline, TaskRow.wanted).where(TaskRow.task_id == task)
        status, guideline, wanted = connection.execute(found).one()
        return status, guideline, wanted


def consensus(engine: Engine, task: int) -> tuple[str, bool, int] | None:
    """Return the task's answer, whether it is settled, and under which guideline."""
    with engine.connect() as connection:
        found = select(ConsensusRow.answer, ConsensusRow.settled, ConsensusRow.guideline)
        row = connection.execute(found.where(ConsensusRow.task_id == task)).one_or_none()
        return None if row is None else (row[0], row[1], row[2])


def labels_of(engine: Engine, project: ProjectConfig) -> list[tuple[int, str, int]]:
    """Return all labels of the project as they were given."""
    with engine.connect() as connection:
        found = select(LabelRow.task_id, LabelRow.answer, LabelRow.guideline).join(
            TaskRow, TaskRow.task_id == LabelRow.task_id
        )
        rows = connection.execute(found.where(TaskRow.project == project.name).order_by(LabelRow.label_id))
        return [(row.task_id, row.answer, row.guideline) for row in rows]


def test_two_labelers_who_agree_settle_a_task(engine: Engine, project: ProjectConfig) -> None:
    """With three classes and accuracy 0.8 the posterior is .970."""
    task = labeled(engine, project, 0, "cat", "cat")
    assert stored(engine, task) == ("settled", 1, 2)
    assert consensus(engine, task) == ("cat", True, 1)


def test_a_disagreement_asks_one_more_and_is_then_set_aside(engine: Engine, project: ProjectConfig) -> None:
    """At the limit of four."""
    task = labeled(engine, project, 0, "cat", "dog")
    assert stored(engine, task) == ("open", 1, 3)
    label_next(engine, project, enlist(engine, project.name, "ada"), "cat")
    assert settle(engine, project, [task]) == {task: Decision(status=TaskStatus.OPEN, wanted=4)}
    label_next(engine, project, enlist(engine, project.name, "bob"), "dog")
    assert settle(engine, project, [task]) == {task: Decision(status=TaskStatus.EXPERT, wanted=4)}
    assert claim(engine, project, enlist(engine, project.name, "eve")) is None


def test_settling_again_and_beside_others_changes_nothing(engine: Engine, project: ProjectConfig) -> None:
    """Any number of settlers, tasks in any order."""
    tasks = [labeled(engine, project, offset, "cat", given) for offset, given in enumerate(["cat", "dog", "fox"])]
    once = settle(engine, project, set(tasks))
    with ThreadPoolExecutor(6) as threads:
        again = list(threads.map(lambda n: settle(engine, project, tasks[:: (-1) ** n]), range(24)))
    assert again == [once] * 24


def test_labels_that_arrive_while_settlers_run_are_all_counted(engine: Engine, project: ProjectConfig) -> None:
    """Each labeler's answer is followed by a settling, all at once: the last one sees both votes."""
    enqueue(engine, project, [task_request(project.name, offset) for offset in range(10)])
    labelers = [enlist(engine, project.name, name) for name in ("ada", "bob")]

    def work(number: int) -> list[int]:
        done = []
        for _ in range(10):
            done.append(label_next(engine, project, labelers[number], "fox"))
            settle(engine, project, done[-1:])
        return done

    with ThreadPoolExecutor(2) as threads:
        tasks = {task for done in threads.map(work, range(2)) for task in done}
    assert {stored(engine, task) for task in tasks} == {("settled", 1, 2)}


def test_a_settler_waits_for_whoever_holds_the_task_and_then_sees_what_that_one_wrote(
    engine: Engine, project: ProjectConfig
) -> None:
    """Here a label, written by a transaction that has the task locked, as an answer does."""
    enqueue(engine, project, [task_request(project.name, 0)])
    ada, bob = enlist(engine, project.name, "ada"), enlist(engine, project.name, "bob")
    task = label_next(engine, project, ada, "cat")
    lease = claim(engine, project, bob)
    assert lease is not None
    with ThreadPoolExecutor(1) as thread, engine.begin() as holder:
        holder.execute(select(TaskRow).where(TaskRow.task_id == task).with_for_update(key_share=True))
        settling = thread.submit(settle, engine, project, [task])
        with pytest.raises(TimeoutError):
            settling.result(timeout=0.2)
        row = {"label_id": uuid4(), "assignment_id": lease.assignment_id, "task_id": task}
        row |= {"labeler_id": bob.labeler_id, "answer": "cat", "guideline": 1}
        holder.execute(insert(LabelRow).values(row))
        holder.commit()
        assert settling.result(timeout=10)[task] == Decision(status=TaskStatus.SETTLED, wanted=2)


def test_a_settler_waits_for_a_publication_under_way(engine: Engine, project: ProjectConfig) -> None:
    """It would not see the new version, which in turn has not seen the newest label."""
    task = labeled(engine, project, 0, "cat", "dog")
    with ThreadPoolExecutor(1) as thread, engine.begin() as publisher:
        publisher.execute(select(func.pg_advisory_xact_lock(PUBLISHING, func.hashtext(project.name))))
        version = Guideline(
            version=2,
            body="A dog barks.",
            definitions=current(engine, project.name).definitions,
            settles=(("cat", "dog"),),
        )
        publisher.execute(insert(GuidelineRow).values(project=project.name, **version.model_dump(mode="json")))
        settling = thread.submit(settle, engine, project, [task])
        with pytest.raises(TimeoutError):
            settling.result(timeout=0.2)
        publisher.commit()
        assert settling.result(timeout=10)[task].status is TaskStatus.OPEN
    assert stored(engine, task) == ("open", 2, 2)


def test_tasks_of_other_projects_are_left_alone(engine: Engine, project: ProjectConfig) -> None:
    """As are those that do not exist."""
    task = labeled(engine, project, 0, "cat", "cat")
    assert settle(engine, project_config("stranger"), [task, 2**40]) == {}


def test_the_projects_text_is_version_one_for_ever(engine: Engine, project: ProjectConfig) -> None:
    """A changed file does not change what was published."""
    ensure(engine, project.name, "A cat barks.", project.labels.classes)
    assert (current(engine, project.name).version, current(engine, project.name).body) == (1, "A cat has whiskers.")
    with pytest.raises(InputError, match="no guideline"):
        current(engine, "nobody")


def test_publishing_reopens_exactly_the_tasks_it_touches(engine: Engine, project: ProjectConfig) -> None:
    """Those that were answered with both classes of the pair, settled or not; no label is lost."""
    agreed = labeled(engine, project, 0, "cat", "cat")
    outvoted = labeled(engine, project, 1, "cat", "dog", "cat", "cat")
    stuck = labeled(engine, project, 2, "dog", "cat")
    unrelated = labeled(engine, project, 3, "fox", "cat", "fox", "fox")
    kept = [(stored(engine, task), consensus(engine, task)) for task in (agreed, unrelated)]
    assert publish(engine, project, Draft(body="A dog barks.", settles=CAT_DOG)) == Published(version=2, reopened=2)
    assert [stored(engine, task) for task in (outvoted, stuck)] == [("open", 2, 2)] * 2
    assert consensus(engine, outvoted) == ("cat", False, 1)
    assert [(stored(engine, task), consensus(engine, task)) for task in (agreed, unrelated)] == kept
    with engine.connect() as connection:
        assert len(connection.execute(select(LabelRow).where(LabelRow.task_id == outvoted)).all()) == 4


def test_a_reopened_task_is_settled_by_new_labels_alone(engine: Engine, project: ProjectConfig) -> None:
    """Also by labelers who saw it in the round before."""
    ada, bob = (enlist(engine, project.name, name) for name in ("ada", "bob"))
    enqueue(engine, project, [task_request(project.name, 0)])
    task = label_next(engine, project, ada, "cat")
    label_next(engine, project, bob, "dog")
    publish(engine, project, Draft(body="A dog barks.", settles=CAT_DOG))
    assert settle(engine, project, [task]) == {task: Decision(status=TaskStatus.OPEN, wanted=2)}
    for labeler in (ada, bob):
        assert label_next(engine, project, labeler, "dog") == task
    settle(engine, project, [task])
    assert consensus(engine, task) == ("dog", True, 2)
    assert len(history(engine, project.name)) == 2


def test_an_answer_on_its_way_during_publication_is_kept_without_counting(
    engine: Engine, project: ProjectConfig
) -> None:
    """It was given under the old version, and does not take a place of the new round."""
    task = labeled(engine, project, 0, "cat", "dog")
    ada = enlist(engine, project.name, "ada")
    under_way = claim(engine, project, ada)
    assert under_way is not None
    publish(engine, project, Draft(body="A dog barks.", settles=CAT_DOG))
    label = answer(engine, project, ada, under_way.assignment_id, "cat")
    assert (label.guideline, settle(engine, project, [task])[task].wanted) == (1, 2)
    assert label_next(engine, project, ada, "dog") == task


def test_a_vote_on_its_way_that_revives_the_pair_moves_its_task_too(engine: Engine, project: ProjectConfig) -> None:
    """Publication saw one vote only; the second comes after it, under the old version."""
    enqueue(engine, project, [task_request(project.name, 0)])
    ada, bob = enlist(engine, project.name, "ada"), enlist(engine, project.name, "bob")
    under_way = claim(engine, project, ada)
    task = label_next(engine, project, bob, "dog")
    assert under_way is not None
    assert publish(engine, project, Draft(body="A dog barks.", settles=CAT_DOG)).reopened == 0
    answer(engine, project, ada, under_way.assignment_id, "cat")
    settle(engine, project, [task])
    assert stored(engine, task) == ("open", 2, 2)


def test_publishing_the_same_again_changes_nothing(engine: Engine, project: ProjectConfig) -> None:
    """So that a request whose reply was lost may be repeated."""
    publish(engine, project, Draft(body="A dog barks.", settles=CAT_DOG))
    assert publish(engine, project, Draft(body="A dog barks.", settles=CAT_DOG)) == Published(version=2, reopened=0)


def test_of_two_who_publish_at_once_one_is_told(engine: Engine, project: ProjectConfig) -> None:
    """No version is lost, none is written twice."""

    def attempt(number: int) -> bool:
        try:
            publish(engine, project, Draft(body=f"Text {number}.", settles=CAT_DOG))
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(6) as threads:
        written = sum(threads.map(attempt, range(12)))
    assert [guideline.version for guideline in history(engine, project.name)] == list(range(1, written + 2))


def test_a_draft_is_not_published_over_a_version_that_its_writer_has_not_seen(
    engine: Engine, project: ProjectConfig
) -> None:
    """Its text would bring back what the version since has changed; sent twice, it is published once."""
    mine = Draft(base=1, body="A cat purrs.", settles=CAT_DOG)
    publish(engine, project, Draft(base=1, body="A dog barks."))
    for attempt in (preview, publish):
        with pytest.raises(ConflictError, match=r"version 1, and version 2 is in force: read it"):
            attempt(engine, project, mine)
    read = mine.model_copy(update={"base": 2})
    assert [publish(engine, project, read).version for _ in range(2)] == [3, 3]


@pytest.mark.parametrize("pair", [("cat", "cat"), ("cat", "wolf"), ("\x00", "dog")])
def test_only_pairs_of_classes_can_be_settled(engine: Engine, project: ProjectConfig, pair: tuple[str, str]) -> None:
    """Two different ones, of the project's."""
    with pytest.raises(InputError, match="choose from cat, dog, fox"):
        publish(engine, project, Draft(body="Text.", settles=[pair]))


@pytest.mark.parametrize("body", ["", "  ", "a\x00b"])
def test_a_guideline_has_words(engine: Engine, project: ProjectConfig, body: str) -> None:
    """That a database can hold."""
    with pytest.raises(InputError, match="plain text"):
        publish(engine, project, Draft(body=body, settles=CAT_DOG))


def test_findings_come_from_the_votes_that_count(engine: Engine, project: ProjectConfig) -> None:
    """After publication the settled pair is gone."""
    labeled(engine, project, 0, "fox", "fox")
    labeled(engine, project, 1, "cat", "dog")
    (found,) = confused_pairs(votes_by_task(engine, project.name))
    assert (found.classes, found.tasks, found.of) == (("cat", "dog"), 1, 1)
    publish(engine, project, Draft(body="A dog barks.", settles=CAT_DOG))
    assert confused_pairs(votes_by_task(engine, project.name)) == []


def test_a_merge_concludes_tasks_from_the_labels_that_they_have(engine: Engine, project: ProjectConfig) -> None:
    """Nobody is asked again, and no label is touched."""
    agreed, merged = labeled(engine, project, 1, "cat", "cat"), labeled(engine, project, 2, "cat", "dog")
    before = labels_of(engine, project)
    definitions = [Definition(name=name) for name in ("pet", "fox")]
    changes = [ClassChange(takes=("cat", "dog"), gives=("pet",))]
    said = preview(engine, project, Draft(body="A pet is at home.", definitions=definitions, changes=changes))
    assert said == Preview(reopened=0, retold=2, labels=0)
    published = publish(engine, project, Draft(body="A pet is at home.", definitions=definitions, changes=changes))
    assert published == Published(version=2, reopened=0, retold=2)
    for task in (agreed, merged):
        assert stored(engine, task) == (TaskStatus.SETTLED, 1, 2)
        assert consensus(engine, task) == ("pet", True, 1)
        assert settle(engine, project, [task])[task].status is TaskStatus.SETTLED
    assert labels_of(engine, project) == before


def test_a_split_has_just_the_tasks_labeled_anew_that_hold_the_class(engine: Engine, project: ProjectConfig) -> None:
    """Labelers are then offered the parts; who still holds a lease of before may answer as the guideline then was."""
    split, kept = labeled(engine, project, 1, "cat", "cat"), labeled(engine, project, 2, "dog", "dog")
    late = enlist(engine, project.name, "late")
    enqueue(engine, project, [task_request(project.name, 3)])
    lease = claim(engine, project, late)
    assert lease is not None
    parts = [Definition(name=name) for name in ("lynx", "tabby", "dog", "fox")]
    changes = [ClassChange(takes=("cat",), gives=("lynx", "tabby"))]
    said = preview(engine, project, Draft(body="Text.", definitions=parts, changes=changes))
    assert said == Preview(reopened=1, retold=0, labels=2, examples=(split,))
    assert publish(engine, project, Draft(body="Text.", definitions=parts, changes=changes)).reopened == 1
    assert stored(engine, split) == (TaskStatus.OPEN, 2, 2)
    assert stored(engine, kept) == (TaskStatus.SETTLED, 1, 2)
    answer(engine, project, late, lease.assignment_id, "cat")
    settle(engine, project, [lease.task_id])
    assert stored(engine, lease.task_id) == (TaskStatus.OPEN, 2, 2)
    fresh = enlist(engine, project.name, "new")
    again = claim(engine, project, fresh)
    assert again is not None
    assert again.classes == ("lynx", "tabby", "dog", "fox")
    with pytest.raises(InputError, match="'cat' is no class: answer one of lynx, tabby, dog, fox"):
        answer(engine, project, fresh, again.assignment_id, "cat")


def test_labels_of_a_class_cannot_be_made_meaningless(engine: Engine, project: ProjectConfig) -> None:
    """Nothing is published then."""
    with pytest.raises(InputError, match="labels of 'fox' would mean nothing"):
        publish(engine, project, Draft(body="Text.", definitions=[Definition(name="cat"), Definition(name="dog")]))
    assert current(engine, project.name).version == 1


def test_a_version_keeps_the_definitions_in_force_unless_it_brings_its_own(
    engine: Engine, project: ProjectConfig
) -> None:
    """Version 1 has the classes of the project."""
    publish(engine, project, Draft(body="A dog barks.", settles=CAT_DOG))
    assert current(engine, project.name).classes == project.labels.classes


def test_publishing_a_change_again_changes_nothing(engine: Engine, project: ProjectConfig) -> None:
    """Who lost the answer to the first try repeats it; what is in force would touch nothing either."""
    labeled(engine, project, 1, "cat", "dog")
    merge = Draft(body="A pet is at home.", changes=(ClassChange(takes=("cat",), gives=("dog",)),))
    assert publish(engine, project, merge) == Published(version=2, reopened=0, retold=1)
    assert current(engine, project.name).classes == ("dog", "fox")
    assert publish(engine, project, merge) == Published(version=2, reopened=0)
    assert preview(engine, project, merge) == Preview(reopened=0, retold=0, labels=0)


def test_another_text_leaves_tasks_alone_whose_late_labels_are_not_settled_yet(
    engine: Engine, project: ProjectConfig
) -> None:
    """A split of before has touched them, not the text."""
    enqueue(engine, project, [task_request(project.name, 1)])
    ada, bob = enlist(engine, project.name, "ada"), enlist(engine, project.name, "bob")
    late = claim(engine, project, ada)
    assert late is not None
    parts = tuple(Definition(name=name) for name in ("cat", "poodle", "pug", "fox"))
    publish(
        engine,
        project,
        Draft(body="Text.", definitions=parts, changes=(ClassChange(takes=("dog",), gives=("poodle", "pug")),)),
    )
    label_next(engine, project, bob, "cat")
    answer(engine, project, ada, late.assignment_id, "dog")
    assert publish(engine, project, Draft(body="Another text.")).reopened == 0
    settle(engine, project, [late.task_id])
    assert stored(engine, late.task_id)[1] == 2


def test_examples_are_tasks_of_the_project(engine: Engine, project: ProjectConfig) -> None:
    """Or nobody could look at them."""
    definitions = [Definition(name=name, examples=(Example(task_id=2**40),)) for name in project.labels.classes]
    with pytest.raises(InputError, match=f"Task {2**40} is no task of this project"):
        publish(engine, project, Draft(body="Text.", definitions=tuple(definitions)))
