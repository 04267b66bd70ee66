"""Searching for label errors: the fixed model, trained without an item, says which answers are probably wrong.

A search is divided into folds, each of which can be scored by itself, in any order, again, and elsewhere: all of them
look at the labels of one instant, and leave their scores in the lake at `searches/PROJECT/INSTANT`.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import numpy as np
from sqlalchemy import Engine, func, select

from catalog.assembly import Entry, Row
from catalog.canonical import canonical
from catalog.splits import fraction
from catalog.table import payloads, table
from labeling.adjudication import METHOD as EXPERT
from labeling.estimate import score_row
from labeling.label_errors import suspects
from schemas.answers import AnswerKind, ClassName
from storage.assembling import assembled
from storage.database import lost_connections_named, open_engine
from storage.doubts import Doubtful, raise_doubts
from storage.files import Folder, stamp
from storage.lake import Lake
from storage.projects import Project
from storage.settings import StorageSettings

FOLDS = 4
# With fewer rows a model says little of any.
LEAST_ROWS = 50
# Of the rows, so many at most go back at once: about half of the suspects are right, and labels are dear.
MOST_SHARE = 0.05


@lost_connections_named()
def begin(project: Project, settings: StorageSettings) -> datetime | None:
    """Return the instant whose labels a search looks at; None where there is nothing that it could look for.

    Only single classes are searched: a model has no probabilities of boxes and texts.
    """
    if project.config.labels.kind is not AnswerKind.CLASSIFICATION:
        return None
    with _opened(settings) as (engine, lake):
        with engine.connect() as connection:
            at: datetime = connection.execute(select(func.now())).scalar_one()
        with assembled(project, engine, lake, at) as made:
            return at if len(made.rows) >= LEAST_ROWS else None


def score_fold(project: Project, settings: StorageSettings, at: datetime, fold: int) -> int:
    """Train on the rows of the other folds, keep the scores of this one's, and return how many rows it has."""
    with _opened(settings) as (engine, lake), assembled(project, engine, lake, at) as made:
        rows = tuple(made.rows)
    inside = [row for row in rows if fold_of(row) == fold]
    taught = [row for row in rows if fold_of(row) != fold]
    samples, labels = project.trainer.gold_seed()
    model = project.trainer.train(
        [*samples, *payloads(table(taught))], [*labels, *(str(row.entry.label) for row in taught)]
    )
    said = model.scores(payloads(table(inside))) if inside else []
    kept = [[row.entry.model_dump(mode="json"), dict(scores)] for row, scores in zip(inside, said, strict=True)]
    _folder(project, settings, at).write(f"{fold}.json", canonical(kept))
    return len(inside)


def doubt_suspects(project: Project, settings: StorageSettings, at: datetime) -> int:
    """Send the answers that the folds' scores contradict most back to labelers; return how many went.

    What has changed since `at` is passed over, and so is what an expert settled.
    """
    folder = _folder(project, settings, at)
    scored = [
        (Entry.model_validate(entry), scores)
        for fold in range(FOLDS)
        for entry, scores in json.loads(folder.read(f"{fold}.json"))
    ]
    engine = open_engine(settings)
    try:
        return raise_doubts(engine, project.config, doubtful(scored))
    finally:
        engine.dispose()


def doubtful(scored: Sequence[tuple[Entry, dict[ClassName, float]]]) -> list[Doubtful]:
    """Return the answers that a model contradicts most, which gave these scores to items it had not seen."""
    classes = tuple(sorted({str(entry.label) for entry, _ in scored}))
    rows = [(entry, score_row(scores, classes)) for entry, scores in scored]
    told = [(entry, row) for entry, row in rows if row is not None]
    answers = np.array([classes.index(str(entry.label)) for entry, _ in told], np.int64)
    found = suspects(answers, np.array([row for _, row in told], np.float64).reshape(-1, len(classes)))
    votable = [one for one in found if told[one.item][0].method != EXPERT]
    return [
        Doubtful(
            origin=told[one.item][0].origin,
            answer=told[one.item][0].label,
            guideline=told[one.item][0].guideline,
            score=one.score,
            reason=one.reason(classes),
        )
        for one in votable[: int(MOST_SHARE * len(told))]
    ]


def fold_of(row: Row) -> int:
    """Return the fold of a row: rows of one group share it, so that no model has seen the like of what it judges."""
    return int(fraction("fold", row.entry.group) * FOLDS)


def _folder(project: Project, settings: StorageSettings, at: datetime) -> Folder:
    return Folder.of(settings, "searches", project.config.name, stamp(at))


@contextmanager
def _opened(settings: StorageSettings) -> Iterator[tuple[Engine, Lake]]:
    engine = open_engine(settings)
    try:
        with Lake.open(settings) as lake:
            yield engine, lake
    finally:
        engine.dispose()
