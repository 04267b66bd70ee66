"""Publishing a guideline: its next version, and what that means for every task, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from labeling.guidelines import current_votes, meanings, round_of, touches
from labeling.label_space import check_changes, left, retold
from schemas.answers import named_in
from schemas.errors import ConflictError, InputError
from schemas.guidelines import Draft, Guideline
from schemas.labels import TaskStatus
from schemas.project import ProjectConfig
from storage.consensus import settle_within
from storage.database import among, lost_connections_named
from storage.guidelines import PUBLISHING, current, versions_after
from storage.places import count_places
from storage.tables import ConsensusRow, GuidelineRow, TaskRow
from storage.trail import NOBODY, Action, Author, note
from storage.votes import casts_by_task, expert_casts

# So many of the tasks that a version would have labeled anew are named beforehand.
SHOWN = 8


@dataclass(frozen=True, kw_only=True)
class Published:
    """A guideline version, and how many tasks it had labeled anew (`reopened`) or only said otherwise (`retold`)."""

    version: int
    reopened: int
    retold: int = 0


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a version would do: how many tasks it would have labeled anew or said otherwise, for how many labels.

    `labels` are the fewest that this takes: `overlap.first` for each touched task, and more where these disagree.
    `examples` are the first tasks that would be labeled anew.
    """

    reopened: int
    retold: int
    labels: int
    examples: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Touched:
    """The tasks that a version touches, and those that it only says otherwise."""

    reopened: Sequence[int]
    retold: Sequence[int]


@lost_connections_named()
def preview(engine: Engine, project: ProjectConfig, draft: Draft) -> Preview:
    """Say what publishing a draft would do to the labels that there are, and publish nothing.

    Raises:
        InputError: it could not be published, for the reasons that `publish` names.
    """
    new = _next(engine, project, draft)
    if new is None:
        return Preview(reopened=0, retold=0, labels=0)
    with engine.connect() as connection:
        found = _touched(connection, project, new)
    return Preview(
        reopened=len(found.reopened),
        retold=len(found.retold),
        labels=len(found.reopened) * project.overlap.first,
        examples=tuple(sorted(found.reopened)[:SHOWN]),
    )


@lost_connections_named()
def publish(engine: Engine, project: ProjectConfig, draft: Draft, by: Author = NOBODY) -> Published:
    """Write the next version and reopen, in the same transaction, exactly the tasks that it touches.

    A touched task is labeled anew from `overlap.first` labels on; its old labels stay, its consensus is no longer
    settled. A task whose labels name a class that was renamed or merged is concluded anew from the labels it has.
    Every other task keeps its consensus. Publishing what is in force already changes nothing.

    Raises:
        InputError: a pair does not name two of the classes, the text is empty or holds NUL, or labels of a class
            would mean nothing.
        ConflictError: another version than the one that the draft was written on is in force by now.
    """
    new = _next(engine, project, draft)
    if new is None:
        return Published(version=current(engine, project.name).version, reopened=0)
    said = {"project": project.name, "kind": project.labels.kind}
    try:
        with engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(PUBLISHING, func.hashtext(project.name))))
            connection.execute(insert(GuidelineRow).values(**said, **new.model_dump(mode="json")))
            note(connection, project.name, by, Action.GUIDELINE_PUBLISHED, f"guideline {new.version}")
            return _apply(connection, project, new)
    except IntegrityError as error:
        raise ConflictError(
            f"Guideline version {new.version} of {project.name} was published just now: read it, then publish yours."
        ) from error


def _next(engine: Engine, project: ProjectConfig, draft: Draft) -> Guideline | None:
    """Return the version that would follow the one in force, None if that says the same; refuse what cannot be one."""
    newest = current(engine, project.name)
    definitions = draft.definitions or left(newest.definitions, draft.changes)
    said = {"body": draft.body, "changes": draft.changes, "settles": draft.settles, "reopens": draft.reopens}
    new = Guideline(version=newest.version + 1, definitions=definitions, **said)
    same = {"version": newest.version, "definitions": draft.definitions or newest.definitions}
    if new.model_copy(update=same) == newest:
        return None
    if draft.base not in (None, newest.version):
        raise ConflictError(
            f"The draft was written on guideline version {draft.base}, and version {newest.version} is in force: read "
            f"it, then publish yours on it."
        )
    _check(project, newest, new)
    _check_tasks(engine, project, new)
    return new


def _apply(connection: Connection, project: ProjectConfig, new: Guideline) -> Published:
    found = _touched(connection, project, new)
    _reopen(connection, project, found.reopened, new.version)
    settle_within(connection, project, found.retold)
    return Published(version=new.version, reopened=len(found.reopened), retold=len(found.retold))


def _touched(connection: Connection, project: ProjectConfig, new: Guideline) -> _Touched:
    of_project = TaskRow.project == project.name
    casts, experts = casts_by_task(connection, of_project), expert_casts(connection, of_project)
    casts = {task: [*casts.get(task, ()), *experts.get(task, ())] for task in {**casts, **experts}}
    before = [one for one in versions_after(connection, project.name, 0) if one.version < new.version]
    told, reopened, others = retold(new.changes), [], []
    named = set(new.reopens)
    for task, given in casts.items():
        since = round_of(before[0].version, given, before)  # late votes may not have been settled yet
        if task in named or touches(new.settles, meanings(given, since, [*before, new])):
            reopened.append(task)
        elif any(told & named_in(vote.answer).keys() for vote in current_votes(given, since, before)):
            others.append(task)
    return _Touched(reopened=reopened, retold=others)


def _reopen(connection: Connection, project: ProjectConfig, tasks: Sequence[int], version: int) -> None:
    # In one order everywhere, so that settling and publishing cannot wait for each other.
    lock = select(TaskRow.task_id).where(among(TaskRow.task_id, tasks)).order_by(TaskRow.task_id)
    connection.execute(lock.with_for_update(key_share=True))
    reopened = {"status": TaskStatus.OPEN, "guideline": version, "wanted": project.overlap.first}
    places = {"free": count_places(**reopened), "asked": None, "asked_until": None}
    connection.execute(update(TaskRow).where(among(TaskRow.task_id, tasks)).values(**reopened, **places))
    connection.execute(update(ConsensusRow).where(among(ConsensusRow.task_id, tasks)).values(settled=False))


def _check_tasks(engine: Engine, project: ProjectConfig, new: Guideline) -> None:
    examples = {example.task_id for one in new.definitions for example in (*one.examples, *one.counter_examples)}
    named = examples | set(new.reopens)
    with engine.connect() as connection:
        found = set(
            connection.scalars(
                select(TaskRow.task_id).where(TaskRow.project == project.name, among(TaskRow.task_id, named))
            )
        )
    if missing := sorted(named - found):
        raise InputError(f"Task {missing[0]} is no task of this project: name tasks that are.")


def _check(project: ProjectConfig, newest: Guideline, new: Guideline) -> None:
    if not new.body.strip() or "\x00" in new.body:
        raise InputError("The guideline's text is empty or holds NUL characters: send plain text.")
    check_changes(newest.classes, new.classes, new.changes, project.labels)
    for one, other in new.settles:
        if one == other or one not in new.classes or other not in new.classes:
            raise InputError(f"{one!r} and {other!r} are not two of the classes: choose from {', '.join(new.classes)}.")
