"""The endpoints behind the pages: whatever a page shows, with the same numbers."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from catalog.diff import Diff
from console.access import Asking, Investigating, Reviewing
from console.desk import OpenDesk
from console.problems import PROBLEMS
from quality.forecast import Choice
from quality.sketches.window import OTHERS, Slice
from quality.slices.finding import Search
from schemas.errors import InputError
from storage import feedback, lives, scorecards
from storage.backlog import Backlog
from storage.dead_letters import Broken, DeadLetters, ReplayReport
from storage.drift_actions import Offered
from storage.feedback import FeedbackStatus
from storage.gates import GateReport
from storage.health import Health, health
from storage.mixing import Mix
from storage.pipeline import Pipeline
from storage.scorecards import Scorecard
from storage.slice_ledger import Line

# Dead letters that one forecast judges, unless it is told otherwise, and at most.
JUDGED, MOST_JUDGED = 1_000, 10_000
Version = Annotated[int, Field(ge=1, lt=2**63)]
Text = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")]

router = APIRouter(prefix="/v1", responses=PROBLEMS)


class Foretold(BaseModel):
    """How many dead letters broke a rule then, and what today's rules say of them: what they break now, or accepted."""

    rule: str
    now: str
    letters: int


class Rehearsed(BaseModel):
    """What replaying would do; nothing was published. One that broke several rules stands at each in `rules`."""

    accepted: int
    rejected: int
    replayed_before: int
    spent: int
    rules: list[Foretold]

    @classmethod
    def of(cls, report: ReplayReport) -> "Rehearsed":
        """Write a report out."""
        forecast = report.forecast
        rules = sorted(forecast.by_rule.items(), key=lambda item: (-item[1], item[0]))
        return cls(
            accepted=forecast.accepted,
            rejected=forecast.rejected,
            replayed_before=report.replayed_before,
            spent=len(report.spent),
            rules=[Foretold(rule=rule, now=now, letters=letters) for (rule, now), letters in rules],
        )


@router.get("/queue/reasons")
async def queue_by_reason(desk: OpenDesk, _: Asking) -> Backlog:
    """Return how many tasks stand where, in all and by the reason that they were selected for."""
    return await desk.overview.backlog.latest()


@router.get("/pipeline")
async def pipeline(desk: OpenDesk, _: Asking) -> Pipeline:
    """Return how many samples reached each stage from produced to released."""
    return await desk.overview.pipeline.latest()


@router.get("/stream-health")
async def stream_health(
    desk: OpenDesk,
    _: Investigating,
    *,
    column: Text = None,
    value: Text = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
) -> Health:
    """Return what sketches say of the stream over time, of all samples or of one slice; by permission."""
    of = None if column is None else Slice(column=column, value=value or OTHERS)
    if of is None and since is None and until is None:
        return await desk.overview.health.latest()
    return await asyncio.to_thread(health, desk.engine, desk.governed, of, since=_lawful(since), until=_lawful(until))


@router.get("/drift")
async def drift(desk: OpenDesk, _: Investigating) -> Sequence[Offered]:
    """Return the last alarms of drift with their receipts and what may be done, newest first; by permission."""
    return await desk.overview.drift.latest()


@router.get("/routing")
async def routing(desk: OpenDesk, _: Asking) -> Mix:
    """Return what each reason gets of the budget, and how many of its labels changed something."""
    return await desk.overview.mix.latest()


@router.get("/dead-letters")
async def dead_letters(desk: OpenDesk, _: Investigating) -> Sequence[Broken]:
    """Return the dead letters by the rule that they broke, the largest group first, by permission."""
    return await desk.overview.broken.latest()


@router.get("/dead-letters/forecast")
def forecast(
    desk: OpenDesk,
    _: Investigating,
    *,
    rule: Text = None,
    contract: Annotated[int | None, Query(ge=0, lt=2**31)] = None,
    source: Text = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST_JUDGED)] = JUDGED,
) -> Rehearsed:
    """Say what today's rules would do with dead letters, were they replayed now; publish nothing; by permission."""
    choice = Choice(rule=rule, contract=contract, source=source, since=_lawful(since), until=_lawful(until))
    return Rehearsed.of(DeadLetters(project=desk.governed, engine=desk.engine, lake=desk.lake).foretell(choice, limit))


@router.get("/datasets")
async def datasets(desk: OpenDesk, _: Asking) -> Sequence[Scorecard]:
    """Return every dataset version with its scorecard, the last one first."""
    return await desk.overview.scorecards.latest()


@router.get("/gate")
async def gate(desk: OpenDesk, _: Asking) -> GateReport | None:
    """Return what the gate said last, open or shut: its scorecard, and what would fix it; null while it never said."""
    return await desk.overview.gate.latest()


@router.get("/datasets/{version}")
def dataset(desk: OpenDesk, _: Asking, version: Version) -> Scorecard:
    """Return one dataset version with its scorecard."""
    return scorecards.scorecard(desk.engine, desk.project.name, version)


@router.get("/datasets/{version}/changes")
def dataset_changes(desk: OpenDesk, _: Investigating, version: Version) -> Diff | None:
    """Return the samples that differ from the version before, by cause; null for the first version, by permission."""
    return scorecards.changes(desk.engine, desk.storage, desk.project.name, version)


@router.get("/slices")
async def slices(desk: OpenDesk, _: Reviewing) -> Sequence[Line]:
    """Return the slice ledger: of each slice what is wanted, what there is, and how models do on it; by permission."""
    return await desk.overview.slices.latest()


@router.get("/slices/worse")
async def worse_slices(desk: OpenDesk, _: Reviewing) -> Search:
    """Return the slices on which the model in production fails more than elsewhere; by permission."""
    return await desk.overview.worse.latest()


@router.get("/feedback")
def feedback_counts(desk: OpenDesk, _: Asking) -> dict[FeedbackStatus, int]:
    """Return how much of what production said of predictions stands where."""
    return feedback.counts(desk.engine, desk.project.name)


@router.get("/samples/{sample_id:path}")
def sample(desk: OpenDesk, _: Investigating, sample_id: str) -> lives.Life:
    """Return one accepted sample's life: selection, labels, consensus, versions that hold it; by permission."""
    return lives.life(desk.lake, desk.engine, desk.storage, desk.project.name, sample_id)


def _lawful(time: datetime | None) -> datetime | None:
    """Return a time that the lake can be asked with."""
    try:
        return time and time.astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise InputError("The time is beyond the years that a calendar has: give one between 1 and 9999.") from error
