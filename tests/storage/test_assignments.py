"""Leases renewed and given back, labels taken back, and what an expert settles."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine, select

from labeling.overlap import Decision
from schemas.errors import ConflictError, InputError
from schemas.guidelines import Draft
from schemas.labels import Label, Purpose, Retraction, TaskStatus, Vote
from schemas.project import ProjectConfig
from storage.adjudication import Evidence, evidence
from storage.answers import answer, undo
from storage.assignments import renew, skip
from storage.consensus import settle
from storage.guidelines import ensure
from storage.labelers import Labeler
from storage.publishing import publish
from storage.queue import Assignment, Depths, claim, depths, enqueue
from storage.tables import ConsensusRow, LabelRow, RetractionRow
from storage.testing import enlist, expire, label_next, project_config, published, task_request
from storage.votes import votes_by_task


@pytest.fixture
def project(engine: Engine) -> ProjectConfig:
    """A project with one task, which two labelers may skip before an expert gets it."""
    project = project_config(f"p{uuid4().hex}", overlap={"first": 2, "most": 3, "skips": 2})
    ensure(engine, project.name, "A cat has whiskers.", project.labels.classes)
    enqueue(engine, project, [task_request(project.name, 0)])
    return project


def claimed(
    engine: Engine, project: ProjectConfig, labeler: Labeler, purpose: Purpose = Purpose.CONSENSUS
) -> Assignment:
    """Return what the labeler is leased."""
    assignment = claim(engine, project, labeler, purpose)
    assert assignment is not None
    return assignment


def disputed(engine: Engine, project: ProjectConfig) -> int:
    """Have the project's task labeled in three ways, and return its task_id."""
    tasks = [label_next(engine, project, enlist(engine, project.name, given), given) for given in ("cat", "dog")]
    settle(engine, project, tasks)
    label_next(engine, project, enlist(engine, project.name, "fox"), "fox")
    assert settle(engine, project, tasks)[tasks[0]].status is TaskStatus.EXPERT
    return tasks[0]


def test_a_lease_that_is_renewed_ends_later(engine: Engine, project: ProjectConfig) -> None:
    """It stays the same assignment."""
    ada = enlist(engine, project.name, "ada")
    first = claimed(engine, project, ada)
    renewed = renew(engine, project, ada, first.assignment_id)
    assert renewed.expires_at > first.expires_at
    assert claim(engine, project, ada) == renewed


def test_an_expired_lease_is_renewed_while_nobody_has_the_place(engine: Engine, project: ProjectConfig) -> None:
    """Even once the place was given back; then it takes it again."""
    ada, bob, eve, kim = (enlist(engine, project.name, name) for name in ("ada", "bob", "eve", "kim"))
    lease = claimed(engine, project, ada)
    expire(engine, lease.assignment_id)
    claimed(engine, project, bob)
    renew(engine, project, ada, lease.assignment_id)
    assert claim(engine, project, eve) is None
    expire(engine, lease.assignment_id)
    claimed(engine, project, kim)
    with pytest.raises(ConflictError, match="somebody else"):
        renew(engine, project, ada, lease.assignment_id)


def test_what_one_skips_another_gets(engine: Engine, project: ProjectConfig) -> None:
    """The one who skipped does not, in this round; and cannot answer any more."""
    ada, bob, eve = (enlist(engine, project.name, name) for name in ("ada", "bob", "eve"))
    skipped = claimed(engine, project, ada)
    claimed(engine, project, bob)
    skip(engine, project, ada, skipped.assignment_id, "blurred")
    assert claim(engine, project, ada) is None
    assert claimed(engine, project, eve).task_id == skipped.task_id
    with pytest.raises(ConflictError, match="skipped"):
        answer(engine, project, ada, skipped.assignment_id, "cat")


def test_what_several_skip_goes_to_an_expert_with_their_reasons(engine: Engine, project: ProjectConfig) -> None:
    """Who sees them beside the votes; labelers are offered it no longer."""
    task = label_next(engine, project, enlist(engine, project.name, "ada"), "cat")
    for name in ("bob", "eve"):
        labeler = enlist(engine, project.name, name)
        skip(engine, project, labeler, claimed(engine, project, labeler).assignment_id, f"{name} cannot tell")
    assert depths(engine, project.name) == Depths(open=0, leased=0, settled=0, expert=1)
    assert claim(engine, project, enlist(engine, project.name, "kim")) is None
    assert claimed(engine, project, enlist(engine, project.name, "lead"), Purpose.EXPERT).task_id == task
    told = Evidence(votes=(Vote(labeler="ada", answer="cat"),), skips=("bob cannot tell", "eve cannot tell"))
    assert evidence(engine, project.name, task) == told


def test_an_answered_assignment_is_not_skipped(engine: Engine, project: ProjectConfig) -> None:
    """First the answer has to be taken back."""
    ada = enlist(engine, project.name, "ada")
    lease = claimed(engine, project, ada)
    answer(engine, project, ada, lease.assignment_id, "cat")
    with pytest.raises(ConflictError, match="undo"):
        skip(engine, project, ada, lease.assignment_id, "too late")
    undo(engine, project, ada, lease.assignment_id)
    skip(engine, project, ada, lease.assignment_id, "blurred")


@pytest.mark.parametrize("reason", ["", "  ", "a\x00b"])
def test_a_skip_has_a_reason(engine: Engine, project: ProjectConfig, reason: str) -> None:
    """That a database can hold."""
    ada = enlist(engine, project.name, "ada")
    with pytest.raises(InputError, match="plain text"):
        skip(engine, project, ada, claimed(engine, project, ada).assignment_id, reason)


def test_undo_takes_a_label_back_by_an_event_and_a_correction_is_a_new_label(
    engine: Engine, project: ProjectConfig
) -> None:
    """Nothing is removed: both labels and the retraction stay, and are announced in this order."""
    ada = enlist(engine, project.name, "ada")
    lease = claimed(engine, project, ada)
    published(engine)
    slip = answer(engine, project, ada, lease.assignment_id, "cat")
    assert undo(engine, project, ada, lease.assignment_id).assignment_id == lease.assignment_id
    assert votes_by_task(engine, project.name) == {}
    right = answer(engine, project, ada, lease.assignment_id, "dog")
    first, second, third = published(engine)
    assert (Label.model_validate_json(first.value), Label.model_validate_json(third.value)) == (slip, right)
    assert Retraction.model_validate_json(second.value).retracts == slip.label_id
    assert votes_by_task(engine, project.name) == {lease.task_id: [Vote(labeler="ada", answer="dog")]}
    with engine.connect() as connection:
        kept = connection.execute(select(LabelRow.answer, LabelRow.revision).order_by(LabelRow.labeled_at)).all()
        assert {("cat", 1), ("dog", 2)} <= {(given, revision) for given, revision in kept}
        assert connection.scalar(select(RetractionRow.label_id).where(RetractionRow.label_id == slip.label_id))


def test_a_settled_task_whose_label_is_taken_back_is_open_again(engine: Engine, project: ProjectConfig) -> None:
    """For whoever took it back only: the place is theirs."""
    ada, bob = enlist(engine, project.name, "ada"), enlist(engine, project.name, "bob")
    lease = claimed(engine, project, ada)
    answer(engine, project, ada, lease.assignment_id, "cat")
    label_next(engine, project, bob, "cat")
    assert settle(engine, project, [lease.task_id])[lease.task_id].status is TaskStatus.SETTLED
    undo(engine, project, ada, lease.assignment_id)
    assert settle(engine, project, [lease.task_id])[lease.task_id] == Decision(status=TaskStatus.OPEN, wanted=2)
    assert claim(engine, project, enlist(engine, project.name, "eve")) is None
    assert claim(engine, project, ada) is not None


def test_only_a_label_that_stands_in_the_current_round_is_taken_back(engine: Engine, project: ProjectConfig) -> None:
    """Not one that was never given, nor one of a former guideline, nor a stranger's."""
    ada, bob = enlist(engine, project.name, "ada"), enlist(engine, project.name, "bob")
    lease = claimed(engine, project, ada)
    with pytest.raises(ConflictError, match="no label"):
        undo(engine, project, ada, lease.assignment_id)
    answer(engine, project, ada, lease.assignment_id, "cat")
    with pytest.raises(InputError, match="no assignment"):
        undo(engine, project, bob, lease.assignment_id)
    label_next(engine, project, bob, "dog")
    publish(engine, project, Draft(body="A dog barks.", settles=(("cat", "dog"),)))
    with pytest.raises(ConflictError, match="current round"):
        undo(engine, project, ada, lease.assignment_id)


def test_an_experts_answer_settles_the_task(engine: Engine, project: ProjectConfig) -> None:
    """For certain, by the method that says so, whatever the votes; also when it is settled again."""
    task, lead = disputed(engine, project), enlist(engine, project.name, "lead", lead=True)
    lease = claimed(engine, project, lead, Purpose.EXPERT)
    label = answer(engine, project, lead, lease.assignment_id, "fox")
    assert (lease.task_id, label.purpose) == (task, Purpose.EXPERT)
    for _ in range(2):
        assert settle(engine, project, [task])[task].status is TaskStatus.SETTLED
    with engine.connect() as connection:
        row = ConsensusRow
        found = connection.execute(
            select(row.answer, row.confidence, row.method, row.settled).where(row.task_id == task)
        ).one()
    assert tuple(found) == ("fox", 1.0, "expert", True)
    assert {vote.labeler for vote in votes_by_task(engine, project.name)[task]} == {"cat", "dog", "fox"}


def test_an_expert_who_takes_the_answer_back_sets_the_task_aside_again(engine: Engine, project: ProjectConfig) -> None:
    """Labelers cannot take theirs back meanwhile; two experts never hold the same one."""
    task, lead = disputed(engine, project), enlist(engine, project.name, "lead", lead=True)
    other = enlist(engine, project.name, "other", lead=True)
    lease = claimed(engine, project, lead, Purpose.EXPERT)
    assert claim(engine, project, other, Purpose.EXPERT) is None
    answer(engine, project, lead, lease.assignment_id, "fox")
    settle(engine, project, [task])
    undo(engine, project, lead, lease.assignment_id)
    assert settle(engine, project, [task])[task].status is TaskStatus.EXPERT
    assert claim(engine, project, other, Purpose.EXPERT) is None
    skip(engine, project, lead, lease.assignment_id, "not my field")
    assert claimed(engine, project, other, Purpose.EXPERT).task_id == task


def test_what_an_expert_settled_stays_as_labelers_left_it(engine: Engine, project: ProjectConfig) -> None:
    """Their labels are evidence now."""
    project = project_config(project.name, overlap={"first": 2, "most": 2})
    ada, bob, lead = (enlist(engine, project.name, name) for name in ("ada", "bob", "lead"))
    lease = claimed(engine, project, ada)
    answer(engine, project, ada, lease.assignment_id, "cat")
    label_next(engine, project, bob, "dog")
    settle(engine, project, [lease.task_id])
    answer(engine, project, lead, claimed(engine, project, lead, Purpose.EXPERT).assignment_id, "cat")
    with pytest.raises(ConflictError, match="expert has settled"):
        undo(engine, project, ada, lease.assignment_id)
