"""For tests of what stands on this package: candidates, and what governs a version."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import JsonValue

from catalog.assembly import Assembler, Candidate, Concluded
from catalog.manifest import Governing
from schemas.answers import Answer
from schemas.project import DatasetRecipe, DuplicatePolicy, LabelSpace
from schemas.verdicts import Origin, Reason, Selection

QUEUED_AT = datetime(2026, 1, 1, tzinfo=UTC)
CLASSES = ("cat", "dog", "fox")
LABELS = LabelSpace(classes=CLASSES)


def recipe(**changes: Any) -> DatasetRecipe:
    """Return a recipe that asks for little; `changes` replace its fields."""
    fields: dict[str, Any] = {
        "group": "batch",
        "splits": {"train": 0.8, "test": 0.2},
        "min_rows": 1,
        "agreement_floor": 0.0,
    }
    return DatasetRecipe.model_validate({**fields, **changes})


def assembler(labels: LabelSpace = LABELS, near: DuplicatePolicy | None = None, **changes: Any) -> Assembler:
    """Return the assembler of a project of three classes, or of these labels, with this recipe."""
    said: dict[str, Any] = {"recipe": recipe(**changes), "classes": labels.classes, "labels": labels, "near": near}
    return Assembler(project="zoo", contract=1, **said)


def governing(**changes: Any) -> Governing:
    """Return what governs a version of that project."""
    fields: dict[str, Any] = {
        "project": "zoo",
        "title": "Animals",
        "contract": 1,
        "suite": "s",
        "guideline": 1,
        "guideline_sha256": "0" * 64,
        "classes": CLASSES,
        "recipe": recipe(),
    }
    return Governing.model_validate({**fields, **changes})


def candidate(
    offset: int,
    label: Answer = "cat",
    *,
    sample_id: str | None = None,
    payload: JsonValue = None,
    attributes: dict[str, JsonValue] | None = None,
    guideline: int = 1,
    answers: tuple[Answer, ...] | None = None,
    **changes: Any,
) -> Candidate:
    """Return the candidate at an offset of partition 0, settled by two equal answers unless `changes` say otherwise."""
    given = answers or (label, label)
    fields: dict[str, Any] = {
        "origin": Origin(topic="zoo.samples", partition=0, offset=offset),
        "sample": {
            "contract": 1,
            "sample_id": sample_id or f"s{offset}",
            "source": "camera",
            "occurred_at": "2026-01-01T00:00:00Z",
            "payload": payload or {"size": offset, "name": f"n{offset}"},
            "prediction": {"model": "m1", "scores": {"cat": 0.6, "dog": 0.4}},
            "embedding": [0.5, 0.25],
            "attributes": attributes or {},
            "media": None,
        },
        "suite": "s",
        "selection": Selection(reasons=(Reason.AUDIT,), scores={Reason.AUDIT: 0.5}, propensity=0.1),
        "consensus": Concluded(answer=label, confidence=0.97, method="one-coin", votes=len(given), guideline=guideline),
        "settled": True,
        "labels": tuple(UUID(int=100 * offset + number) for number, _ in enumerate(given)),
        "answers": given,
        "simulated": False,
        "queued_at": QUEUED_AT,
        "labeled_at": QUEUED_AT + timedelta(hours=2),
    }
    return Candidate(**{**fields, **changes})
