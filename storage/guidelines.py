"""Published guideline versions, and the tasks that a new one reopens."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, ScalarSelect, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from labeling.guidelines import Pair, touches
from schemas.errors import ConflictError, InputError
from schemas.labels import Guideline, TaskStatus
from schemas.project import ProjectConfig
from storage.database import lost_connections_named
from storage.tables import ConsensusRow, GuidelineRow, TaskRow
from storage.votes import casts_by_task

# The family of advisory locks, one a project, that settling shares and publishing takes alone. Without it a label
# could be settled under the old version while the new one, not yet visible, has already looked for it in vain.
PUBLISHING = 0x0A55A2


@dataclass(frozen=True, kw_only=True)
class Published:
    """A guideline version, and how many tasks its publication reopened."""

    version: int
    reopened: int


def current_version(project: str) -> ScalarSelect[int]:
    """Return the version in force as part of a larger statement; the first is 1."""
    newest = select(func.coalesce(func.max(GuidelineRow.version), 1)).where(GuidelineRow.project == project)
    return newest.scalar_subquery()


@lost_connections_named()
def ensure(engine: Engine, project: str, body: str) -> None:
    """Write the project's own text as version 1, unless there is a version 1."""
    first = {"project": project, "version": 1, "body": body, "settles": []}
    with engine.begin() as connection:
        connection.execute(upsert(GuidelineRow).values(first).on_conflict_do_nothing())


@lost_connections_named()
def history(engine: Engine, project: str) -> list[Guideline]:
    """Return every published version, oldest first."""
    with engine.connect() as connection:
        return versions_after(connection, project, 0)


def current(engine: Engine, project: str) -> Guideline:
    """Return the version in force.

    Raises:
        InputError: none was published.
    """
    published = history(engine, project)
    if not published:
        raise InputError(f"Project {project} has no guideline: publish its first version.")
    return published[-1]


def keep_version(connection: Connection, project: str) -> None:
    """Keep new versions of the project's guideline out until the transaction ends; wait for one under way."""
    connection.execute(select(func.pg_advisory_xact_lock_shared(PUBLISHING, func.hashtext(project))))


def versions_after(connection: Connection, project: str, version: int) -> list[Guideline]:
    """Return the versions that were published after `version`, oldest first."""
    found = select(GuidelineRow.version, GuidelineRow.body, GuidelineRow.settles)
    found = found.where(GuidelineRow.project == project, GuidelineRow.version > version)
    rows = connection.execute(found.order_by(GuidelineRow.version))
    return [Guideline(version=row.version, body=row.body, settles=row.settles) for row in rows]


@lost_connections_named()
def publish(engine: Engine, project: ProjectConfig, body: str, settles: Sequence[Pair]) -> Published:
    """Write the next version and reopen, in the same transaction, exactly the tasks that it touches.

    A touched task is labeled anew from `overlap.first` labels on; its old labels stay, its consensus is no longer
    settled. Every other task keeps its consensus. Publishing what is in force already changes nothing.

    Raises:
        InputError: a pair does not name two of the project's classes, or the text is empty or holds NUL.
        ConflictError: somebody else published at the same moment.
    """
    _check(project, body, settles)
    newest = current(engine, project.name)
    if (newest.body, newest.settles) == (body, tuple(settles)):
        return Published(version=newest.version, reopened=0)
    version = newest.version + 1
    row = {"project": project.name, "version": version, "body": body, "settles": [list(pair) for pair in settles]}
    try:
        with engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(PUBLISHING, func.hashtext(project.name))))
            connection.execute(insert(GuidelineRow).values(row))
            return Published(version=version, reopened=_reopen(connection, project, version, settles))
    except IntegrityError as error:
        raise ConflictError(
            f"Guideline version {version} of {project.name} was published just now: read it, then publish yours."
        ) from error


def _reopen(connection: Connection, project: ProjectConfig, version: int, settles: Sequence[Pair]) -> int:
    casts = casts_by_task(connection, TaskRow.project == project.name)
    touched = [task for task, cast_here in casts.items() if touches(settles, {cast.vote.answer for cast in cast_here})]
    # In one order everywhere, so that settling and publishing cannot wait for each other.
    lock = select(TaskRow.task_id).where(TaskRow.task_id.in_(touched)).order_by(TaskRow.task_id)
    connection.execute(lock.with_for_update(key_share=True))
    reopened = {"status": TaskStatus.OPEN, "guideline": version, "wanted": project.overlap.first}
    connection.execute(update(TaskRow).where(TaskRow.task_id.in_(touched)).values(reopened))
    connection.execute(update(ConsensusRow).where(ConsensusRow.task_id.in_(touched)).values(settled=False))
    return len(touched)


def _check(project: ProjectConfig, body: str, settles: Sequence[Pair]) -> None:
    if not body.strip() or "\x00" in body:
        raise InputError("The guideline's text is empty or holds NUL characters: send plain text.")
    classes = project.labels.classes
    for one, other in settles:
        if one == other or one not in classes or other not in classes:
            raise InputError(f"{one!r} and {other!r} are not two of the classes: choose from {', '.join(classes)}.")
