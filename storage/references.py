"""Reference sketches: what the rows that a dataset version was trained on looked like, in the stream's own terms."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert

from catalog.twins import TRAIN
from quality.columns import row as columns_of
from quality.routing.batch import named
from quality.sketches.fields import series
from quality.sketches.folding import Sketches, from_bytes, to_bytes
from quality.sketches.running import Sketching
from quality.sketches.window import Slice, sliced
from schemas.samples import AnySample
from storage.database import lost_connections_named
from storage.projects import Project
from storage.releases import Release, read_split
from storage.settings import StorageSettings
from storage.tables import ReferenceRow


@lost_connections_named()
def remember(engine: Engine, settings: StorageSettings, project: Project, release: Release) -> None:
    """Keep the sketches of a version's train split, by the slices of the stream; does nothing where they are kept.

    A row that stands several times counts once: copies say what a recipe wants, not what was seen.
    """
    found = sketches_of_rows(project, read_split(settings, release, TRAIN))
    rows = [
        {
            "project": release.project,
            "version": release.version,
            "column": of.column,
            "value": of.value,
            "rows": count,
            "sketches": to_bytes(sketches),
        }
        for of, (count, sketches) in found.items()
    ]
    if rows:
        with engine.begin() as connection:
            connection.execute(insert(ReferenceRow).on_conflict_do_nothing(), rows)


@lost_connections_named()
def reference(engine: Engine, project: str, version: int) -> dict[Slice, Sketches]:
    """Return the sketches of the rows that a version was trained on, by slice; empty where they were not kept."""
    row = ReferenceRow
    asked = (
        select(row.column, row.value, row.sketches)
        .where(row.project == project, row.version == version)
        .order_by(row.column, row.value)
    )
    with engine.connect() as connection:
        return {
            Slice(column=column, value=value): from_bytes(sketches)
            for column, value, sketches in connection.execute(asked)
        }


def sketches_of_rows(project: Project, data: pa.Table) -> dict[Slice, tuple[int, Sketches]]:
    """Return how many of the rows each slice has, and its sketches."""
    sketching = project.screening.sketching
    rows = [
        {**columns_of(sample), "embedding": sample.embedding}
        for sample in _samples(project, data.filter(np.array(data.column("copy")) == 0))
    ]
    columns = {name: [one.get(name) for one in rows] for name in sketching.reads}
    return _sliced(columns, sketching) if rows else {}


def _sliced(columns: Mapping[str, Sequence[Any]], sketching: Sketching) -> dict[Slice, tuple[int, Sketches]]:
    found = dict(chain.from_iterable(series(field, columns[field.name]) for field in sketching.fields))
    slices = (sliced(column, named(column, columns[column]), found) for column in sketching.slices)
    return dict(chain.from_iterable(each.items() for each in slices))


def _samples(project: Project, data: pa.Table) -> Iterator[AnySample]:
    """Yield the samples that rows were made of, as their contracts read them."""
    for row in data.to_pylist():
        plain = {
            "contract": row["contract"],
            "sample_id": row["sample_id"],
            "source": row["source"],
            "occurred_at": row["occurred_at"].isoformat(),
            "payload": json.loads(row["payload"]),
            "prediction": json.loads(row["prediction"] or "null"),
            "embedding": row["embedding"],
            "attributes": json.loads(row["attributes"] or "{}"),
            "media": row["media"],
        }
        yield project.samples[row["contract"]].model_validate_json(json.dumps(plain))
