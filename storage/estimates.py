"""Estimates of a project's labelers, kept version by version."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np
from sqlalchemy import Connection, Engine, Row, Select, func, insert, select, update

from labeling.conclusion import method_of
from labeling.consensus.choice import Choice, Score
from labeling.consensus.crowdlab import Weights
from labeling.estimate import Crowd, Estimate
from schemas.answers import ClassName
from schemas.project import ProjectConfig
from storage.database import lost_connections_named
from storage.tables import EstimateRow, Json

# Probabilities are kept so, which is as many digits as they are known to.
KEPT_AS = "<f4"


@dataclass(frozen=True, kw_only=True)
class Making:
    """When an estimate was made, from how many votes and gold tasks, and whether all tasks were judged by it."""

    version: int
    guideline: int
    votes: int
    gold: int
    made_at: datetime
    judged: bool


@dataclass(frozen=True, kw_only=True)
class Method:
    """By which method tasks are concluded, how every method does on gold, and what is believed of labelers together.

    `estimate` is the version. The method is chosen by the project, by gold, or by default where there is too little
    gold. `active` of `labelers` can be expected to answer. `accuracy` is that of one coin, `trust` how far votes on one
    task are believed to err independently.
    """

    estimate: int
    method: str
    chosen_by: Literal["project", "gold", "default"]
    gold: int
    scores: Mapping[str, Score]
    guideline: int
    classes: tuple[ClassName, ...]
    votes: int
    labelers: int
    active: int
    accuracy: float
    trust: float
    made_at: datetime


def newest(connection: Connection, project: str, at: datetime | None = None) -> Estimate | None:
    """Return the last estimate, of those made by `at` where that is given; None while there is none."""
    by_then = [] if at is None else [EstimateRow.made_at <= at]
    row = connection.execute(_newest(project).where(*by_then)).one_or_none()
    return None if row is None else _read(row)


@lost_connections_named()
def method(engine: Engine, project: ProjectConfig) -> Method | None:
    """Return what the last estimate says; None while there is none, and each labeler counts alike (one coin)."""
    with engine.connect() as connection:
        row = connection.execute(_newest(project.name)).one_or_none()
    if row is None:
        return None
    found, told = _read(row), project.overlap.method
    return Method(
        estimate=found.version,
        method=method_of(found, project.overlap),
        chosen_by=_chosen_by(found.choice) if told == "auto" else "project",
        gold=found.choice.gold,
        scores=found.choice.scores,
        guideline=found.guideline,
        classes=found.classes,
        votes=found.labels,
        labelers=len(found.labelers),
        active=len(found.active),
        accuracy=found.accuracy,
        trust=found.trust,
        made_at=row.made_at,
    )


def _chosen_by(choice: Choice) -> Literal["gold", "default"]:
    return "default" if choice.by_default else "gold"


def last_making(connection: Connection, project: str) -> Making | None:
    """Return how the last estimate was made; None while there is none."""
    row = EstimateRow
    judged = row.judged_at.is_not(None).label("judged")
    columns = (row.version, row.guideline, row.votes, row.gold, row.made_at, judged)
    found = select(*columns).where(row.project == project).order_by(row.version.desc()).limit(1)
    made = connection.execute(found).one_or_none()
    return None if made is None else Making(**made._mapping)  # noqa: SLF001 - so named, and public


def keep(connection: Connection, project: str, estimate: Estimate, *, votes: int, gold: int) -> None:
    """Write the next version; `votes` and `gold` are how many there were to be looked at."""
    row = {
        "project": project,
        "version": estimate.version,
        "guideline": estimate.guideline,
        "votes": votes,
        "gold": gold,
        "body": _body(estimate),
        "matrices": estimate.confusion.astype(KEPT_AS).tobytes(),
    }
    connection.execute(insert(EstimateRow).values(row))


def mark_judged(connection: Connection, project: str, version: int) -> None:
    """Note that all tasks which had votes were judged by a version."""
    found = update(EstimateRow).where(EstimateRow.project == project, EstimateRow.version == version)
    connection.execute(found.values(judged_at=func.now()))


def _newest(project: str) -> Select[int, int, Json, bytes, datetime]:
    row = EstimateRow
    columns = (row.version, row.guideline, row.body, row.matrices, row.made_at)
    return select(*columns).where(row.project == project).order_by(row.version.desc()).limit(1)


def _body(estimate: Estimate) -> dict[str, Any]:
    crowd = estimate.crowd
    return {
        "classes": list(estimate.classes),
        "labelers": list(estimate.labelers),
        "active": sorted(estimate.active),
        "shares": estimate.shares.tolist(),
        "accuracy": estimate.accuracy,
        "trust": estimate.trust,
        "crowd": crowd
        and {**asdict(crowd), "weights": {**asdict(crowd.weights), "labelers": crowd.weights.labelers.tolist()}},
        "choice": asdict(estimate.choice),
        "labels": estimate.labels,
    }


def _read(row: Row[int, int, Json, bytes, datetime]) -> Estimate:
    body = row.body
    shares = np.array(body["shares"], np.float64)
    fits, classes = shares.shape
    matrices = np.frombuffer(row.matrices, KEPT_AS).astype(np.float64)
    choice = body["choice"]
    return Estimate(
        version=row.version,
        guideline=row.guideline,
        classes=tuple(body["classes"]),
        labelers=tuple(body["labelers"]),
        active=frozenset(body["active"]),
        confusion=matrices.reshape(fits, -1, classes, classes),
        shares=shares,
        accuracy=body["accuracy"],
        trust=body["trust"],
        crowd=body["crowd"] and _crowd(body["crowd"]),
        choice=Choice(**{**choice, "scores": {name: Score(**score) for name, score in choice["scores"].items()}}),
        labels=body["labels"],
    )


def _crowd(body: Mapping[str, Any]) -> Crowd:
    weights = body["weights"]
    return Crowd(
        weights=Weights(**{**weights, "labelers": np.array(weights["labelers"], np.float64)}),
        sharpness=body["sharpness"],
    )
