"""Publishing a guideline: its next version, and what that means for every task, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from labeling.guidelines import Cast, touches
from labeling.label_space import check_changes, retold, translated
from schemas.errors import ConflictError, InputError
from schemas.guidelines import Draft, Guideline
from schemas.labels import TaskStatus
from schemas.project import ProjectConfig
from storage.consensus import settle_within
from storage.database import lost_connections_named
from storage.guidelines import PUBLISHING, current, versions_after
from storage.tables import ConsensusRow, GuidelineRow, TaskRow
from storage.votes import casts_by_task


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
    """

    reopened: int
    retold: int
    labels: int


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
    with engine.connect() as connection:
        found = _touched(connection, project, new)
    return Preview(
        reopened=len(found.reopened), retold=len(found.retold), labels=len(found.reopened) * project.overlap.first
    )


@lost_connections_named()
def publish(engine: Engine, project: ProjectConfig, draft: Draft) -> Published:
    """Write the next version and reopen, in the same transaction, exactly the tasks that it touches.

    A touched task is labeled anew from `overlap.first` labels on; its old labels stay, its consensus is no longer
    settled. A task whose labels name a class that was renamed or merged is concluded anew from the labels it has.
    Every other task keeps its consensus. Publishing what is in force already changes nothing.

    Raises:
        InputError: a pair does not name two of the classes, the text is empty or holds NUL, or labels of a class
            would mean nothing.
        ConflictError: somebody else published at the same moment.
    """
    new = _next(engine, project, draft)
    newest = current(engine, project.name)
    if new.model_copy(update={"version": newest.version}) == newest:
        return Published(version=newest.version, reopened=0)
    try:
        with engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(PUBLISHING, func.hashtext(project.name))))
            connection.execute(insert(GuidelineRow).values(project=project.name, **new.model_dump(mode="json")))
            return _apply(connection, project, new)
    except IntegrityError as error:
        raise ConflictError(
            f"Guideline version {new.version} of {project.name} was published just now: read it, then publish yours."
        ) from error


def _next(engine: Engine, project: ProjectConfig, draft: Draft) -> Guideline:
    """Return the version that would follow the one in force; refuse what cannot be published."""
    newest = current(engine, project.name)
    definitions = draft.definitions or newest.definitions
    new = Guideline(version=newest.version + 1, **{**dict(draft), "definitions": definitions})
    _check(newest, new)
    return new


def _apply(connection: Connection, project: ProjectConfig, new: Guideline) -> Published:
    found = _touched(connection, project, new)
    _reopen(connection, project, found.reopened, new.version)
    settle_within(connection, project, found.retold)
    return Published(version=new.version, reopened=len(found.reopened), retold=len(found.retold))


def _touched(connection: Connection, project: ProjectConfig, new: Guideline) -> _Touched:
    casts = casts_by_task(connection, TaskRow.project == project.name)
    before = [one for one in versions_after(connection, project.name, 0) if one.version < new.version]
    versions, told = [*before, new], retold(new.changes)
    reopened = {task for task, given in casts.items() if touches(new.settles, _meanings(given, versions))}
    others = [task for task, given in casts.items() if task not in reopened and told & _meanings(given, before)]
    return _Touched(reopened=sorted(reopened), retold=others)


def _meanings(casts: Sequence[Cast], versions: Sequence[Guideline]) -> set[str | None]:
    return {translated(cast.vote.answer, cast.guideline, versions) for cast in casts}


def _reopen(connection: Connection, project: ProjectConfig, tasks: Sequence[int], version: int) -> None:
    # In one order everywhere, so that settling and publishing cannot wait for each other.
    lock = select(TaskRow.task_id).where(TaskRow.task_id.in_(tasks)).order_by(TaskRow.task_id)
    connection.execute(lock.with_for_update(key_share=True))
    reopened = {"status": TaskStatus.OPEN, "guideline": version, "wanted": project.overlap.first}
    connection.execute(update(TaskRow).where(TaskRow.task_id.in_(tasks)).values(reopened))
    connection.execute(update(ConsensusRow).where(ConsensusRow.task_id.in_(tasks)).values(settled=False))


def _check(newest: Guideline, new: Guideline) -> None:
    if not new.body.strip() or "\x00" in new.body:
        raise InputError("The guideline's text is empty or holds NUL characters: send plain text.")
    check_changes(newest.classes, new.classes, new.changes)
    for one, other in new.settles:
        if one == other or one not in new.classes or other not in new.classes:
            raise InputError(f"{one!r} and {other!r} are not two of the classes: choose from {', '.join(new.classes)}.")
