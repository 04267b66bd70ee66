"""Publishing a guideline: its next version, and what that means for every task, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from labeling.guidelines import Cast, Pair, touches
from labeling.label_space import check_changes, retold, translated
from schemas.errors import ConflictError, InputError
from schemas.guidelines import ClassChange, Definition, Guideline
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


@lost_connections_named()
def publish(
    engine: Engine,
    project: ProjectConfig,
    body: str,
    settles: Sequence[Pair],
    *,
    definitions: Sequence[Definition] = (),
    changes: Sequence[ClassChange] = (),
) -> Published:
    """Write the next version and reopen, in the same transaction, exactly the tasks that it touches.

    A touched task is labeled anew from `overlap.first` labels on; its old labels stay, its consensus is no longer
    settled. A task whose labels name a class that was renamed or merged is concluded anew from the labels it has.
    Every other task keeps its consensus. Without `definitions` those in force stay. Publishing what is in force
    already changes nothing.

    Raises:
        InputError: a pair does not name two of the classes, the text is empty or holds NUL, or labels of a class
            would mean nothing.
        ConflictError: somebody else published at the same moment.
    """
    newest = current(engine, project.name)
    new = Guideline(
        version=newest.version + 1,
        body=body,
        definitions=tuple(definitions) or newest.definitions,
        changes=tuple(changes),
        settles=tuple(settles),
    )
    _check(newest, new)
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


def _apply(connection: Connection, project: ProjectConfig, new: Guideline) -> Published:
    casts = casts_by_task(connection, TaskRow.project == project.name)
    versions = versions_after(connection, project.name, 0)
    touched = [task for task, given in casts.items() if touches(new.settles, _meanings(given, versions))]
    before, told = versions[:-1], retold(new.changes)
    others = [task for task, given in casts.items() if task not in set(touched) and told & _meanings(given, before)]
    _reopen(connection, project, touched, new.version)
    settle_within(connection, project, others)
    return Published(version=new.version, reopened=len(touched), retold=len(others))


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
