"""The endpoints: each decodes a request, makes one call and says what came of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from console.desk import Asking, Desk, Lead, OpenDesk
from console.problems import Problem
from labeling import revision
from labeling.drafting import opened
from labeling.findings import confused_pairs, disputed_slices
from schemas.errors import InputError
from schemas.guidelines import Draft, Guideline
from schemas.labels import Finding, Label, Vote
from storage import answers, guidelines, publishing, queue, slices, votes

Class = Annotated[str, Field(max_length=200)]

router = APIRouter(prefix="/v1", responses={"default": {"model": Problem, "description": "A problem, with a remedy"}})


class Given(BaseModel):
    """The answer to an assignment."""

    model_config = ConfigDict(extra="forbid")

    answer: Class


class Claimed(BaseModel):
    """An assignment: nothing in it says what the model, or anybody else, thinks of the sample."""

    assignment_id: UUID
    task_id: int
    expires_at: datetime
    guideline: int
    classes: tuple[str, ...]
    payload: JsonValue
    media: str | None


@router.post("/claims", response_model=Claimed, responses={204: {"description": "Nothing waits for this labeler"}})
def claim(desk: OpenDesk, labeler: Asking) -> Any:
    """Lease the most urgent task that waits for you; the same one again while you hold its lease."""
    assignment = queue.claim(desk.engine, desk.project, labeler)
    if assignment is None:
        return Response(status_code=204)
    return Claimed(**vars(assignment))


@router.post("/assignments/{assignment_id}/label")
def label(desk: OpenDesk, labeler: Asking, assignment_id: UUID, given: Given) -> Label:
    """Answer an assignment of yours; the same answer again changes nothing."""
    return answers.answer(desk.engine, desk.project, labeler, assignment_id, given.answer)


@router.get("/guideline")
def guideline(desk: OpenDesk, _: Asking) -> Guideline:
    """Return the guideline in force."""
    return guidelines.current(desk.engine, desk.project.name)


@router.get("/guidelines")
def history(desk: OpenDesk, _: Asking) -> list[Guideline]:
    """Return every published guideline, oldest first."""
    return guidelines.history(desk.engine, desk.project.name)


@router.post("/guidelines", status_code=201)
def publish(desk: OpenDesk, _: Lead, draft: Draft) -> publishing.Published:
    """Publish the next guideline and have the tasks that it touches labeled anew; for leads."""
    return publishing.publish(desk.engine, desk.project, draft)


@router.post("/guidelines/preview")
def preview(desk: OpenDesk, _: Lead, draft: Draft) -> publishing.Preview:
    """Say what publishing this would do, and publish nothing; for leads."""
    return publishing.preview(desk.engine, desk.project, draft)


@router.get("/guidelines/{version}/effect")
def effect(desk: OpenDesk, _: Lead, version: int) -> revision.Effect:
    """Return what a version did to agreement, and the labels that it cost; for leads."""
    published = guidelines.history(desk.engine, desk.project.name)
    if version not in {one.version for one in published}:
        raise InputError(f"There is no version {version} of the guideline: GET /v1/guidelines lists them.")
    return revision.effect(version, votes.all_casts(desk.engine, desk.project.name), published)


@router.get("/findings")
def findings(desk: OpenDesk, _: Lead) -> list[Finding]:
    """Return the class pairs that labelers confuse, those beyond chance first, then disputed slices; for leads."""
    return _findings(desk, votes.votes_by_task(desk.engine, desk.project.name))


@router.get("/findings/{place}/draft")
def draft(desk: OpenDesk, _: Lead, place: Annotated[int, Path(ge=0)]) -> Draft:
    """Return the change of the guideline that a finding opens, by its place in `GET /v1/findings`; for leads."""
    given = votes.votes_by_task(desk.engine, desk.project.name)
    found = _findings(desk, given)
    if place >= len(found):
        raise InputError(f"There is no finding {place}: GET /v1/findings lists {len(found)}, from 0 on.")
    return opened(found[place], guidelines.current(desk.engine, desk.project.name), given)


def _findings(desk: Desk, given: Mapping[int, Sequence[Vote]]) -> list[Finding]:
    return [*confused_pairs(given), *disputed_slices(given, slices.slices_by_task(desk.engine, desk.project.name))]


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
