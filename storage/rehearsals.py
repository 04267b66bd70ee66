"""Archived samples as the router is given them again, and the steering that was in force when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Engine, select

from quality.frames import EPOCH
from quality.routing.rehearsal import Archived
from quality.routing.state import Plan
from schemas.errors import InputError
from schemas.verdicts import Selection, Steered
from storage.database import lost_connections_named
from storage.lake import Lake
from storage.lake_rows import sample_of
from storage.steering import versions
from storage.tables import ReceiptRow, TaskRow


@dataclass(frozen=True, kw_only=True)
class Sought:
    """A sample's place in the stream, and why it was selected, if it was."""

    topic: str
    partition: int
    offset: int
    selected: Selection | None


def find(lake: Lake, engine: Engine, project: str, sample_id: str) -> Sought:
    """Return where the accepted sample of this id stands.

    Raises:
        InputError: no accepted sample has it.
    """
    found = lake.first_of(project, [sample_id], ("sample_id", "topic", "partition", "offset"))
    if not found:
        raise InputError(
            f"No accepted sample of {project} has the id {sample_id!r}: it was never sent, was rejected or repeats "
            "another, or is on its way to the lake still. `assay audit` counts each."
        )
    place = {name: found[sample_id][name] for name in ("topic", "partition", "offset")}
    return Sought(**place, selected=_selected(engine, place))


@lost_connections_named()
def _selected(engine: Engine, place: dict[str, Any]) -> Selection | None:
    row = TaskRow
    asked = select(row.selection).where(
        row.topic == place["topic"], row.partition == place["partition"], row.offset == place["offset"]
    )
    with engine.connect() as connection:
        found = connection.scalar(asked)
    return None if found is None else Selection.model_validate(found)


def archived(lake: Lake, project: str, where: str | None = None) -> Iterator[tuple[int, list[Archived]]]:
    """Yield the archived samples for which `where`, an Iceberg filter, holds: each partition's, by their offsets."""
    partitions = sorted(set(lake.samples(project, ("partition",), where).column("partition").to_pylist()))
    for partition in partitions:
        yield partition, archived_of(lake, project, partition, where)


def archived_of(lake: Lake, project: str, partition: int, where: str | None = None) -> list[Archived]:
    """Return the archived samples of one partition, as `archived` does.

    The lake keeps when a sample occurred, not when its record was published: a budget per hour goes by the former.
    """
    here = f"partition == {partition}"
    table = lake.samples(project, where=here if where is None else f"{here} and {where}")
    return [
        Archived(
            offset=row["offset"],
            timestamp=(row["occurred_at"] - EPOCH) // timedelta(milliseconds=1),
            value=to_json(sample_of(row)),
        )
        for row in table.sort_by([("offset", "ascending")]).to_pylist()
    ]


@lost_connections_named()
def taken_up(engine: Engine, project: str, topic: str, partition: int) -> list[Plan]:
    """Return which steering a partition took up with which blocks, as its receipts tell."""
    row = ReceiptRow
    asked = select(row.body["steered"]).where(
        row.topic == topic, row.partition == partition, row.body["steered"]["version"].as_integer() > 0
    )
    with engine.connect() as connection:
        told = {Steered.model_validate(body) for body in connection.scalars(asked)}
    known = versions(engine, project)
    return [Plan(block=one.block, steering=known[one.version]) for one in told]
