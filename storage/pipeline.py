"""What became of samples, from produced to released, in numbers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Connection, Engine, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from schemas.topics import Topics
from schemas.verdicts import Disposition
from storage.database import lost_connections_named
from storage.queue import Depths, depths
from storage.releases import list_versions
from storage.tables import ReceiptRow
from storage.votes import count


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """How many samples reached each stage; stages are as their own accounts say, and `assay audit` proves them.

    `produced` are the offsets that were screened, of which each is accepted, rejected or a duplicate. `selected` of the
    accepted became tasks. `released` are the rows of dataset version `version`, and `excluded` the labeled samples that
    are not in it, by cause. `screened_at` is when the last receipt came.
    """

    produced: int
    accepted: int
    rejected: int
    duplicate: int
    selected: int
    tasks: Depths
    labels: int
    released: int
    version: int | None
    excluded: dict[str, int]
    screened_at: datetime | None


@lost_connections_named()
def pipeline(engine: Engine, project: str) -> Pipeline:
    """Count a project's samples; reads all receipts of its stream, so it is not to be asked for at each glance."""
    topic = Topics(project=project).samples
    with engine.connect() as connection:
        by_disposition = _dispositions(connection, topic)
        selected, screened_at = _selected(connection, topic)
    versions = list_versions(engine, project)
    last = versions[-1] if versions else None
    return Pipeline(
        produced=sum(by_disposition.values()),
        accepted=by_disposition.get(Disposition.ACCEPTED, 0),
        rejected=by_disposition.get(Disposition.REJECTED, 0),
        duplicate=by_disposition.get(Disposition.DUPLICATE, 0),
        selected=selected,
        tasks=depths(engine, project),
        labels=count(engine, project),
        released=last.rows if last else 0,
        version=last.version if last else None,
        excluded=dict(last.manifest.get("excluded", {})) if last else {},
        screened_at=screened_at,
    )


def _dispositions(connection: Connection, topic: str) -> dict[str, int]:
    run = func.jsonb_array_elements(ReceiptRow.body["runs"], type_=JSONB).label("run")
    runs = select(run).where(ReceiptRow.topic == topic).subquery()
    named, counted = runs.c.run["disposition"].astext, cast(runs.c.run["count"].astext, BigInteger)
    summed = connection.execute(select(named, func.sum(counted)).group_by(named))
    return {disposition: int(number) for disposition, number in summed}


def _selected(connection: Connection, topic: str) -> tuple[int, datetime | None]:
    number = func.coalesce(func.sum(func.jsonb_array_length(ReceiptRow.body["selected"])), 0)
    found = select(number, func.max(ReceiptRow.received_at)).where(ReceiptRow.topic == topic)
    selected, screened_at = connection.execute(found).one()
    return int(selected), screened_at
