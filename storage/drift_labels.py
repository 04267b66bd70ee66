"""What labels say of drift: audit labels and answers to gold, each counted once, in the window after which it came.

A label comes when somebody gives it, long after its sample: it counts in the next window that is judged from then on.
So it is never too late, and a change shows in the labels that are given now.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Connection, String, cast, exists, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from catalog.slices import value_of
from labeling.kinds import kind_of
from labeling.label_space import answer_now, scores_now
from quality.drift.labeled import confidence, errors
from quality.drift.measured import Aspect, Measure, Measured
from quality.drift.verdict import Heard
from quality.ranking import rank
from quality.routing.counts import texts
from quality.routing.outcomes import Outcome, predicted
from quality.sketches.window import Slice
from schemas.answers import Answer, plain_of
from schemas.guidelines import Guideline
from schemas.labels import Purpose
from schemas.project import ProjectConfig
from schemas.verdicts import Reason
from storage.database import among
from storage.drift_tables import DriftLabelRow, DriftWindowRow
from storage.drift_windows import WHOLE, name_of
from storage.guidelines import versions_after
from storage.steering import PREDICTED
from storage.tables import FOR_ALARMS, AssignmentRow, ConsensusRow, GoldRow, LabelRow, TaskRow
from storage.votes import standing

# Transactions that settle labels may end after one that began later: so long they are looked for.
LATE = timedelta(hours=1)
# Of labels of before so many are compared with, the last.
BEFORE = 2_000
# So many labels are looked at for those of a slice.
LOOKED_AT = 20_000


def count(connection: Connection, project: ProjectConfig, number: int) -> None:
    """Count the labels that came since the last judged window as those of window `number`."""
    since = _since(connection, project.name)
    rows = [*_audited(connection, project, since), *_of_gold(connection, project, since)]
    if rows:
        counted = [{"project": project.name, "number": number, **row} for row in rows]
        connection.execute(upsert(DriftLabelRow).on_conflict_do_nothing(), counted)


def _since(connection: Connection, project: str) -> datetime:
    """Return since when labels are looked for; asked beforehand, for an index is used only where it says how few."""
    row = DriftWindowRow
    last = select(row.judged_at).where(row.project == project).order_by(row.number.desc()).limit(1)
    judged_at = connection.scalar(last)
    return datetime.fromtimestamp(0, UTC) if judged_at is None else judged_at - LATE


def _is_new(project: str, aspect: Aspect, said_by: Any) -> ColumnElement[bool]:
    row = DriftLabelRow
    same = (row.project == project, row.aspect == aspect, row.said_by == cast(said_by, String))
    return ~exists().where(*same)


def _audited(connection: Connection, project: ProjectConfig, since: datetime) -> Iterator[dict[str, Any]]:
    """Yield the settled labels of the audit; models predict classes, so of others there is nothing to say."""
    if project.labels.kind not in PREDICTED:
        return
    found = _settled(project.name).where(
        TaskRow.selection["reasons"].contains([Reason.AUDIT]),
        ConsensusRow.updated_at >= since,
        _is_new(project.name, Aspect.ERRORS, TaskRow.task_id),
    )
    guidelines = versions_after(connection, project.name, 0)
    for row in connection.execute(found):
        if row.sample.get("prediction"):
            yield {"aspect": Aspect.ERRORS, "said_by": str(row.task_id), **_said(project, row, guidelines)}


def _settled(project: str) -> Any:
    return (
        select(TaskRow.task_id, TaskRow.sample, ConsensusRow.answer)
        .join(ConsensusRow, ConsensusRow.task_id == TaskRow.task_id)
        .where(TaskRow.project == project, ConsensusRow.settled)
    )


def _said(project: ProjectConfig, row: Any, guidelines: Sequence[Guideline]) -> dict[str, Any]:
    scores = scores_now(row.sample["prediction"]["scores"], guidelines)
    outcome = Outcome(reasons=(), propensity=1.0, scores=scores, answer=row.answer)
    return {
        "wrong": predicted(outcome) != row.answer,
        "top": rank([scores]).confidences[0] if isinstance(row.answer, str) else None,
        "answer": row.answer,
        "slices": list(_slices(project, {**row.sample, "prediction.top": rank([scores]).tops[0]})),
    }


def _of_gold(connection: Connection, project: ProjectConfig, since: datetime) -> Iterator[dict[str, Any]]:
    found = (
        select(LabelRow.label_id, LabelRow.answer, GoldRow.answer.label("known"))
        .join(AssignmentRow, AssignmentRow.assignment_id == LabelRow.assignment_id)
        .join(GoldRow, GoldRow.gold_id == AssignmentRow.gold_id)
        .join(TaskRow, TaskRow.task_id == LabelRow.task_id)
        .where(TaskRow.project == project.name, LabelRow.purpose == Purpose.GOLD, standing())
        .where(LabelRow.labeled_at >= since, _is_new(project.name, Aspect.GOLD, LabelRow.label_id))
    )
    same = kind_of(project.labels).same
    for row in connection.execute(found):
        wrong = not same(row.answer, row.known)
        yield {
            "aspect": Aspect.GOLD,
            "said_by": str(row.label_id),
            "wrong": wrong,
            "top": None,
            "answer": None,
            "slices": [],
        }


def _slices(project: ProjectConfig, sample: Mapping[str, JsonValue]) -> Iterator[str]:
    """Yield the names of the slices that a sample is in."""
    for column in dict.fromkeys(("source", *project.drift.slices)):
        (value,) = texts([value_of(column, sample)])
        if value:
            yield name_of(Slice(column=column, value=value))


def measured(connection: Connection, project: str, numbers: Collection[int]) -> dict[int, dict[Measure, Measured]]:
    """Return what labels say in windows, by their numbers; those without any are absent."""
    row = DriftLabelRow
    asked = select(row.number, row.aspect, row.wrong, row.top, row.slices)
    by_window: defaultdict[int, list[Any]] = defaultdict(list)
    for one in connection.execute(asked.where(row.project == project, among(row.number, numbers))):
        by_window[one.number].append(one)
    return {number: dict(_measures(rows)) for number, rows in by_window.items()}


def _measures(rows: Sequence[Any]) -> Iterator[tuple[Measure, Measured]]:
    audited = [one for one in rows if one.aspect == Aspect.ERRORS]
    gold = [one.wrong for one in rows if one.aspect == Aspect.GOLD]
    wrong: defaultdict[str, list[bool]] = defaultdict(list)
    for one in audited:
        for name in ("", *one.slices):
            wrong[name].append(one.wrong)
    for name, found in sorted(wrong.items()):
        yield Measure(slice=name, aspect=Aspect.ERRORS), errors(sum(found), len(found))
    scored = [one for one in audited if one.top is not None]
    if scored:
        found_right = confidence([one.top for one in scored], [not one.wrong for one in scored])
        yield Measure(aspect=Aspect.CONFIDENCE), found_right
    if gold:
        yield Measure(aspect=Aspect.GOLD), errors(sum(gold), len(gold))


def before(connection: Connection, project: str, aspect: Aspect, of: Slice, first: int) -> Heard:
    """Return the labels of a slice that were counted in quiet windows before window `first`, the last of them.

    They are those of the audit, or answers to gold, which are of no slice.
    """
    row, window = DriftLabelRow, DriftWindowRow
    last = (
        select(row.wrong, row.answer, row.slices, row.number, row.said_by)
        .join(window, (window.project == row.project) & (window.number == row.number))
        .where(row.project == project, row.aspect == aspect, row.number < first, window.alarm_id.is_(None))
        .order_by(row.number.desc(), row.said_by)
        .limit(BEFORE if of == WHOLE else LOOKED_AT)
        .subquery()
    )
    asked = select(last.c.wrong, last.c.answer).order_by(last.c.number.desc(), last.c.said_by).limit(BEFORE)
    asked = asked if of == WHOLE else asked.where(last.c.slices.contains([name_of(of)]))
    guidelines = versions_after(connection, project, 0)
    heard = []
    for one in connection.execute(asked):
        today = None if one.answer is None else answer_now(one.answer, guidelines)
        if one.answer is None or today is not None:  # a class that was split since has no name to be counted by
            heard.append((one.wrong, _text(today)))
    return Heard.of(heard)


def gold_after(connection: Connection, project: str, last: int) -> Heard:
    """Return the answers to gold that were counted in windows after `last`."""
    row = DriftLabelRow
    asked = select(row.wrong).where(row.project == project, row.aspect == Aspect.GOLD, row.number > last)
    return Heard.of((wrong, "") for wrong in connection.scalars(asked))


def bought(connection: Connection, project: ProjectConfig, alarm: int, after_task: int) -> tuple[int, Heard]:
    """Return how many samples were selected for an alarm, and what those say that are settled."""
    mine = (TaskRow.task_id > after_task, text(FOR_ALARMS), TaskRow.selection["alarms"].contains([alarm]))
    selected = select(func.count()).select_from(TaskRow).where(TaskRow.project == project.name, *mine)
    guidelines = versions_after(connection, project.name, 0)
    rows = [
        _said(project, row, guidelines)
        for row in connection.execute(_settled(project.name).where(*mine))
        if row.sample.get("prediction")
    ]
    return connection.scalar(selected) or 0, Heard.of((row["wrong"], _text(row["answer"])) for row in rows)


def _text(answer: Answer | None) -> str:
    if answer is None:
        return ""
    return answer if isinstance(answer, str) else json.dumps(plain_of(answer))
