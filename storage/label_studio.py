"""What is kept of the bridge to Label Studio: its project there, who its users are, what became of annotations."""

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from schemas.answers import Answer
from schemas.errors import ConflictError, InputError
from schemas.project import ProjectConfig
from storage.database import lost_connections_named
from storage.labelers import Labeler, enabled
from storage.tables import (
    LabelerRow,
    LabelRow,
    LabelStudioAnnotationRow,
    LabelStudioProjectRow,
    LabelStudioUserRow,
)
from storage.unleased import NoPlace, lock_task, no_place, write_unleased

# The family of advisory locks, one a project, that whoever sends tasks to Label Studio or removes them there holds.
SENDING = 0x0A55A4
SECRET_BYTES = 32
# What became of an annotation that is not refused: it is a label now, or was before and says the same.
COUNTED, UNCHANGED = "counted", "unchanged"
# Why one is refused that was counted in an earlier version.
CHANGED = "changed"


@dataclass(frozen=True, kw_only=True)
class StudioProject:
    """Where a project stands in a Label Studio server: under `number`; with `secret` its tasks are signed."""

    studio_id: int
    project: str
    number: int
    secret: bytes


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One version of an annotation, by what it is told apart, and as it came."""

    annotation: str
    version: str
    body: str


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What an annotation says, if it is to be believed."""

    task_id: int
    guideline: int
    labeler: Labeler
    answer: Answer


@contextmanager
def alone(engine: Engine, project: str) -> Iterator[None]:
    """Be the only one who sends this project's tasks to Label Studio, or removes them there, for the block.

    Raises:
        ConflictError: somebody else is.
    """
    with lost_connections_named():
        connection = engine.connect()
    with connection:
        lock = func.pg_try_advisory_xact_lock(SENDING, func.hashtext(project))
        if not connection.scalar(select(lock)):
            raise ConflictError("Another push or sweep of this project is at work: wait until it has ended.")
        yield


@lost_connections_named()
def studio_project(engine: Engine, project: str, url: str) -> StudioProject | None:
    """Return the project's place in the Label Studio server at `url`, if it has one."""
    row = LabelStudioProjectRow
    newest = select(row.studio_id, row.number, row.secret).where(row.project == project, row.url == url)
    with engine.connect() as connection:
        found = connection.execute(newest.order_by(row.studio_id.desc()).limit(1)).one_or_none()
    if found is None:
        return None
    return StudioProject(studio_id=found.studio_id, project=project, number=found.number, secret=found.secret)


@lost_connections_named()
def remember(engine: Engine, project: str, url: str, number: int) -> StudioProject:
    """Write that the project stands under `number` in the server at `url`, from now on, with a secret of its own."""
    secret = secrets.token_bytes(SECRET_BYTES)
    row = {"project": project, "url": url, "number": number, "secret": secret}
    write = upsert(LabelStudioProjectRow).values(row).returning(LabelStudioProjectRow.studio_id)
    with engine.begin() as connection:
        studio_id = connection.execute(write).scalar_one()
    return StudioProject(studio_id=studio_id, project=project, number=number, secret=secret)


@lost_connections_named()
def link(engine: Engine, project: str, name: str, email: str) -> None:
    """Write which labeler the user with this e-mail address is; whoever it was before is replaced.

    Raises:
        InputError: the project has no labeler of this name, or that is no address.
    """
    address = normal(email)
    if "@" not in address or not address.isprintable() or len(address) > 254:  # noqa: PLR2004 - the longest there is
        raise InputError(f"{email[:40]!r} is no e-mail address: give the one that the user signs in with.")
    named = select(LabelerRow.labeler_id).where(LabelerRow.project == project, LabelerRow.name == name)
    with engine.begin() as connection:
        labeler_id = connection.scalar(named)
        if labeler_id is None:
            raise InputError(f"Project {project} has no labeler named {name!r}: `assay labeler add` registers one.")
        row = {"project": project, "email": address, "labeler_id": labeler_id}
        write = upsert(LabelStudioUserRow).values(row)
        connection.execute(write.on_conflict_do_update(index_elements=["project", "email"], set_=row))


@lost_connections_named()
def linked(engine: Engine, project: str) -> dict[str, Labeler]:
    """Return the labelers that users of Label Studio are, by e-mail address as `normal` writes it.

    Disabled ones are left out: what they answer there counts no more.
    """
    found = select(LabelStudioUserRow.email, LabelerRow.__table__).join(LabelStudioUserRow)
    with engine.connect() as connection:
        rows = connection.execute(found.where(LabelStudioUserRow.project == project, enabled())).all()
    return {row.email: Labeler.of(row) for row in rows}


def normal(email: str) -> str:
    """Return an e-mail address as it is compared."""
    return email.strip().lower()


@lost_connections_named()
def count(engine: Engine, project: ProjectConfig, studio: StudioProject, notice: Notice, claim: Claim) -> str:
    """Write the answer as a label, once for each annotation, or why it is not one; return which, or the reason.

    In one transaction, with the task locked: the label, its event, and the record that this annotation was counted.
    An annotation that was counted, and says the same still, changes nothing.
    """
    with engine.begin() as connection:
        if not lock_task(connection, project.name, claim.task_id):
            return _keep(connection, studio, notice, refused=NoPlace.UNKNOWN_TASK)
        before = _counted(connection, studio, notice)
        if before is not None:
            return UNCHANGED if claim.answer == before[1] else _keep(connection, studio, notice, refused=CHANGED)
        refused = no_place(connection, claim.labeler, claim.task_id, claim.guideline)
        if refused is not None:
            return _keep(connection, studio, notice, refused=refused)
        label = write_unleased(connection, project, claim.labeler, claim.task_id, claim.guideline, claim.answer)
        return _keep(connection, studio, notice, label_id=label.label_id)


@lost_connections_named()
def refuse(engine: Engine, studio: StudioProject, notice: Notice, reason: str) -> str:
    """Keep an annotation that cannot be read as an answer, and return the reason.

    If it was counted in an earlier version, the reason is that it has changed; if in this one, it stays counted.
    """
    with engine.begin() as connection:
        before = _counted(connection, studio, notice)
        if before is not None and before[0] == notice.version:
            return UNCHANGED
        return _keep(connection, studio, notice, refused=reason if before is None else CHANGED)


def _counted(connection: Connection, studio: StudioProject, notice: Notice) -> tuple[str, Answer] | None:
    """Return in which version this annotation has become a label, and with which answer."""
    row = LabelStudioAnnotationRow
    found = select(row.version, LabelRow.answer).join(LabelRow, row.label_id == LabelRow.label_id)
    this = (row.studio_id == studio.studio_id, row.annotation == notice.annotation)
    counted = connection.execute(found.where(*this)).one_or_none()
    return None if counted is None else (counted.version, counted.answer)


def _keep(
    connection: Connection,
    studio: StudioProject,
    notice: Notice,
    *,
    label_id: UUID | None = None,
    refused: str | None = None,
) -> str:
    """Write what became of this version, in place of what did before, unless it was counted; return it."""
    row = {"label_id": label_id, "refused": refused}
    key = {"studio_id": studio.studio_id, "annotation": notice.annotation, "version": notice.version}
    write = upsert(LabelStudioAnnotationRow).values({**key, **row, "body": notice.body})
    connection.execute(
        write.on_conflict_do_update(
            index_elements=list(key),
            set_={**row, "seen_at": func.now()},
            where=LabelStudioAnnotationRow.label_id.is_(None),
        )
    )
    return refused or COUNTED


@dataclass(frozen=True, kw_only=True)
class Refused:
    """An annotation that is no label, and why."""

    annotation: str
    reason: str
    body: str


@lost_connections_named()
def outcomes(engine: Engine, studio: StudioProject) -> Mapping[str, int]:
    """Count the versions of annotations by what became of them: COUNTED, or the reason."""
    row = LabelStudioAnnotationRow
    found = select(func.coalesce(row.refused, COUNTED).label("fate"), func.count())
    with engine.connect() as connection:
        rows = connection.execute(found.where(row.studio_id == studio.studio_id).group_by("fate")).all()
    return Counter({reason: number for reason, number in rows})  # noqa: C416 - rows, not pairs


@lost_connections_named()
def last_refused(engine: Engine, studio: StudioProject, limit: int) -> list[Refused]:
    """Return what was refused last, newest first."""
    row = LabelStudioAnnotationRow
    found = select(row.annotation, row.refused, row.body).where(
        row.studio_id == studio.studio_id, row.refused.is_not(None)
    )
    with engine.connect() as connection:
        rows = connection.execute(found.order_by(row.seen_at.desc(), row.annotation).limit(limit)).all()
    return [Refused(annotation=row.annotation, reason=row.refused, body=row.body) for row in rows]
