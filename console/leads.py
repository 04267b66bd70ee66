"""The endpoints of leads: guidelines, what labelers confuse, adjudication and gold."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict

from console.access import Adjudicating, Asking, Gilding, Investigating, Publishing, Reporting, Reviewing
from console.desk import Desk, OpenDesk
from console.problems import PROBLEMS
from console.routes import NOTHING, Claimed
from console.views import Version
from labeling import revision
from labeling.concord import Concord
from labeling.drafting import opened
from labeling.guideline_diff import GuidelineDiff, diff
from labeling.reports import LabelerReport
from schemas.errors import InputError
from schemas.guidelines import Draft, TaskId
from schemas.labels import Finding, Purpose, Vote
from storage import cases, estimates, gold, guidelines, publishing, queue, reports, votes
from storage.adjudication import evidence
from storage.concord import counting_votes
from storage.concord import findings as found

router = APIRouter(prefix="/v1", responses=PROBLEMS)


class Adjudication(Claimed):
    """An assignment for an expert, with what labelers said: their votes, and the reasons of those who skipped it."""

    votes: tuple[Vote, ...]
    skips: tuple[str, ...]


class Known(BaseModel):
    """The task that is to be gold."""

    model_config = ConfigDict(extra="forbid")

    task_id: TaskId


@router.post("/guidelines", status_code=201)
def publish(desk: OpenDesk, lead: Publishing, draft: Draft) -> publishing.Published:
    """Publish the next guideline and have the tasks that it touches labeled anew; for leads."""
    return publishing.publish(desk.engine, desk.project, draft, lead.author)


@router.post("/guidelines/preview")
def preview(desk: OpenDesk, _: Publishing, draft: Draft) -> publishing.Preview:
    """Say what publishing this would do, and publish nothing; for leads."""
    return publishing.preview(desk.engine, desk.project, draft)


@router.get("/guidelines/{version}/effect")
def effect(desk: OpenDesk, _: Reviewing, version: int) -> revision.Effect:
    """Return what a version did to agreement, and the labels that it cost; for leads."""
    published = guidelines.history(desk.engine, desk.project.name)
    return revision.effect(version, votes.all_casts(desk.engine, desk.project.name), published, desk.project.labels)


@router.get("/guidelines/{version}/diff")
def difference(desk: OpenDesk, _: Asking, version: Version) -> GuidelineDiff:
    """Return what a version changed: classes, definitions, settled pairs, and the lines of its text."""
    return changed(desk, version)


def changed(desk: Desk, version: int) -> GuidelineDiff:
    """Return what a version changed from the one before it.

    Raises:
        InputError: it was the first, or never published.
    """
    published = guidelines.history(desk.engine, desk.project.name)
    if not 1 < version <= len(published):
        raise InputError(f"Version {version} replaced no other: GET /v1/guidelines lists {len(published)}.")
    return diff(published[version - 2 : version])


@router.get("/tasks/{task_id}")
def task(desk: OpenDesk, _: Investigating, task_id: Annotated[int, Path(ge=1, lt=2**63)]) -> cases.Case:
    """Return a task's sample with the votes of its round, in today's classes; by permission."""
    return cases.case(desk.engine, desk.project.name, task_id)


@router.get("/consensus")
def consensus(desk: OpenDesk, _: Reviewing) -> estimates.Method | None:
    """Return by which method tasks are concluded and why; null before labelers can be told apart; for leads."""
    return estimates.method(desk.engine, desk.project)


@router.get("/agreement")
async def agreement(desk: OpenDesk, _: Reviewing) -> Concord:
    """Return how far labelers agree: in all, by class and pair of classes, by slice, source and week; for leads."""
    return await desk.overview.agreement.latest()


@router.get("/labelers")
def labelers(desk: OpenDesk, _: Reporting) -> list[LabelerReport]:
    """Return how each labeler works: accuracy on gold, confusion, agreement with the others, speed; for leads."""
    return reports.every_report(desk.engine, desk.project)


@router.get("/findings")
def findings(desk: OpenDesk, _: Reviewing) -> list[Finding]:
    """Return what labelers do differently: class pairs, or ways of drawing or writing, then slices; for leads."""
    return found(desk.engine, desk.project, counting_votes(desk.engine, desk.project))


@router.get("/findings/{place}/draft")
def draft(desk: OpenDesk, _: Reviewing, place: Annotated[int, Path(ge=0)]) -> Draft:
    """Return the change of the guideline that a finding opens, by its place in `GET /v1/findings`; for leads."""
    return drafted(desk, place)


def drafted(desk: Desk, place: int) -> Draft:
    """Return the change that the finding at a place opens.

    Raises:
        InputError: there is no such finding.
    """
    given = counting_votes(desk.engine, desk.project)
    listed = found(desk.engine, desk.project, given)
    if place >= len(listed):
        raise InputError(f"There is no finding {place}: GET /v1/findings lists {len(listed)}, from 0 on.")
    return opened(listed[place], guidelines.current(desk.engine, desk.project.name), given)


@router.post("/adjudications", response_model=Adjudication, responses=NOTHING)
def adjudicate(desk: OpenDesk, lead: Adjudicating) -> Any:
    """Lease the most urgent task that was set aside for an expert; your answer to it settles it; for leads."""
    assignment = queue.claim(desk.engine, desk.project, lead, Purpose.EXPERT)
    if assignment is None:
        return Response(status_code=204)
    said = evidence(desk.engine, desk.project.name, assignment.task_id)
    return Adjudication(**vars(assignment), votes=said.votes, skips=said.skips)


@router.get("/gold")
def gold_tasks(desk: OpenDesk, _: Gilding) -> list[gold.Gold]:
    """Return the tasks that are mixed into claims because their answer is known; for leads."""
    return gold.gold_of(desk.engine, desk.project.name)


@router.get("/gold/candidates")
def gold_candidates(desk: OpenDesk, _: Gilding) -> list[gold.Candidate]:
    """Return the tasks that experts have settled and that are not gold, the last ones first; for leads."""
    return gold.candidates(desk.engine, desk.project.name)


@router.post("/gold", status_code=204)
def make_gold(desk: OpenDesk, lead: Gilding, known: Known) -> None:
    """Make a task gold that an expert has settled, with the expert's answer; for leads."""
    gold.make(desk.engine, desk.project, lead, known.task_id)


@router.delete("/gold/{task_id}", status_code=204)
def retire_gold(desk: OpenDesk, lead: Gilding, task_id: TaskId) -> None:
    """Mix a task in no longer, and let answers to it count in nobody's record; for leads."""
    gold.retire(desk.engine, desk.project, task_id, lead.author)
