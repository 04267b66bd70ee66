"""The endpoints behind the pages: whatever a page shows, with the same numbers."""

from fastapi import APIRouter

from console.access import Asking
from console.desk import OpenDesk
from console.problems import PROBLEMS
from storage.backlog import Backlog

router = APIRouter(prefix="/v1", responses=PROBLEMS)


@router.get("/queue/reasons")
async def queue_by_reason(desk: OpenDesk, _: Asking) -> Backlog:
    """Return how many tasks stand where, in all and by the reason that they were selected for."""
    return await desk.overview.backlog.latest()
