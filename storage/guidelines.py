"""Published guideline versions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, ScalarSelect, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from schemas.answers import AnswerKind, ClassName
from schemas.errors import InputError
from schemas.guidelines import Definition, Guideline
from schemas.project import ProjectConfig
from storage.database import lost_connections_named
from storage.tables import GuidelineRow, LabelRow, TaskRow

# The family of advisory locks, one a project, that settling shares and publishing takes alone. Without it a label
# could be settled under the old version while the new one, not yet visible, has already looked for it in vain.
PUBLISHING = 0x0A55A2


def current_version(project: str) -> ScalarSelect[int]:
    """Return the version in force as part of a larger statement; the first is 1."""
    newest = select(func.coalesce(func.max(GuidelineRow.version), 1)).where(GuidelineRow.project == project)
    return newest.scalar_subquery()


@lost_connections_named()
def ensure(
    engine: Engine,
    project: str,
    body: str,
    classes: Sequence[ClassName],
    kind: AnswerKind = AnswerKind.CLASSIFICATION,
) -> None:
    """Write the project's own text, classes and kind of label as version 1, unless there is a version 1.

    Versions of before guidelines defined classes get those of the project. While nothing was labeled, and no other
    version was published, another kind replaces the first one.

    Raises:
        InputError: labels are of another kind.
    """
    definitions = [Definition(name=name).model_dump(mode="json") for name in classes]
    first = {"project": project, "version": 1, "body": body, "definitions": definitions, "settles": [], "kind": kind}
    undefined = (GuidelineRow.project == project, GuidelineRow.definitions == [])
    with engine.begin() as connection:
        connection.execute(upsert(GuidelineRow).values(first).on_conflict_do_nothing())
        if _kind(connection, project) != kind:
            _begin_anew(connection, project, first)
        connection.execute(update(GuidelineRow).where(*undefined).values(definitions=definitions))


def _kind(connection: Connection, project: str) -> AnswerKind:
    found = select(GuidelineRow.kind).where(GuidelineRow.project == project, GuidelineRow.version == 1)
    return AnswerKind(connection.execute(found).scalar_one())


def _begin_anew(connection: Connection, project: str, first: Mapping[str, Any]) -> None:
    labeled = exists().where(TaskRow.project == project, LabelRow.task_id == TaskRow.task_id)
    if connection.scalar(select(labeled)) or (connection.scalar(select(current_version(project))) or 1) > 1:
        raise InputError(
            f"Labels of {project} are of the kind {_kind(connection, project)}, and project.toml says {first['kind']} "
            "now: no label could be read as the other. Give the project with the other kind a name of its own."
        )
    connection.execute(update(GuidelineRow).where(GuidelineRow.project == project).values(first))


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
    found = select(*(getattr(GuidelineRow, name) for name in Guideline.model_fields))
    found = found.where(GuidelineRow.project == project, GuidelineRow.version > version)
    rows = connection.execute(found.order_by(GuidelineRow.version)).mappings()
    return [Guideline.model_validate(dict(row)) for row in rows]


def versions_by(connection: Connection, project: str, at: datetime) -> list[Guideline]:
    """Return the versions that had been published at `at`, oldest first."""
    by_then = select(func.count()).where(GuidelineRow.project == project, GuidelineRow.published_at <= at)
    return versions_after(connection, project, 0)[: connection.scalar(by_then) or 0]


def times_of(connection: Connection, project: str) -> dict[int, datetime]:
    """Return when each version was published."""
    found = select(GuidelineRow.version, GuidelineRow.published_at).where(GuidelineRow.project == project)
    return {row.version: row.published_at for row in connection.execute(found)}


def classes_of(project: ProjectConfig, definitions: Sequence[Mapping[str, Any]] | None) -> tuple[ClassName, ...]:
    """Return the classes that a version's stored definitions define.

    Those of the project where there are none: before any version was published.
    """
    return tuple(definition["name"] for definition in definitions or ()) or project.labels.classes
