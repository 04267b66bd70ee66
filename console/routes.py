"""The endpoints of labelers: each decodes a request, makes one call and says what came of it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue, WithJsonSchema

from console.access import Asking, Labeling
from console.desk import OpenDesk
from console.problems import PROBLEMS
from labeling.reports import LabelerReport
from schemas.answers import LONGEST_TEXT, MOST_BOXES, Answer, AnswerKind
from schemas.boxes import Box
from schemas.guidelines import Guideline
from storage import answers, assignments, guidelines, queue, records, reports

# What may be answered, as OpenAPI tells it; what a project's kind of label allows of it, its core decides.
Plain = Annotated[
    JsonValue,
    WithJsonSchema(
        {
            "description": "a class by its name, names of several, boxes, or a text: as the claim's `kind` says",
            "anyOf": [
                {"type": "string", "maxLength": LONGEST_TEXT},
                {"type": "array", "items": {"type": "string", "maxLength": 200}, "maxItems": 1000},
                {"type": "array", "items": Box.model_json_schema(), "maxItems": MOST_BOXES},
            ],
        }
    ),
]

router = APIRouter(prefix="/v1", responses=PROBLEMS)


class Given(BaseModel):
    """The answer to an assignment, of the kind that the claim names."""

    model_config = ConfigDict(extra="forbid")

    answer: Plain


class Skip(BaseModel):
    """Why an assignment is skipped."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class Claimed(BaseModel):
    """An assignment: nothing in it says what the model, or anybody else, thinks of the sample."""

    assignment_id: UUID
    task_id: int
    expires_at: datetime
    guideline: int
    kind: AnswerKind
    classes: tuple[str, ...]
    payload: JsonValue
    media: str | None


class Answered(BaseModel):
    """A label as its labeler is told of it: it does not say what the label is for, since gold is mixed in unseen."""

    label_id: UUID
    task_id: int
    sample_id: str
    labeler: str
    simulated: bool
    answer: Answer
    guideline: int
    labeled_at: datetime


NOTHING: dict[int | str, dict[str, Any]] = {204: {"description": "Nothing waits for this labeler"}}


@router.post("/claims", response_model=Claimed, responses=NOTHING)
def claim(desk: OpenDesk, labeler: Labeling) -> Any:
    """Lease the most urgent task that waits for you; the same one again while you hold its lease."""
    assignment = queue.claim(desk.engine, desk.project, labeler)
    return Response(status_code=204) if assignment is None else Claimed(**vars(assignment))


@router.post("/assignments/{assignment_id}/label", response_model=Answered)
def label(desk: OpenDesk, labeler: Labeling, assignment_id: UUID, given: Given) -> Any:
    """Answer an assignment of yours; the same answer again changes nothing."""
    return answers.answer(desk.engine, desk.project, labeler, assignment_id, given.answer).model_dump()


@router.delete("/assignments/{assignment_id}/label")
def undo(desk: OpenDesk, labeler: Labeling, assignment_id: UUID) -> Claimed:
    """Take your label of the current round back; the assignment is yours to answer again."""
    return Claimed(**vars(answers.undo(desk.engine, desk.project, labeler, assignment_id)))


@router.post("/assignments/{assignment_id}/renewal")
def renew(desk: OpenDesk, labeler: Labeling, assignment_id: UUID) -> Claimed:
    """Let your lease run anew from now on; after it has expired too, while nobody else has the place."""
    return Claimed(**vars(assignments.renew(desk.engine, desk.project, labeler, assignment_id)))


@router.post("/assignments/{assignment_id}/skip", status_code=204)
def skip(desk: OpenDesk, labeler: Labeling, assignment_id: UUID, why: Skip) -> None:
    """Give an assignment of yours to somebody else, for good; what several skip goes to an expert."""
    assignments.skip(desk.engine, desk.project, labeler, assignment_id, why.reason)


@router.get("/me")
def me(desk: OpenDesk, labeler: Labeling) -> records.Record:
    """Return what is known of your own work; accuracy on tasks whose answer is known is told in steps."""
    return records.record(desk.engine, desk.project, labeler)


@router.get("/me/report")
def my_report(desk: OpenDesk, labeler: Labeling) -> LabelerReport:
    """Return how you work: accuracy on what is known, confusion, agreement with others, speed; told in steps."""
    return reports.own_report(desk.engine, desk.project, labeler)


@router.get("/guideline")
def guideline(desk: OpenDesk, _: Asking) -> Guideline:
    """Return the guideline in force."""
    return guidelines.current(desk.engine, desk.project.name)


@router.get("/guidelines")
def history(desk: OpenDesk, _: Asking) -> list[Guideline]:
    """Return every published guideline, oldest first."""
    return guidelines.history(desk.engine, desk.project.name)


@router.get("/queue")
def depths(desk: OpenDesk, _: Asking) -> queue.Depths:
    """Return how many tasks stand where."""
    return queue.depths(desk.engine, desk.project.name)


@router.get("/contract")
def contract(desk: OpenDesk) -> dict[str, Any]:
    """Return the JSON Schema of the samples of the current contract."""
    return desk.contract


@router.get("/healthz")
def healthz(desk: OpenDesk) -> dict[str, str]:
    """Say whether requests can be served now."""
    guidelines.current(desk.engine, desk.project.name)
    return {"status": "ok"}
